"""WAN policies: a name that can be referred to, and a port each."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.leaves import NO_FAILOVER, NODE_PORTS
from mcwan.model.mistakes import Mistake


def names_can_be_meant(description: Description) -> Iterator[Mistake]:
    """An export's failover could not name a policy that is called as the word for no failover."""
    if NO_FAILOVER in description.wan_policies:
        yield Mistake(
            ("wanPolicies", NO_FAILOVER),
            repr(NO_FAILOVER),
            "the word for no failover; allowed: any other name",
            "call the policy otherwise",
        )


def ports_differ(description: Description) -> Iterator[Mistake]:
    """Two policies on one port would be one flow to the SD-WAN."""
    first: dict[int, str] = {}
    for name, policy in sorted(description.wan_policies.items()):
        other = first.setdefault(policy.port, name)
        if other != name:
            yield Mistake(
                ("wanPolicies", name, "port"),
                str(policy.port),
                f"already the WAN port of policy {other}; allowed: a port of its own, 1 to 65535",
                f"give one of {other} and {name} another port",
            )


def dscps_differ(description: Description) -> Iterator[Mistake]:
    """Two policies with one DSCP would be one flow to an SD-WAN that goes by it."""
    first: dict[int, str] = {}
    for name, policy in sorted(description.wan_policies.items()):
        if policy.dscp is None:
            continue
        other = first.setdefault(policy.dscp, name)
        if other != name:
            yield Mistake(
                ("wanPolicies", name, "dscp"),
                str(policy.dscp),
                f"already the DSCP of policy {other}; allowed: one of its own, 0 to 63 or a class's name, or none",
                f"give one of {other} and {name} another DSCP",
            )


def ports_fit_node_ports(description: Description) -> Iterator[Mistake]:
    """Where a gateway is a NodePort, a node port is the WAN port, and Kubernetes has a range for those."""
    exposed = sorted(name for name, cluster in description.clusters.items() if cluster.ingress.exposure == "NodePort")
    for name, policy in description.wan_policies.items():
        if exposed and policy.port not in NODE_PORTS:
            yield Mistake(
                ("wanPolicies", name, "port"),
                str(policy.port),
                f"outside the node port range, but the ingress gateway of {', '.join(exposed)} is a NodePort; "
                f"allowed: {NODE_PORTS.start} to {NODE_PORTS.stop - 1}",
                "choose a port in the range, or another exposure for those gateways",
            )


CHECKS = (names_can_be_meant, ports_differ, dscps_differ, ports_fit_node_ports)
