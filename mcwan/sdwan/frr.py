"""FRR as edge router: policy-based routing (pbrd) by marks of nftables.

By marks, because a match by port is parsed, but not enforced (FRRouting/frr#18477). A fallback is a further sequence
for the same packets: pbrd takes a rule away while its next hop cannot be reached, and puts it back after. The option
`backup-group` did nothing in 8.4.4, nor did `set nexthop blackhole` behind a mark: that nothing leaves by another
tunnel, nftables sees to.
"""

from collections.abc import Iterable, Iterator

from mcwan.sdwan import linux
from mcwan.sdwan.form import MARK, Form
from mcwan.sdwan.router import Hop, Router, router

_MAP = "mcwan"
"""The pbr-map."""
_STEP = 10
"""Between its sequences."""


def files(form: Form, sites: Iterable[str]) -> dict[str, str]:
    """Give the files of sites, by their path."""
    found = {}
    for site in sites:
        here = router(form, site)
        found[f"{site}/frr.conf"] = configuration(here)
        found[f"{site}/nftables.conf"] = linux.nftables(here)
        found[f"{site}/sysctl.conf"] = linux.sysctl(here)
    return found


def configuration(here: Router) -> str:
    """Give what FRR's own configuration has to have besides."""
    choices = [(str(route.network), one.mark, hop) for one in here.marked for route in one.routes for hop in route.hops]
    groups = {_group(hop): hop for _, _, hop in choices}
    lines = [f"! {MARK}"]
    for name, hop in sorted(groups.items()):
        nexthop = f"{hop.gateway} {hop.interface}" if hop.gateway else hop.interface
        lines += [f"nexthop-group {name}", f" nexthop {nexthop}", "exit"]
    for number, (network, mark, hop) in enumerate(choices, start=1):
        lines += [
            f"pbr-map {_MAP} seq {_STEP * number}",
            f" match dst-ip {network}",
            f" match mark {mark}",
            f" set nexthop-group {_group(hop)}",
            "exit",
        ]
    return "\n".join([*lines, *_applied(here)]) + "\n"


def _applied(here: Router) -> Iterator[str]:
    for name in here.lan:
        yield from (f"interface {name}", f" pbr-policy {_MAP}", "exit")


def _group(hop: Hop) -> str:
    """Name the next hops of a tunnel to a site: one group has next hops of one version of IP."""
    return f"{hop.name}.6" if hop.gateway and ":" in hop.gateway else hop.name
