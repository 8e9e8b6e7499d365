"""What the systems of the SD-WAN call tunnels and sites: needed by `mcwan sdwan` only."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mcwan.model.base import Model
from mcwan.model.cluster import Address, Network
from mcwan.model.leaves import CISCO_NAME, INTERFACE, NO_FALLBACK, DnsLabel

MAX_MARK = 100
"""Tables are numbered 100 and the mark; 253 to 255 are Linux' own."""
MAX_CISCO_NAME = 32
"""Cisco SD-WAN: the longest name of a list or an SLA class."""

Interface = Annotated[str, StringConstraints(strict=True, pattern=INTERFACE, max_length=15)]
Mark = Annotated[int, Field(strict=True, ge=1, le=MAX_MARK)]
CiscoName = Annotated[str, StringConstraints(strict=True, pattern=CISCO_NAME, max_length=MAX_CISCO_NAME)]
SiteId = Annotated[int, Field(strict=True, ge=1, le=4294967295)]
Vpn = Annotated[int, Field(strict=True, ge=1, le=65530)]
Color = Literal[
    "3g", "biz-internet", "blue", "bronze", "custom1", "custom2", "custom3", "default", "gold", "green", "lte",
    "metro-ethernet", "mpls", "private1", "private2", "private3", "private4", "private5", "private6",
    "public-internet", "red", "silver",
]  # fmt: skip


class Tunnel(Model):
    """A tunnel of the SD-WAN, as WAN policies name it."""

    fallback: DnsLabel = NO_FALLBACK
    """The tunnel that takes its packets while it is down; `none`, if no other may: then gateways notice at once, and
    go on by the `failover` of the WAN policy. Cisco drops packets then while no tunnel keeps the SLA (`strict`)."""
    mark: Mark | None = None
    """Linux and FRR: the mark of its packets on the routers; its table is 100 and the mark. If not written, the first
    that is free, in the order of the tunnels' names."""
    color: Color | None = None
    """Cisco: its colour."""


class Hop(Model):
    """Where a router sends packets to."""

    interface: Interface | None = None
    """The interface."""
    gateways: Annotated[tuple[Address, ...], Field(max_length=2)] = ()
    """The next router's addresses, one IPv4 and one IPv6 at most; none where the interface has just one other end."""


class Way(Hop):
    """How a site's router reaches the other sites by a tunnel: by one interface, or by one for each in `to`."""

    to: dict[str, Hop] = Field(default_factory=dict)
    """The interface and gateways to each remote cluster, where they differ."""


class Site(Model):
    """The site of a cluster, and its edge router."""

    networks: tuple[Network, ...] = ()
    """The networks behind it, as CIDR, beside the addresses of its ingress gateways. If not written, the cluster's
    `sources`."""
    lan: tuple[Interface, ...] = ()
    """Linux and FRR: the router's interfaces towards the cluster. Packets are told by WAN port where they come in."""
    ways: dict[str, Way] = Field(default_factory=dict)
    """Linux and FRR: the way of each tunnel, by its name."""
    site_id: SiteId | None = None
    """Cisco: the site's id."""


class Cisco(Model):
    """What Cisco Catalyst SD-WAN calls the rest."""

    name: CiscoName | None = None
    """Its policies, and what its SLA classes and lists begin with. If not written, mcwan-STACK."""
    site_list: CiscoName | None = None
    """The list of the sites; `name`, if not written."""
    vpn_list: CiscoName | None = None
    """The list of the VPNs; `name`, if not written."""
    vpns: tuple[Vpn, ...] = ()
    """The service VPNs that the clusters are in."""


class SDWAN(Model):
    """What the systems of the SD-WAN call tunnels and sites. `mcwan sdwan` writes their configuration."""

    tunnels: dict[str, Tunnel] = Field(default_factory=dict)
    """The tunnels, by the names that WAN policies give them; more, if only a `fallback` names them."""
    sites: dict[str, Site] = Field(default_factory=dict)
    """The sites, by the names of their clusters."""
    cisco: Cisco = Cisco()
    """What only Cisco has."""
