"""mcwan adopt: the documents' own objects, in valid form, and what they mean."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mcwan import stack as stacks
from mcwan.cli.main import main
from tests.cli.test_main import run

# The forms of the documents: both groups and the misspelt one, the service level at the top or below spec.sla, the
# fields of the second WANPolicy beside an empty spec, backendRefs as an object or as a list.
POLICIES = """
apiVersion: mcw.l7mp.io/v1alpha1
kind: WANPolicy
metadata: {name: sd-wan-priority-high}
spec:
  tunnel: business
  port: 31111
  sla: {jitter-ms: 50, latency-ms: 100, loss-percent: 1}
---
apiVersion: mc-wan.17mp.io/v1alpha1
kind: WANPolicy
metadata:
name: sd-wan-priority-low
spec:
tunnel: default
port: 31112
jitter-ms: 1000
latency-ms: 1000
loss-percent: 100
"""
PAYMENT = """
apiVersion: v1
kind: Service
metadata: {name: payment, namespace: secure}
spec: {selector: {app: payment}, ports: [{port: 8080, protocol: TCP}]}
---
apiVersion: mc-wan.17mp.io/v1alpha1
kind: ServiceExport
metadata: {name: payment, namespace: secure}
spec:
  http:
    rules:
      - matches: [{method: GET, path: {type: PathPrefix, value: /payment}}]
        backendRefs: {group: mc-wan.17mp.io, kind: WANPolicy, name: sd-wan-priority-high}
      - matches: [{path: {type: PathPrefix, value: /stats}}]
        backendRefs: [{group: mc-wan.17mp.io, kind: WANPolicy, name: sd-wan-priority-low}]
"""
LOGGING = """
apiVersion: v1
kind: Service
metadata: {name: logging, namespace: insecure}
spec: {ports: [{port: 8080}]}
---
apiVersion: multicluster.k8s.io/v1alpha1
kind: ServiceExport
metadata:
  name: logging
  namespace: insecure
  annotations: {mcw.l7mp.io/mc-wan-policy: sd-wan-priority-low}
