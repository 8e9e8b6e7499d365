"""Requests leave by the WAN port of their rule: which are sent, and what is made of the answers."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, unknown
from mcwan.doctor.requests import harmless
from mcwan.facts.probed import Answer, Probe
from mcwan.model.importing import EgressRule, Importing, egress_rules, failover
from mcwan.plan import Owner, Plan
from mcwan.plan.names import POLICY_HEADER, cluster_host, clusterset
from mcwan.plan.upstreams import first_choices

CHECK = "requests-leave"
_TRIES = 8
"""How often a request is sent until another cluster answers, where its own may answer as well."""
_DEPLOY = "see mcwan status for what drifted, and deploy the stack"
_BY_HAND = f"send one yourself, and see the header {POLICY_HEADER} of its answer"


@dataclass(frozen=True)
class Asked:
    """A rule of an import, and the probe that is sent of it at one port; or why none is."""

    importing: Importing
    rule: EgressRule
    probe: Probe | None = None
    why: str = ""


def asked(plan: Plan, cluster: str, exports: Collection[str] = ()) -> Iterator[Asked]:
    """Give what is asked in a cluster: for each import (of `exports`, if there are some), port and rule."""
    for key, importings in plan.context.imports.items():
        for importing in importings:
            if importing.cluster == cluster and (not exports or key in exports):
                yield from _of_import(plan, importing)


def _of_import(plan: Plan, importing: Importing) -> Iterator[Asked]:
    export, cluster = importing.export, importing.cluster
    rules = egress_rules(importing, plan.context.exports)
    host = cluster_host(f"{clusterset(export.exported_name)}.{export.namespace}")
    for number, rule in enumerate(rules):
        made = harmless(rules, number)
        if isinstance(made, str):
            yield Asked(importing, rule, why=made)
            continue
        own = rule.target.offers.get(cluster)
        tries = _TRIES if own is not None and own.weight and first_choices(rule.target, cluster) else 1
        for port in export.all_ports:
            gateway = _gateway(plan, importing)
            probe = Probe(cluster, export.key, rule.name, host, port.port, gateway, made, tries)
            yield Asked(importing, rule, probe)


def _gateway(plan: Plan, importing: Importing) -> str:
    """Give the Service of the egress gateway that an import's name is an alias of; empty if none is on the way."""
    if "gateway" not in importing.paths:
        return ""
    objects = plan.by_owner[Owner("ServiceImport", importing.export.key)][importing.cluster]
    alias = clusterset(importing.export.exported_name)
    (host,) = (
        one["spec"]["externalName"] for one in objects if (one["kind"], one["metadata"]["name"]) == ("Service", alias)
    )
    return str(host).removesuffix(cluster_host(""))


def leave(evidence: Evidence) -> Iterator[Finding]:
    """Each rule's request leaves by its WAN policy, and is answered by a cluster that offers the service."""
    if evidence.answers is None:
        yield Finding(CHECK, "not known", evidence.names, "no request was sent", "mcwan doctor --probe sends some")
        return
    for name in evidence.names:
        for verdict, said, remedy in _of_cluster(evidence, name, evidence.answers):
            yield Finding(CHECK, verdict, (name,), said, remedy)


def _of_cluster(evidence: Evidence, name: str, answers: Mapping[Probe, Answer]) -> Iterator[Found]:
    if evidence.plan is None:
        yield "not known", "what ought to leave is not known", "see the check description"
        return
    if name != evidence.inside and evidence.description.clusters[name].render_to is not None:
        yield unknown(evidence, name)
        return
    every = list(asked(evidence.plan, name, evidence.chosen))
    if not every:
        yield "ok", "it imports nothing that would leave", ""
    well: dict[str, list[str]] = {}
    for one in every:
        verdict, said, remedy = _judged(evidence.plan, one, answers)
        if verdict == "ok":
            well.setdefault(one.importing.export.key, []).append(said)
        else:
            yield verdict, f"{one.importing.export.key}, rule {one.rule.name}: {said}", remedy
    for key, several in well.items():
        yield "ok", f"{key}: {'; '.join(dict.fromkeys(several))}", ""


