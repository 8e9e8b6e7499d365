"""TLS between gateways: mutual by default, with certificates of cert-manager or from Secrets of the operator's own."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from mcwan.model.base import Model
from mcwan.model.leaves import DNS_NAME, NAME, DnsLabel

ObjectName = Annotated[str, StringConstraints(strict=True, pattern=NAME, max_length=253)]
Mode = Literal["mutual", "plaintext"]
Role = Literal["ingress", "egress"]


class Issuer(Model):
    """An issuer of cert-manager. A plain name stands for the ClusterIssuer of that name."""

    name: ObjectName
    """Its name."""
    kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """An Issuer has to be in the namespace of the gateways."""
    group: Annotated[str, StringConstraints(strict=True, pattern=DNS_NAME, max_length=253)] = "cert-manager.io"
    """Its API group; another one for issuers that others provide."""


class Secrets(Model):
    """Secrets of type kubernetes.io/tls with ca.crt, in the namespace of the gateways, that somebody else makes."""

    ingress: ObjectName
    """With the ingress gateway's certificate."""
    egress: ObjectName
    """With the egress gateway's certificate."""


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Certificates(Model):
    """Where a cluster's certificates come from: an issuer or Secrets. All of a fabric have one root."""

    issuer: Annotated[Issuer, BeforeValidator(_named, json_schema_input_type=ObjectName | Issuer)] | None = None
    """An issuer of cert-manager, which mcwan orders Certificates from."""
    secrets: Secrets | None = None
    """Or Secrets that are there already."""


class TLS(Certificates):
    """TLS between the gateways of all clusters."""

    mode: Mode = "mutual"
    """mutual, or plaintext for all WAN policies that do not say otherwise."""
    domain: Annotated[str, StringConstraints(strict=True, pattern=DNS_NAME, max_length=100)] | None = None
    """The domain of the gateways' names, and the trust domain of their identities. If not written: the
    environment's name before .mc-wan.internal."""
    ca_config_map: Annotated[DnsLabel | None, Field(alias="caConfigMap")] = None
    """A ConfigMap with the root in ca.crt, in the namespace of the gateways: gateways of the standard profile need it.
    Others read ca.crt of their own Secret."""


OWN = "mc-wan.internal"
"""What the domain of an environment ends with that writes none."""


def default_domain(fabric: str) -> str:
    """Give the domain of an environment that writes none."""
    label = re.sub(r"[^a-z0-9]+", "-", fabric.lower()).strip("-")[:63].strip("-") or "fabric"
    return f"{label}.{OWN}"


def dns_name(domain: str, cluster: str, role: Role) -> str:
    """Give the name that a gateway's certificate has, and that its peer asks for (SNI)."""
    return f"{role}.{cluster}.{domain}"


def identity(domain: str, cluster: str, role: Role) -> str:
    """Give a gateway's identity, the URI in its certificate: a SPIFFE ID (github.com/spiffe/spiffe, SPIFFE-ID.md)."""
    return f"spiffe://{domain}/cluster/{cluster}/{role}"
