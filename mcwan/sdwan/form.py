"""The SD-WAN's side of a fabric in one plain form: what `--target json` prints, and what every other target is made of.

Lists are ordered by their names, so that one fabric has one form, whatever the order in its stack file.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_network
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from mcwan.model import Fabric
from mcwan.model.base import Model
from mcwan.model.cluster import Address, Network
from mcwan.model.dscp import Dscp
from mcwan.model.leaves import NO_FALLBACK, ClusterName, DnsLabel, Port
from mcwan.model.sdwan import CiscoName, Color, Interface, Mark, SiteId, Vpn, Way
from mcwan.model.sla import SLA

MARK = "Written by `mcwan sdwan`; changes here are lost."
"""What every file says of itself near its beginning, by which a later run knows its own."""

Net = IPv4Network | IPv6Network
ValueT = TypeVar("ValueT", bound=IPv4Address | IPv6Address | Net)


class FormPolicy(Model):
    """A WAN policy: which packets, and by which tunnel."""

    name: DnsLabel
    """Its name."""
    tunnel: DnsLabel
    """The tunnel of its packets."""
    protocol: Literal["tcp"] = "tcp"
    """The protocol of its port."""
    port: Port
    """The WAN port. Its packets have it as destination port or, the answers, as source port, at every site."""
    dscp: Dscp | None
    """Packets with this DSCP are its, too, whatever their ports, unless the port is another policy's."""
    sla: SLA
    """What its tunnel promises."""
    failover: DnsLabel | None
    """The WAN policy that gateways go on by. They do: the SD-WAN does nothing for it."""


class FormTunnel(Model):
    """A tunnel, and what target systems call it."""

    name: DnsLabel
    """Its name."""
    fallback: DnsLabel | None
    """The tunnel that takes its packets while it is down; null, if no other may."""
    mark: Mark
    """Linux and FRR: the mark of its packets."""
    color: Color | None
    """Cisco: its colour."""


class FormWay(Model):
    """How a site reaches another one by a tunnel."""

    tunnel: DnsLabel
    """The tunnel."""
    remote: ClusterName
    """The other site."""
    interface: Interface
    """The interface of the router."""
    gateways: tuple[Address, ...]
    """The next router's addresses, one for each version of IP; none where the interface has just one other end."""


class FormSite(Model):
    """A cluster's site."""

    name: ClusterName
    """The cluster's name."""
    addresses: tuple[Address, ...]
    """Of its ingress gateways: where WAN ports are reached."""
    networks: tuple[Network, ...]
    """Where its requests come from, and answers go to."""
    lan: tuple[Interface, ...]
    """Linux and FRR: the router's interfaces towards the cluster."""
    ways: tuple[FormWay, ...]
    """Linux and FRR: its ways, by tunnel and remote site."""
    site_id: SiteId | None
    """Cisco: its id."""


class FormCisco(Model):
    """What only Cisco has."""

    name: str
    """Of its policies, and what SLA classes begin with."""
    site_list: CiscoName | None
    """The list of the sites; null: called `name`."""
    vpn_list: CiscoName | None
    """The list of the VPNs; null: called `name`."""
    vpns: tuple[Vpn, ...]
    """The service VPNs that the clusters are in."""


class Form(Model):
    """The SD-WAN's side of one environment."""

    about: str = MARK
    """Who wrote it."""
    version: Literal[1] = 1
    """The version of this form. Another one means other fields."""
    fabric: str
    """The environment: the stack's name."""
    policies: Annotated[tuple[FormPolicy, ...], Field(min_length=1)]
    """The WAN policies, by name."""
    tunnels: tuple[FormTunnel, ...]
    """The tunnels, by name."""
    sites: tuple[FormSite, ...]
    """The sites, by name."""
    cisco: FormCisco
    """What only Cisco has."""

    def tunnel(self, name: str) -> FormTunnel:
        """Give the tunnel with a name."""
        return next(one for one in self.tunnels if one.name == name)

    def site(self, name: str) -> FormSite:
        """Give the site with a name."""
        return next(one for one in self.sites if one.name == name)

    def chain(self, name: str) -> list[str]:
        """Give a tunnel and those that stand in for it, the first choice first."""
        found: list[str] = []
        following: str | None = name
        while following is not None and following not in found:
            found.append(following)
            following = self.tunnel(following).fallback
        return found

    @property
    def used(self) -> list[str]:
        """The tunnels that packets of WAN policies may take, by name."""
        return sorted({name for policy in self.policies for name in self.chain(policy.tunnel)})


