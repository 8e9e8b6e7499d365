"""export, unexport, import and unimport as an operator types them: output, exit codes, the file."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cli.test_main import run
from tests.docs.pages import REPOSITORY

NOTHING = "nothing was done"


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    for stack in ("dev", "lab", "mixed"):
        name = f"Pulumi.{stack}.yaml"
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    return tmp_path / "Pulumi.dev.yaml"


def test_export(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    result = run("export", "billing/secure", "--wan-policy", "high", "--port", "8080", "--cluster", "cluster-1")
    line = "    - {service: billing.secure, port: 8080, from: [cluster-1], wanPolicy: high}\n"
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "--- Pulumi.dev.yaml\n"
        "+++ Pulumi.dev.yaml\n"
        "@@ -29,4 +29,5 @@\n"
        "     # Service level: everything by one WAN policy.\n"
        "     - {service: logging.insecure, port: 8080, from: [cluster-1], wanPolicy: low}\n"
        f"+{line}"
        " # Pulumi's own, for an empty passphrase: this stack keeps no secret.\n"
        " encryptionsalt: …\n"
        "billing.secure: offered by cluster-1, by high; imported by cluster-1, cluster-2\n"
        "Pulumi.dev.yaml: written\n"
    )
    after = file.read_text(encoding="utf-8")
    assert after == before.replace("# Pulumi's own", f"{line.lstrip()}# Pulumi's own").replace(
        "wanPolicy: low}\n- {service: b", "wanPolicy: low}\n    - {service: b"
    )
    assert run("unexport", "billing.secure").exit_code == 0
    assert file.read_text(encoding="utf-8") == before


def test_export_by_rules_of_a_further_cluster_and_by_context() -> None:
    result = run(
        "export", "shop/secure", "--stack", "lab", "--context", "east", "--port", "http=80", "--port", "admin=81",
        "--rule", "queries: get /shop, POST =/shop by high", "--rule", "rest: by low",
    )  # fmt: skip
    assert result.stdout.splitlines()[3:-2] == [
        "         - {name: anything, matches: [{method: GET, path: {value: /anything}}], wanPolicy: high}",
        "         - {name: rest, wanPolicy: low}",
        "+    - service: shop.secure",
        "+      ports:",
        "+        - {name: http, port: 80}",
        "+        - {name: admin, port: 81}",
        "+      from: [east]",
        "+      rules:",
        "+        - name: queries",
        "+          matches:",
        "+            - {method: GET, path: {value: /shop}}",
        "+            - {method: POST, path: {type: Exact, value: /shop}}",
        "+          wanPolicy: high",
        "+        - {name: rest, wanPolicy: low}",
        "   mcwan:imports:",
        "     # No second proxy, where a service-level policy is all that is wanted.",
    ]
    result = run("export", "shop/secure", "--stack", "lab", "--context", "west")
    assert result.stdout.splitlines()[-2:] == [
        "shop.secure: offered by east, west, by rules (queries: high, rest: low); imported by east, edge, west",
        "Pulumi.lab.yaml: written",
    ]


def test_what_is_exported_already_changes_only_where_that_is_said(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    result = run("export", "logging/insecure", "--wan-policy", "low", "--port", "8080", "--cluster", "cluster-1")
    assert (result.exit_code, result.output) == (
        0,
        "logging.insecure: offered by cluster-1, by low; imported by cluster-1, cluster-2\n"
        "Pulumi.dev.yaml: nothing to change\n",
    )
    same = ("--rule", "queries: GET /payment by high", "--rule", "stats: /stats by low")
    assert run("export", "payment/secure", *same).output.endswith("nothing to change\n")
    result = run("export", "logging/insecure", "--wan-policy", "high", "--port", "81")
    assert (result.exit_code, result.output) == (
        2,
        "logging.insecure: exported already, with port 8080; --replace gives it port 81 instead\n",
    )
    assert file.read_text(encoding="utf-8") == before
    result = run("export", "logging/insecure", "--wan-policy", "high", "--port", "81", "--replace")
    assert result.exit_code == 0
    assert file.read_text(encoding="utf-8") == before.replace(
        "port: 8080, from: [cluster-1], wanPolicy: low", "port: 81, from: [cluster-1], wanPolicy: high"
    )
    result = run("export", "payment/secure", "--wan-policy", "high", "--replace")
    assert "      wanPolicy: high\n    # Service level" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            "export payment/secure --wan-policy high",
            "payment.secure: exported already, with rules queries: high, stats: low; --replace gives it WAN policy "
            "high instead",
        ),
        (
            "export a/secure --wan-policy high --port 80",
            "a.secure: cluster-1, cluster-2 have the namespace secure; say with --cluster which of them offer it",
        ),
        (
            "export secure/a --wan-policy high --port 80",
            "secure.a: no cluster has the namespace a; add it to mcwan:clusters.NAME.namespaces once it is there, or "
            "correct the service: it is written NAME/NAMESPACE",
        ),
        (
            "export a/secure --wan-policy high --cluster cluster-1",
            "a.secure: not exported yet, and nothing says its port; write --port NUMBER",
        ),
        (
            "export a/secure --wan-policy hihg --cluster cluster-1",
            "--wan-policy 'hihg': no such WAN policy; allowed: high, low; did you mean 'high'?",
        ),
        (
            "export a/secure --wan-policy high --cluster cluster-3",
            "--cluster 'cluster-3': no such cluster; allowed: cluster-1, cluster-2; write one of "
            "them, or add mcwan:clusters.cluster-3",
        ),
        (
            "export a/secure --wan-policy high --context east",
            "--context 'east': the context of no cluster; allowed: none: no cluster is reached by a context; name the "
            "cluster with --cluster",
        ),
        (
            "export a/secure --stack lab --wan-policy high --context east-1",
            "--context 'east-1': the context of no cluster; allowed: east, edge, west; name the cluster with --cluster",
        ),
        (
            "export a --wan-policy high",
            "'a': not allowed; allowed: a service as NAME/NAMESPACE or NAME.NAMESPACE, each a DNS label, the name of "
            "at most 52 characters, a letter first; write it so, e.g. payment/secure",
        ),
        (
            "export a/secure --wan-policy high --rule 'x: /a by low'",
            "--wan-policy and --rule exclude each other; for all other requests write --rule 'rest: by high'",
        ),
        (
            "export a/secure --rule 'x: FETCH /a by low'",
            "--rule 'x: FETCH /a by low': 'FETCH' is not a method; allowed: GET, HEAD, POST, PUT, DELETE, CONNECT, "
            "OPTIONS, TRACE, PATCH",
        ),
        (
            "export a/secure --rule 'x: /a by lo'",
            "--rule 'x: /a by lo': 'lo': no such WAN policy; allowed: high, low; did you mean 'low'?",
        ),
        (
            "export a/secure --rule 'GET /a by low'",
            "--rule 'GET /a by low': not a rule; write NAME: [METHOD] [PATH] by POLICY, e.g. 'queries: GET /payment by "
            "high', 'stats: =/stats by low' (just that path), 'rest: by low' (all other requests)",
        ),
        ("unexport paymnet/secure", "paymnet.secure: nobody exports it; exported are: logging.insecure, "
         "payment.secure; did you mean payment/secure?"),
        ("unexport secure/payment", "secure.payment: nobody exports it; exported are: logging.insecure, "
         "payment.secure; did you mean payment/secure?"),
        ("unexport payment/secure --cluster cluster-2", "payment.secure: cluster-2 does not offer it; offered by: "
         "cluster-1; name one of them"),
        ("import cart/shop", "cart.shop: nobody exports it; exported are: logging.insecure, payment.secure; export it "
         "first, with `mcwan export`"),
        ("import logging/insecure --stack lab --cluster edge", "logging.insecure: edge has no namespace insecure; "
         "those that have it: east, west; add it to mcwan:clusters.edge.namespaces once it is there"),
        ("import a/b --stack nowhere", None),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line(words: str, line: str | None, file: Path) -> None:
    before = file.read_bytes()
    result = run(*shlex.split(words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert line is None or result.stderr == f"{line}\n"
    assert file.read_bytes() == before


def test_an_edit_that_is_a_mistake_touches_nothing(file: Path) -> None:
    before = file.read_bytes()
    result = run("import", "payment/secure", "--cluster", "cluster-2", "--path", "direct")
    assert (result.exit_code, result.stdout, file.read_bytes()) == (2, "", before)
    assert result.stderr.splitlines()[0].startswith("imports[0].path: 'direct': WAN policy high has mutual TLS")
    assert result.stderr.endswith(f"mistake; {NOTHING}\n") or result.stderr.endswith(f"mistakes; {NOTHING}\n")


def test_an_edit_that_a_mandatory_rule_refuses_touches_nothing(file: Path) -> None:
    before = file.read_bytes()
    Path("policies.json").write_text(json.dumps({"wan-port-range": {"highest": 31111}}), encoding="utf-8")
    result = run("unexport", "logging/insecure", "--policy-config", "policies.json")
    assert (result.exit_code, result.stdout, file.read_bytes()) == (3, "", before)
    assert result.stderr.endswith(f"refused by a mandatory rule; {NOTHING}\n")


@pytest.mark.parametrize(
    "words",
    [
        ("export", "a/secure", "--wan-policy", "high", "--port", "1", "--cluster", "cluster-1"),
        ("unexport", "payment/secure"),
        ("import", "payment/secure", "--cluster", "cluster-2"),
        ("unimport", "payment/secure"),
    ],
)
def test_a_trial_run_writes_nothing(words: tuple[str, ...], file: Path) -> None:
    before = file.read_bytes()
    result = run(*words, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.startswith("--- Pulumi.dev.yaml\n")
    assert result.stdout.endswith("Pulumi.dev.yaml: nothing written (--dry-run)\n")
    assert file.read_bytes() == before


def test_unexport_takes_its_imports_along_and_tells_of_a_comment(file: Path) -> None:
    assert run("import", "payment/secure", "--cluster", "cluster-2").exit_code == 0
    assert "  mcwan:imports:\n    - {service: payment.secure, clusters: [cluster-2]}\n" in file.read_text(
        encoding="utf-8"
    )
    result = run("unexport", "payment/secure")
    assert result.stdout.splitlines()[-3:] == [
        "note: the comment in line 18 stays; see whether it still holds",
        "payment.secure: not exported",
        "Pulumi.dev.yaml: written",
    ]
    assert "payment.secure" not in file.read_text(encoding="utf-8")
    assert "# L7: GET /payment" in file.read_text(encoding="utf-8")


def test_imports_come_and_go(file: Path) -> None:
    before = file.read_text(encoding="utf-8")

    def last(*words: str) -> str:
        result = run(*words)
        assert result.exit_code == 0
        return result.stdout.splitlines()[-2]

    assert last("import", "payment/secure") == "payment.secure: imported by cluster-1, cluster-2"
    assert last("unimport", "payment/secure", "--cluster", "cluster-1") == "payment.secure: imported by cluster-2"
    assert last("unimport", "payment/secure") == "payment.secure: imported by nobody"
    assert last("unimport", "payment/secure") == "payment.secure: imported by nobody"
    assert last("import", "payment/secure", "--cluster", "cluster-1") == "payment.secure: imported by cluster-1"
    assert last("import", "payment/secure") == "payment.secure: imported by cluster-1, cluster-2"
    assert file.read_text(encoding="utf-8") == before


def test_the_selected_stack_is_meant_and_no_other_file_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_STACK", "mixed")
    before = {path.name: path.read_bytes() for path in Path().glob("Pulumi.*")}
    assert run("unexport", "vault/secure").exit_code == 0
    after = {path.name: path.read_bytes() for path in Path().glob("Pulumi.*")}
    assert {name for name in before if before[name] != after[name]} == {"Pulumi.mixed.yaml"}


def test_secrets_stay_as_they_are_and_are_not_shown(file: Path) -> None:
    secret = "v1:AAABBBCCC="  # noqa: S105 - none
    text = file.read_text(encoding="utf-8").replace(
        "renderTo: deployed/dev/cluster-1", f"kubeconfig: {{secure: {secret}}}"
    )
    file.write_text(text, encoding="utf-8")
    result = run("unexport", "logging/insecure")
    assert result.exit_code == 0
    assert "v1:" not in result.output
    assert file.read_text(encoding="utf-8") == text.replace(
        "    - {service: logging.insecure, port: 8080, from: [cluster-1], wanPolicy: low}\n", ""
    )


def test_a_file_that_cannot_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    before = file.read_bytes()
    monkeypatch.setattr(tempfile, "mkstemp", fail)
    result = run("unexport", "logging/insecure")
    assert (result.exit_code, file.read_bytes()) == (1, before)
    assert result.stderr == "cannot write to Pulumi.dev.yaml: Permission denied\n"


def test_an_operator_who_stops_it_finds_the_file_as_it_was(file: Path) -> None:
    before = file.read_bytes()
    program = (
        "import os, signal\n"
        "from mcwan.cli.main import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background has it ignored
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGINT)\n"
        "main(['unexport', 'logging/insecure'])\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, env=environment
    )
    assert (done.returncode, done.stderr) == (1, "\nAborted!\n")
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".Pulumi*"))
