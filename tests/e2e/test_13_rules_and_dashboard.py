"""What `mcwan telemetry` writes, judged by Prometheus's own tool and by Grafana's own types.

Each alert is raised by made-up metrics as Envoy has them, alone, and not without them.
"""

import copy
import json
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import tools
from mcwan import gateways, stack, telemetry
from mcwan.cli.telemetry import DASHBOARD, RULES, write
from mcwan.plan.context import Context
from tests.e2e.conftest import say_of

pytestmark = pytest.mark.lab
STACKS = ("dev", "guarded", "lab", "trio")
Series = dict[str, str]
"""What promtool writes for a series: a value a minute."""
BILLING, QUOTES, VAULT = "billing.secure", "quotes.secure", "vault.secure"
EAST, EAST_LOW, WEST = "10.1.0.11:31111", "10.1.0.11:31112", "10.2.0.11:31111"
TLS = ("connection_error", "fail_verify_error", "fail_verify_no_cert", "fail_verify_san")
MANY, NONE = "0+60x100", "0x100"


@pytest.fixture(scope="module")
def promtool(request: pytest.FixtureRequest) -> Path:
    return tools.judge("promtool", say_of(request))


@pytest.fixture(scope="module")
def grafana(request: pytest.FixtureRequest) -> Path:
    return tools.judge("grafana", say_of(request))


def context(name: str) -> Context:
    return gateways.plan(stack.read(Path(), name)).context


def run(*words: object, stdin: str = "") -> tuple[int, str]:
    done = subprocess.run([str(word) for word in words], input=stdin, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", STACKS)
def test_prometheus_takes_the_rules_and_every_expression_of_the_dashboard(
    name: str, promtool: Path, tmp_path: Path
) -> None:
    write(context(name), tmp_path)
    code, said = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", tmp_path / RULES)
    assert code == 0, said
    panels = json.loads((tmp_path / DASHBOARD).read_text(encoding="utf-8"))["panels"]
    shown = [re.sub(r"\$__\w+", "5m", target["expr"]) for one in panels for target in one.get("targets", ())]
    rules = [{"record": f"shown:{number}", "expr": one} for number, one in enumerate(shown)]
    assert len(rules) > 10
    (tmp_path / "shown.yaml").write_text(yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]}), "utf-8")
    code, said = run(promtool, "check", "rules", tmp_path / "shown.yaml")
    assert code == 0, said


@pytest.mark.parametrize("name", STACKS)
def test_grafana_knows_everything_on_the_dashboard(name: str, grafana: Path) -> None:
    assert run(grafana, stdin=json.dumps(telemetry.dashboard(context(name)))) == (0, "")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda one: one["panels"][1].update(titel="x"), "panels[1].Panel: unexpected field 'titel'\n"),
        (
            lambda one: one["panels"][1]["targets"][0].pop("expr"),
            "panels[1].targets[0].expr: required field is missing from input\n",
        ),
    ],
)
def test_grafana_refuses_what_it_does_not_know(
    spoil: Callable[[dict[str, Any]], None], told: str, grafana: Path
) -> None:
    one = copy.deepcopy(telemetry.dashboard(context("dev")))
    spoil(one)
    assert run(grafana, stdin=json.dumps(one)) == (1, told)


def one(metric: str, labels: Mapping[str, str], values: str) -> tuple[str, str]:
    return f"{metric}{{{', '.join(f'{key}={json.dumps(value)}' for key, value in labels.items())}}}", values


def of_rule(export: str, **more: str) -> dict[str, str]:
    return {"source_cluster": "edge", "export": export, "rule": "all", **more}


def answers(export: str, **classes: str) -> Iterable[tuple[str, str]]:
    yield one("envoy_cluster_membership_total", of_rule(export), "2x100")
    for name, values in classes.items():
        yield one("envoy_cluster_upstream_rq_xx", of_rule(export, envoy_response_code_class=name[1:]), values)


def endpoint(export: str, address: str, tries: str, healthy: str = "1x100") -> Iterable[tuple[str, str]]:
    upstream = {"envoy_cluster_name": f"{export}.egress/all", "envoy_endpoint_address": address}
    labels = {"source_cluster": "edge", **upstream}
    yield one("envoy_cluster_endpoint_rq_success", labels, tries)
    yield one("envoy_cluster_endpoint_rq_error", labels, NONE)
    yield one("envoy_cluster_endpoint_healthy", labels, healthy)


def took(export: str, bucket: str) -> Iterable[tuple[str, str]]:
    """All requests took so long that they are in this bucket."""
    for le in ("100", "250", "500", "+Inf"):
        values = MANY if float(le) >= float(bucket) else NONE
        yield one("envoy_cluster_upstream_rq_time_bucket", of_rule(export, le=le), values)


def refused(counter: str) -> Iterable[tuple[str, str]]:
    for name in TLS:
        labels = {"destination_cluster": "east", "envoy_listener_address": "0.0.0.0_31111"}
        yield one(f"envoy_listener_ssl_{name}", labels, "0x65 1x15" if name == counter else NONE)


def distrusted(counter: str) -> Iterable[tuple[str, str]]:
    for name in ("connection_error", "fail_verify_san"):
        yield one(f"envoy_cluster_ssl_{name}", of_rule(BILLING), "0x65 1x15" if name == counter else NONE)


def well(export: str = BILLING) -> Series:
    """A tunnel and a spare, requests by the tunnel, quick answers, nobody refused."""
    return dict(
        [
            *answers(export, _2=MANY, _5=NONE),
            *endpoint(export, EAST, MANY),
            *endpoint(export, EAST_LOW, NONE),
            *took(export, "100"),
            *refused(""),
            *distrusted(""),
        ]
    )


