"""A client in a mesh, as it is made."""

from pathlib import Path

import pytest

from lab import ambient, mesh
from lab.gateways import istio


def test_a_client_has_an_account_of_its_own_or_another_one() -> None:
    account, pod = mesh.objects("east", "sleep.sleep")
    assert account["metadata"] == {"name": "sleep", "namespace": "sleep"}
    assert pod["metadata"] == {"name": "sleep", "namespace": "sleep", "labels": {"app": "sleep"}}
    assert pod["spec"]["serviceAccountName"] == "sleep"
    account, pod = mesh.objects("east", "two.sleep", "intruder")
    assert (account["metadata"]["name"], pod["metadata"]["name"]) == ("intruder", "two")
    assert pod["spec"]["serviceAccountName"] == "intruder"


def test_an_ambient_client_has_a_ztunnel_and_no_sidecar() -> None:
    _, pod = mesh.objects("east", "walker.sleep", sidecar=False)
    assert pod["metadata"] == {
        "name": "walker",
        "namespace": "sleep",
        "labels": {"app": "walker", "sidecar.istio.io/inject": "false"},
        "annotations": {"ambient.istio.io/redirection": "enabled"},
    }
    server, ztunnel = pod["spec"]["containers"]
    assert (server["name"], ztunnel["name"], ztunnel["image"]) == ("server", "ztunnel", ambient.IMAGE)
    assert ztunnel["env"][:2] == [
        {"name": "PROXY_MODE", "value": "dedicated"},
        {"name": "PROXY_WORKLOAD_INFO", "value": "sleep/walker/walker"},
    ]
    (redirect,) = pod["spec"]["initContainers"]
    its = redirect["args"][redirect["args"].index("-u") + 1]
    assert {"runAsUser": int(its), "runAsGroup": int(its)} == ztunnel["securityContext"]
    assert istio.IMAGE in redirect["image"]


def test_a_ztunnel_is_the_one_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not ambient.is_there()
    with pytest.raises(OSError, match="ztunnel is not on PATH"):
        ambient.image()
    program = tmp_path / "ztunnel"
    program.touch(mode=0o755)
    assert ambient.is_there()
    assert ambient.image().words == [str(program), "proxy", "ztunnel"]


def test_a_pod_is_ready_once_the_cluster_says_so() -> None:
    said = [
        {},
        {"conditions": None},
        *({"conditions": [{"type": "Ready", "status": one}]} for one in ("False", "True")),
    ]
    assert [mesh.ready({"status": one}) for one in said] == [False, False, False, True]
