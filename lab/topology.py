"""What a lab consists of, worked out from a stack's description: nothing here touches the machine.

Every site is a cluster on one node, with a network namespace for the node, one for each of its pods, and one for its
edge router. Between every two edge routers there is a link per tunnel. Whoever deploys sits at a desk, a namespace that
reaches every node. Nothing leads out of the lab's namespaces, so that two labs can have the same addresses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from mcwan.model.fabric import Fabric
from mcwan.model.mesh import Mesh
from mcwan.plan.names import INGRESS, NAMESPACE, service_ingress
from mcwan.sdwan.router import table

SERVICES = IPv4Network("10.96.0.0/16")
"""The Services' addresses, the same in every cluster: they mean nothing outside."""
PROFILES = ("envoy-gateway", "istio")
"""The gateway profiles that `lab.gateways` implements."""
_MAX_LINK = 15
_FIRST_POD, _LAST_POD, _CLIENT = 100, 249, 250
_RATES = (400, 200, 100)
"""Megabits per second of the tunnels, in the order of their names; the last one for all further ones."""


class TopologyError(ValueError):
    """A stack that the lab cannot stand up, with the remedy."""


@dataclass(frozen=True)
class Tunnel:
    """A tunnel of the SD-WAN: the mark that its packets get, and its rate."""

    name: str
    mark: int
    megabits: int

    @property
    def table(self) -> int:
        """The routing table of the edge routers."""
        return table(self.mark)

    @property
    def detour(self) -> str:
        """The TUN device of an edge router whose packets are held for the tunnel's delay, while it has one."""
        return f"detour{self.mark}"

    @property
    def detour_table(self) -> int:
        """The routing table that leads to the detour; empty while there is none."""
        return 1000 + self.mark


@dataclass(frozen=True)
class Site:
    """A cluster, its node and its edge router. `gateways` says which address the pod of an ingress gateway has.

    `mesh` is the cluster's own; None where the stack says nothing of one: there, pods have no sidecars.
    """

    lab: str
    cluster: str
    number: int
    profile: str
    pods: IPv4Network
    namespaces: tuple[str, ...]
    gateways: Mapping[str, IPv4Address]
    mesh: Mesh | None = None

    @property
    def node(self) -> str:
        """The node's network namespace."""
        return f"{self.lab}.{self.cluster}.node"

    @property
    def edge(self) -> str:
        """The edge router's network namespace."""
        return f"{self.lab}.{self.cluster}.edge"

    def pod(self, address: IPv4Address) -> str:
        """Name the network namespace of the pod with an address."""
        return f"{self.lab}.{self.cluster}.pod-{int(address) - int(self.pods.network_address)}"

    @property
    def node_address(self) -> IPv4Address:
        """The node's own address: API server, DNS, node ports."""
        return self.pods[1]

    @property
    def client_address(self) -> IPv4Address:
        """The address of the pod that sends the tests' requests."""
        return self.pods[_CLIENT]

    @property
    def pod_addresses(self) -> tuple[IPv4Address, ...]:
        """Addresses for pods that need no certain one."""
        return tuple(self.pods[host] for host in range(_FIRST_POD, _LAST_POD + 1))

    @property
    def desk(self) -> tuple[IPv4Address, IPv4Address]:
        """The two ends of the link between node and desk."""
        network = IPv4Network((int(IPv4Address("172.17.0.0")) + 4 * self.number, 30))
        return network[1], network[2]

    @property
    def uplink(self) -> tuple[IPv4Address, IPv4Address]:
        """The two ends of the link between node and edge router."""
        network = IPv4Network((int(IPv4Address("172.16.0.0")) + 4 * self.number, 30))
        return network[1], network[2]


@dataclass(frozen=True)
class Link:
    """One tunnel between two sites; the interface on each edge router is called after the other end."""

    tunnel: Tunnel
    ends: tuple[Site, Site]
    addresses: tuple[IPv4Address, IPv4Address]

    def interface(self, site: Site) -> str:
        """Name the interface on a site's edge router."""
        return interface(self.tunnel.name, self.remote(site).cluster)

    def remote(self, site: Site) -> Site:
        """Give the other end."""
        return self.ends[1] if site == self.ends[0] else self.ends[0]

    def address(self, site: Site) -> IPv4Address:
        """Give the address of a site's end."""
        return self.addresses[self.ends.index(site)]


