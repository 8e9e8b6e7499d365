"""A stack as Pulumi's engine hands it to a policy pack's analyzer: numbers are floats, the order is anything."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi_policy import EnforcementLevel

from mcwan.pack import NAME, Analyzer, Reading, policies
from mcwan.plan import Plan
from mcwan.plan.manifests import identity
from mcwan.plan.summary import export_summary, gateway_summary, import_summary, wan_policy_summary
from mcwan.rules import RULES, Rule

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, none itself
_CORE = {"v1": "core/v1"}


@dataclass(frozen=True, order=True)
class Told:
    """A diagnostic of the analyzer."""

    level: str
    rule: str
    message: str


def stack(plan: Plan) -> pb.AnalyzeStackRequest:
    """Give a plan's resources after its program has run."""
    request = pb.AnalyzeStackRequest()
    for kind, name, outputs in _components(plan):
        add(request, f"mcwan:index:{kind}", name, outputs)
    for one in plan.objects:
        api_version, kind, namespace, name = identity(one.manifest)
        token = f"kubernetes:{_CORE.get(api_version, api_version)}:{kind}"
        add(request, token, f"{one.cluster}/{namespace}/{name}", one.manifest, one.cluster)
    shuffled = list(request.resources)
    random.Random(7).shuffle(shuffled)  # noqa: S311 - an order, no secret
    return pb.AnalyzeStackRequest(resources=shuffled)


def add(
    request: pb.AnalyzeStackRequest, token: str, name: str, properties: Mapping[str, Any], cluster: str = ""
) -> pb.AnalyzerResource:
    """Add a resource to a stack."""
    one = request.resources.add(type=token, urn=f"urn:pulumi:test::mcwan::{token}::{name}", name=name)
    one.properties.update(json.loads(json.dumps(properties)))
    if cluster:
        one.provider.name = cluster
        one.provider.type = "pulumi:providers:kubernetes"
        one.provider.urn = f"urn:pulumi:test::mcwan::pulumi:providers:kubernetes::{cluster}"
        one.provider.properties.update({"clusterIdentifier": cluster})
    return one


def properties(request: pb.AnalyzeStackRequest, kind: str, name: str) -> Any:
    """Give the properties of the resource of a kind whose name ends so."""
    (found,) = [one for one in request.resources if one.type.endswith(f":{kind}") and one.name.endswith(name)]
    return found.properties


def analyze(
    request: pb.AnalyzeStackRequest,
    config: Mapping[str, str | Mapping[str, Any]] | None = None,
    rules: Sequence[Rule] = RULES,
) -> list[Told]:
    """Run the pack's analyzer, configured as the engine does it; gives what it tells, sorted."""
    reading = Reading()
    analyzer = Analyzer(reading, rules, NAME, "0.1.0", list(policies(rules, reading)), EnforcementLevel.MANDATORY)
    configure = pb.ConfigureAnalyzerRequest()
    for name, given in (config or {}).items():
        options = dict(given) if isinstance(given, Mapping) else {"enforcementLevel": given}
        level = options.pop("enforcementLevel", None) or next(one.level.value for one in rules if one.name == name)
        configure.policyConfig[name].enforcementLevel = pb.EnforcementLevel.Value(level.upper())
        configure.policyConfig[name].properties.update(options)
    analyzer.Configure(configure, None)
    response = analyzer.AnalyzeStack(request, None)
    return sorted(
        Told(
            pb.EnforcementLevel.Name(one.enforcementLevel).lower(),
            one.policyName,
            one.message.removeprefix(f"{one.description}\n"),
        )
        for one in response.diagnostics
    )


def _components(plan: Plan) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    yield "EastWestGateway", "test/gateways", gateway_summary(plan)
    of: list[tuple[str, Callable[[Plan, str], Mapping[str, Any]], Any]] = [
        ("WANPolicy", wan_policy_summary, plan.fabric.wan_policies),
        ("ServiceExport", export_summary, plan.context.exports),
        ("ServiceImport", import_summary, plan.context.exports),
    ]
    for kind, summary, keys in of:
        for key in sorted(keys):
            yield kind, f"test/{key}", summary(plan, key)
