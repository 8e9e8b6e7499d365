"""What a diagnosis asks of one cluster, whose API server is played: what is refused loses nothing else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
from lightkube import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Namespace

from mcwan.facts.report import Failure, Wanted
from mcwan.facts.survey import survey
from mcwan.facts.surveyed import Survey
from mcwan.model.mesh import Mesh

RIGHTS = "give it the rights that mcwan doctor --rights prints"
MESH = Mesh(trust_domain="east.example", root_namespace="istio-config")
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

Configs = dict[tuple[str, str], dict[str, str] | None]
"""The data of ConfigMaps, by namespace and name."""


def refusal(code: int) -> ApiError:
    request = httpx2.Request("GET", "https://east/")
    status = {"kind": "Status", "code": code, "message": "no"}
    return ApiError(request=request, response=httpx2.Response(code, json=status, request=request))


class Played:
    """A cluster with the namespace kube-system alone, and ConfigMaps of a mesh; it may refuse kinds."""

    def __init__(self, configs: Configs | None = None, **refused: Exception) -> None:
        self.configs, self.refused = configs or {}, refused

    async def get(self, kind: Any, name: str, *, namespace: str = "") -> Any:
        if kind.__name__ in self.refused:
            raise self.refused[kind.__name__]
        if kind is Namespace:
            return Namespace(metadata=ObjectMeta(name="kube-system", uid="1-2-3"))
        if kind is ConfigMap and (namespace, name) in self.configs:
            return ConfigMap(data=self.configs[namespace, name])
        raise refusal(404)

    async def list(self, kind: Any, *_: Any, **__: Any) -> AsyncIterator[Any]:
        if kind.__name__ in self.refused:
            raise self.refused[kind.__name__]
        nothing: tuple[Any, ...] = ()
        for one in nothing:
            yield one


def asked(api: Any, mesh: Mesh | None = None) -> Survey | Failure:
    return asyncio.run(survey(api, Wanted(), NOW, mesh))


def test_a_cluster_before_the_first_update() -> None:
    found = asked(Played(WANPolicy=refusal(404)))
    assert isinstance(found, Survey)
    assert (found.uid, found.gateways, found.services, found.policies) == ("1-2-3", (), (), ())
    assert found.failures == {}


def test_a_cluster_without_the_group_of_wan_policies() -> None:
    """An API server says that in plain text, not as a Status."""
    request = httpx2.Request("GET", "https://east/")
    response = httpx2.Response(404, text="404 page not found", request=request)
    found = asked(Played(WANPolicy=httpx2.HTTPStatusError("404 Not Found", request=request, response=response)))
    assert found == asked(Played())
    assert isinstance(found, Survey)
    assert found.policies == ()


def test_what_is_refused_is_not_known() -> None:
    found = asked(Played(WANPolicy=refusal(403)))
    assert isinstance(found, Survey)
    assert (found.uid, found.gateways, found.services, found.policies) == ("1-2-3", (), (), None)
    why = Failure(problem="policies cannot be read: 403 no", remedy=RIGHTS)
    assert found.failures == {"policies": why}


def test_a_cluster_that_is_lost_on_the_way() -> None:
    found = asked(Played(WANPolicy=httpx2.ReadTimeout("late")))
    assert found == Failure(
        problem="it does not answer in time", remedy="see that it is up, or raise mcwan:facts.timeout"
    )


def test_what_tells_of_a_mesh() -> None:
    configs: Configs = {
        ("istio-config", "istio-ca-root-cert"): {"root-cert.pem": "a root"},
        ("istio-config", "istio"): {"mesh": "trustDomain: east.example"},
    }
    found = asked(Played(configs), MESH)
    assert isinstance(found, Survey)
    assert (found.roots, found.mesh, found.failures) == ("a root", "trustDomain: east.example", {})
    without = asked(Played(configs))
    assert isinstance(without, Survey)
    assert (without.roots, without.mesh, without.namespaces) == (None,) * 3, "a cluster without a mesh is not asked"


def test_what_tells_of_ambient_workloads() -> None:
    """DaemonSets are asked for only where the mesh is said to be ambient, since their right is given only there."""
    refused = Played(DaemonSet=refusal(403))
    plain, ambient = asked(refused, MESH), asked(refused, MESH.model_copy(update={"ambient": True}))
    assert isinstance(plain, Survey)
    assert isinstance(ambient, Survey)
    assert (plain.namespaces, plain.daemonsets, plain.failures) == ((), None, {})
    why = {"daemonsets": Failure(problem="daemonsets cannot be read: 403 no", remedy=RIGHTS)}
    assert (ambient.namespaces, ambient.daemonsets, ambient.failures) == ((), None, why)


def test_a_mesh_that_nothing_tells_of() -> None:
    found = asked(Played({("istio-config", "istio"): None}), MESH)
    assert isinstance(found, Survey)
    assert (found.roots, found.mesh, found.failures) == ("", "", {})


def test_a_mesh_that_may_not_be_read() -> None:
    found = asked(Played(ConfigMap=refusal(403)), MESH)
    assert isinstance(found, Survey)
    assert (found.roots, found.mesh) == (None, None)
    why = {part: Failure(problem=f"{part} cannot be read: 403 no", remedy=RIGHTS) for part in ("roots", "mesh")}
    assert found.failures == why
