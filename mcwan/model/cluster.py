"""Clusters: how to reach one, its gateways, what is on it."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from mcwan.model.base import Model
from mcwan.model.clean import is_secret
from mcwan.model.facts import FactSource
from mcwan.model.leaves import DIRECTORY, MAX_ADDRESSES, DnsLabel
from mcwan.model.mesh import Mesh
from mcwan.model.tls import Certificates

Exposure = Literal["ClusterIP", "NodePort", "LoadBalancer"]
Balancer = Literal["aws", "azure", "gcp", "metallb"]
ProfileName = Literal["envoy-gateway", "istio", "standard"]


def _only_text(kind: str, problem: str) -> Callable[[object], object]:
    """Take an address or a network only as text: pydantic would read 10 as 0.0.0.10."""

    def check(value: object) -> object:
        if isinstance(value, int):
            raise PydanticCustomError(kind, problem)
        return value

    return check


Address = Annotated[
    IPvAnyAddress,
    BeforeValidator(_only_text("ip_any_address", "not an IP address"), json_schema_input_type=IPvAnyAddress),
    Field(description="An IP address inside the SD-WAN, never a public one."),
]
Network = Annotated[
    IPvAnyNetwork,
    BeforeValidator(_only_text("ip_any_network", "not a network"), json_schema_input_type=IPvAnyNetwork),
    Field(description="A network, as CIDR: 10.1.0.0/16."),
]


class Ingress(Model):
    """The cluster's ingress gateway, as the other clusters reach it over the SD-WAN."""

    addresses: Annotated[tuple[Address, ...], Field(max_length=MAX_ADDRESSES)] = ()
    """Where the WAN ports are reached: pod, node or internal load balancer addresses. Needed once it exports. If not
    written, those that `facts` tell of."""
    exposure: Exposure = "ClusterIP"
    """How the gateway's Service is made reachable. ClusterIP: by the pods' own addresses, routed through the SD-WAN.
    NodePort: on the nodes that run one of its pods, the node port being the WAN port; the source of a connection is
    kept (externalTrafficPolicy: Local). LoadBalancer: an internal one of `balancer`."""
    balancer: Balancer | None = None
    """Who provides the internal load balancer: its annotation keeps the address private."""
    balancer_pool: DnsLabel | None = None
    """With metallb: the pool of private addresses."""


class Gateway(Model):
    """Which implementation serves the cluster's east-west gateways."""

    profile: ProfileName = "envoy-gateway"
    """The gateway profile: the part that Gateway API cannot say, per implementation."""
    gateway_class: Annotated[DnsLabel | None, Field(alias="class")] = None
    """The GatewayClass; it must exist on the cluster. If not written: envoy-gateway or istio, as the profile; the
    standard profile needs it."""
    service_namespace: DnsLabel | None = None
    """Where the implementation puts a gateway's Service, if not where it does by default (Envoy Gateway:
    envoy-gateway-system; Istio and standard: the Gateway's own namespace)."""

    @property
    def class_name(self) -> str:
        """The GatewayClass."""
        return self.gateway_class or self.profile


def _kubeconfig(value: object, info: ValidationInfo) -> object:
    """Accept a kubeconfig only from a Pulumi secret.

    A stack file holds `{secure: ciphertext}`; a running program gets the clear text, and its caller says by the
    context's `secrets` whether the key was one.
    """
    if is_secret(value) and value["secure"]:  # type: ignore[index] # a mapping
        return SecretStr(value["secure"])  # type: ignore[index]
    if isinstance(value, SecretStr) or (isinstance(value, str) and (info.context or {}).get("secrets")):
        return value
    raise PydanticCustomError(
        "mcwan",
        "{problem}",
        {
            "problem": "an empty Pulumi secret; allowed: a kubeconfig"
            if is_secret(value)
            else "a kubeconfig must be a Pulumi secret, not clear text",
            "remedy": "pulumi config set --path 'mcwan:clusters.NAME.kubeconfig' --secret < FILE",
        },
    )


Kubeconfig = Annotated[
    SecretStr,
    BeforeValidator(_kubeconfig),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"secure": {"type": "string", "minLength": 1}},
            "required": ["secure"],
            "additionalProperties": False,
            "description": "Set with: pulumi config set --path 'mcwan:clusters.NAME.kubeconfig' --secret < FILE",
        }
    ),
]


class Cluster(Model):
    """One Kubernetes cluster of the fabric."""

    kubeconfig: Kubeconfig | None = None
    """How to reach it: a kubeconfig, as a Pulumi secret."""
    context: Annotated[str, Field(strict=True, min_length=1)] | None = None
    """How to reach it: a context of the kubeconfig above or, without one, of the file that `kubeconfigPath` names."""
    kubeconfig_path: Annotated[str, Field(strict=True, min_length=1)] = "~/.kube/config"
    """The kubeconfig file that `context` is looked up in."""
    render_to: Annotated[str, StringConstraints(strict=True, pattern=DIRECTORY)] | None = None
    """Instead of reaching it: a directory of its own, relative to the project, that its objects are written to as
    YAML."""
    ingress: Ingress = Ingress()
    """Its ingress gateway."""
    gateway: Gateway = Gateway()
    """Its gateway implementation."""
    tls: Certificates = Certificates()
    """Where its certificates come from, if not where `mcwan:tls` says."""
    mesh: Mesh | None = None
    """Istio's mesh on it, whose own clients call by imports with path federated. Its certificates have the fabric's
    root."""
    sources: tuple[Network, ...] = ()
    """Where its requests come from over the SD-WAN, as networks (CIDR): its pods', or its nodes' where those translate
    addresses. Once all clusters say so, NetworkPolicies admit just those to the WAN ports, and the cluster's own pods
    to the gateways' metrics."""
    facts: FactSource = "declared"
    """Where namespaces, ingress addresses, weights, ports and the version of the MCS API come from, if they are not
    written: declared: from here only. live: from the cluster, or as recorded where it cannot be read. recorded: from
    what `mcwan facts` has recorded."""
    mcs_api: Literal["v1beta1", "v1alpha1"] = "v1beta1"
    """The version of the MCS API (multicluster.x-k8s.io) that it serves; v1alpha1 for releases before 0.5. If not
    written, the newer one that `facts` tell of."""
    namespaces: tuple[DnsLabel, ...] = ()
    """The namespaces that it has. They are never made or deleted; an export is imported wherever its namespace is. If
    not written, those that `facts` tell of."""

    @property
    def is_balanced(self) -> bool:
        """Whether its balancer gives the ingress gateway an address, which only the cluster itself can tell."""
        return self.facts == "live" and self.ingress.exposure == "LoadBalancer" and not self.ingress.addresses
