"""`mcwan mesh`: values for Istio's chart, of the clusters that have a mesh."""

from pathlib import Path

import pytest
import yaml

from mcwan.gateways.istio_values import values
from mcwan.model.mesh import Mesh
from tests.cli.test_main import contents, run, write
from tests.fabrics import Raw, changed

MESHES: Raw = {
    "clusters/cluster-1/mesh": {"trustDomain": "west.example", "aliases": ["old.example", "cluster.local"]},
    "clusters/cluster-2/mesh": {"trustDomain": "east.example", "rootNamespace": "istio-config"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    write(directory, changed(MESHES))
    return directory


def test_values() -> None:
    mesh = Mesh(trust_domain="west.example", aliases=("old.example", "cluster.local"))
    assert values("west", mesh) == {
        "global": {"multiCluster": {"clusterName": "west"}},
        "env": {"PILOT_ENABLE_IP_AUTOALLOCATE": "true"},
        "meshConfig": {
            "trustDomain": "west.example",
            "rootNamespace": "istio-system",
            "defaultConfig": {"proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true"}},
            "trustDomainAliases": ["cluster.local", "old.example"],
        },
    }


def test_values_of_an_ambient_mesh() -> None:
    found = values("west", Mesh(trust_domain="west.example", ambient=True))
    assert found["env"] == {"PILOT_ENABLE_IP_AUTOALLOCATE": "true", "PILOT_ENABLE_AMBIENT": "true"}
    assert found["meshConfig"]["defaultConfig"] == {
        "proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true", "ISTIO_META_ENABLE_HBONE": "true"}
    }


def test_of_one_and_of_all(project: Path) -> None:
    one, every = run("mesh", "--project", project, "cluster-2"), run("mesh", "--project", project)
    assert (one.exit_code, every.exit_code) == (0, 0)
    assert yaml.safe_load(one.stdout) == values(
        "cluster-2", Mesh(trust_domain="east.example", root_namespace="istio-config")
    )
    assert len(list(yaml.safe_load_all(every.stdout))) == 2
    assert every.stdout.endswith(one.stdout)


def test_to_files_and_nobody_elses(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("mesh", "--project", project, "--out", out)
    assert (result.exit_code, result.stdout) == (0, f"cluster-1.yaml, cluster-2.yaml in {out}\n")
    assert contents(out)["cluster-2.yaml"] == run("mesh", "--project", project, "cluster-2").stdout.encode()
    (out / "cluster-1.yaml").write_text("mine", encoding="utf-8")
    result = run("mesh", "--project", project, "--out", out)
    assert (result.exit_code, (out / "cluster-1.yaml").read_text(encoding="utf-8")) == (1, "mine")


def test_without_a_mesh(project: Path) -> None:
    write(project, changed(MESHES | {"clusters/east": {"context": "east"}}))
    for name, told in (
        ("esat", "'esat': no such cluster; allowed: cluster-1, cluster-2, east; did you mean 'east'?\n"),
        ("east", "'east' has no mesh; allowed: cluster-1, cluster-2\n"),
    ):
        result = run("mesh", "--project", project, name)
        assert (result.exit_code, result.stderr) == (2, told)
    write(project, changed({}))
    result = run("mesh", "--project", project)
    assert (result.exit_code, result.stderr) == (
        2,
        "no cluster has a mesh; write mcwan:clusters.NAME.mesh.trustDomain\n",
    )
