"""What an organisation allows in its environments; each of these rules holds nothing up until it is configured."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated

from pydantic import Field

from mcwan.model import facts
from mcwan.rules.evidence import Evidence, admitted_policies, component_of, is_named
from mcwan.rules.objects import Object, mapping, number, text, value
from mcwan.rules.rule import Level, Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.words import listed

Names = tuple[str, ...]


class Exporters(Options):
    """Who may export."""

    namespaces: Annotated[Names | None, Field(examples=[["secure", "catalog"]])] = None
    """Namespaces that may export; all if it is not set."""


def _may_export(_: Evidence, export: Object, options: Exporters) -> Iterator[Violation]:
    if options.namespaces is not None and export.namespace not in options.namespaces:
        yield violation(
            f"{export} exports from namespace {export.namespace}; allowed: {listed(options.namespaces) or 'none'}",
            "remove the export, or add the namespace to this rule's configuration",
            export,
        )


class Tunnels(Options):
    """Which namespaces must keep off which tunnels."""

    never: dict[str, Names] = Field(default_factory=dict, examples=[{"default": ["secure"]}])
    """By tunnel, the namespaces whose exports must never use it."""


def _keeps_off(evidence: Evidence, export: Object | Evidence, options: Tunnels) -> Iterator[Violation]:
    if isinstance(export, Evidence):
        if options.never:
            _known("never", options.never, _tunnels(evidence), "tunnel")
            _known("never", chain(*options.never.values()), _namespaces(evidence), "namespace")
        return
    if not any(export.namespace in namespaces for namespaces in options.never.values()):
        return
    for name in admitted_policies(export):
        policy = evidence.find(export.cluster, "WANPolicy", "", name)
        tunnel = text(policy.content, "spec", "tunnel") if policy is not None else ""
        if export.namespace in options.never.get(tunnel, ()):
            yield violation(
                f"{export} has policy {name}, whose tunnel is {tunnel}; namespace {export.namespace} must never use it",
                "give the export, or its rule, a WAN policy of another tunnel",
                export,
            )


def _tunnels(evidence: Evidence) -> set[str]:
    """Give the tunnels that WAN policies have. Raises UnjudgedError."""
    objects = {text(one.content, "spec", "tunnel") for one in evidence.of_kind("WANPolicy")}
    return objects | {text(one.outputs, "tunnel") for one in evidence.component("WANPolicy")}


def _namespaces(evidence: Evidence) -> set[str]:
    """Give the namespaces of exports and imports. Raises UnjudgedError."""
    return {one.namespace for kind in ("ServiceExport", "ServiceImport") for one in evidence.of_kind(kind)}


def _known(option: str, written: Iterable[str], known: Iterable[str], what: str) -> None:
    """Say that an option names nothing that there is. Raises UnjudgedError."""
    allowed = sorted(set(known) - {""})
    for one in written:
        if one not in allowed:
            raise UnjudgedError(f"{option}: {one!r}", f"names no {what} (allowed: {', '.join(allowed) or 'none'})")


class Importers(Options):
    """Which clusters may import what."""

    clusters: dict[str, Names] = Field(
        default_factory=dict, examples=[{"secure": ["east", "west"], "ledger.secure": ["west"]}]
    )
    """By namespace, or service as name.namespace, the clusters that may import it; all if it is not listed."""


def _may_import(evidence: Evidence, one: Object | Evidence, options: Importers) -> Iterator[Violation]:
    if not options.clusters:
        return
    if isinstance(one, Evidence):
        every = [*evidence.of_kind("ServiceExport"), *evidence.of_kind("ServiceImport")]
        services = {f"{it.name}.{it.namespace}" for it in every}
        _known("clusters", options.clusters, services | _namespaces(evidence), "service or namespace")
        for key, clusters in options.clusters.items():
            _known(f"clusters.{key}", clusters, evidence.clusters, "cluster")
        return
    service = f"{one.name}.{one.namespace}"
    allowed = options.clusters.get(service, options.clusters.get(one.namespace))
    if allowed is not None and one.cluster not in allowed:
        yield violation(
            f"{one.cluster} imports {service}; allowed: {listed(allowed) or 'none'}",
            f"name the clusters in mcwan:imports for {service}, or add this one to the rule's configuration",
            one,
        )


class Withdrawals(Options):
    """How many imports one update may withdraw, for whatever reason."""

    at_most: Annotated[int | None, Field(strict=True, ge=0, examples=[2])] = None
    """Imports that an update may withdraw. If neither this nor `percent` is set, the limit is the stack's own,
    `mcwan:facts.withdrawals`."""
    percent: Annotated[int | None, Field(strict=True, ge=0, le=100, examples=[25])] = None
    """The share of all imports that it may withdraw; with both, neither may be exceeded."""
    baseline: Annotated[str | None, Field(examples=["deployed.json"])] = None
    """What is deployed: a file of `pulumi stack export`, or a directory of `mcwan render`. A relative path is
    one beside the configuration, which is in the pack's directory."""