"""
IMPORTED = """
apiVersion: multicluster.k8s.io/v1alpha1
kind: ServiceImport
metadata: {name: payment, namespace: secure}
spec: {type: ClusterSetIP, ports: [{name: http, protocol: TCP, port: 8080}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: insecure}
"""
CHOSEN = """
apiVersion: mc-wan.l7mp.io/v1alpha1
kind: ServiceImport
metadata: {name: payment, namespace: secure}
spec:
  http:
    rules:
      - matches: [{method: GET, path: {type: PathPrefix, value: /payment}}]
        backendRefs: [{name: payment-secure-sd-wan-priority-high, namespace: mc-wan}]
      - matches: [{path: {type: PathPrefix, value: /stats%s}}]
        backendRefs: [{name: payment-secure-sd-wan-priority-low, namespace: mc-wan}]
"""
CLUSTERS = ("--cluster", "cluster-1=one:198.51.100.11", "--cluster", "cluster-2=two:198.51.100.12")
RULES: list[dict[str, Any]] = [
    {
        "name": "get-payment",
        "matches": [{"path": {"type": "PathPrefix", "value": "/payment"}, "method": "GET"}],
        "wanPolicy": "sd-wan-priority-high",
    },
    {
        "name": "stats",
        "matches": [{"path": {"type": "PathPrefix", "value": "/stats"}}],
        "wanPolicy": "sd-wan-priority-low",
    },
]
WHOLE: dict[str, Any] = {
    "clusters": {
        "cluster-1": {
            "context": "one",
            "ingress": {"addresses": ["198.51.100.11"]},
            "namespaces": ["insecure", "secure"],
        },
        "cluster-2": {
            "context": "two",
            "ingress": {"addresses": ["198.51.100.12"]},
            "namespaces": ["insecure", "secure"],
        },
    },
    "tls": {"issuer": "mc-wan"},
    "wanPolicies": {
        "sd-wan-priority-high": {
            "tunnel": "business",
            "port": 31111,
            "sla": {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1},
        },
        "sd-wan-priority-low": {
            "tunnel": "default",
            "port": 31112,
            "sla": {"jitterMs": 1000, "latencyMs": 1000, "lossPercent": 100},
        },
    },
    "exports": [
        {"service": "payment.secure", "port": 8080, "from": ["cluster-1"], "rules": RULES},
        {
            "service": "logging.insecure",
            "port": 8080,
            "from": ["cluster-1"],
            "wanPolicy": "sd-wan-priority-low",
        },
    ],
}
FILES = {"policies.yaml": POLICIES, "one.yaml": f"{PAYMENT}---{LOGGING}", "two.yaml": IMPORTED}
WORDS = ("policies.yaml", "cluster-1=one.yaml", "cluster-2=two.yaml")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    written({"Pulumi.yaml": "name: mcwan\nruntime: python\n", **FILES})
    return tmp_path


def written(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")


def adopt(*words: str, code: int = 0) -> Result:
    result = run("adopt", *(words or WORDS), *CLUSTERS)
    assert result.exit_code == code, result.output
    return result


def test_what_they_mean() -> None:
    result = adopt()
    assert result.stderr == ""
    assert result.stdout == "Pulumi.dev.yaml: written: 2 clusters, 2 WAN policies, 2 exports\n"
    assert stacks.read_config(Path(), "dev") == WHOLE
    assert run("check").exit_code == 0
    assert run("render", "--out", "out").exit_code == 0
    assert Path("out/cluster-2/30-import.payment.secure.yaml").is_file()


def test_on_standard_input_to_the_terminal() -> None:
    everything = "---".join((POLICIES, PAYMENT, LOGGING))
    words = ["adopt", "cluster-1=-", *CLUSTERS, "--namespace", "secure", "--namespace", "insecure", "--dry-run"]
    result = CliRunner().invoke(main, words, input=everything)
    assert result.exit_code == 0
    text = "# Pulumi.dev.yaml: an environment of mcwan, made by mcwan adopt of standard input.\n"
    assert text in result.stdout
    written({"Pulumi.dev.yaml": result.stdout})
    assert stacks.read_config(Path(), "dev") == WHOLE


def test_an_import_that_says_what_its_export_does_needs_no_entry() -> None:
    written({"two.yaml": f"{IMPORTED}---{CHOSEN % ''}"})
    adopt()
    assert stacks.read_config(Path(), "dev") == WHOLE


def test_an_import_with_rules_of_its_own_is_for_its_cluster_and_the_others_import_as_exported() -> None:
    written({"two.yaml": f"{IMPORTED}---{CHOSEN % '/daily'}"})
    assert adopt().stderr == ""
    narrow = {"name": "stats-daily", "matches": [{"path": {"type": "PathPrefix", "value": "/stats/daily"}}]}
    assert stacks.read_config(Path(), "dev") == WHOLE | {
        "imports": [
            {
                "service": "payment.secure",
                "clusters": ["cluster-2"],
                "rules": [RULES[0], narrow | {"wanPolicy": "sd-wan-priority-low"}],
            },
            {"service": "payment.secure", "clusters": ["cluster-1"]},
        ]
    }


def test_an_import_that_the_export_does_not_admit_is_left_out() -> None:
    service_level = LOGGING.replace("logging", "payment").replace("insecure", "secure").replace("-low", "-high")
    written({"one.yaml": service_level, "two.yaml": f"{IMPORTED}---{CHOSEN % ''}"})
    assert adopt(code=4).stderr == (
        "two.yaml: ServiceImport secure/payment: rules.1.wanPolicy: left out: 'sd-wan-priority-low': payment.secure is "
        "not exported by it, so its ingress gateway would refuse the request; allowed: sd-wan-priority-high; write one "
        "of them, or add a rule with sd-wan-priority-low to the export; or write it in the stack file yourself\n"
    )
    assert "imports" not in stacks.read_config(Path(), "dev")


def test_two_clusters_that_export_the_same() -> None:
    written({"two.yaml": f"{IMPORTED}---{LOGGING}"})
    adopt()
    assert stacks.read_config(Path(), "dev")["exports"][1]["from"] == ["cluster-1", "cluster-2"]


def test_what_could_not_be_carried_over_is_told() -> None:
    one = """
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: {name: bare, namespace: secure}
---
apiVersion: mc-wan.l7mp.io/v1alpha1
kind: ServiceExport
metadata: {name: split, namespace: secure}
spec:
  http:
    rules:
      - backendRefs:
          - {kind: WANPolicy, name: sd-wan-priority-high, weight: 1}
          - {kind: WANPolicy, name: sd-wan-priority-low, weight: 9}
---
apiVersion: mc-wan.l7mp.io/v1alpha1
kind: ServiceExport
metadata: {name: cart, namespace: secure}
spec: {http: {rules: [{filters: [], backendRefs: {kind: WANPolicy, name: sd-wan-priority-low}}]}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: secure}
spec: {ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}, {name: admin, port: 81}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: Gateway
metadata: {name: payment-ingress, namespace: secure}
---
apiVersion: v1
kind: Service
metadata: {name: payment-secure-sd-wan-priority-high, namespace: mc-wan}
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: payment, namespace: secure}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: payment, namespace: secure}
"""
    later = """