@dataclass(frozen=True)
class Topology:
    """A whole lab: sites by cluster, tunnels by name, and the tunnel of every WAN port."""

    lab: str
    sites: Mapping[str, Site]
    tunnels: Mapping[str, Tunnel]
    ports: Mapping[int, Tunnel]

    @property
    def desk(self) -> str:
        """The network namespace that reaches every API server: the place of kubectl and Pulumi."""
        return f"{self.lab}.desk"

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """A link per tunnel and pair of sites."""
        base = int(IPv4Address("172.20.0.0"))
        pairs = [(t, one, other) for t in self.tunnels.values() for one, other in combinations(self.sites.values(), 2)]
        return tuple(
            Link(tunnel, (one, other), (IPv4Address(base + 2 * index), IPv4Address(base + 2 * index + 1)))
            for index, (tunnel, one, other) in enumerate(pairs)
        )

    def at(self, address: str) -> Site:
        """Give the site that an address of a pod or node belongs to."""
        return next(site for site in self.sites.values() if IPv4Address(address) in site.pods)

    def links_of(self, site: Site) -> Iterator[Link]:
        """Give the links that end at a site."""
        return (link for link in self.links if site in link.ends)


def interface(tunnel: str, remote: str) -> str:
    """Name an edge router's interface for a tunnel to a remote cluster."""
    return f"{tunnel}-{remote}"


def topology(lab: str, fabric: Fabric) -> Topology:
    """Work out the lab for a stack. Raises TopologyError."""
    names = sorted({policy.tunnel for policy in fabric.wan_policies.values()})
    tunnels = {name: Tunnel(name, mark, _RATES[min(mark, len(_RATES)) - 1]) for mark, name in enumerate(names, start=1)}
    sites = {cluster: _site(lab, fabric, cluster, number) for number, cluster in enumerate(sorted(fabric.clusters))}
    for one, other in combinations(sites.values(), 2):
        if one.pods.overlaps(other.pods):
            raise TopologyError(
                f"{_shared(one.cluster)} and {_shared(other.cluster)}: both are in {one.pods}; the lab gives each "
                "cluster the /24 of its ingress address: choose addresses of different ones"
            )
    for name, policy in sorted(fabric.wan_policies.items()):
        for cluster in sites:
            if len(interface(policy.tunnel, cluster)) > _MAX_LINK:
                raise TopologyError(
                    f"wanPolicies.{name}.tunnel: to cluster {cluster}: a link's name has {_MAX_LINK} characters at "
                    f"most, {interface(policy.tunnel, cluster)} is longer; choose shorter names"
                )
    return Topology(lab, sites, tunnels, {p.port: tunnels[p.tunnel] for p in fabric.wan_policies.values()})


def _site(lab: str, fabric: Fabric, name: str, number: int) -> Site:
    cluster = fabric.clusters[name]
    if cluster.gateway.profile not in PROFILES:
        raise TopologyError(
            f"clusters.{name}.gateway.profile: {cluster.gateway.profile!r}; the lab runs {', '.join(PROFILES)}"
        )
    if not cluster.ingress.addresses:
        raise TopologyError(f"{_shared(name)}: the lab takes the cluster's network from it; write one")
    shared = f"{INGRESS}.{NAMESPACE}"
    wanted, keys = {shared: cluster.ingress.addresses}, {shared: _shared(name)}
    for index, export in enumerate(fabric.exports):
        for position, offer in enumerate(export.from_):
            if export.scope == "service" and offer.cluster == name:
                gateway = f"{service_ingress(export.exported_name)}.{export.namespace}"
                wanted[gateway], keys[gateway] = offer.addresses, f"exports[{index}].from[{position}].addresses"
    for gateway, addresses in wanted.items():
        if len(addresses) != 1 or not isinstance(addresses[0], IPv4Address):
            raise TopologyError(f"{keys[gateway]}: the lab has one pod a gateway: write one IPv4 address")
    given = {gateway: IPv4Address(int(addresses[0])) for gateway, addresses in wanted.items()}
    pods = IPv4Network((int(given[shared]) & ~0xFF, 24))
    node_port = cluster.ingress.exposure == "NodePort"
    if node_port and given.pop(shared) != pods[1]:
        raise TopologyError(f"{_shared(name)}: the lab's node is {pods[1]}: write that for NodePort")
    reserved = {pods[host] for host in range(2, _FIRST_POD)}
    for gateway, address in given.items():
        if address not in reserved or list(given.values()).count(address) > 1:
            raise TopologyError(
                f"{keys[gateway]}: {address}; allowed: one from {pods[2]} to {pods[_FIRST_POD - 1]} "
                "that no other gateway has"
            )
    namespaces = tuple(sorted(cluster.namespaces))
    return Site(lab, name, number, cluster.gateway.profile, pods, namespaces, given, cluster.mesh)


def _shared(cluster: str) -> str:
    """Name the key of the addresses of a cluster's shared ingress gateway."""
    return f"clusters.{cluster}.ingress.addresses"
