"""What a cluster has for Istio: a Service that leads to istiod at the node, and the chart's template of a gateway."""

import json
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import ambient
from lab.files import write_config
from lab.gateways import IMPLEMENTATIONS, injection, istio
from lab.tools import Tools
from lab.topology import Site
from mcwan.model.mesh import Mesh

THERE = Path("/there")
SITE = Site("lab", "east", 0, "istio", IPv4Network("10.1.0.0/24"), ("secure",), {})
MESHED = replace(SITE, mesh=Mesh(trust_domain="east.example", aliases=("old.example",)))
POD: dict[str, Any] = {"metadata": {"name": "gw-istio-7c", "namespace": "mc-wan"}}


def labelled(labels: dict[str, str]) -> dict[str, Any]:
    return {"metadata": POD["metadata"] | {"labels": labels}}


def tools(directory: Path | None) -> Tools:
    return Tools(THERE, THERE, THERE, THERE, THERE / "envoy", (), directory)


def test_a_gateways_pod_is_known_by_its_label() -> None:
    assert istio.owner(labelled({"gateway.networking.k8s.io/gateway-name": "gw"})) == "gw.mc-wan"
    assert istio.owner(labelled({"app": "payment"})) == ""
    assert istio.owner(POD) == ""


def test_the_service_leads_to_istiod_at_the_node() -> None:
    namespace, service, endpoints = istio.objects(SITE)
    assert namespace["metadata"]["name"] == service["metadata"]["namespace"] == endpoints["metadata"]["namespace"]
    assert endpoints["endpoints"][0]["addresses"] == ["10.1.0.1"]
    listening = {port["name"]: port["port"] for port in endpoints["ports"]}
    assert {port["port"]: listening[port["name"]] for port in service["spec"]["ports"]} == {
        15010: 15010,
        15012: 15012,
        443: 15017,
    }


def test_an_ambient_mesh_has_what_tells_of_ztunnel() -> None:
    mesh = Mesh(trust_domain="east.example", ambient=True)
    *rest, daemons = istio.objects(replace(SITE, mesh=mesh))
    assert rest == istio.objects(MESHED) == istio.objects(SITE)
    assert daemons == ambient.daemons("istio-system")


def test_its_proxy_is_the_agent_with_the_labs_envoy_where_its_image_has_one() -> None:
    image = istio.image(tools(THERE / "istio"))
    (agent,) = image.words
    assert image.files[str(agent)] == THERE / "istio" / "pilot-agent"
    assert image.files["/usr/local/bin/envoy"] == THERE / "envoy"


def test_tools_that_were_not_built_are_said() -> None:
    with pytest.raises(ValueError, match="no cluster of this lab has the profile istio"):
        istio.image(tools(None))


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    values: dict[str, Any] = {
        key: {} for key in ("sidecarInjectorWebhook", "gateways", "cni", "env", "autoscaleEnabled")
    }
    values |= {"revision": "", "global": {"tag": "latest", "nativeNftables": False}}
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"_internal_defaults_do_not_set": values}))
    (tmp_path / "kube-gateway.yaml").write_text("kind: {{ .Kind }}\n")
    (tmp_path / "injection-template.yaml").write_text("spec: {}\n")
    return tmp_path


def test_gateways_are_made_by_the_charts_template_and_values(chart: Path) -> None:
    made = istio.templates(chart, SITE)
    assert made["metadata"] == {"name": "istio-sidecar-injector", "namespace": "istio-system"}
    assert yaml.safe_load(made["data"]["config"]) == {
        "policy": "enabled",
        "templates": {"kube-gateway": "kind: {{ .Kind }}\n"},
    }
    given = json.loads(made["data"]["values"])
    assert set(given) == {"global", "sidecarInjectorWebhook", "revision", "gateways", "pilot"}
    assert set(given["pilot"]) == {"cni", "env"}
    assert given["global"] == {"tag": "latest", "nativeNftables": False}


def test_in_a_mesh_sidecars_are_made_by_the_charts_template_too(chart: Path) -> None:
    made = istio.templates(chart, MESHED)
    config = yaml.safe_load(made["data"]["config"])
    assert config["templates"] == {"kube-gateway": "kind: {{ .Kind }}\n", "sidecar": "spec: {}\n"}
    assert config["defaultTemplates"] == ["sidecar"]
    given = json.loads(made["data"]["values"])["global"]
    assert given == {"tag": "latest", "nativeNftables": True, "multiCluster": {"clusterName": "east"}}


def test_a_mesh_has_its_trust_domain_and_its_proxies_answer_dns() -> None:
    proxies: dict[str, Any] = {"terminationDrainDuration": "1s"}
    assert istio.mesh_config(SITE) == {"defaultConfig": proxies}
    assert istio.mesh_config(MESHED) == {
        "trustDomain": "east.example",
        "trustDomainAliases": ["old.example"],
        "rootNamespace": "istio-system",
        "defaultConfig": proxies | {"proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true"}},
    }


def test_the_config_that_istiod_has_mounted_is_its_charts_config_map(tmp_path: Path) -> None:
    told = istio.config(MESHED)
    assert (told["kind"], told["metadata"]) == ("ConfigMap", {"name": "istio", "namespace": "istio-system"})
    write_config(told, tmp_path)
    mounted = {one.name: yaml.safe_load(one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()}
    assert mounted == {"mesh": istio.mesh_config(MESHED), "meshNetworks": {"networks": {}}}


def test_istiod_keeps_webhooks_only_where_pods_get_sidecars() -> None:
    kept = [istio.environment(site)["INJECTION_WEBHOOK_CONFIG_NAME"] for site in (SITE, MESHED)]
    assert kept == ["", injection.webhooks("istio-system")["metadata"]["name"]]


@pytest.mark.parametrize(
    ("image", "profile"),
    [
        ("docker.io/envoyproxy/envoy:distroless-v1.40.0", "envoy-gateway"),
        ("registry.istio.io/testing/proxyv2:latest", "istio"),
    ],
)
def test_an_image_is_one_implementations(image: str, profile: str) -> None:
    assert [name for name, one in IMPLEMENTATIONS.items() if one.IMAGE in image] == [profile]
