"""The policy pack: every rule as a Pulumi policy.

Pulumi's SDK would read the whole stack again for every policy, and hand its secrets out in clear. The analyzer here
reads it once, keeps what is secret or unknown from the rules, and leaves everything else (levels, configuration,
reports) to the SDK's.
"""

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, PolicyConfigSchema, PolicyPack, StackValidationArgs, StackValidationPolicy
from pulumi_policy import policy as sdk

from mcwan.rules import Evidence, Rule, run
from mcwan.rules.settings import check_names, options_of, with_baseline
from mcwan.rules.sources import Registered, SourceError, cluster_of, is_object, of_resources

NAME = "mcwan"
Report = Callable[..., None]


@dataclass
class Reading:
    """What the analyzer has read for the policies that it runs, and what those could not judge, by rule."""

    evidence: Evidence = field(default_factory=lambda: Evidence(()))
    unjudged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Analyzer(sdk._PolicyAnalyzerServicer):
    """The SDK's analyzer, but for how it reads a stack; it has no public place for that."""

    def __init__(self, reading: Reading, rules: Sequence[Rule], *arguments: Any) -> None:
        """`arguments` are those of the SDK's analyzer."""
        super().__init__(*arguments)
        self._reading, self._rules = reading, rules

    def AnalyzeStack(  # noqa: N802 - gRPC's name
        self, request: analyzer_pb2.AnalyzeStackRequest, context: object
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge a stack by every rule that is not disabled. What is not known yet is advice, whatever the level."""
        with self._reading.lock:
            self._reading.evidence = of_resources(registered(request))
            self._reading.unjudged.clear()
            nothing = analyzer_pb2.AnalyzeStackRequest()
            response: analyzer_pb2.AnalyzeResponse = super().AnalyzeStack(nothing, context)  # type: ignore[no-untyped-call]
            for rule in self._rules:
                advise = self._create_report_violation(response, rule.name, rule.sentence, EnforcementLevel.ADVISORY)
                for one in self._reading.unjudged.get(rule.name, ()):
                    advise(f"{rule.name}: not judged: {one}", None)
        return response

    def Configure(  # noqa: N802
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: object
    ) -> empty_pb2.Empty:
        """Take the configuration. Raises SettingsError for rules that there are not: the engine lets them pass."""
        check_names(request.policyConfig, self._rules)
        done: empty_pb2.Empty = super().Configure(request, context)  # type: ignore[no-untyped-call]
        return done


def policies(rules: Sequence[Rule], reading: Reading) -> list[StackValidationPolicy]:
    """Give a policy for each rule; it judges what `reading` holds when it is run."""
    return [_policy(rule, reading) for rule in rules]


def serve(rules: Sequence[Rule]) -> None:
    """Serve rules to Pulumi's engine until it ends this process; a pack's `__main__.py` does nothing else."""
    tuned()
    reading = Reading()
    sdk._PolicyAnalyzerServicer = lambda *arguments: Analyzer(reading, rules, *arguments)  # type: ignore[assignment,misc]
    PolicyPack(NAME, list(policies(rules, reading)), enforcement_level=EnforcementLevel.MANDATORY)


def tuned() -> None:
    """Have less garbage collected: reading a large stack is one burst of small objects, and takes half the time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def registered(request: analyzer_pb2.AnalyzeStackRequest) -> Iterator[Registered]:
    """Give a stack's resources as far as rules look at them. An object's cluster is what its provider is called."""
    clusters: dict[str, str] = {}
    known: dict[bytes, Any] = {}
    for one in request.resources:
        if is_object(one.type) and one.provider.urn not in clusters:
            clusters[one.provider.urn] = cluster_of(plain(one.provider.properties), one.provider.urn)
        if is_object(one.type) or one.type.startswith("mcwan:"):
            yield Registered(one.type, one.urn, plain(one.properties, known), clusters.get(one.provider.urn, ""))


def plain(struct: struct_pb2.Struct, known: dict[bytes, Any] | None = None) -> dict[str, Any]:
    """Give a Struct as Python's own values, which nobody is to change: what is alike is one value.

    `known` has what was read before, by its bytes: labels and much else come again and again. It takes a third of the
    time of `json_format.MessageToDict`. (A map's `items()` would be a generator of Python's, and slow.)
    """
    fields, known = struct.fields, {} if known is None else known
    return {key: _value(fields[key], known) for key in fields}


def _value(value: struct_pb2.Value, known: dict[bytes, Any]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":  # most are
        return value.string_value
    if kind not in ("struct_value", "list_value"):
        return None if kind in (None, "null_value") else getattr(value, kind)
    written = value.SerializeToString()
    if written not in known:
        its = plain(value.struct_value, known) if kind == "struct_value" else None
        known[written] = [_value(one, known) for one in value.list_value.values] if its is None else its
    return known[written]


def _policy(rule: Rule, reading: Reading) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: Report) -> None:
        wrong: list[str] = []
        options = options_of(rule, args.get_config() or {}, wrong)
        for one in wrong:
            report(f"{one}; correct the configuration of the pack")
        try:
            evidence = with_baseline(reading.evidence, options)
        except SourceError as error:
            report(f"{rule.name}: {error}")
            return
        verdict = run(rule, evidence, options)
        for violation in verdict.violations:
            report(f"{rule.name}: {violation.what}; {violation.remedy}", violation.urn or None)
        if verdict.failure:
            report(f"{rule.name}: the rule failed: {verdict.failure}; report that, and disable the rule until then")
        reading.unjudged[rule.name] = verdict.unjudged

    properties = rule.options.model_json_schema(by_alias=True).get("properties", {})
    return StackValidationPolicy(
        rule.name,
        rule.sentence,
        validate,
        EnforcementLevel(rule.level.value),
        PolicyConfigSchema(properties) if properties else None,
        severity=sdk.Severity(rule.severity.value),
        remediation_steps=rule.remedy,
        url=f"docs/rules/{rule.name}.md",
    )
