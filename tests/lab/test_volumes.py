"""A pod's volumes are laid out as a kubelet does."""

import base64
from pathlib import Path
from typing import Any

import pytest

from lab import volumes
from lab.api import Api, ApiError, Object

METADATA: Object = {"name": "gw-1", "namespace": "mc-wan", "labels": {"b": "2", "a": 'says "1"'}}


class Server(Api):
    """Has what the test gives it; notes what it is asked to do."""

    def __init__(self, objects: dict[tuple[str, str], Object]) -> None:
        super().__init__("ns", "10.0.0.1", 6443, "token", "certificate")
        self.objects = objects
        self.asked: list[tuple[str, Object]] = []

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Object:
        assert (api_version, namespace) == ("v1", "mc-wan")
        if (kind, name) not in self.objects:
            raise ApiError(404, f"no {kind} {name}")
        return self.objects[kind, name]

    def path(self, api_version: str, kind: str, namespace: str = "", name: str = "") -> str:
        return f"/{api_version}/{kind}/{namespace}/{name}"

    def request(self, method: str, path: str, body: Object | None = None, *_: Any, **__: Any) -> Object:
        self.asked.append((f"{method} {path}", body or {}))
        return {"status": {"token": "a.b.c"}}


def laid_out(directory: Path, server: Server, *wanted: Object) -> dict[str, str]:
    """Give the files of a pod's volumes, by volume and path, with what is in them."""
    pod = {"metadata": METADATA, "spec": {"serviceAccountName": "gw", "volumes": list(wanted)}}
    directory = directory / "volumes"
    found = volumes.write(server, pod, directory)
    assert found == {one["name"]: directory / one["name"] for one in wanted}
    assert directory.stat().st_mode & 0o077 == 0
    return {
        f"{name}/{file.name}": file.read_text(encoding="utf-8")
        for name, place in found.items()
        for file in place.iterdir()
    }


def test_secrets_and_config_maps(tmp_path: Path) -> None:
    key = base64.b64encode(b"k").decode()
    server = Server({("Secret", "one"): {"data": {"key": key}}, ("ConfigMap", "two"): {"data": {"file": "text"}}})
    found = laid_out(
        tmp_path,
        server,
        {"name": "s", "secret": {"secretName": "one"}},
        {"name": "c", "configMap": {"name": "two"}},
        {"name": "p", "projected": {"sources": [{"secret": {"name": "one"}}, {"configMap": {"name": "two"}}]}},
    )
    assert found == {"s/key": "k", "c/file": "text", "p/key": "k", "p/file": "text"}


def test_a_volume_without_content_is_an_empty_directory(tmp_path: Path) -> None:
    assert laid_out(tmp_path, Server({}), {"name": "e", "emptyDir": {}}, {"name": "n"}) == {}
    assert (tmp_path / "volumes" / "e").stat().st_mode & 0o777 == 0o777, "any user of the pod may write to it"


def test_a_config_map_may_be_missing_only_if_the_volume_says_so(tmp_path: Path) -> None:
    assert laid_out(tmp_path, Server({}), {"name": "c", "configMap": {"name": "two", "optional": True}}) == {}
    with pytest.raises(ApiError, match="no ConfigMap two"):
        laid_out(tmp_path, Server({}), {"name": "c", "configMap": {"name": "two"}})


def test_what_is_known_of_the_pod(tmp_path: Path) -> None:
    items = [{"path": name, "fieldRef": {"fieldPath": f"metadata.{name}"}} for name in ("labels", "annotations")]
    found = laid_out(tmp_path, Server({}), {"name": "d", "downwardAPI": {"items": items}})
    assert found == {"d/labels": 'a="says \\"1\\""\nb="2"\n', "d/annotations": ""}


def test_a_token_of_its_service_account_is_for_the_audience_and_outlasts_the_lab(tmp_path: Path) -> None:
    server = Server({})
    source = {"serviceAccountToken": {"audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token"}}
    found = laid_out(tmp_path, server, {"name": "t", "projected": {"sources": [source]}})
    assert found == {"t/istio-token": "a.b.c"}
    ((path, body),) = server.asked
    assert path == "POST /v1/ServiceAccount/mc-wan/gw/token"
    assert body["spec"]["audiences"] == ["istio-ca"]
    assert body["spec"]["expirationSeconds"] > 30 * 86400
