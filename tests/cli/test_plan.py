"""mcwan plan as an operator runs it: against a state, a folder, an earlier stack file, what Pulumi rendered."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mcwan.changes.plan import Changes
from mcwan.cli import plan as telling
from mcwan.cli.main import main
from mcwan.cli.markdown import MOST_CHARACTERS
from tests.changes.compared import compared
from tests.cli.test_check import state
from tests.cli.test_main import run, write
from tests.fabrics import changed, described, exported

NOTE = "note: cluster-1, cluster-2: no sources are written, so that no NetworkPolicy protects the WAN ports\n"
PORT = {"wanPolicies/high/port": 31113}
TOLD = """\
Pulumi.dev.yaml against out: 9 objects in cluster-1 and cluster-2: 9 changed

* WAN policy high changes from TCP port 31111 to 31113; needs TCP port 31113 on the SD-WAN
    disturbed: requests by it from cluster-2 fail until their own objects and the gateways of the others are changed, \
which happens in no particular order, and until the SD-WAN knows the port
    instead: add a second WAN policy with the new port, move the exports to it, then remove this one: \
docs/how-to/plan.md

SD-WAN
  TCP port 31111 is no longer needed (WAN policy high, tunnel business)
  needs TCP port 31113 for tunnel business, source and destination, both directions, between all sites; jitter 50 ms, \
latency 100 ms, loss 1% (WAN policy high)

cluster-1: not disturbed
  ~ Service mc-wan/target-cluster-2
      spec.ports[high].port: 31111 -> 31113
      spec.ports[high].targetPort: 31111 -> 31113
  ~ EndpointSlice mc-wan/target-cluster-2-ipv4
      ports[high].port: 31111 -> 31113
  ~ Gateway mc-wan/mc-wan-ingress
      spec.listeners[high].port: 31111 -> 31113
  ~ WANPolicy high
      spec.port: 31111 -> 31113

cluster-2: disturbed
  ~ Service mc-wan/target-cluster-1
      spec.ports[high].port: 31111 -> 31113
      spec.ports[high].targetPort: 31111 -> 31113
  ~ EndpointSlice mc-wan/target-cluster-1-ipv4
      ports[high].port: 31111 -> 31113
  ~ Gateway mc-wan/mc-wan-ingress
      spec.listeners[high].port: 31111 -> 31113
  ~ HTTPRoute mc-wan/payment.secure.egress
      spec.rules[queries].backendRefs[target-cluster-1].port: 31111 -> 31113
  ~ WANPolicy high
      spec.port: 31111 -> 31113

"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that everything is in; the current one."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, described())
    return tmp_path


def written(raw: dict[str, Any], name: str) -> str:
    config = {f"mcwan:{key}": value for key, value in raw.items()}
    Path(name).write_text(yaml.safe_dump({"config": config}, sort_keys=False), encoding="utf-8")
    return name


def test_against_a_rendered_folder(project: Path) -> None:
    assert run("render", "--out", "out").exit_code == 0
    result = run("plan", "--rendered", "out")
    assert (result.exit_code, result.output) == (0, f"Pulumi.dev.yaml against out: nothing changes\n\n{NOTE}")
    write(project, changed(PORT))
    result = run("plan", "--rendered", "out")
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", TOLD + NOTE)


def test_against_a_state(project: Path) -> None:
    file = state(stack="dev")
    assert run("plan", "--state", file).stdout.startswith("Pulumi.dev.yaml against state.json: nothing changes\n")
    write(project, changed(PORT))
    assert run("plan", "--state", file).stdout == TOLD.replace("against out", "against state.json") + NOTE


def test_against_a_new_stack() -> None:
    Path("new.json").write_text('{"version": 3, "deployment": null}', encoding="utf-8")
    result = run("plan", "--state", "new.json")
    assert result.stdout.splitlines()[:3] == [
        "Pulumi.dev.yaml against new.json: 53 objects in cluster-1 and cluster-2: 53 added",
        "",
        "* nothing is deployed yet, everything is new: 2 clusters, 2 WAN policies, 2 exports, 3 flows",
    ]
    assert "  + 30 objects\n" in result.stdout


