"""Names of exports resolve in their clusters; only a pod there can tell."""

from collections.abc import Iterator

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding
from mcwan.plan.names import hostnames


def answers(evidence: Evidence) -> Iterator[Finding]:
    """Say how to ask: cluster DNS answers inside the cluster only."""
    check = "dns-answers"
    if not evidence.description.exports:
        yield Finding(check, "ok", evidence.names, "there is no export to be resolved")
        return
    first = min(evidence.description.exports, key=lambda one: one.key)
    host = hostnames(first.exported_name, first.namespace)[0]
    for name in evidence.names:
        context = evidence.description.clusters[name].context
        where = f"kubectl --context {context}" if context else "kubectl"
        remedy = f"{where} run ask --rm -i --restart=Never --image=busybox -- nslookup {host}"
        yield Finding(check, "not known", (name,), "cluster DNS answers inside the cluster only", remedy)
