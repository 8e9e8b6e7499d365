"""TLS between gateways in Gateway API's own words, for the profiles whose implementations follow them."""

from collections.abc import Mapping
from typing import Any

from mcwan.model.tls import dns_name, identity
from mcwan.plan.manifests import GATEWAY_API, Manifest, manifest
from mcwan.plan.profile import Certificate, TargetRequest

MAX_TARGETS = 16
"""Gateway API: at most 16 targetRefs in one policy."""


def listener_tls(certificate: Certificate) -> Mapping[str, Any]:
    """Give the TLS of a listener that terminates it with a gateway's certificate."""
    return {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": certificate.secret}]}


def root(certificate: Certificate) -> Mapping[str, str]:
    """Refer to the root: the ConfigMap that is named, else ca.crt of the gateway's Secret.

    Every implementation takes a ConfigMap; Envoy Gateway takes a Secret, too.
    """
    if certificate.ca_config_map is not None:
        return {"group": "", "kind": "ConfigMap", "name": certificate.ca_config_map}
    return {"group": "", "kind": "Secret", "name": certificate.secret}


def backend_tls_policy(request: TargetRequest) -> tuple[Manifest, ...]:
    """Give the BackendTLSPolicy of a target: the remote gateway's name (SNI) and identity are checked (GEP-1897)."""
    certificate, every = request.certificate, request.secure == request.policies
    if certificate is None or not request.secure:
        return ()
    group = "" if request.kind == "Service" else "gateway.envoyproxy.io"
    target = {"group": group, "kind": request.kind, "name": request.name}
    sections = [{}] if every or request.kind != "Service" else [{"sectionName": one} for one in request.secure]
    domain = certificate.domain
    return tuple(
        manifest(
            GATEWAY_API,
            "BackendTLSPolicy",
            request.name if not start else f"{request.name}.{start // MAX_TARGETS}",
            request.namespace,
            request.labels,
            spec={
                "targetRefs": [target | section for section in sections[start : start + MAX_TARGETS]],
                "validation": {
                    "caCertificateRefs": [root(certificate)],
                    "hostname": dns_name(domain, request.remote, "ingress"),
                    "subjectAltNames": [{"type": "URI", "uri": identity(domain, request.remote, "ingress")}],
                },
            },
        )
        for start in range(0, len(sections), MAX_TARGETS)
    )
