"""The change on the SD-WAN's side: ports, tunnels, SLAs and sites, as the WAN policies of all clusters say them."""

from collections.abc import Iterator

from mcwan.changes.policies import sla, sla_change
from mcwan.changes.view import PolicyOn, View
from mcwan.model.base import Model
from mcwan.rules.words import listed, said


class Need(Model):
    """One thing that whoever runs the SD-WAN has to do."""

    about: str
    """`port-needed`, `port-freed`, `tunnel`, `sla`, `site-joins`, `site-leaves`, `site-moves` or `name`."""
    text: str
    port: int | None = None
    tunnel: str | None = None
    policy: str | None = None


def needs(before: View, after: View) -> Iterator[Need]:
    """Give what changes for the SD-WAN: sites first, then by port."""
    if before.clusters:
        yield from _sites(before, after)
    old, new = _by_port(before), _by_port(after)
    unread = {one.name for one in before.policies if one.unread}
    for port in sorted(old.keys() | new.keys()):
        earlier, later = old.get(port), new.get(port)
        if {one.name for one in (earlier, later) if one is not None} & unread:
            continue  # what is not known is told as that
        if later is None and earlier is not None:
            yield Need(
                about="port-freed",
                text=f"TCP port {port} is no longer needed (WAN policy {earlier.name}, tunnel {earlier.tunnel})",
                port=port,
                tunnel=earlier.tunnel,
                policy=earlier.name,
            )
        elif later is not None and (earlier is None or earlier.tunnel != later.tunnel):
            yield _wanted(port, earlier, later)
        if earlier is not None and later is not None and earlier.sla != later.sla:
            yield Need(
                about="sla",
                text=f"tunnel {later.tunnel} is to give TCP port {port} {sla_change(earlier.sla, later.sla)}",
                port=port,
                tunnel=later.tunnel,
                policy=later.name,
            )


def _wanted(port: int, earlier: PolicyOn | None, later: PolicyOn) -> Need:
    what = f"TCP port {port} for tunnel {later.tunnel}, source and destination, both directions, between all sites"
    if earlier is None:
        text = f"needs {what}; {sla(later.sla)} (WAN policy {later.name})"
    else:
        text = f"TCP port {port} moves from tunnel {earlier.tunnel} to {later.tunnel} (WAN policy {later.name})"
    about = "port-needed" if earlier is None else "tunnel"
    return Need(about=about, text=text, port=port, tunnel=later.tunnel, policy=later.name)


def _by_port(view: View) -> dict[int, PolicyOn]:
    """Give the WAN policies by port; where clusters disagree, as the first says it."""
    found: dict[int, PolicyOn] = {}
    for one in view.policies:
        if one.port is not None:
            found.setdefault(one.port, one)
    return found


def _sites(before: View, after: View) -> Iterator[Need]:
    old, new = before.by_cluster, after.by_cluster
    ports = listed(said(port) for port in sorted(_by_port(after)))
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            where = f" ({listed(new[name].addresses)})" if new[name].addresses else ""
            yield Need(about="site-joins", text=f"site {name}{where} joins: TCP ports {ports} to and from all others")
        elif name not in new:
            yield Need(about="site-leaves", text=f"site {name} leaves")
        elif old[name].addresses != new[name].addresses:
            where = listed(new[name].addresses) or "no known address"
            yield Need(about="site-moves", text=f"site {name} is reached at {where}, where port rules name addresses")
