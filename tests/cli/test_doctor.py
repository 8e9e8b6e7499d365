"""`mcwan doctor` as an operator runs it, with clusters that are rendered and such that nobody reaches."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcwan.doctor import CHECKS
from tests.cli.test_main import run, write
from tests.fabrics import ISSUED, changed, described

BOTH = ("cluster-1", "cluster-2")
OK = (
    "description",
    "addresses-apart",
    "trust-domains-equal",
    "meshes-of-one-root",
    "mesh-names-free",
    "ambient-as-described",
)
"""The checks that are well though no cluster is reached."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    write(directory, described(tls=ISSUED))
    return directory


def unreachable(project: Path, **keys: Any) -> None:
    """Have all clusters reached by a kubeconfig that leads nowhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    every = [{"name": name, "cluster": {"server": f"http://127.0.0.1:{port}"}} for name in BOTH]
    contexts = [{"name": name, "context": {"cluster": name, "user": "me"}} for name in BOTH]
    content = {"clusters": every, "contexts": contexts, "users": [{"name": "me", "user": {}}]}
    file = project / "kubeconfig"
    file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **content}), encoding="utf-8")
    raw = described()
    for name in BOTH:
        one = raw["clusters"][name]
        del one["renderTo"]
        one.update(context=name, kubeconfigPath=str(file), **keys)
    write(project, raw)


def verdicts(output: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in json.loads(output)["findings"]:
        found.setdefault(one["check"], set()).add(one["verdict"])
    return found


def test_rendered_clusters_are_not_reached(project: Path) -> None:
    result = run("doctor", "--project", project, "-o", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert verdicts(result.stdout) == {check: {"ok" if check in OK else "not known"} for check in CHECKS}
    assert json.loads(result.stdout)["verdict"] == "not known"
    assert yaml.safe_load(run("doctor", "--project", project, "-o", "yaml").stdout) == json.loads(result.stdout)


def test_the_table(project: Path) -> None:
    result = run("doctor", "--project", project, "--cluster", "cluster-2")
    assert result.exit_code == 0
    rows = [[cell.strip() for cell in line.split("│")[1:4]] for line in result.stdout.splitlines() if "│" in line]
    assert [row for row in rows if row[0]] == [
        [check, "ok" if check in OK else "not known", "cluster-2"] for check in CHECKS
    ]
    assert result.stdout.endswith("16 not known, 6 ok\ndocs/how-to/doctor.md has a section for each check\n")


def test_every_cluster_unreachable(project: Path) -> None:
    unreachable(project)
    result = run("doctor", "--project", project, "-o", "json")
    assert result.exit_code == 1
    found = verdicts(result.stdout)
    assert found["reachable"] == {"failed"}
    assert {check for check, one in found.items() if "failed" in one} == {"reachable"}
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == list(BOTH)


def test_live_clusters_unreachable_of_which_nothing_is_recorded(project: Path) -> None:
    unreachable(project, facts="live")
    result = run("doctor", "--project", project, "-o", "json")
    assert result.exit_code == 1
    found = verdicts(result.stdout)
    assert (found["reachable"], found["description"]) == ({"failed"}, {"failed"})
    assert found["gateways-programmed"] == {"not known"}


def test_wrong_input(project: Path) -> None:
    result = run("doctor", "--project", project, "--cluster", "east")
    assert result.exit_code == 2
    assert "'east' is not in Pulumi.dev.yaml; clusters there: cluster-1, cluster-2" in result.stderr
    assert run("doctor", "--project", project, "--stack", "prod").exit_code == 2
    write(project, changed({"exports/1/port": 0}))
    result = run("doctor", "--project", project)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1] == "1 mistake; nothing was done"
    unreachable(project, facts="live")
    raw = yaml.safe_load((project / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    raw["config"]["mcwan:exports"][1]["wanPolicy"] = "lwo"
    (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    assert run("doctor", "--project", project).exit_code == 2


def test_requests_are_sent_if_so_wanted(project: Path) -> None:
    """Clusters that nobody reaches answer none, and what is rendered is asked from inside only."""
    result = run("doctor", "--project", project, "--probe", "--service", "payment/secure", "-o", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    unreachable(project)
    result = run("doctor", "--project", project, "--probe", "--service", "payment/secure", "-o", "json")
    assert result.stderr.splitlines()[-1] == "4 requests to send"
    found = [one for one in json.loads(result.stdout)["findings"] if one["check"] == "requests-leave"]
    assert {(one["verdict"], one["sentence"].partition(":")[0], tuple(one["clusters"])) for one in found} == {
        ("not known", f"payment.secure, rule {rule}", BOTH) for rule in ("queries", "stats")
    }


def test_inside_a_cluster(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = run("doctor", "--project", project, "--inside", "cluster-1", "--cluster", "cluster-1", "-o", "json")
    assert (result.exit_code, result.stderr) == (1, "cluster-1: 4 names to look up\n")
    found = verdicts(result.stdout)
    assert (found["dns-answers"], found["requests-leave"]) == ({"failed"}, {"not known"})
    result = run("doctor", "--project", project, "--inside", "cluster-1", "--probe", "-o", "json")
    assert result.stderr == "cluster-1: 4 names to look up\n3 requests to send\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--inside", "east"), "'east' is not in Pulumi.dev.yaml; clusters there: cluster-1, cluster-2"),
        (
            ("--inside", "cluster-1", "--cluster", "cluster-2"),
            "'cluster-1' is left out by --cluster; name it there, too",
        ),
        (("--service", "payment/secure"), "--service says which requests are sent; write --probe, too"),
        (
            ("--probe", "--service", "paymant.secure"),
            "'paymant.secure' is not exported in Pulumi.dev.yaml; exports there: logging.insecure, payment.secure",
        ),
    ],
)
def test_wrong_options(project: Path, options: tuple[str, ...], said: str) -> None:
    result = run("doctor", "--project", project, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cluster", "nope"), "Invalid value for --cluster: 'nope' is not in"),
        (("--inside", "nope"), "Invalid value for --inside: 'nope' is not in"),
        (("--inside", "cluster-1", "--cluster", "cluster-2"), "Invalid value for --inside: 'cluster-1' is left out"),
        (("--probe", "--service", "nope.secure"), "Invalid value for --service: 'nope.secure' is not exported"),
    ],
)
@pytest.mark.parametrize("facts", ["declared", "live"])
def test_what_options_name_is_looked_up_before_any_cluster_is_asked(
    project: Path, options: tuple[str, ...], said: str, facts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable(project, facts=facts)

    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("a cluster was asked")

    monkeypatch.setattr("mcwan.cli.doctor.survey_all", asked)
    result = run("doctor", "--project", project, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_too_many_requests(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unreachable(project)
    monkeypatch.setattr("mcwan.cli.doctor._MOST", 5)
    result = run("doctor", "--project", project, "--probe")
    assert result.exit_code == 2
    assert "6 requests would be sent; allowed: 5; name exports with --service, or a --cluster" in result.stderr


def test_rights_to_send_requests(project: Path) -> None:
    plain, probing = (
        yaml.safe_load(run("doctor", "--project", project, "--rights", *more).stdout)["rules"]
        for more in ((), ("--probe",))
    )
    assert [one for one in probing if one not in plain] == [
        {
            "apiGroups": [""],
            "resources": ["services/proxy"],
            "resourceNames": ["mc-wan-egress:8080"],
            "verbs": ["get"],
        }
    ]


def test_rights() -> None:
    facts, doctor = (yaml.safe_load(run(command, "--rights").stdout)["rules"] for command in ("facts", "doctor"))
    assert [one for one in doctor if one not in facts] == [
        {"apiGroups": ["mc-wan.l7mp.io"], "resources": ["wanpolicies"], "verbs": ["get", "list"]}
    ]
    assert [one for one in facts if one not in doctor] == []


def test_rights_for_meshes(project: Path) -> None:
    """One right more where a cluster has a mesh, and one where it is ambient, whatever is known of the clusters."""
    plain = yaml.safe_load(run("doctor", "--project", project, "--rights").stdout)["rules"]
    unreachable(project, facts="live", mesh={"trustDomain": "east.example"})
    meshes = yaml.safe_load(run("doctor", "--project", project, "--rights").stdout)["rules"]
    assert [one for one in meshes if one not in plain] == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["istio", "istio-ca-root-cert"],
            "verbs": ["get"],
        }
    ]
    assert [one for one in plain if one not in meshes] == []
    unreachable(
        project, facts="live", mesh={"trustDomain": "east.example", "ambient": True}, gateway={"profile": "istio"}
    )
    ambient = yaml.safe_load(run("doctor", "--project", project, "--rights").stdout)["rules"]
    assert [one for one in ambient if one not in meshes] == [
        {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get", "list"]}
    ]