def form(fabric: Fabric) -> Form:
    """Give the SD-WAN's side of a fabric."""
    return Form(
        fabric=fabric.name,
        policies=tuple(
            FormPolicy(
                name=name,
                tunnel=policy.tunnel,
                port=policy.port,
                dscp=policy.dscp,
                sla=policy.sla,
                failover=policy.failover,
            )
            for name, policy in sorted(fabric.wan_policies.items())
        ),
        tunnels=tuple(_tunnels(fabric)),
        sites=tuple(_site(fabric, name) for name in sorted(fabric.clusters)),
        cisco=FormCisco(
            name=fabric.sdwan.cisco.name or f"mcwan-{fabric.name}",
            site_list=fabric.sdwan.cisco.site_list,
            vpn_list=fabric.sdwan.cisco.vpn_list,
            vpns=tuple(sorted(set(fabric.sdwan.cisco.vpns))),
        ),
    )


def behind(site: FormSite) -> list[Net]:
    """Give a site's networks and the addresses outside them, as few networks, IPv4 first."""
    return collapsed(ip_network(str(one)) for one in (*site.networks, *site.addresses))


def collapsed(networks: Iterable[Net]) -> list[Net]:
    """Give networks without those inside others, and neighbours as one, IPv4 first."""
    every = list(networks)
    fours = (one for one in every if isinstance(one, IPv4Network))
    sixes = (one for one in every if isinstance(one, IPv6Network))
    return [*collapse_addresses(fours), *collapse_addresses(sixes)]


def _tunnels(fabric: Fabric) -> Iterator[FormTunnel]:
    written = fabric.sdwan.tunnels
    names = sorted({policy.tunnel for policy in fabric.wan_policies.values()} | set(written))
    taken = {one.mark for one in written.values()}
    free = (number for number in range(1, len(names) + len(taken) + 1) if number not in taken)
    for name in names:
        one = written.get(name)
        yield FormTunnel(
            name=name,
            fallback=None if one is None or one.fallback == NO_FALLBACK else one.fallback,
            mark=(one.mark if one else None) or next(free),
            color=one.color if one else None,
        )


def _site(fabric: Fabric, name: str) -> FormSite:
    cluster, written = fabric.clusters[name], fabric.sdwan.sites.get(name)
    own = [
        one for export in fabric.exports for offer in export.from_ if offer.cluster == name for one in offer.addresses
    ]
    remotes = sorted(fabric.clusters.keys() - {name})
    ways = sorted(written.ways.items()) if written else []
    return FormSite(
        name=name,
        addresses=_sorted({*cluster.ingress.addresses, *own}),
        networks=_sorted(set(written.networks if written and written.networks else cluster.sources)),
        lan=tuple(sorted(set(written.lan))) if written else (),
        ways=tuple(way for tunnel, one in ways for way in _ways(tunnel, one, remotes)),
        site_id=written.site_id if written else None,
    )


def _ways(tunnel: str, way: Way, remotes: Iterable[str]) -> Iterator[FormWay]:
    for remote in remotes:
        hop = way.to.get(remote, way)
        if hop.interface is not None:
            yield FormWay(tunnel=tunnel, remote=remote, interface=hop.interface, gateways=_sorted(set(hop.gateways)))


def _sorted(values: Iterable[ValueT]) -> tuple[ValueT, ...]:
    def key(value: ValueT) -> tuple[int, int, int]:
        network = ip_network(str(value))
        return network.version, int(network.network_address), network.prefixlen

    return tuple(sorted(values, key=key))
