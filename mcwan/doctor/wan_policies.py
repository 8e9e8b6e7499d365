"""WAN policies and their ports are the same on every cluster, and nobody else has the ports."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from mcwan.doctor.addresses import given
from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, each
from mcwan.facts.surveyed import Survey


def equal(evidence: Evidence) -> Iterator[Finding]:
    """Each WAN policy has the same spec on every cluster, but for its port."""
    return _compared(
        "wan-policies-equal", evidence, lambda spec: {key: one for key, one in sorted(spec.items()) if key != "port"}
    )


def ports_equal(evidence: Evidence) -> Iterator[Finding]:
    """Each WAN policy has the same port on every cluster, and that of the description."""
    return _compared("ports-equal", evidence, lambda spec: {"port": spec.get("port")})


def _compared(check: str, evidence: Evidence, part: Callable[[Any], Any]) -> Iterator[Finding]:
    known = {name: one.policies for name, one in evidence.read.items() if one.policies is not None}
    agreed = True
    for policy in sorted(evidence.description.wan_policies) if known else ():
        there = {
            name: json.dumps(part(one["spec"]))
            for name, every in known.items()
            for one in every
            if one["metadata"]["name"] == policy
        }
        if not there:
            agreed = False
            yield Finding(check, "warning", tuple(known), f"no WANPolicy {policy} is deployed yet", "deploy the stack")
            continue
        missing = sorted(set(known) - set(there))
        if missing:
            agreed = False
            yield Finding(check, "failed", tuple(missing), f"there is no WANPolicy {policy}", "deploy the stack there")
        if len(set(there.values())) > 1:
            agreed = False
            said = "; ".join(f"{name} has {one}" for name, one in there.items())
            yield Finding(check, "failed", tuple(there), f"WANPolicy {policy} differs: {said}", "deploy the stack")
        else:
            planned = _planned(evidence, policy)
            if planned is not None and (wanted := json.dumps(part(planned))) not in there.values():
                agreed = False
                said = f"WANPolicy {policy} is {next(iter(there.values()))}, and {wanted} in the stack file"
                yield Finding(check, "warning", tuple(there), said, "deploy the stack")
    if known and agreed:
        yield Finding(check, "ok", tuple(known), "they are the same everywhere, and as described")
    yield from (one for one in each(check, evidence, "policies", lambda *_: ()))


def _planned(evidence: Evidence, policy: str) -> Any:
    if evidence.plan is None:
        return None
    every = (one.manifest for one in evidence.plan.objects if one.manifest["kind"] == "WANPolicy")
    return next((one["spec"] for one in every if one["metadata"]["name"] == policy), None)


def ports_free(evidence: Evidence) -> Iterator[Finding]:
    """No other Service has a WAN port where the ingress gateway needs it: on the nodes, or at its address."""
    wanted = {one.port: name for name, one in sorted(evidence.description.wan_policies.items())}

    def judge(name: str, survey: Survey) -> Iterator[Found]:
        nodes = evidence.description.clusters[name].ingress.exposure == "NodePort"
        own, addresses = evidence.gateway_services(name), set(evidence.addresses(name))
        taken = False
        for service in survey.services or ():
            called = f"{service['metadata']['name']}.{service['metadata']['namespace']}"
            if called in own:
                continue
            for port in _claimed(service, nodes=nodes, addresses=addresses):
                if port in wanted:
                    taken = True
                    said = f"Service {called} has port {port}, the WAN port of {wanted[port]}"
                    yield "failed", said, "give the Service or the WAN policy another port"
        if not taken:
            yield "ok", "no other Service has a WAN port", ""

    return each("ports-free", evidence, "services", judge)


def _claimed(service: Any, *, nodes: bool, addresses: set[str]) -> list[int]:
    spec = service["spec"]
    ports = spec.get("ports") or ()
    found = [one["nodePort"] for one in ports if one.get("nodePort")] if nodes else []
    found += [spec["healthCheckNodePort"]] if nodes and spec.get("healthCheckNodePort") else []
    return sorted({*found, *([one["port"] for one in ports] if addresses & set(given(service)) else [])})