apiVersion: mc-wan.l7mp.io/v1alpha1
kind: WANPolicy
metadata: {name: sd-wan-priority-low}
spec: {tunnel: default, port: 31113}
---
apiVersion: mc-wan.l7mp.io/v1alpha1
kind: WANPolicy
metadata: {name: none}
spec: {tunnel: default}
"""
    written({"more.yaml": one, "later.yaml": later})
    result = adopt(*WORDS, "cluster-1=more.yaml", "later.yaml", code=4)
    made = "not carried over: mcwan makes these itself; delete it once the stack is deployed"
    assert result.stderr.splitlines() == [
        "later.yaml: WANPolicy sd-wan-priority-low: jitter-ms: no service level; taken: jitter-ms 1000, latency-ms "
        "1000, loss-percent 100; write what the tunnel promises",
        "later.yaml: WANPolicy sd-wan-priority-low: spec: not as in an earlier file, which is taken; see which of them "
        "holds",
        "later.yaml: WANPolicy none: port: not there, and no WAN policy is without; left out; write port",
        "more.yaml: Service secure/cart: spec.ports[1]: no TCP port, and gateways carry HTTP only; left out; reach it "
        "another way",
        "more.yaml: ServiceExport secure/bare: metadata.annotations[mcw.l7mp.io/mc-wan-policy]: no WAN policy is "
        "named, nor rules; left out; mcwan export it by one",
        "more.yaml: ServiceExport secure/split: spec.http.rules[0].backendRefs: a split between WAN policies "
        "(sd-wan-priority-high, sd-wan-priority-low); left out; leave one; a rule of a stack file has one WAN policy",
        "more.yaml: ServiceExport secure/cart: spec.http.rules[0].filters: a rule of a stack file has no such key, and "
        "goes without; see docs/reference.md for what it has",
        f"more.yaml: Gateway secure/payment-ingress: {made}",
        f"more.yaml: Service mc-wan/payment-secure-sd-wan-priority-high: {made}",
        "more.yaml: VirtualService secure/payment: not carried over: rules of one mesh's own; say by rules under "
        "mcwan:imports what it says; see canary-client-side.md",
        "more.yaml: Deployment secure/payment: not carried over: no object of mc-wan; nothing needs to be done",
    ]
    assert stacks.read_config(Path(), "dev")["exports"][2:] == [
        {
            "service": "cart.secure",
            "ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 81}],
            "from": ["cluster-1"],
            "rules": [{"name": "rest", "wanPolicy": "sd-wan-priority-low"}],
        }
    ]


BROKEN = """
apiVersion: mcw.l7mp.io/v1alpha1
kind: WANPolicy
name: sd-wan-priority-high
  tunnel: business
