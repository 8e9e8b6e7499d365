"""Clusters that join or leave, and gateways that move."""

from collections.abc import Iterator

from mcwan.changes.facets import CALLERS, GATEWAY, PROTECTION, TLS, TREATMENT, WAYS
from mcwan.changes.told import PAGE, Disturbance, Sentence, Told, cover
from mcwan.changes.view import Cluster, View
from mcwan.rules.words import listed, many


def told(before: View, after: View) -> Iterator[Told]:
    """Give a sentence for each cluster that joins or leaves, and for each gateway that is reached otherwise."""
    for name in sorted(before.by_cluster.keys() | after.by_cluster.keys()):
        old, new = before.by_cluster.get(name), after.by_cluster.get(name)
        if old is None and new is not None:
            yield _joined(after, new)
        elif old is not None and new is None:
            yield _left(before, old)
        elif old is not None and new is not None:
            yield from _gateway(before, old, new, tuple(one for one in after.by_cluster if one != name))


def _joined(after: View, new: Cluster) -> Told:
    imports = sum(cluster == new.name for cluster, _ in after.imports)
    where = f"its gateway answers at {listed(new.addresses)}" if new.addresses else "no address of its gateway is known"
    return Told(
        Sentence(
            about="joined",
            text=f"{new.name} joins the fabric; {where}; it imports {many(imports, 'export')}",
            clusters=(new.name,),
        ),
        (cover(clusters=[new.name]), cover(WAYS, TLS, TREATMENT, CALLERS, PROTECTION, subjects=[""])),
    )


def _left(before: View, old: Cluster) -> Told:
    offered = [export for export, offers in before.by_export.items() if old.name in offers]
    alone = [export for export in offered if list(before.by_export[export]) == [old.name]]
    why = f"clients on {old.name} reach no import any more"
    return Told(
        Sentence(
            about="left",
            text=f"{old.name} leaves the fabric{f'; it alone offers {listed(alone)}' if alone else ''}",
            clusters=(old.name,),
            disturbance=Disturbance(
                level="refused",
                why=f"{why}, and other clusters nothing there" if offered else why,
                remedy=_first(before, old.name, "in an update before, so that nobody is sent there meanwhile"),
            ),
        ),
        (cover(clusters=[old.name]), cover(WAYS, TLS, TREATMENT, CALLERS, PROTECTION, subjects=[""])),
    )


def _first(before: View, name: str, when: str) -> str:
    """Say what to do before a cluster answers no more: weight 0, but not where nobody else would have a weight then.

    That is a mistake: `mcwan.model.checks.exports`.
    """
    offered = [export for export, offers in before.by_export.items() if name in offers]
    alone = [export for export in offered if _answers_alone(before, export, name)]
    shared = len(alone) < len(offered)
    where = f"for {name} in each export that others answer, too," if alone else f"for {name}"
    weight = [f"write weight 0 {where} {when}"] if shared else []
    it = "it" if len(alone) == 1 else "them"
    return "; ".join([*weight, *([f"offer {listed(alone)} elsewhere first, or withdraw {it}"] if alone else [])])


def _answers_alone(view: View, export: str, name: str) -> bool:
    """Tell whether no other cluster offers an export, or none that requests are sent to."""
    others = view.by_export[export].keys() - {name}
    sent = {way.cluster for flow in view.flows if flow.asks == export for way in flow.to if way.share and not way.spare}
    return not others or (name in sent and not sent & others)


def _gateway(before: View, old: Cluster, new: Cluster, others: tuple[str, ...]) -> Iterator[Told]:
    name = new.name
    if old.addresses != new.addresses:
        gone = sorted(set(old.addresses) - set(new.addresses))
        text = f"the ingress gateway of {name} answers at {listed(new.addresses) or 'no known address'}"
        text += f" instead of {listed(old.addresses)}" if old.addresses else ""
        written = set(new.addresses) <= set(old.addresses)
        disturbance = Disturbance(
            level="possible",
            why=f"each other cluster sends to {listed(gone)} until its own objects are changed",
            remedy="let it answer until the update is over"
            if written
            else "write both addresses, update, then take the old one out while it still answers",
        )
        yield Told(
            Sentence(
                about="address",
                text=text,
                clusters=others,
                disturbance=disturbance if gone else Disturbance(),
            ),
            (cover(WAYS), cover(GATEWAY, PROTECTION, clusters=[name])),
        )
    if (old.profile, old.gateway_class) != (new.profile, new.gateway_class):
        first = _first(before, name, "first")
        yield Told(
            Sentence(
                about="gateway",
                text=f"the gateways of {name} are made by {_made(new)} instead of {_made(old)}",
                clusters=(name, *others),
                disturbance=Disturbance(
                    level="yes",
                    why=f"new gateways take the place of those that carry the traffic of {name}",
                    remedy=f"{f'{first}; or ' if first else ''}do it when nobody calls; see {PAGE}",
                ),
            ),
            (cover(clusters=[name]), cover(WAYS, TLS)),
        )


def _made(one: Cluster) -> str:
    return f"{one.profile} (GatewayClass {one.gateway_class})"
