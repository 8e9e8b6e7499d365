"""Istio in a cluster of the lab, as its chart has it in any: it makes Deployments and Services, which the node runs.

Its gateways are the lab's Envoy under Istio's agent. That Envoy lacks the extensions that only Istio's own build has:
what uses them is off.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from lab.api import Api, ApiError, Object
from lab.images import Image
from lab.state import Lab
from lab.tools import Tools
from lab.topology import Site
from lab.waiting import wait

NAMESPACE = "istio-system"
IMAGE = "/proxyv2:"
ADMIN = 15000
_GATEWAY_API = "gateway.networking.k8s.io/v1"
_CLASS, _ROOT_CERTIFICATE = "istio", "istio-ca-root-cert"
_OWNER = "gateway.networking.k8s.io/gateway-name"
_PORTS = {"grpc-xds": (15010, 15010), "https-dns": (15012, 15012), "https-webhook": (443, 15017)}
"""The ports of the Service istiod, and where istiod listens."""
_MESH = {"defaultConfig": {"terminationDrainDuration": "1s"}}
_ENVIRONMENT = {
    "POD_NAMESPACE": NAMESPACE,
    "POD_NAME": "istiod",
    "SERVICE_ACCOUNT": "istiod",
    "REVISION": "default",
    "ENABLE_LEADER_ELECTION": "false",
    "INJECTION_WEBHOOK_CONFIG_NAME": "",
    "VALIDATION_WEBHOOK_CONFIG_NAME": "",
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
}


def owner(pod: Object) -> str:
    """Give the name.namespace of the Gateway whose pod it is; empty if it is none's."""
    name = pod["metadata"].get("labels", {}).get(_OWNER)
    return f"{name}.{pod['metadata']['namespace']}" if name else ""


def image(tools: Tools) -> Image:
    """Give what runs in place of the proxy's image: Istio's agent, which starts the lab's Envoy."""
    files = directory(tools)
    inside = {
        "/usr/local/bin/envoy": tools.envoy,
        "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json": files / "envoy_bootstrap.json",
    }
    return Image([files / "pilot-agent"], inside)


def objects(site: Site) -> list[Object]:
    """Give what a cluster has for istiod from the start: its namespace, and its Service at the node."""
    service = {"name": "istiod", "namespace": NAMESPACE}
    called = {name: {"name": name, "protocol": "TCP"} for name in _PORTS}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": service,
            "spec": {"ports": [called[name] | {"port": port} for name, (port, _) in _PORTS.items()]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": service | {"labels": {"kubernetes.io/service-name": "istiod"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [str(site.node_address)], "conditions": {"ready": True}}],
            "ports": [called[name] | {"port": target} for name, (_, target) in _PORTS.items()],
        },
    ]


def start(lab: Lab, site: Site, api: Api, kubeconfig: Path, manager: str) -> None:
    """Start istiod, and wait until it takes its class; `manager` applies what is the cluster owner's."""
    files, mesh = directory(lab.tools), lab.site_directory(site) / "istio"
    mesh.mkdir(exist_ok=True)
    (mesh / "mesh").write_text(yaml.safe_dump(_MESH), encoding="utf-8")
    api.apply(templates(files), manager=manager)
    lab.keeper(site).start(
        "istiod",
        [files / "pilot-discovery", "discovery", f"--kubeconfig={kubeconfig}", "--log_output_level=all:warn"],
        netns=site.node,
        env=_ENVIRONMENT | {"CLUSTER_ID": site.cluster},
        files={"/etc/istio/config": mesh},
    )

    def accepted() -> bool:
        try:
            one = api.get(_GATEWAY_API, "GatewayClass", _CLASS)
            for namespace in site.namespaces:
                api.get("v1", "ConfigMap", _ROOT_CERTIFICATE, namespace)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return any(
            item["type"] == "Accepted" and item["status"] == "True"
            for item in (one.get("status", {}).get("conditions") or ())
        )

    wait(accepted, f"istiod of {site.cluster} takes the class; see {lab.keeper(site).log('istiod')}")


def directory(tools: Tools) -> Path:
    """Give where Istio's programs and files are."""
    if tools.istio is None:
        raise ValueError("no cluster of this lab has the profile istio: its tools were not built")
    return tools.istio


def templates(files: Path) -> Object:
    """Give the ConfigMap of Istio's chart by which istiod makes gateways: their template, and the chart's values."""
    chart = yaml.safe_load((files / "values.yaml").read_text(encoding="utf-8"))["_internal_defaults_do_not_set"]
    values: dict[str, Any] = {key: chart[key] for key in ("global", "sidecarInjectorWebhook", "revision", "gateways")}
    values["pilot"] = {key: chart[key] for key in ("cni", "env")}
    template = (files / "kube-gateway.yaml").read_text(encoding="utf-8")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio-sidecar-injector", "namespace": NAMESPACE},
        "data": {
            "values": json.dumps(values),
            "config": yaml.safe_dump({"policy": "enabled", "templates": {"kube-gateway": template}}),
        },
    }
