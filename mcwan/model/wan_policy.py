"""WAN policies: a name for an SD-WAN tunnel, the service level that it promises, and the port that tells its flows."""

from mcwan.model.base import Model
from mcwan.model.dscp import Dscp
from mcwan.model.leaves import DnsLabel, Port, WANPolicyRef
from mcwan.model.sla import SLA
from mcwan.model.tls import Mode
from mcwan.model.traffic import Traffic


class WANPolicy(Model):
    """A WAN policy, the same on every cluster of the fabric."""

    tunnel: DnsLabel
    """The SD-WAN tunnel that carries its requests, e.g. business or default."""
    port: Port
    """The WAN port: TCP port of its listener on every ingress gateway, by which the SD-WAN tells its flows."""
    dscp: Dscp | None = None
    """A second key for the SD-WAN: packets with this DSCP go by the tunnel, too. 0 to 63, or EF, AF11 to AF43, CS0 to
    CS7. The gateways set none: hosts, or a router before the SD-WAN, have to."""
    sla: SLA
    """The service level that the tunnel promises."""
    failover: WANPolicyRef | None = None
    """The WAN policy that its requests travel by while they cannot by its own tunnel."""
    tls: Mode | None = None
    """mutual or plaintext between the gateways; if not written, as `mcwan:tls` says."""
    traffic: Traffic = Traffic()
    """How its requests are treated, where their export does not say otherwise."""