"""


@pytest.mark.parametrize(
    ("files", "words", "line"),
    [
        (
            {"a.yaml": BROKEN},
            ("a.yaml",),
            "a.yaml: line 5, column 9: not YAML: mapping values are not allowed here; correct that line: what belongs "
            "to a key stands below it, deeper, and a list's item begins with '- '",
        ),
        (
            {"a.yaml": "kind: A\nname: a\nkind: B\n"},
            ("a.yaml",),
            'a.yaml: line 3, column 1: not YAML: found duplicate key "kind"; correct that line: a line `---` has to '
            "stand between two objects",
        ),
        (
            {"a.yaml": "- 1\n"},
            ("a.yaml",),
            "a.yaml: document 1: no Kubernetes object; it has apiVersion, kind, metadata",
        ),
        (
            {"a.yaml": PAYMENT.replace("apiVersion: mc-wan.17mp.io/v1alpha1\n", "")},
            ("a.yaml",),
            "a.yaml: ServiceExport secure/payment: no apiVersion, so that nobody knows what it is; write it above the "
            "kind",
        ),
        (
            {"a.yaml": "kind: List\napiVersion: v1\nitems: [{kind: WANPolicy, metadata: {name: low}}]\n"},
            ("a.yaml",),
            "a.yaml: WANPolicy low: no apiVersion, so that nobody knows what it is; write it above the kind",
        ),
        ({}, ("b.yaml",), "b.yaml: cannot be read: No such file or directory"),
        (
            {},
            ("cluster-3=one.yaml",),
            "'cluster-3=one.yaml': 'cluster-3' is no cluster that --cluster names; those are: cluster-1, cluster-2; "
            "write CLUSTER=FILE or FILE",
        ),
        (
            {},
            ("policies.yaml", "one.yaml"),
            "one.yaml: ServiceExport secure/payment: no cluster is said that exports it; write CLUSTER=one.yaml, "
            "CLUSTER being one of cluster-1, cluster-2",
        ),
        (
            {},
            ("two.yaml",),
            "no WANPolicy among the objects; add the file that has them: without one nothing can be exported",
        ),
        (
            {"a.yaml": LOGGING.partition("---")[2]},
            ("policies.yaml", "cluster-1=a.yaml"),
            "a.yaml: ServiceExport insecure/logging: nothing says its port; add the file of its Service, or write "
            "--port logging/insecure=NUMBER",
        ),
        (
            {},
            (*WORDS, "--port", "logging=1"),
            "'logging': not allowed; allowed: a service as NAME/NAMESPACE or NAME.NAMESPACE, each a DNS label, the "
            "name of at most 52 characters, a letter first; write it so, e.g. payment/secure",
        ),
    ],
)
def test_wrong_input_is_one_line(files: dict[str, str], words: tuple[str, ...], line: str) -> None:
    written(files)
    result = adopt(*words, code=2)
    assert (result.stdout, result.stderr) == ("", f"{line}\n")
    assert not Path("Pulumi.dev.yaml").exists()


def test_a_port_that_is_typed_and_no_clusters() -> None:
    written({"a.yaml": LOGGING.partition("---")[2]})
    adopt("policies.yaml", "cluster-1=a.yaml", "--port", "logging/insecure=81")
    assert stacks.read_config(Path(), "dev")["exports"][0]["port"] == 81
    result = run("adopt", "policies.yaml", "--stack", "prod")
    assert (result.exit_code, result.output) == (
        2,
        "the objects do not say which clusters there are; write --cluster NAME=CONTEXT:ADDRESS for each, e.g. "
        "--cluster east=east:10.1.0.11\n",
    )
    result = run("adopt", *WORDS, *CLUSTERS)
    assert result.exit_code == 2
    assert result.output.startswith("Pulumi.dev.yaml: there already, and it is never overwritten; ")
