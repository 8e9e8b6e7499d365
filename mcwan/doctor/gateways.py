"""The gateways of the plan are there and programmed."""

from collections.abc import Iterator, Mapping
from typing import Any

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, condition, each
from mcwan.facts.surveyed import Survey

_WITHOUT_ADDRESS = ("AddressNotAssigned", "AddressNotUsable")
_LISTENER = ("Accepted", "ResolvedRefs", "Programmed")


def programmed(evidence: Evidence) -> Iterator[Finding]:
    """Each Gateway of the plan is programmed, with all of its listeners.

    Where a gateway gets no address from its implementation, the Gateway is not programmed though its listeners are
    (Envoy Gateway without a Service, say); that is enough unless a load balancer's address is needed.
    """

    def judge(name: str, survey: Survey) -> Iterator[Found]:
        if evidence.plan is None:
            yield "not known", "the Gateways that are planned are not known", "see the check description"
            return
        balanced = evidence.description.clusters[name].ingress.exposure == "LoadBalancer"
        there = {_key(one): one for one in survey.gateways or ()}
        planned = [one.manifest for one in evidence.plan.objects if one.cluster == name]
        wrong = False
        for one in (one for one in planned if one["kind"] == "Gateway"):
            for told in _judged(one, there.get(_key(one)), balanced):
                wrong = True
                yield told
        if not wrong:
            yield "ok", "its Gateways are programmed", ""

    return each("gateways-programmed", evidence, "gateways", judge)


def _judged(planned: Mapping[str, Any], found: Mapping[str, Any] | None, balanced: bool) -> Iterator[Found]:
    if found is None:
        yield "warning", f"Gateway {_key(planned)} is not there", "deploy the stack"
        return
    status = found.get("status") or {}
    told = {one["name"]: one.get("conditions") or () for one in status.get("listeners") or ()}
    for listener in planned["spec"]["listeners"]:
        name = listener["name"]
        if name not in told:
            yield "failed", f"Gateway {_key(found)} tells nothing of its listener {name}", "see its controller's log"
            continue
        for kind in _LISTENER:
            known = condition(told[name], kind)
            if (known and known.get("status") != "True") or (kind == "Programmed" and not known):
                said = f"listener {name} of Gateway {_key(found)} is not {_said(kind, known)}"
                yield "failed", said, "mend what it says, or see its controller's log"
                break
    own = condition(status.get("conditions") or (), "Programmed")
    if own.get("status") != "True" and (balanced or own.get("reason") not in _WITHOUT_ADDRESS):
        said = f"Gateway {_key(found)} is not {_said('Programmed', own)}"
        yield "failed", said, "mend what it says, or see its controller's log"


def _said(kind: str, known: Mapping[str, Any]) -> str:
    why = ": ".join(one for one in (known.get("reason", ""), known.get("message", "")) if one)
    return f"{kind} ({why})" if why else kind


def _key(one: Mapping[str, Any]) -> str:
    return f"{one['metadata']['namespace']}/{one['metadata']['name']}"