def _judged(plan: Plan, one: Asked, answers: Mapping[Probe, Answer]) -> Found:
    if one.probe is None:
        return "not known", one.why, _BY_HAND
    answer = answers.get(one.probe)
    if answer is None:
        path = one.importing.path
        place = "a pod with a sidecar" if path == "federated" else "a pod or on a node"
        remedy = f"in {place} of the cluster: mcwan doctor --probe --inside {one.probe.cluster}"
        return "not known", f"{one.probe.request} goes by path {path}, which no API server can send", remedy
    if answer.policy:
        return _left(plan, one, answer)
    return _told_nothing(plan, one, answer)


def _left(plan: Plan, one: Asked, answer: Answer) -> Found:
    """Judge an answer that says by which way its request came."""
    rule, policies = one.rule, plan.fabric.wan_policies
    request = answer.probe.request

    def way(policy: str) -> str:
        return f"{policy}, WAN port {policies[policy].port}" if policy in policies else f"{policy}, which is unknown"

    offers = rule.target.offers
    if answer.policy == failover(rule.target, rule.wan_policy, policies):
        said = f"{request} left by {way(answer.policy)}, which stands in for {way(rule.wan_policy)}"
        return "warning", said, f"see why {answer.destination} is not reached at port {policies[rule.wan_policy].port}"
    if answer.policy != rule.wan_policy:
        return "failed", f"{request} left by {way(answer.policy)}, not by {way(rule.wan_policy)}", _DEPLOY
    if answer.destination not in offers:
        return "failed", f"{request} was answered by {answer.destination}, which does not offer it", _DEPLOY
    if offers[answer.destination].spare:
        said = f"{request} left by {way(answer.policy)}, to {answer.destination}, which is a spare"
        return "warning", said, "see why the first choices do not answer"
    if answer.destination == one.importing.cluster:
        return _told_nothing(plan, one, answer)
    if answer.status < 400 and not _may(one):
        said = f"{request} was answered {answer.status} by {answer.destination}: the cluster is none of its callers"
        return "failed", said, _DEPLOY
    return "ok", f"{request} by {way(answer.policy)}", ""


def _may(one: Asked) -> bool:
    """Tell whether anybody of the cluster may call what a rule asks for."""
    callers = one.rule.target.callers
    return callers is None or one.importing.cluster in {caller.cluster for caller in callers}


def _told_nothing(plan: Plan, one: Asked, answer: Answer) -> Found:
    """Judge what came back without a word of another cluster: it stayed here, was refused, or was lost.

    The cluster's own ingress gateway says a WAN policy, too, where it is asked for what its own pods answer.
    """
    rule, cluster, request = one.rule, one.importing.cluster, answer.probe.request
    own = rule.target.offers.get(cluster)
    port = plan.fabric.wan_policies[rule.wan_policy].port
    if answer.problem:
        alone = one.importing.paths == ("federated",)
        remedy = f"ask in a pod with a sidecar; in one, {answer.remedy}" if alone else answer.remedy
        return "failed" if answer.lost else "not known", f"{request}: {answer.problem}", remedy
    if answer.status == 403 and rule.target.callers is not None:
        accounts = {one.cluster: one.accounts for one in rule.target.callers}
        if not _may(one):
            return "ok", f"{request} is refused: the cluster is none of its callers", ""
        if accounts[cluster]:
            said = f"{request} is refused: in this cluster its callers are {', '.join(accounts[cluster])}"
            return "not known", said, "ask in a pod of one of these service accounts"
    if own is not None and own.weight:
        if answer.status < 400 and not first_choices(rule.target, cluster):
            return "ok", f"{request} stays in the cluster", ""
        often = f" {answer.probe.tries} times" if answer.probe.tries > 1 else ""
        return "not known", f"{request} was answered {answer.status}{often}, by nobody of another cluster", _BY_HAND
    if answer.status in (502, 503, 504):
        away = " or ".join(one.cluster for one in first_choices(rule.target, cluster)) or "another cluster"
        said = f"{request} was answered {answer.status}: nobody is reached by {rule.wan_policy}, WAN port {port}"
        return "failed", said, f"see that the SD-WAN carries that port to {away}, and the service's pods there"
    return "failed", f"{request} was answered {answer.status}, by no ingress gateway", _DEPLOY