def _withdrawn(_: Evidence, evidence: Evidence, options: Withdrawals) -> Iterator[Violation]:
    before = evidence.before
    if before is None:
        if (options.at_most, options.percent) == (None, None):
            return
        raise UnjudgedError("what is deployed", "is not known; name it in baseline")
    limit, allowed, consent = _limit(evidence, options, len(before))
    imports = evidence.of_kind("ServiceImport")
    now = {(one.cluster, f"{one.name}.{one.namespace}") for one in imports if is_named(one)}
    nameless = [one for one in imports if not is_named(one)]
    gone = sorted(before - now)
    if not limit.admits(len(gone) - len(nameless), len(before)):
        some = listed([f"{service} on {cluster}" for cluster, service in gone[:5]])
        more = f", and {len(gone) - 5} more" if len(gone) > 5 else ""
        yield Violation(
            f"{len(gone)} of {len(before)} imports withdrawn; allowed at a time: {allowed} ({some}{more})",
            f"withdraw fewer, or {consent} for this one update",
            tuple(sorted({cluster for cluster, _ in gone})),
            f"ServiceImport {gone[0][1]} on {gone[0][0]}",
        )
    elif not limit.admits(len(gone), len(before)):
        raise UnjudgedError(str(nameless[0]), "has a name that is not known before the update")


def _limit(evidence: Evidence, options: Withdrawals, every: int) -> tuple[facts.Withdrawals, str, str]:
    """Give the rule's own limit of so many imports or, if it has none, the stack's; how it reads; how to consent.

    Raises UnjudgedError if it is the stack's, and not known.
    """
    at_most, percent = options.at_most, options.percent
    if (at_most, percent) == (None, None):
        limit = _stacks_limit(evidence)
        return limit, f"{limit.at_most}, {limit.percent} percent", "write mcwan:facts.withdrawals.allow: true"
    written = {"atMost": (at_most, f"{at_most}"), "percent": (percent, f"{percent} percent")}
    own = {key: said for key, (number_, said) in written.items() if number_ is not None}
    limit = facts.Withdrawals(
        at_most=every if at_most is None else at_most, percent=100 if percent is None else percent
    )
    return limit, ", ".join(own.values()), f"raise {listed(own)}"


def _stacks_limit(evidence: Evidence) -> facts.Withdrawals:
    """Give the limit that the stack writes, the least one if there are several. Raises UnjudgedError."""
    told = [mapping(one.outputs, "withdrawals") for one in evidence.component("EastWestGateway")]
    known = [
        facts.Withdrawals(at_most=at_most, percent=percent, allow=value(one, "allow") is True)
        for one in told
        if (at_most := number(one, "atMost")) is not None and (percent := number(one, "percent")) is not None
    ]
    if not known:
        raise UnjudgedError("the stack's own limit", "is not known here; write atMost, percent or both")
    return min(known, key=lambda one: (one.allow, one.at_most, one.percent))


class Labels(Options):
    """Labels that objects must have."""

    labels: Annotated[Names, Field(examples=[["team"]])] = ()
    """Keys of labels that every object of the fabric must have."""


def _labelled(_: Evidence, one: Object, options: Labels) -> Iterator[Violation]:
    if not options.labels or not component_of(one):
        return
    lacking = [label for label in options.labels if label not in one.labels]
    if lacking:
        yield violation(f"{one} has no label {listed(lacking)}", "write it once, in mcwan:labels", one)


RULES = (
    Rule(
        "export-namespace-allowed",
        "Only the configured namespaces export.",
        "Who may offer services to other clusters is often a decision of the organisation.",
        "Remove the export, or add its namespace.",
        lambda evidence: evidence.of_kind("ServiceExport"),
        _may_export,
        options=Exporters,
    ),
    Rule(
        "namespace-keeps-off-tunnel",
        "Exports of some namespaces never use some tunnels, as configured.",
        "Sensitive data must not travel by a tunnel over the Internet, whoever writes the export.",
        "Give the export a WAN policy of another tunnel.",
        lambda evidence: [evidence, *evidence.of_kind("ServiceExport")],
        _keeps_off,
        severity=Severity.CRITICAL,
        options=Tunnels,
    ),
    Rule(
        "import-allowed",
        "Services are imported by the configured clusters only.",
        "Some services are for some clusters only.",
        "Name the clusters of the import in the stack.",
        lambda evidence: [evidence, *evidence.of_kind("ServiceImport")],
        _may_import,
        options=Importers,
    ),
    Rule(
        "withdrawals-limited",
        "One update withdraws no more imports than configured.",
        "A mistake in one line, or a cluster that reports nothing, can withdraw many imports at once.",
        "Withdraw fewer, or consent for this one update: raise the limit of this rule's configuration or, if it has "
        "none, write mcwan:facts.withdrawals.allow: true.",
        lambda evidence: [evidence],
        _withdrawn,
        options=Withdrawals,
    ),
    Rule(
        "labels-present",
        "Every object of the fabric has the configured labels.",
        "Bills and inventories go by labels.",
        "Write the label once, in mcwan:labels.",
        lambda evidence: evidence.objects,
        _labelled,
        severity=Severity.LOW,
        level=Level.ADVISORY,
        options=Labels,
    ),
)