def test_against_what_the_program_wrote_and_not_what_clusters_made_of_it() -> None:
    """A state has both; a value that is a secret, or that an update did not learn, is not known."""
    file = Path(state(stack="dev"))
    content = json.loads(file.read_text(encoding="utf-8"))
    resources = [one for one in content["deployment"]["resources"] if "outputs" in one]
    for one in resources:
        one["inputs"] = json.loads(json.dumps(one["outputs"]))
        one["outputs"]["metadata"]["uid"] = "1"
        one["outputs"].setdefault("spec", {})["added"] = "by the API server"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert run("plan", "--state", str(file)).stdout.startswith("Pulumi.dev.yaml against state.json: nothing changes\n")
    (policy,) = [one for one in resources if one["urn"].endswith("WANPolicy::cluster-1//high")]
    policy["inputs"]["spec"]["port"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    policy["inputs"]["spec"]["tunnel"] = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    file.write_text(json.dumps(content), encoding="utf-8")
    lines = run("plan", "--state", str(file)).stdout.splitlines()
    assert lines[:6] == [
        "Pulumi.dev.yaml against state.json: nothing that can be read changes; 2 things not known",
        "",
        "cluster-1: may be disturbed",
        "  ? WANPolicy high",
        "      spec.port: not known -> 31111",
        "      spec.tunnel: not known -> business",
    ]


def test_against_an_earlier_stack_file(project: Path) -> None:
    earlier = written(described(), "earlier.yaml")
    write(project, changed(PORT))
    result = run("plan", "--from", earlier)
    assert result.stdout == TOLD.replace("against out", "against earlier.yaml") + NOTE
    text = Path(earlier).read_text(encoding="utf-8")
    piped = CliRunner().invoke(main, ["plan", "--from", "-"], input=text)
    assert (piped.exit_code, piped.stdout) == (0, TOLD.replace("against out", "against standard input") + NOTE)


def test_against_the_directories_that_pulumi_rendered(project: Path) -> None:
    assert run("plan").stdout.startswith("Pulumi.dev.yaml against what is deployed: 53 objects in ")
    assert run("render", "--out", "deployed/dev").exit_code == 0
    assert run("plan").stdout.startswith("Pulumi.dev.yaml against what is deployed: nothing changes\n")
    write(project, changed({"clusters/cluster-2/renderTo": "elsewhere"}))
    assert "in cluster-2: 23 added\n" in run("plan").stdout


def test_the_exit_code_says_whether_something_changes(project: Path) -> None:
    file = state(stack="dev")
    assert run("plan", "--state", file, "--exit-code").exit_code == 0
    write(project, changed(PORT))
    assert run("plan", "--state", file, "--exit-code").exit_code == 4
    result = run("plan", "--state", file, "--exit-code", "--output", "json", "--out", "plan.json")
    assert (result.exit_code, result.output) == (4, "9 objects in cluster-1 and cluster-2: 9 changed\n")
    assert json.loads(Path("plan.json").read_text(encoding="utf-8"))["changed"] is True


def test_json_and_yaml_are_the_same_and_can_be_read_again(project: Path) -> None:
    file = state(stack="dev")
    write(project, changed(PORT))
    found = run("plan", "--state", file, "--output", "json").stdout
    assert yaml.safe_load(run("plan", "--state", file, "-o", "yaml").stdout) == json.loads(found)
    assert telling.as_json(Changes.model_validate_json(found)) == found


def test_markdown() -> None:
    found = telling.markdown(compared(described(), changed({"exports/1/traffic": {"timeouts": {"request": "5s"}}})))
    assert (
        found
        == """\
## mcwan plan: follows late

`after` against `before`: 6 objects in cluster-1 and cluster-2: 2 added, 2 changed, 2 removed

- requests of logging.insecure are treated otherwise (timeouts, retries, limits, health checks, headers) in cluster-1 \
and cluster-2
  - **follows late**: Envoy Gateway may bring it to Envoy up to 15 s late; until then requests are sent as before

<details>
<summary>cluster-1: follows late; 1 added, 1 changed, 1 removed</summary>

- added BackendTrafficPolicy mc-wan/logging.insecure.egress
- changed HTTPRoute mc-wan/logging.insecure.egress
  - metadata.labels\\[traffic.mc-wan.l7mp.io/low\\]: once -&gt; none
- removed BackendTrafficPolicy mc-wan/mc-wan-egress.low.once

</details>

<details>
<summary>cluster-2: follows late; 1 added, 1 changed, 1 removed</summary>

- added BackendTrafficPolicy mc-wan/logging.insecure.egress
- changed HTTPRoute mc-wan/logging.insecure.egress
  - metadata.labels\\[traffic.mc-wan.l7mp.io/low\\]: once -&gt; none
- removed BackendTrafficPolicy mc-wan/mc-wan-egress.low.once

</details>
"""
    )
    assert telling.markdown(compared(described(), described())) == (
        "## mcwan plan: nothing changes\n\n`after` against `before`: nothing changes\n"
    )


def test_markdown_fits_into_a_comment() -> None:
    raw = described(exports=[exported(service=f"service-{number}.secure") for number in range(60)])
    edited = [one | {"wanPolicy": "high"} for one in raw["exports"]]
    text = telling.markdown(compared(raw, raw | {"exports": edited}))
    assert len(text) < MOST_CHARACTERS
    assert "- and 10 more: `mcwan plan --output json` has all\n" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--state", "none"], "none: cannot be read: No such file or directory\n"),
        (["--rendered", "none"], "none: no YAML files in directories of clusters; name what mcwan render wrote\n"),
        (["--from", "none"], "none: cannot be read: No such file or directory\n"),
        (["--from", "list.yaml"], "list.yaml: no configuration; write the keys mcwan:clusters, … under config\n"),
        (
            ["--from", "wrong.yaml"],
            "wrong.yaml: wanPolicies.high.port: 'x': not allowed; allowed: a whole number; write port so\n"
            "wrong.yaml: not what this version of mcwan could have deployed\n",
        ),
        (
            ["--state", "a", "--rendered", "b"],
            "--state and --rendered exclude each other; write one of them\n",
        ),
    ],
)
def test_wrong_input_is_one_line(arguments: list[str], expected: str) -> None:
    Path("list.yaml").write_text("[]", encoding="utf-8")
    written(changed({"wanPolicies/high/port": "x"}), "wrong.yaml")
    result = run("plan", *arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", expected)


def test_clusters_that_are_reached_have_no_directories(project: Path) -> None:
    raw = described()
    for name, cluster in raw["clusters"].items():
        del cluster["renderTo"]
        cluster["context"] = name
    write(project, raw)
    result = run("plan")
    assert (result.exit_code, result.stderr) == (
        2,
        "what is deployed on cluster-1, cluster-2 is not known: name one of --state FILE (of `pulumi stack export`), "
        "--rendered DIR (of an earlier `mcwan render`), --from FILE (an earlier stack file), --live\n",
    )


def test_a_file_that_cannot_be_written() -> None:
    result = run("plan", "--out", "none/plan.md")
    assert (result.exit_code, result.stderr) == (
        1,
        "cannot write to none/plan.md: No such file or directory\n",
    )


def test_what_only_the_sdwan_is_called_is_told(tmp_path: Path) -> None:
    lab = (Path(__file__).parents[2] / "Pulumi.lab.yaml").read_text(encoding="utf-8")
    old, new = tmp_path / "old.yaml", tmp_path / "Pulumi.lab.yaml"
    old.write_text(lab, encoding="utf-8")
    assert "biz-internet" in lab
    new.write_text(lab.replace("biz-internet", "mpls"), encoding="utf-8")
    words = ["plan", "--project", str(tmp_path), "--stack", "lab", "--from", str(old), "--exit-code", "-o", "json"]
    result = CliRunner().invoke(main, words)
    found = json.loads(result.stdout)
    assert result.exit_code == 4
    assert found["summary"] == "no object changes; 1 change on the SD-WAN's side"
    assert [one["text"] for one in found["sdwan"]] == ["tunnel business: preferred color biz-internet -> mpls"]
