"""ReferenceGrants: what lets a route send to the Services of another namespace.

They follow from the routes themselves, so that no reference is without its grant. One per namespace that is sent to
and namespace that is sent from, for all Services: a grant names 16 at most, and into `mc-wan` only this program puts
routes. v1beta1 is the version that every release of Gateway API serves.
"""

from collections.abc import Iterable

from mcwan.plan import names
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.manifests import REFERENCE_GRANT_API, Manifest, labels, manifest


def grants(context: Context, routes: Iterable[tuple[str, Manifest]]) -> PerCluster:
    """Give each cluster the grants that its routes need; `routes` are pairs of cluster and HTTPRoute."""
    needed: dict[str, dict[tuple[str, str], set[tuple[str, str]]]] = {}
    for cluster, route in routes:
        source = route["metadata"]["namespace"]
        for rule in route["spec"]["rules"]:
            for ref in rule.get("backendRefs", ()):
                if ref.get("namespace", source) != source:
                    kinds = needed.setdefault(cluster, {}).setdefault((ref["namespace"], source), set())
                    kinds.add((ref.get("group", ""), ref["kind"]))
    return {
        cluster: [_grant(context, namespace, source, kinds) for (namespace, source), kinds in sorted(pairs.items())]
        for cluster, pairs in needed.items()
    }


def _grant(context: Context, namespace: str, source: str, kinds: set[tuple[str, str]]) -> Manifest:
    return manifest(
        REFERENCE_GRANT_API,
        "ReferenceGrant",
        names.GRANT if source == names.NAMESPACE else f"{names.GRANT}-from-{source}",
        namespace,
        labels(context.fabric, "reference-grant"),
        spec={
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": source}],
            "to": [{"group": group, "kind": kind} for group, kind in sorted(kinds)],
        },
    )
