"""mcwan init as an operator types it, and as it asks on a terminal."""

import shlex
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from mcwan import stack as stacks
from mcwan.cli.commands import init as command
from mcwan.cli.main import main
from mcwan.cli.schema import stack_schema
from tests.cli.test_main import run

TWO = ("--cluster", "east=east:10.1.0.11", "--cluster", "west=arn:aws:eks:x/west:10.2.0.11,fd00:2::11")
FIRST = {
    "clusters": {
        "east": {"context": "east", "ingress": {"addresses": ["10.1.0.11"]}, "namespaces": ["secure"]},
        "west": {
            "context": "arn:aws:eks:x/west",
            "ingress": {"addresses": ["10.2.0.11", "fd00:2::11"]},
            "namespaces": ["secure"],
        },
    },
    "tls": {"issuer": "mc-wan"},
    "wanPolicies": {
        "high": {"tunnel": "business", "port": 31111, "sla": {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1}},
        "low": {"tunnel": "default", "port": 31112, "sla": {"jitterMs": 1000, "latencyMs": 1000, "lossPercent": 100}},
    },
    "exports": [],
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    (tmp_path / "Pulumi.yaml").write_text("name: mcwan\nruntime: python\n", encoding="utf-8")
    return tmp_path


def test_a_first_stack_file_deploys(project: Path) -> None:
    result = run("init", "--namespace", "secure", *TWO)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "Pulumi.dev.yaml: written: 2 clusters, 2 WAN policies, 0 exports\n"
        "next: mcwan export, mcwan check --stack dev, pulumi stack init dev, pulumi up\n"
    )
    assert stacks.read_config(project, "dev") == FIRST
    text = (project / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./schemas/stack.schema.json\n")
    assert max(map(len, text.splitlines())) <= 120
    jsonschema.Draft202012Validator(YAML(typ="safe", pure=True).load(stack_schema())).validate(
        YAML(typ="safe", pure=True).load(text)
    )
    assert run("check").exit_code == 0
    assert run("render", "--out", "out").exit_code == 0
    assert "mcwan export payment/secure --port 8080 --cluster east --wan-policy high" in text
    words = shlex.split("export payment/secure --port 8080 --cluster east --wan-policy high")
    assert run(*words).exit_code == 0
    assert run("unexport", "payment/secure").exit_code == 0
    assert (project / "Pulumi.dev.yaml").read_text(encoding="utf-8") == text


def test_a_trial_run_prints_what_would_be_written(project: Path) -> None:
    shown = run("init", "--namespace", "secure", *TWO, "--dry-run").stdout
    assert not (project / "Pulumi.dev.yaml").exists()
    assert run("init", "--namespace", "secure", *TWO).exit_code == 0
    assert (project / "Pulumi.dev.yaml").read_text(encoding="utf-8") == shown


def test_wan_policies_and_tls_as_said(project: Path) -> None:
    policies = ("--wan-policy", "gold=mpls:32001:20/50/0.5", "--wan-policy", "high=mpls:32002")
    result = run("init", *TWO, *policies, "--plaintext", "--stack", "prod")
    assert (result.exit_code, result.stderr) == (
        0,
        "--wan-policy 'high=mpls:32002': no service level; taken: jitterMs 50, latencyMs 100, lossPercent 1; write "
        "what the tunnel promises, here as high=mpls:32002:JITTER/LATENCY/LOSS or in the file\n",
    )
    found = stacks.read_config(project, "prod")
    assert found["tls"] == {"mode": "plaintext"}
    assert found["wanPolicies"] == {
        "gold": {"tunnel": "mpls", "port": 32001, "sla": {"jitterMs": 20, "latencyMs": 50, "lossPercent": 0.5}},
        "high": {"tunnel": "mpls", "port": 32002, "sla": FIRST["wanPolicies"]["high"]["sla"]},  # type: ignore[index]
    }


def test_it_asks_on_a_terminal(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "on_terminal", lambda: True)
    answers = [
        "East", "east", "", "10.1.0.300", "10.1.0.11", "secure",  # a name and an address that cannot be
        "west", "arn:aws:eks:x/west", "10.2.0.11,fd00:2::11", "",
        "", "",  # no more clusters; the issuer
        "", "", "50/100", "50/100/1",  # a service level that is none
        "", "31112", "",
    ]  # fmt: skip
    result = CliRunner().invoke(main, ["init"], input="\n".join(answers) + "\n")
    assert result.exit_code == 0, result.output
    assert stacks.read_config(project, "dev") == FIRST


def test_what_it_asks_for_is_not_said_beside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "on_terminal", lambda: True)
    for option, typed in (("--wan-policy", "gold=mpls:31500"), ("--namespace", "secure")):
        result = CliRunner().invoke(main, ["init", option, typed])
        assert (result.exit_code, result.stdout, result.stderr) == (
            2,
            "",
            f"{option}: says nothing without --cluster; name the clusters, too, or leave it out to be asked\n",
        )
    assert not (project / "Pulumi.dev.yaml").exists()


