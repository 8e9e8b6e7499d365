"""Istio in a cluster of the lab, as its chart has it in any: it makes Deployments and Services, which the node runs.

Its proxies are the lab's Envoy under Istio's agent. That Envoy lacks the extensions that only Istio's own build has:
what uses them is off. Where the stack says that the cluster has a mesh, istiod signs by an authority of its own below
the fabric's root, and pods get sidecars.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from lab import ambient, certificates
from lab.api import Api, ApiError, Object
from lab.files import write_config, write_secret
from lab.gateways import injection
from lab.images import Image
from lab.state import Lab
from lab.tools import Tools
from lab.topology import Site
from lab.waiting import wait
from mcwan.facts.rights import MESH_CONFIG, ROOTS
from mcwan.gateways.istio_values import values as mcwan_values

NAMESPACE = "istio-system"
IMAGE = "/proxyv2:"
ADMIN = 15000
_GATEWAY_API = "gateway.networking.k8s.io/v1"
_CLASS = "istio"
_OWNER = "gateway.networking.k8s.io/gateway-name"
_AGENT = "/usr/local/bin/pilot-agent"
_HBONE = "ISTIO_META_ENABLE_HBONE"
_PORTS = {"grpc-xds": (15010, 15010), "https-dns": (15012, 15012), "https-webhook": (443, 15017)}
"""The ports of the Service istiod, and where istiod listens."""
_ENVIRONMENT = {
    "POD_NAMESPACE": NAMESPACE,
    "POD_NAME": "istiod",
    "SERVICE_ACCOUNT": "istiod",
    "REVISION": "default",
    "ENABLE_LEADER_ELECTION": "false",
    "ENABLE_NATIVE_SIDECARS": "false",
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
        _AGENT: files / "pilot-agent",
        "/usr/local/bin/envoy": tools.envoy,
        "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json": files / "envoy_bootstrap.json",
    }
    return Image([_AGENT], inside)


def objects(site: Site) -> list[Object]:
    """Give what a cluster has of Istio from the start: its namespace, istiod's Service at the node, ztunnel's name."""
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
        *([ambient.daemons(NAMESPACE)] if site.mesh and site.mesh.ambient else ()),
    ]


def start(lab: Lab, site: Site, api: Api, kubeconfig: Path, manager: str) -> None:
    """Start istiod, and wait until it takes its class; `manager` applies what is the cluster owner's."""
    files, own = directory(lab.tools), lab.site_directory(site) / "istio"
    mesh = own / "config"
    api.apply(told := config(site), manager=manager)
    write_config(told, mesh)
    mounted = {"/etc/istio/config": mesh}
    if site.mesh:
        name = site.mesh.trust_domain
        authority = certificates.intermediate(certificates.authority(lab), own / "authority", name)
        api.apply(certificates.cacerts(authority, NAMESPACE), manager=manager)
        write_secret(api.get("v1", "Secret", "cacerts", NAMESPACE), own / "cacerts")
        mounted["/etc/cacerts"] = own / "cacerts"
        api.apply(injection.webhooks(NAMESPACE), manager=manager)
    api.apply(templates(files, site), manager=manager)
    lab.keeper(site).start(
        "istiod",
        [files / "pilot-discovery", "discovery", f"--kubeconfig={kubeconfig}", "--log_output_level=all:warn"],
        netns=site.node,
        env=environment(site),
        files=mounted,
    )

    def accepted() -> bool:
        try:
            one = api.get(_GATEWAY_API, "GatewayClass", _CLASS)
            for namespace in site.namespaces:
                api.get("v1", "ConfigMap", ROOTS, namespace)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return any(
            item["type"] == "Accepted" and item["status"] == "True"
            for item in (one.get("status", {}).get("conditions") or ())
        )

    wait(accepted, f"istiod of {site.cluster} takes the class; see {lab.keeper(site).log('istiod')}")
    if site.mesh:
        wait(lambda: injection.trusted(api), f"istiod of {site.cluster} gives its webhooks its certificate")


def config(site: Site) -> Object:
    """Give the ConfigMap of Istio's chart that istiod has mounted; the lab mounts what is in it from the start."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": MESH_CONFIG, "namespace": NAMESPACE},
        "data": {"mesh": yaml.safe_dump(mesh_config(site)), "meshNetworks": "networks: {}"},
    }


def mesh_config(site: Site) -> Object:
    """Give Istio's mesh config: that of a cluster with a mesh has what `mcwan mesh` prints.

    But for HBONE, the tunnels between ambient workloads: the lab's Envoys have none, its ztunnels have.
    """
    proxies: Object = {"terminationDrainDuration": "1s"}
    known: Object = mcwan_values(site.cluster, site.mesh)["meshConfig"] if site.mesh else {"defaultConfig": {}}
    metadata = {key: value for key, value in known["defaultConfig"].get("proxyMetadata", {}).items() if key != _HBONE}
    return known | {
        "defaultConfig": known["defaultConfig"] | proxies | ({"proxyMetadata": metadata} if metadata else {})
    }


def environment(site: Site) -> dict[str, str]:
    """Give istiod's variables; the webhooks that it is to keep are there only where pods get sidecars."""
    webhooks = injection.NAME if site.mesh else ""
    told = mcwan_values(site.cluster, site.mesh)["env"] if site.mesh else {}
    return _ENVIRONMENT | told | {"CLUSTER_ID": site.cluster, "INJECTION_WEBHOOK_CONFIG_NAME": webhooks}


def directory(tools: Tools) -> Path:
    """Give where Istio's programs and files are."""
    if tools.istio is None:
        raise ValueError("no cluster of this lab has the profile istio: its tools were not built")
    return tools.istio


def templates(files: Path, site: Site) -> Object:
    """Give the ConfigMap of Istio's chart by which istiod makes gateways and sidecars: templates and values."""
    chart = yaml.safe_load((files / "values.yaml").read_text(encoding="utf-8"))["_internal_defaults_do_not_set"]
    values: dict[str, Any] = {key: chart[key] for key in ("global", "sidecarInjectorWebhook", "revision", "gateways")}
    values["pilot"] = {key: chart[key] for key in ("cni", "env")}
    config: Object = {
        "policy": "enabled",
        "templates": {"kube-gateway": (files / "kube-gateway.yaml").read_text(encoding="utf-8")},
    }
    if site.mesh:
        values["global"] = values["global"] | injection.values(site)
        config["defaultTemplates"] = ["sidecar"]
        config["templates"]["sidecar"] = (files / "injection-template.yaml").read_text(encoding="utf-8")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio-sidecar-injector", "namespace": NAMESPACE},
        "data": {
            "values": json.dumps(values),
            "config": yaml.safe_dump(config),
        },
    }
