"""Nobody but mcwan patches what the fabric's gateways do: in Envoy's own words, no other rule could read it."""

from collections.abc import Iterable, Iterator

from mcwan.rules.bearing import borne_on, borne_on_by_istio, some
from mcwan.rules.evidence import Evidence, component_of
from mcwan.rules.objects import Object, items, mapping, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.tls import targets_of
from mcwan.rules.unknown import UnjudgedError, chosen

_REMEDY = "remove it, or let it be for Gateways of your own"
_KINDS = ("EnvoyPatchPolicy", "EnvoyExtensionPolicy")
"""Envoy Gateway's ways to patch what is made of a Gateway, and to have programs of others treat its requests."""
_OF_SIDECARS = ("SIDECAR_INBOUND", "SIDECAR_OUTBOUND")


def _judge(evidence: Evidence, patch: Object, _: Options) -> Iterator[Violation]:
    its = _of_istio(evidence, patch) if patch.kind == "EnvoyFilter" else borne_on(evidence, patch)
    if its:
        yield violation(
            f"{patch} patches {some(its)}, and no rule can tell what is left of WAN policies then",
            _REMEDY,
            patch,
            its[0],
        )


def _of_istio(evidence: Evidence, patch: Object) -> list[Object]:
    """Give the fabric's gateways that an EnvoyFilter is for; one for all of a mesh is the mesh's business.

    Raises UnjudgedError.
    """
    contexts = [text(one, "match", "context") for one in items(patch.content, "spec", "configPatches")]
    if contexts and all(one in _OF_SIDECARS for one in contexts):
        return []
    aimed = any(targets_of(patch)) or bool(mapping(patch.content, "spec", "workloadSelector", "labels"))
    return [one for one in borne_on_by_istio(evidence, patch) if aimed or one.namespace == patch.namespace]


def _subjects(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return [
        *(one for kind in _KINDS for one in evidence.of_kind(kind)),
        *chosen(evidence.of_kind("EnvoyFilter"), lambda one: not component_of(one)),
    ]


RULES = (
    Rule(
        "gateway-not-patched",
        "Nobody but mcwan patches the fabric's gateways, nor has programs of others treat what passes there.",
        "What is patched into Envoy, or done by an extension, goes before all that Gateway API says: requests can take "
        "another way, or be let in, and every object looks as it should.",
        "Let patches and extensions be for Gateways of your own.",
        _subjects,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