def test_who_stops_at_a_question_gets_no_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "on_terminal", lambda: True)
    result = CliRunner().invoke(main, ["init"], input="east\n")
    assert result.exit_code == 1
    assert not (project / "Pulumi.dev.yaml").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            "init",
            "no terminal to ask on; say what there is, each cluster once: mcwan init --stack dev --cluster "
            "NAME=CONTEXT:ADDRESS, e.g. --cluster east=east:10.1.0.11",
        ),
        (
            "init --cluster east=10.1.0.11",
            "--cluster 'east=10.1.0.11': not a cluster; write NAME=CONTEXT:ADDRESS, e.g. east=east:10.1.0.11: the "
            "address is the ingress gateway's inside the SD-WAN; several with commas",
        ),
        (
            "init --cluster a=a:10.1.0.11 --cluster a=b:10.1.0.12",
            "--cluster a: typed twice; each name is there once; give one of them another",
        ),
        (
            "init --cluster a=a:10.1.0.11 --wan-policy high",
            "--wan-policy 'high': not a WAN policy; write NAME=TUNNEL:PORT, e.g. high=business:31111, or with its "
            "service level NAME=TUNNEL:PORT:JITTER/LATENCY/LOSS (milliseconds, milliseconds, percent), e.g. "
            "high=business:31111:50/100/1",
        ),
        (
            "init --cluster a=a:10.1.0.11 --wan-policy high=business:31111:50/100",
            "--wan-policy 'high=business:31111:50/100': not a WAN policy; write NAME=TUNNEL:PORT, e.g. "
            "high=business:31111, or with its service level NAME=TUNNEL:PORT:JITTER/LATENCY/LOSS (milliseconds, "
            "milliseconds, percent), e.g. high=business:31111:50/100/1",
        ),
        (
            "init --cluster a=a:8.8.8.8",
            "clusters.a.ingress.addresses[0]: '8.8.8.8': a public address; allowed: an address inside the SD-WAN, not "
            "reachable from the Internet; write the private address of the ingress gateway\n"
            "1 mistake; nothing was done",
        ),
    ],
)
def test_wrong_input(words: str, line: str, project: Path) -> None:
    result = run(*words.split())
    assert (result.exit_code, result.stderr) == (2, f"{line}\n")
    assert not (project / "Pulumi.dev.yaml").exists()


def test_a_stack_file_is_never_overwritten(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("mine\n", encoding="utf-8")
    result = run("init", *TWO)
    assert (result.exit_code, result.output) == (
        2,
        "Pulumi.dev.yaml: there already, and it is never overwritten; name another stack with --stack, or edit it\n",
    )
    assert (project / "Pulumi.dev.yaml").read_text(encoding="utf-8") == "mine\n"


def test_a_project_without_pulumi_yaml(project: Path) -> None:
    (project / "Pulumi.yaml").unlink()
    result = run("init", *TWO)
    assert (result.exit_code, result.output) == (
        2,
        f"Pulumi.yaml: not in {project}, so that Pulumi could not deploy a stack of it; name the directory of mcwan's "
        "program with --project\n",
    )


def test_an_issuer_is_for_tls_only() -> None:
    result = run("init", "--stack", "prod", *TWO, "--plaintext", "--issuer", "ours", "--dry-run")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "--issuer and --plaintext exclude each other; write one of them"
