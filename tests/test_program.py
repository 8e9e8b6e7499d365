"""The program: what it registers is what `mcwan render` writes, and no more."""

import os
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from mcwan.cli.render import files
from mcwan.program import main
from tests.components.examples import config, plan
from tests.components.monitor import record
from tests.shipped import STACKS


def _sorted(manifests: list[Any]) -> list[str]:
    return sorted(yaml.safe_dump(one, sort_keys=True) for one in manifests)


@pytest.mark.parametrize("name", STACKS)
def test_registers_what_render_writes(name: str) -> None:
    recorded = record(main, config(name), stack=name)
    registered: dict[str, list[Any]] = {}
    for one in recorded.resources:
        if one.type.startswith("kubernetes:"):
            cluster = one.provider.rpartition("::")[0].rpartition("::")[2]
            registered.setdefault(cluster, []).append(dict(one.inputs))
    rendered: dict[str, list[Any]] = {}
    for path, text in files(plan(name)).items():
        rendered.setdefault(path.parts[0], []).extend(yaml.safe_load_all(text))
    assert {cluster: _sorted(found) for cluster, found in registered.items()} == {
        cluster: _sorted(found) for cluster, found in rendered.items()
    }


def test_providers_are_explicit_and_named_by_cluster() -> None:
    recorded = record(main, config("dev"))
    providers = recorded.of("pulumi:providers:kubernetes")
    assert {name: one.inputs for name, one in providers.items()} == {
        "cluster-1": {"clusterIdentifier": "cluster-1", "renderYamlToDirectory": "deployed/dev/cluster-1"},
        "cluster-2": {"clusterIdentifier": "cluster-2", "renderYamlToDirectory": "deployed/dev/cluster-2"},
    }
    children = [one for one in recorded.resources if one.type.startswith("kubernetes:")]
    assert {one.provider.partition("::id")[0].rpartition("::")[2] for one in children} == set(providers)


def test_the_ambient_kubeconfig_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {one.urn: one for one in record(main, config("dev")).resources}
    monkeypatch.setenv("KUBECONFIG", "/somewhere/else")
    assert {one.urn: one for one in record(main, config("dev")).resources} == plain
    assert os.environ["KUBECONFIG"] == "/somewhere/else"


def test_a_kubeconfig_stays_a_secret() -> None:
    settings = config("dev")
    settings["mcwan:clusters"]["cluster-1"] = {
        "kubeconfig": "apiVersion: v1 # TOPSECRET",
        "ingress": {"addresses": ["198.51.100.11"]},
        "namespaces": ["secure", "insecure"],
    }
    recorded = record(main, settings, secret=["mcwan:clusters"])
    provider = recorded.of("pulumi:providers:kubernetes")["cluster-1"]
    assert provider.secrets == {"kubeconfig"}
    assert provider.inputs == {"clusterIdentifier": "cluster-1", "kubeconfig": "apiVersion: v1 # TOPSECRET"}
    others = [one.inputs for one in recorded.resources if one is not provider]
    assert "TOPSECRET" not in f"{others}{recorded.outputs}{recorded.log}"


def test_a_context_is_looked_up_in_a_named_file() -> None:
    settings = config("dev")
    cluster = settings["mcwan:clusters"]["cluster-1"]
    del cluster["renderTo"]
    cluster["context"] = "east"
    provider = record(main, settings).of("pulumi:providers:kubernetes")["cluster-1"]
    assert provider.inputs == {
        "clusterIdentifier": "cluster-1",
        "context": "east",
        "kubeconfig": str(Path("~/.kube/config").expanduser()),
    }


def test_mistakes_stop_the_program_before_anything_is_registered() -> None:
    settings = config("dev") | {"mcwan:exprots": []}
    settings["mcwan:exports"][1]["wanPolicy"] = "lwo"
    with pytest.raises(pulumi.RunError) as error:
        record(main, settings)
    assert str(error.value).splitlines() == [
        "2 mistakes in Pulumi.dev.yaml",
        "exports[1].wanPolicy: 'lwo': no such WAN policy; allowed: high, low; did you mean 'low'?",
        "exprots: unknown key; allowed: clusters, exports, facts, imports, labels, manage, sdwan, telemetry, tls, "
        "wanPolicies; did you mean 'exports'?",
    ]


def test_the_stacks_outputs_tell_where_gateways_are_and_which_policy_exports_have() -> None:
    recorded = record(main, config("dev"))
    outputs = recorded.outputs["urn:pulumi:dev::mcwan::pulumi:pulumi:Stack::mcwan-dev"]
    assert {name: one["ingress"]["addresses"] for name, one in outputs["clusters"].items()} == {
        "cluster-1": ["198.51.100.11"],
        "cluster-2": ["198.51.100.12"],
    }
    assert outputs["exports"]["payment.secure"]["rules"] == {"queries": "high", "stats": "low"}
    assert outputs["exports"]["logging.insecure"]["wanPolicy"] == "low"


def test_what_the_plan_cannot_know_is_said() -> None:
    assert record(main, config("trio"), stack="trio").log == [
        "east, edge, west: no sources are written, so that no NetworkPolicy protects the WAN ports",
        "edge, GatewayClass internal: profile standard does not say how a gateway is reached: it is up to the "
        "GatewayClass, which must not make a public load balancer",
        "edge: profile standard follows no settings for traffic: the implementation's own defaults hold",
    ]