def firing(name: str, severity: str, **labels: str) -> str:
    every = {"alertname": name, "alertstate": "firing", "severity": severity, **labels}
    return f"ALERTS{{{', '.join(f'{key}={json.dumps(value)}' for key, value in sorted(every.items()))}}}"


EDGE = {"source_cluster": "edge", "export": BILLING}
FAILS = firing("McWanErrors", "warning", **EDGE)
CASES: dict[str, tuple[Series, list[str]]] = {
    "nothing is measured": ({}, []),
    "all is well": (well(), []),
    "nobody asks": (dict([*answers(BILLING, _2=NONE, _5=NONE), *endpoint(BILLING, EAST, NONE)]), []),
    "one of 25 fails": (well() | dict(answers(BILLING, _2="0+48x100", _5="0+2x100")), []),
    "one of 10 fails": (well() | dict(answers(BILLING, _2="0+54x100", _5="0+6x100")), [FAILS]),
    "the client's fault": (well() | dict(answers(BILLING, _2=NONE, _4=MANY)), []),
    "all fail": (
        well() | dict(answers(BILLING, _2="0+60x15 900x65", _5="0x15 0+60x65")),
        [FAILS, firing("McWanNoSuccess", "critical", **EDGE)],
    ),
    "slower than there and back": (
        well() | dict(took(BILLING, "500")),
        [firing("McWanSlow", "warning", **EDGE, rule="all", wan_policy="high", tunnel="business")],
    ),
    "slow, within what is promised": (well() | dict(took(BILLING, "250")), []),
    "the other WAN policy promises less": (dict([*answers(VAULT, _2=MANY), *took(VAULT, "500")]), []),
    "another tunnel": (
        well() | dict([*endpoint(BILLING, EAST, NONE, "0x100"), *endpoint(BILLING, EAST_LOW, MANY)]),
        [
            firing(
                "McWanNotFirstChoice",
                "warning",
                **EDGE,
                rule="all",
                destination_cluster="east",
                wan_policy="low",
                tunnel="default",
            )
        ],
    ),
    "another cluster": (
        dict([*answers(QUOTES, _2=MANY), *endpoint(QUOTES, EAST, NONE), *endpoint(QUOTES, WEST, MANY)]),
        [
            firing(
                "McWanNotFirstChoice",
                "warning",
                source_cluster="edge",
                export=QUOTES,
                rule="all",
                destination_cluster="west",
                wan_policy="high",
                tunnel="business",
            )
        ],
    ),
    "certificates expire": (
        {
            **well(),
            'envoy_server_days_until_first_cert_expiring{source_cluster="edge"}': "6x100",
            'envoy_server_days_until_first_cert_expiring{destination_cluster="east"}': "5x100",
            'envoy_server_days_until_first_cert_expiring{destination_cluster="west"}': "8x100",
            'envoy_server_days_until_first_cert_expiring{job="somebody else"}': "1x100",
        },
        [
            firing("McWanCertificateExpires", "warning", source_cluster="edge"),
            firing("McWanCertificateExpires", "warning", destination_cluster="east"),
        ],
    ),
    "a try now and then": (well() | dict(endpoint(BILLING, EAST_LOW, "0+1x100")), []),
    "one gateway of two is out": (well() | dict(endpoint(BILLING, EAST_LOW, NONE, "0x100")), []),
    "all gateways are out": (
        well() | dict([*endpoint(BILLING, EAST, MANY, "0x100"), *endpoint(BILLING, EAST_LOW, NONE, "0x100")]),
        [firing("McWanNobodyLeft", "critical", **EDGE, rule="all")],
    ),
    **{
        f"a client is refused: {name}": (
            well() | dict(refused(name)),
            [
                firing(
                    "McWanClientRefused",
                    "warning",
                    destination_cluster="east",
                    envoy_listener_address="0.0.0.0_31111",
                )
            ],
        )
        for name in TLS
    },
    **{
        f"a gateway is not trusted: {name}": (
            well() | dict(distrusted(name)),
            [firing("McWanGatewayRefused", "warning", **EDGE, rule="all")],
        )
        for name in ("connection_error", "fail_verify_san")
    },
}


def test_each_alert_is_raised_when_it_should_be_and_no_other(promtool: Path, tmp_path: Path) -> None:
    write(context("guarded"), tmp_path)
    tests = [
        {
            "name": name,
            "interval": "1m",
            "input_series": [{"series": key, "values": values} for key, values in series.items()],
            "promql_expr_test": [
                {
                    "expr": 'ALERTS{alertstate="firing"}',
                    "eval_time": "68m",
                    "exp_samples": [{"labels": one, "value": 1} for one in alerts],
                }
            ],
        }
        for name, (series, alerts) in CASES.items()
    ]
    file = tmp_path / "tests.yaml"
    file.write_text(
        yaml.safe_dump({"rule_files": [RULES], "evaluation_interval": "1m", "tests": tests}, sort_keys=False), "utf-8"
    )
    code, said = run(promtool, "test", "rules", file)
    assert code == 0, said
    raised = {re.match(r'ALERTS{alertname="(\w+)"', one)[1] for _, alerts in CASES.values() for one in alerts}  # type: ignore[index]
    known = {rule["alert"] for rule in telemetry.rules(context("guarded"))["groups"][1]["rules"]}
    assert raised == known
