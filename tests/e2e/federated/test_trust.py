"""`mcwan doctor` says whether the meshes are those that the stack file says, and whether they trust one root."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lab import ambient, certificates
from lab.cluster import MANAGER
from lab.gateways import istio
from lab.state import Lab
from lab.waiting import wait
from mcwan.facts.rights import MESH_CONFIG, ROOTS
from tests.e2e.diagnosed import SOON, Doctor, made, of, until_well, wrong
from tests.e2e.live import cluster
from tests.e2e.live.cluster import applied
from tests.e2e.live.test_rights import Reader

pytestmark = pytest.mark.lab
TRUST = "trust-domains-equal"
ROOT = "meshes-of-one-root"
AMBIENT = "ambient-as-described"
DESCRIBED = [("ok", "its trust domain is the one that is described")]
UNSEEN = ("not known", "no gateway's certificate was seen to compare with their roots")
"""At the desk, which no WAN reaches."""


@pytest.fixture
def doctor(federated: Lab, tmp_path: Path) -> Doctor:
    return made(federated, tmp_path)


def holding(lab: Lab, name: str, **data: str) -> AbstractContextManager[None]:
    """Have a ConfigMap in edge, whose namespaces no istiod looks after."""
    metadata = {"name": name, "namespace": "default"}
    return applied(lab, "edge", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def test_meshes_of_one_root_with_the_trust_domains_that_are_described(doctor: Doctor) -> None:
    found = doctor.findings()
    assert wrong(found) == []
    for name in ("east", "west"):
        same, unseen = of(found, ROOT, name)
        assert (same[0], same[1].partition(": ")[0], unseen) == ("ok", "their meshes trust the same", UNSEEN)
        assert of(found, TRUST, name) == DESCRIBED
    assert [of(found, check, "edge") for check in (TRUST, ROOT)] == [[], []], "it has no mesh"


def test_inside_a_cluster_its_gateway_is_compared_with_its_mesh(doctor: Doctor) -> None:
    found = doctor.findings("--cluster", "east", inside="east")
    assert of(found, ROOT, "east") == [
        ("ok", "there is no other mesh"),
        ("ok", "its mesh trusts who signed the certificate of the gateway of east"),
    ]


def test_a_trust_domain_that_the_mesh_does_not_have(doctor: Doctor) -> None:
    doctor.write({"clusters/west/mesh/trustDomain": "north.example"})
    said = "the mesh has trust domain west.example, and north.example in the stack file"
    assert wrong(doctor.findings()) == [(TRUST, "failed", ["west"], said)]


def test_a_mesh_that_is_configured_anew(doctor: Doctor) -> None:
    site = doctor.lab.topology.sites["west"]
    said = "the mesh has trust domain north.example, and west.example in the stack file"
    kept = istio.config(site)
    other = {**kept, "data": {**kept["data"], "mesh": kept["data"]["mesh"].replace("west.example", "north.example")}}
    with doctor.lab.api(site) as api:
        try:
            api.apply(other, manager=MANAGER)
            assert wrong(doctor.findings()) == [(TRUST, "failed", ["west"], said)]
        finally:
            api.apply(kept, manager=MANAGER)
    assert wrong(doctor.findings()) == []


def test_a_third_mesh_with_another_root(doctor: Doctor, tmp_path: Path) -> None:
    """Edge's istiod is played: by what it tells."""
    doctor.write({"clusters/edge/mesh": {"trustDomain": "edge.example", "rootNamespace": "default"}})
    missing = of(doctor.findings(), ROOT, "edge")
    assert missing == [("not known", f"ConfigMap {ROOTS} in default holds no root; istiod writes one")]
    ours = (certificates.authority(doctor.lab) / "ca.crt").read_text(encoding="ascii")
    other = (certificates.root(tmp_path / "root") / "ca.crt").read_text(encoding="ascii")
    with holding(doctor.lab, MESH_CONFIG, mesh="trustDomain: edge.example"):
        with holding(doctor.lab, ROOTS, **{"root-cert.pem": other}):
            ((check, verdict, clusters, said),) = wrong(doctor.findings())
            assert (check, verdict, clusters) == (ROOT, "failed", ["east", "edge", "west"])
            assert said.startswith("their meshes have no root in common: east, west ")
        with holding(doctor.lab, ROOTS, **{"root-cert.pem": ours + other}):
            ((check, verdict, clusters, said),) = wrong(doctor.findings())
            assert (check, verdict, clusters) == (ROOT, "warning", ["east", "edge", "west"])
            assert " in common, and alone: edge " in said


def test_ambient_workloads_of_which_the_stack_file_says_nothing(doctor: Doctor) -> None:
    """East imports federated; west is ambient, and described so."""
    found = doctor.findings()
    assert of(found, AMBIENT, "east") == [("ok", "no namespace is ambient")]
    assert of(found, AMBIENT, "west") == [("ok", "it has ztunnel, and its mesh is ambient in the stack file")]
    metadata = {"name": "strollers", "labels": {"istio.io/dataplane-mode": "ambient"}}
    with applied(doctor.lab, "east", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}):
        said = (
            "it has ambient namespaces (strollers), of which the stack file says nothing: whoever has no sidecar there "
            "gets nowhere by the names of federated imports"
        )
        assert wrong(doctor.findings()) == [(AMBIENT, "warning", ["east"], said)]
    until_well(doctor)


def test_an_ambient_mesh_without_ztunnel(doctor: Doctor) -> None:
    site = doctor.lab.topology.sites["west"]
    daemons = ambient.daemons(istio.NAMESPACE)
    with doctor.lab.api(site) as api:
        try:
            api.delete(daemons)
            said = "its mesh is ambient in the stack file, and it has no ztunnel, without which no workload is"
            assert wrong(doctor.findings()) == [(AMBIENT, "warning", ["west"], said)]
        finally:
            api.apply(daemons, manager=MANAGER)


def test_the_rights_that_it_prints_are_enough_and_needed(doctor: Doctor, tmp_path: Path) -> None:
    reader = Reader(doctor.lab, tmp_path / "kubeconfig")
    try:
        doctor.write({"clusters/west/kubeconfigPath": str(reader.kubeconfig)})
        rules = doctor.rights()
        reader.may([one for one in rules if "configmaps" not in one["resources"]])
        found = doctor.findings("--cluster", "west")
        assert [of(found, check, "west")[0] for check in (TRUST, ROOT)] == [
            ("not known", "mesh could not be read"),
            ("not known", "roots could not be read"),
        ]
        assert {(check, verdict) for check, verdict, *_ in wrong(found)} == {("rights", "failed")}
        reader.may(rules)
        wait(lambda: wrong(doctor.findings("--cluster", "west")) == [], "the rights are enough", SOON)
        assert of(doctor.findings("--cluster", "west"), TRUST, "west") == DESCRIBED
    finally:
        cluster.remove(doctor.lab, "west", *reversed(reader.objects))
