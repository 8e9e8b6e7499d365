"""Names of imports resolve in their clusters; only a machine there can tell."""

from collections.abc import Iterator, Mapping, Sequence

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found
from mcwan.plan import Plan
from mcwan.plan.names import hostnames
from mcwan.rules.words import listed

CHECK = "dns-answers"


def asked(plan: Plan, cluster: str) -> list[str]:
    """Give the names that are looked up in a cluster: two for each of its imports."""
    return [host for pair in _pairs(plan, cluster) for host in pair]


def answers(evidence: Evidence) -> Iterator[Finding]:
    """Judge what DNS said, in the cluster that the command runs in; of the others, say how to ask."""
    for name in evidence.names:
        if not evidence.description.exports:
            yield Finding(CHECK, "ok", (name,), "there is no export to be resolved")
        elif evidence.plan is None:
            yield Finding(CHECK, "not known", (name,), "which names it has is not known", "see the check description")
        elif name != evidence.inside:
            context = evidence.description.clusters[name].context
            kubectl = f"kubectl --context {context}" if context else "kubectl"
            first = min(evidence.description.exports, key=lambda one: one.key)
            host = hostnames(first.exported_name, first.namespace)[0]
            ask = f"{kubectl} run ask --rm -i --restart=Never --image=busybox -- nslookup {host}"
            remedy = f"in a pod or on a node of the cluster: mcwan doctor --inside {name}; or {ask}"
            yield Finding(CHECK, "not known", (name,), "cluster DNS answers inside the cluster only", remedy)
        else:
            for verdict, said, remedy in _judged(evidence, evidence.plan, name):
                yield Finding(CHECK, verdict, (name,), said, remedy)


def _judged(evidence: Evidence, plan: Plan, cluster: str) -> Iterator[Found]:
    """Each import has a name that mcwan makes, and one that the cluster's DNS has to be set up for."""
    problems = {one.name: one.problem for one in evidence.resolved if one.problem}
    pairs = _pairs(plan, cluster)
    own = _by_problem(problems, [one for _, one in pairs])
    for problem, names in own.items():
        remedy = "see that this machine asks the cluster's DNS, and that the Services of these names are deployed"
        yield "failed", f"{problem}: {names}", remedy
    standard = _by_problem(problems, [one for one, own in pairs if own not in problems])
    for problem, names in standard.items():
        yield "warning", f"{problem}: {names}", "set DNS up for clusterset.local if clients use it: docs/how-to/dns.md"
    if not own and not standard:
        yield "ok", "the names of its imports resolve" if pairs else "it imports nothing", ""


def _by_problem(problems: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name in names:
        if name in problems:
            found.setdefault(problems[name], []).append(name)
    return {problem: listed(several) for problem, several in found.items()}


def _pairs(plan: Plan, cluster: str) -> list[tuple[str, str]]:
    imports = {key: [one.cluster for one in found] for key, found in plan.context.imports.items()}
    exports = [plan.context.exports[key] for key, clusters in imports.items() if cluster in clusters]
    return [(names[0], names[1]) for names in (hostnames(one.exported_name, one.namespace) for one in exports)]
