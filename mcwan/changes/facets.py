"""What a field of an object has to do with: where requests go, how they are treated, TLS, callers."""

from mcwan.changes.objects import Compared, Field
from mcwan.plan.names import CALLERS_ANNOTATION, GROUP, POLICY_LABEL, SOURCE_CLUSTER
from mcwan.rules.evidence import ISTIO_SERVICE_TYPE, export_of
from mcwan.rules.objects import Object
from mcwan.rules.unknown import UnjudgedError

WAYS, TREATMENT, TLS, CALLERS, PROTECTION, STRICT, GATEWAY, FOUNDATION, LABELS = (
    "ways",
    "treatment",
    "tls",
    "callers",
    "protection",
    "strict",
    "gateway",
    "foundation",
    "labels",
)
ALL = frozenset((WAYS, TREATMENT, TLS, CALLERS, PROTECTION, STRICT, GATEWAY, FOUNDATION))
"""All that a sentence may explain. Labels and annotations that mean nothing to mcwan are told by themselves."""
_KINDS = {
    "AuthorizationPolicy": CALLERS,
    "BackendTLSPolicy": TLS,
    "BackendTrafficPolicy": TREATMENT,
    "Certificate": TLS,
    "ClientTrafficPolicy": TLS,
    "ConfigMap": GATEWAY,
    "CustomResourceDefinition": FOUNDATION,
    "DestinationRule": TREATMENT,
    "EnvoyFilter": TREATMENT,
    "EnvoyProxy": GATEWAY,
    "Namespace": FOUNDATION,
    "NetworkPolicy": PROTECTION,
    "PeerAuthentication": STRICT,
    "Role": TLS,
    "RoleBinding": TLS,
    "SecurityPolicy": CALLERS,
    "ValidatingAdmissionPolicy": FOUNDATION,
    "ValidatingAdmissionPolicyBinding": FOUNDATION,
}
"""Of all other kinds: where requests go."""
_WITHIN = (
    ("Gateway", ".tls", TLS),
    ("Gateway", ".protocol", TLS),
    ("Gateway", "spec.gatewayClassName", GATEWAY),
    ("Gateway", "spec.infrastructure", GATEWAY),
    ("Service", ".appProtocol", TLS),
    ("EndpointSlice", ".appProtocol", TLS),
    ("WANPolicy", "spec.tls", TLS),
    ("DestinationRule", ".tls", TLS),
    ("EnvoyProxy", "spec.backendTLS", TLS),
    ("HTTPRoute", ".filters", TREATMENT),
    ("HTTPRoute", ".timeouts", TREATMENT),
    ("HTTPRoute", ".retry", TREATMENT),
    ("ServiceExport", "spec.exportedLabels", LABELS),
)
"""Fields that have to do with something else than the rest of their kind, the first that fits."""


def by_facet(one: Compared) -> dict[str, tuple[Field, ...]]:
    """Give the fields that change by what they have to do with; of an object that comes or goes, its kind's alone.

    What treats a class of requests for all exports comes with the first that is of it, and goes with the last.
    """
    if not one.change.fields:
        facet = _KINDS.get(one.change.kind, WAYS)
        return {WAYS if facet == TREATMENT and not subject_of(one.either) else facet: ()}
    found: dict[str, list[Field]] = {}
    for field in one.change.fields:
        found.setdefault(_facet(one.change.kind, field.path), []).append(field)
    return {facet: tuple(fields) for facet, fields in sorted(found.items())}


def _facet(kind: str, path: str) -> str:
    for start in ("metadata.labels", "metadata.annotations", "spec.exportedAnnotations"):
        if path.startswith(start):
            return _marked(path.removeprefix(start).strip(".[]"))
    if path.startswith("metadata."):
        return LABELS
    return next((facet for its, part, facet in _WITHIN if its == kind and part in path), _KINDS.get(kind, WAYS))


def _marked(key: str) -> str:
    if key == CALLERS_ANNOTATION:
        return CALLERS
    if key.startswith(f"traffic.{GROUP}/"):
        return TREATMENT
    if key == ISTIO_SERVICE_TYPE:
        return GATEWAY
    means = key.startswith((f"{GROUP}/", POLICY_LABEL)) or key == SOURCE_CLUSTER
    return WAYS if means else LABELS


def subject_of(one: Object) -> str:
    """Give the export that an object is for; empty if it is for none, or that is not known."""
    try:
        export = export_of(one)
    except UnjudgedError:
        return ""
    return ".".join(export) if export else ""


def policies_of(one: Compared) -> frozenset[str]:
    """Give the WAN policies that an object serves, before or after; of a WANPolicy, itself."""
    found: set[str] = set()
    for its in (one.before, one.after):
        try:
            keys = list(its.labels) if its is not None else []
        except UnjudgedError:
            keys = []
        found.update(key.removeprefix(POLICY_LABEL) for key in keys if key.startswith(POLICY_LABEL))
    return frozenset(found)
