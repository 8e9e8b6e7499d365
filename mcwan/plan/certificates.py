"""The gateways' certificates: ordered from cert-manager, or taken from Secrets that somebody else makes.

A gateway's name (DNS) is what its peer asks for and checks; its identity (URI) says which cluster it is. An ingress
gateway's certificate is for servers and an egress gateway's for clients, so that neither can stand in for the other.
"""

from mcwan.model.tls import Role, dns_name, identity
from mcwan.plan.context import Context
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.profile import Certificate, GatewayRequest

_USAGES = {"ingress": "server auth", "egress": "client auth"}


def certificate(context: Context, cluster: str, role: Role, gateway: str) -> Certificate | None:
    """Say which certificate a gateway has; None where all is plaintext."""
    fabric = context.fabric
    if not fabric.secure:
        return None
    secrets = fabric.certificates(cluster).secrets
    secret = getattr(secrets, role) if secrets else f"{gateway}-tls"
    return Certificate(secret, fabric.domain, fabric.tls.ca_config_map)


def ordered(context: Context, cluster: str, request: GatewayRequest) -> list[Manifest]:
    """Order a gateway's certificate, if it comes from an issuer."""
    issuer = context.fabric.certificates(cluster).issuer
    if issuer is None or request.certificate is None:
        return []
    domain = request.certificate.domain
    return [
        manifest(
            "cert-manager.io/v1",
            "Certificate",
            request.certificate.secret,
            request.namespace,
            request.labels,
            spec={
                "secretName": request.certificate.secret,
                "issuerRef": {"group": issuer.group, "kind": issuer.kind, "name": issuer.name},
                "dnsNames": [dns_name(domain, cluster, request.role)],
                "uris": [identity(domain, cluster, request.role)],
                "usages": ["digital signature", "key encipherment", _USAGES[request.role]],
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            },
        )
    ]
