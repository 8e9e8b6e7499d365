"""What an organisation allows in its environments; each of these rules holds nothing up until it is configured."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from mcwan.rules.evidence import Evidence, admitted_policies, component_of, is_named
from mcwan.rules.objects import Object, text
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


def _keeps_off(evidence: Evidence, export: Object, options: Tunnels) -> Iterator[Violation]:
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


class Importers(Options):
    """Which clusters may import what."""

    clusters: dict[str, Names] = Field(
        default_factory=dict, examples=[{"secure": ["east", "west"], "ledger.secure": ["west"]}]
    )
    """By namespace, or service as name.namespace, the clusters that may import it; all if it is not listed."""


def _may_import(_: Evidence, one: Object, options: Importers) -> Iterator[Violation]:
    if not options.clusters:
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
    """How many imports one update may withdraw."""

    at_most: Annotated[int | None, Field(strict=True, ge=0, examples=[2])] = None
    """Imports that an update may withdraw; any number if it is not set."""
    baseline: Annotated[str | None, Field(examples=["deployed.json"])] = None
    """What is deployed: a file of `pulumi stack export`, or a directory of `mcwan render`. A relative path is
    one beside the configuration, which is in the pack's directory."""


def _withdrawn(_: Evidence, evidence: Evidence, options: Withdrawals) -> Iterator[Violation]:
    if options.at_most is None:
        return
    before = evidence.before
    if before is None:
        raise UnjudgedError("what is deployed", "is not known; name it in baseline")
    imports = evidence.of_kind("ServiceImport")
    now = {(one.cluster, f"{one.name}.{one.namespace}") for one in imports if is_named(one)}
    nameless = [one for one in imports if not is_named(one)]
    gone = sorted(before - now)
    if len(gone) - len(nameless) > options.at_most:
        some = listed([f"{service} on {cluster}" for cluster, service in gone[:5]])
        more = f", and {len(gone) - 5} more" if len(gone) > 5 else ""
        yield Violation(
            f"{len(gone)} of {len(before)} imports withdrawn; allowed at a time: {options.at_most} ({some}{more})",
            "withdraw fewer, or raise atMost for this one update",
            tuple(sorted({cluster for cluster, _ in gone})),
            f"ServiceImport {gone[0][1]} on {gone[0][0]}",
        )
    elif len(gone) > options.at_most:
        raise UnjudgedError(str(nameless[0]), "has a name that is not known before the update")


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
        lambda evidence: evidence.of_kind("ServiceExport"),
        _keeps_off,
        severity=Severity.CRITICAL,
        options=Tunnels,
    ),
    Rule(
        "import-allowed",
        "Services are imported by the configured clusters only.",
        "Some services are for some clusters only.",
        "Name the clusters of the import in the stack.",
        lambda evidence: evidence.of_kind("ServiceImport"),
        _may_import,
        options=Importers,
    ),
    Rule(
        "withdrawals-limited",
        "One update withdraws no more imports than configured.",
        "A mistake in one line, or a cluster that reports nothing, can withdraw many imports at once.",
        "Withdraw fewer, or raise atMost for this one update.",
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
