"""mcwan check as an operator runs it, on a stack, a rendered folder, a state: whole outputs, exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mcwan.cli.main import main
from mcwan.rules import RULES
from tests.cli.test_main import run, write
from tests.fabrics import changed, described, planned

NAMES = ", ".join(rule.name for rule in RULES)
NOTE = "note: cluster-1, cluster-2: no sources are written, so that no NetworkPolicy protects the WAN ports\n"
NOTHING = "56 rules, 53 objects: nothing wrong\n"
RANGE = {"wan-port-range": {"lowest": 31112, "highest": 31999}}
OUT_OF_RANGE = (
    "mandatory:\n"
    "  wan-port-range: policy high has port 31111 on cluster-1; allowed: 31112 to 31999; "
    "set mcwan:wanPolicies.high.port to one of them\n"
    "  wan-port-range: policy high has port 31111 on cluster-2; allowed: 31112 to 31999; "
    "set mcwan:wanPolicies.high.port to one of them\n"
    "56 rules, 53 objects: 2 violations of mandatory rules\n"
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that everything is in; the current one."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, described())
    return tmp_path


def configured(content: Any, name: str = "config.json") -> str:
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return name


def state(name: str = "state.json", stack: str = "test", **changes: Any) -> str:
    """Write what `pulumi stack export` writes of the example, the outputs of some objects replaced, by name."""
    provider = "urn:pulumi:dev::mcwan::pulumi:providers:kubernetes::"
    resources = [{"type": "pulumi:providers:kubernetes", "urn": f"{provider}{one}", "id": "7"} for one in CLUSTERS]
    for one in planned(name=stack).objects:
        metadata = one.manifest["metadata"]
        where = "/".join((one.cluster, metadata.get("namespace", ""), metadata["name"]))
        kind = f"kubernetes:{one.manifest['apiVersion']}:{one.manifest['kind']}"
        resources.append(
            {
                "type": kind if "/" in kind else kind.replace(":v1:", ":core/v1:"),
                "urn": f"urn:pulumi:dev::mcwan::{one.manifest['kind']}::{where}",
                "provider": f"{provider}{one.cluster}::7",
                "outputs": changes.get(metadata["name"], one.manifest),
            }
        )
    Path(name).write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}), encoding="utf-8")
    return name


CLUSTERS = ("cluster-1", "cluster-2")


def test_a_stack_that_violates_nothing() -> None:
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("┘\n" + NOTE + NOTHING)


def test_a_mandatory_rule_is_violated() -> None:
    result = run("check", "--policy-config", configured(RANGE))
    assert (result.exit_code, result.stderr) == (3, "")
    assert result.stdout.endswith("┘\n" + NOTE + OUT_OF_RANGE)


def test_an_advisory_rule_is_violated() -> None:
    result = run("check", "--policy-config", configured({"all": "advisory", **RANGE}))
    assert result.exit_code == 0
    assert result.stdout.endswith(
        OUT_OF_RANGE.replace("mandatory:", "advisory:").replace("of mandatory", "of advisory")
    )


def test_a_rule_is_disabled() -> None:
    result = run("check", "--policy-config", configured({"wan-port-range": "disabled"}))
    assert result.exit_code == 0
    assert result.stdout.endswith(f"┘\n{NOTE}55 rules (1 disabled), 53 objects: nothing wrong\n")


def test_labels_of_a_stack_are_present(project: Path) -> None:
    config = configured({"labels-present": {"enforcementLevel": "mandatory", "labels": ["team"]}})
    assert run("check", "--policy-config", config).exit_code == 3
    write(project, described(labels={"team": "payments"}))
    assert run("check", "--policy-config", config).exit_code == 0


def test_rendered_files() -> None:
    assert run("render", "--out", "out").exit_code == 0
    result = run("check", "--rendered", "out")
    assert (result.exit_code, result.output) == (0, NOTHING)


def test_rendered_files_that_somebody_changed() -> None:
    assert run("render", "--out", "out").exit_code == 0
    path = Path("out/cluster-2/10-fabric.yaml")
    text = path.read_text(encoding="utf-8")
    objects = list(yaml.safe_load_all(text))
    (policy,) = [one for one in objects if one["kind"] == "WANPolicy" and one["metadata"]["name"] == "high"]
    policy["spec"]["port"] = 31113
    path.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    result = run("check", "--rendered", "out")
    assert (result.exit_code, result.output) == (
        3,
        "mandatory:\n"
        "  wan-port-consistency: policy high is port 31111 on cluster-1 and port 31113 on cluster-2; "
        "set mcwan:wanPolicies.high.port once, and let nothing else write WANPolicy objects\n"
        "  listener-is-wan-policy: Gateway mc-wan/mc-wan-ingress on cluster-2 listens for policy high on port 31111, "
        "and the policy's port is 31113; set mcwan:wanPolicies.high.port once, and let nothing else write that "
        "Gateway\n"
        "56 rules, 53 objects: 2 violations of mandatory rules\n",
    )


def test_sarif_names_the_rendered_file_and_the_state() -> None:
    def places(*options: str) -> list[Any]:
        shown = run("check", *options, "--policy-config", configured(RANGE), "--format", "sarif").stdout
        results = json.loads(shown)["runs"][0]["results"]
        return [one["locations"][0]["physicalLocation"] for one in results]

    assert run("render", "--out", "out").exit_code == 0
    lines = Path("out/cluster-1/10-fabric.yaml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text == "kind: WANPolicy") - 1
    assert places("--rendered", "out") == [
        {"artifactLocation": {"uri": f"out/{cluster}/10-fabric.yaml"}, "region": {"startLine": line}}
        for cluster in CLUSTERS
    ]
    assert places("--state", state()) == [
        {"artifactLocation": {"uri": "state.json"}, "region": {"startLine": 1}} for _ in CLUSTERS
    ]


def test_a_state() -> None:
    result = run("check", "--state", state())
    assert (result.exit_code, result.output) == (0, NOTHING)


def test_the_state_of_a_stack_that_was_never_deployed() -> None:
    for number, deployment in enumerate((None, {}, {"resources": None})):
        name = configured({"version": 3, "deployment": deployment}, f"new-{number}.json")
        result = run("check", "--state", name)
        assert (result.exit_code, result.output) == (0, "56 rules, 0 objects: nothing wrong\n")


def test_what_is_a_secret_is_not_judged() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    policy = {"apiVersion": "mc-wan.l7mp.io/v1alpha1", "kind": "WANPolicy", "metadata": {"name": "high"}}
    result = run("check", "--state", state(high={**policy, "spec": {"port": secret, "tunnel": "business", "sla": {}}}))
    assert "not judged:\n  wan-port-consistency: " in result.output
    assert " is a secret\n" in result.output
    assert "v1:x" not in result.output


def test_the_file_gets_all_and_the_terminal_the_counts() -> None:
    shown = run("check", "--policy-config", configured(RANGE))
    result = run("check", "--policy-config", "config.json", "--out", "report.txt")
    assert (result.exit_code, result.output) == (3, OUT_OF_RANGE.splitlines()[-1] + "\n")
    assert Path("report.txt").read_text(encoding="utf-8") == shown.stdout


def test_a_file_is_plain_where_the_terminal_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = CliRunner().invoke(main, ["check"], color=True)
    assert "\x1b[" in shown.stdout
    assert run("check", "--out", "report.txt").exit_code == 0
    assert "\x1b[" not in Path("report.txt").read_text(encoding="utf-8")


def test_where_it_cannot_write_it_says_so() -> None:
    result = run("check", "--out", "no/such/file")
    assert result.exit_code == 1
    assert result.output == "cannot write to no/such/file: No such file or directory\n"


@pytest.mark.parametrize("form", ["markdown", "json", "sarif"])
def test_the_other_formats_tell_verdicts_alone(form: str) -> None:
    shown = run("check", "--policy-config", configured(RANGE), "--format", form)
    assert shown.exit_code == 3
    assert "┘" not in shown.stdout
    if form == "markdown":
        assert shown.stdout.startswith("## mcwan check: refused\n\n`Pulumi.dev.yaml`: 56 rules, 53 objects: 2 viol")
    elif form == "json":
        content = json.loads(shown.stdout)
        assert (content["judged"], content["objects"], len(content["rules"])) == ("Pulumi.dev.yaml", 53, 56)
        assert [one["name"] for one in content["rules"] if one["violations"]] == ["wan-port-range"]
    else:
        results = json.loads(shown.stdout)["runs"][0]["results"]
        assert [one["locations"][0] for one in results] == [
            {
                "physicalLocation": {"artifactLocation": {"uri": "Pulumi.dev.yaml"}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": f"{cluster}/WANPolicy high", "kind": "resource"}],
            }
            for cluster in CLUSTERS
        ]


def test_a_stack_file_is_named_from_here(project: Path) -> None:
    below = project / "below"
    below.mkdir()
    write(below, described(), "prod")
    for where in ("below", below, "below/../below"):
        result = run("check", "--project", where, "--stack", "prod", "--format", "json")
        assert json.loads(result.stdout)["judged"] == "below/Pulumi.prod.yaml"


def test_a_baseline_is_beside_the_configuration(project: Path) -> None:
    (project / "policies").mkdir()
    state("policies/deployed.json")
    config = configured({"withdrawals-limited": {"atMost": 1, "baseline": "deployed.json"}}, "policies/config.json")
    assert run("check", "--policy-config", config).exit_code == 0
    write(project, changed({"exports/1": described()["exports"][1] | {"service": "metrics.insecure"}}))
    result = run("check", "--policy-config", config)
    assert result.exit_code == 3
    assert result.stdout.endswith(
        "mandatory:\n"
        "  withdrawals-limited: 2 of 4 imports withdrawn; allowed at a time: 1 (logging.insecure on cluster-1 and "
        "logging.insecure on cluster-2); withdraw fewer, or raise atMost for this one update\n"
        "56 rules, 53 objects: 1 violation of mandatory rules\n"
    )


def test_consent_to_withdrawals_is_of_the_rule_too(project: Path) -> None:
    state("deployed.json")
    config = configured({"withdrawals-limited": {"baseline": "deployed.json"}})
    service = described()["exports"][1] | {"service": "metrics.insecure"}
    write(project, changed({"exports/1": service, "facts": {"withdrawals": {"atMost": 1}}}))
    assert run("check", "--policy-config", config).exit_code == 3
    assert run("check", "--policy-config", config, "--allow-withdrawals").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--policy-config", "none.json"], "none.json: cannot be read: No such file or directory\n"),
        (["--policy-config", "."], ".: cannot be read: Is a directory\n"),
        (["--policy-config", "yaml.json"], "yaml.json: not JSON: Expecting value: line 1 column 1 (char 0)\n"),
        (["--policy-config", "list.json"], "list.json: a list; allowed: an object with a key per rule\n"),
        (
            ["--policy-config", "wrong.json"],
            "wrong.json: all: 'strict'; allowed: mandatory, advisory, disabled\n"
            "wrong.json: wan-port-rage: no such rule; did you mean 'wan-port-range'?\n"
            "wrong.json: wan-port-range.enforcementLevel: 3; allowed: mandatory, advisory, disabled\n"
            "wrong.json: wan-port-range.lowest: '31000': not allowed; allowed: a whole number; write lowest so\n"
            "wrong.json: wan-port-range.top: no such option; allowed: enforcementLevel, lowest, highest\n"
            "wrong.json: labels-present.labels: 'team': not allowed; allowed: a list; write [\"team\"]\n",
        ),
        (
            ["--policy-config", "baseline.json"],
            "none/deployed.json: cannot be read: No such file or directory\n",
        ),
        (["--state", "none.json"], "none.json: cannot be read: No such file or directory\n"),
        (["--state", "list.json"], "list.json: not a state; name a file that `pulumi stack export` wrote\n"),
        (["--state", "yaml.json"], "yaml.json: not a state; name a file that `pulumi stack export` wrote\n"),
        (
            ["--rendered", "none"],
            "none: no YAML files in directories of clusters; name what mcwan render wrote\n",
        ),
        (
            ["--rendered", "broken"],
            "broken/east/a.yaml: cannot be read as YAML: line 2, column 1: did not find expected node content\n",
        ),
    ],
)
def test_wrong_input_is_told_on_a_line_each(arguments: list[str], expected: str) -> None:
    configured("all: strict", "yaml.json")
    configured([1], "list.json")
    wrong: dict[str, Any] = {"all": "strict", "wan-port-rage": "advisory"}
    wrong["wan-port-range"] = {"enforcementLevel": 3, "lowest": "31000", "top": 1}
    wrong["labels-present"] = {"labels": "team"}
    configured(wrong, "wrong.json")
    configured({"withdrawals-limited": {"atMost": 1, "baseline": "none/deployed.json"}}, "baseline.json")
    Path("broken/east").mkdir(parents=True)
    configured("{", "broken/east/a.yaml")
    result = run("check", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", expected)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--stack", "dev", "--state", "x"], "--stack and --state"),
        (["--stack", "dev", "--rendered", "x"], "--stack and --rendered"),
        (["--rendered", "x", "--state", "x"], "--rendered and --state"),
    ],
)
def test_one_thing_is_judged(arguments: list[str], named: str) -> None:
    result = run("check", *arguments)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"{named} exclude each other; write one of them"


def test_mistakes_of_a_stack_come_before_rules(project: Path) -> None:
    write(project, changed({"exports/1/port": 0}))
    result = run("check", "--format", "sarif", "--out", "mcwan.sarif")
    assert result.exit_code == 2
    assert result.output == (
        "exports[1].port: 0: not allowed; allowed: 1 to 65535; write port so\n1 mistake; nothing was done\n"
    )
    assert not Path("mcwan.sarif").exists()


def test_help_says_the_exit_codes() -> None:
    assert [line.strip()[:2] for line in run("check", "-h").output.splitlines() if line.startswith("    ")][:4] == [
        "0 ",
        "1 ",
        "2 ",
        "3 ",
    ]
    assert "3  refused by a mandatory rule" in run("-h").output


def test_a_folder_without_an_object_is_not_judged_as_good(tmp_path: Path) -> None:
    made = tmp_path / "made"
    (made / "east").mkdir(parents=True)
    (made / "east" / "a.yaml").write_text("resources: []\n", encoding="utf-8")
    result = run("check", "--rendered", made)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{made}: no Kubernetes object in its files; name what mcwan render wrote\n"


def test_rules_are_a_file(tmp_path: Path) -> None:
    assert run("check", "--rules", tmp_path).stderr == f"{tmp_path}: a directory; name a Python file\n"


def test_a_terminal_that_is_full_is_a_line() -> None:
    command = [sys.executable, "-m", "mcwan.cli.main", "schema"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "cannot write to the terminal: No space left on device\n")
