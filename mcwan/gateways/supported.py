"""What planned objects need of a GatewayClass, beside what it says that it supports (GEP-2162).

Asked only of classes that say something: an older implementation, or one whose facts are not known, says nothing. Names
of features are those of Gateway API's conformance profiles (pkg/features).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mcwan.model.mistakes import Mistake
from mcwan.plan import Plan
from mcwan.plan.manifests import Manifest

_FILTERS = {"ResponseHeaderModifier": "HTTPRouteResponseHeaderModification"}
_REWRITES = {"hostname": "HTTPRouteHostRewrite", "path": "HTTPRoutePathRewrite"}
_TIMEOUTS = {"request": "HTTPRouteRequestTimeout", "backendRequest": "HTTPRouteBackendTimeout"}


def unsupported(plan: Plan) -> Iterator[Mistake]:
    """Say which features the plan needs on a cluster whose GatewayClass does not list them, with the first use."""
    for name, report in sorted(plan.context.known.reports.items()):
        called = plan.fabric.clusters[name].gateway.class_name
        known = (report.classes or {}).get(called)
        if known is None or not known.features:
            continue
        for feature, user in needed(plan, name).items():
            if feature not in known.features:
                yield Mistake(
                    ("clusters", name, "gateway", "class"),
                    repr(called),
                    f"it does not list {feature} among the features that it supports, and {user} needs that",
                    "use a GatewayClass that does, or describe the environment without it",
                )


def needed(plan: Plan, cluster: str) -> dict[str, str]:
    """Give the features that the plan needs on a cluster, each with the object that needs it first."""
    found: dict[str, str] = {}
    for one in plan.objects:
        if one.cluster == cluster:
            for feature in _needs(one.manifest):
                metadata = one.manifest["metadata"]
                found.setdefault(feature, f"{one.manifest['kind']} {metadata['namespace']}/{metadata['name']}")
    return dict(sorted(found.items()))


def _needs(manifest: Manifest) -> Iterator[str]:
    if manifest["kind"] == "BackendTLSPolicy":
        yield "BackendTLSPolicy"
    if manifest["kind"] == "HTTPRoute":
        for rule in manifest["spec"]["rules"]:
            yield from _of_rule(rule)


def _of_rule(rule: Mapping[str, Any]) -> Iterator[str]:
    for match in rule.get("matches", ()):
        if "method" in match:
            yield "HTTPRouteMethodMatching"
        if "queryParams" in match:
            yield "HTTPRouteQueryParamMatching"
    for one in rule.get("filters", ()):
        if one["type"] in _FILTERS:
            yield _FILTERS[one["type"]]
        if one["type"] == "URLRewrite":
            yield from (feature for key, feature in _REWRITES.items() if key in one["urlRewrite"])
    yield from (feature for key, feature in _TIMEOUTS.items() if key in rule.get("timeouts", {}))
