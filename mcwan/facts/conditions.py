"""The conditions of a ServiceExport, as KEP-1645 names them and their reasons, from what its clusters offer."""

from typing import Any

from mcwan.facts.agreed import Agreed

_WHY = {
    "NoService": "there is no Service of that name",
    "InvalidServiceType": "a Service of type ExternalName cannot be exported",
}


def conditions(agreed: Agreed, cluster: str, generation: int, at: str) -> list[dict[str, Any]]:
    """Give the conditions of one cluster's ServiceExport; `at` is the time of their change, if they change.

    Conflicts are told on every exporting cluster, whoever holds (KEP-1645).
    """
    invalid = dict(agreed.invalid).get(cluster)
    found = [
        _condition("Valid", not invalid, invalid or "Valid", _WHY.get(invalid or "", "the Service can be exported"))
    ]
    if not invalid:
        reasons = ",".join(reason for reason, _ in agreed.conflicts)
        said = "; ".join(f"{what}; the oldest export holds" for _, what in agreed.conflicts)
        found.append(_condition("Conflict", bool(reasons), reasons or "NoConflicts", said or "all clusters agree"))
    return [{**one, "observedGeneration": generation, "lastTransitionTime": at} for one in found]


def _condition(kind: str, holds: bool, reason: str, message: str) -> dict[str, Any]:
    return {"type": kind, "status": str(holds), "reason": reason, "message": message}
