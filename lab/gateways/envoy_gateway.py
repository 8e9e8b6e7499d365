"""Envoy Gateway in a cluster of the lab, as it runs in any: it makes Deployments and Services, which the node runs."""

from pathlib import Path

import yaml

from lab import netns
from lab.api import Api, Object
from lab.files import write_secret
from lab.images import Image
from lab.state import Lab
from lab.tools import Tools
from lab.topology import Site
from lab.waiting import wait

NAMESPACE = "envoy-gateway-system"
IMAGE = "envoyproxy/envoy:"
ADMIN = 19000
_OWNER = ("gateway.envoyproxy.io/owning-gateway-name", "gateway.envoyproxy.io/owning-gateway-namespace")
_XDS_PORTS = {"grpc": 18000, "ratelimit": 18001, "wasm": 18002}


def owner(pod: Object) -> str:
    """Give the name.namespace of the Gateway whose pod it is; empty if it is none's."""
    labels = pod["metadata"].get("labels", {})
    return ".".join(labels[label] for label in _OWNER) if labels.keys() >= set(_OWNER) else ""


def image(tools: Tools) -> Image:
    """Give what runs in place of the proxy's image."""
    return Image([tools.envoy])


def objects(site: Site) -> list[Object]:
    """Give what a cluster has for the controller from the start: its namespace, and its Service at the node."""
    ports = [{"name": name, "port": port, "protocol": "TCP"} for name, port in _XDS_PORTS.items()]
    service = {"name": "envoy-gateway", "namespace": NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Service", "metadata": service, "spec": {"ports": ports}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": service | {"labels": {"kubernetes.io/service-name": "envoy-gateway"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [str(site.node_address)], "conditions": {"ready": True}}],
            "ports": ports,
        },
    ]


def start(lab: Lab, site: Site, api: Api, kubeconfig: Path, manager: str) -> None:
    """Start the controller, and wait until it takes its class; `manager` applies what is the cluster owner's."""
    directory, program = lab.site_directory(site) / "envoy-gateway", lab.tools.envoy_gateway
    directory.mkdir(exist_ok=True)
    netns.run(
        *("ip", "netns", "exec", site.node, "env", f"KUBECONFIG={kubeconfig}"),
        *(str(program), "certgen", "--disable-topology-injector"),
    )
    write_secret(api.get("v1", "Secret", "envoy-gateway", NAMESPACE), directory / "certs")
    config = directory / "config.yaml"
    config.write_text(yaml.safe_dump(_CONFIG), encoding="utf-8")
    gateway_class: Object = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "envoy-gateway"},
        "spec": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
    }
    api.apply(gateway_class, manager=manager)
    lab.keeper(site).start(
        "envoy-gateway",
        [program, "server", "--config-path", config],
        netns=site.node,
        env={"KUBECONFIG": str(kubeconfig), "ENVOY_GATEWAY_NAMESPACE": NAMESPACE},
        files={"/certs": directory / "certs"},
    )

    def accepted() -> bool:
        one = api.get(gateway_class["apiVersion"], "GatewayClass", "envoy-gateway")
        return any(item["status"] == "True" for item in (one.get("status", {}).get("conditions") or ()))

    wait(accepted, f"Envoy Gateway of {site.cluster} takes the class; see {lab.keeper(site).log('envoy-gateway')}")


_CONFIG: Object = {
    "apiVersion": "gateway.envoyproxy.io/v1alpha1",
    "kind": "EnvoyGateway",
    "gateway": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
    "provider": {
        "type": "Kubernetes",
        "kubernetes": {"leaderElection": {"disable": True}, "topologyInjector": {"disable": True}},
    },
    "extensionApis": {"enableBackend": True},
    "logging": {"level": {"default": "warn"}},
}
