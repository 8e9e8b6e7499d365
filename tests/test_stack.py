"""Stack files: read as YAML 1.2, refused on one line with its place, secrets kept."""

from pathlib import Path

import pytest

from mcwan import stack
from mcwan.model import MistakesError
from mcwan.stack import StackFileError
from tests.fabrics import ISSUED, described

ROOT = Path(__file__).parent.parent
GOOD = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")


def written(project: Path, text: str | bytes, name: str = "dev") -> Path:
    path = project / f"Pulumi.{name}.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return project


def refused(project: Path, name: str = "dev") -> str:
    with pytest.raises(StackFileError) as caught:
        stack.read(project, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_stack_is_read(tmp_path: Path) -> None:
    found = stack.read(written(tmp_path, GOOD), "dev")
    assert found.name == "dev"
    assert sorted(found.clusters) == ["cluster-1", "cluster-2"]
    assert stack.read_config(tmp_path, "dev") == described(tls=ISSUED)


def test_stacks(tmp_path: Path) -> None:
    assert stack.stacks(tmp_path) == []
    for name in ("prod", "dev"):
        written(tmp_path, "", name)
    (tmp_path / "Pulumi.yaml").write_text("name: mcwan\n", encoding="utf-8")
    assert stack.stacks(tmp_path) == ["dev", "prod"]


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path) == (
        f"Pulumi.dev.yaml: no such file in {tmp_path}; stacks there: none; name one of them with --stack, "
        "or write the file"
    )
    written(tmp_path, "", "prod")
    assert "stacks there: prod;" in refused(tmp_path)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("config:\n  mcwan:clusters: {a: [}\n", "Pulumi.dev.yaml: line 2, column "),
        ("config:\n\t- x\n", "Pulumi.dev.yaml: line 2, column 1: not YAML: "),
        ("config: {}\nconfig: {}\n", "Pulumi.dev.yaml: line 2, column 1: not YAML: found duplicate key "),
        ("config: {a: *nobody}\n", "Pulumi.dev.yaml: line 1, column 13: not YAML: "),
        ("config: {}\n---\nconfig: {}\n", "Pulumi.dev.yaml: line 2, column 1: not YAML: "),
        (
            "config:\n  a: 2026-13-45\n",
            "Pulumi.dev.yaml: line 2, column 6: not YAML: no timestamp is written like that; ",
        ),
        ("config: !!bool x\n", "Pulumi.dev.yaml: line 1, column 9: not YAML: no bool is written like that; "),
        (f"config: {'[' * 3000}", "Pulumi.dev.yaml: not YAML: nested deeper than can be read"),
        ("config: !!python/object:os.system {}\n", "Pulumi.dev.yaml: line 1, column 9: not YAML: "),
        ("a: \x00\n", "Pulumi.dev.yaml: "),
        (b"\xff\xfe\xff", "Pulumi.dev.yaml: cannot be read: "),
        ("", "Pulumi.dev.yaml: no configuration; write the keys mcwan:clusters, … under config"),
        ("- 1\n", "Pulumi.dev.yaml: no configuration; "),
        (
            "config: {exports: []}\n",
            "Pulumi.dev.yaml: config.exports: Pulumi takes that for mcwan:exports; write mcwan:e",
        ),
        (
            "config: {mcwan:exports: [], x: 1}\n",
            "Pulumi.dev.yaml: config.x: Pulumi takes that for mcwan:x; write mcwan:x",
        ),
        (
            "config: {MC-wan:exports: []}\n",
            "Pulumi.dev.yaml: config.MC-wan:exports: nobody reads that; write mcwan:exports",
        ),
        (
            "mcwan:x: 1\nconfig: {}\n",
            "Pulumi.dev.yaml: mcwan:x: nobody reads that beside config; write it below config",
        ),
        (
            "config: {mcwan:x: 030000}\n",
            "Pulumi.dev.yaml: line 1, column 19: not YAML: a number that begins with 0 is ",
        ),
        ("config: 1\n", "Pulumi.dev.yaml: no configuration; "),
        ("other: {}\n", "Pulumi.dev.yaml: no configuration; "),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str | bytes, start: str) -> None:
    assert refused(written(tmp_path, text)).startswith(start)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").mkdir()
    assert refused(tmp_path).startswith("Pulumi.dev.yaml: cannot be read: ")


def test_a_duplicate_key_deep_inside(tmp_path: Path) -> None:
    line = "      ingress: {addresses: [198.51.100.12]}\n"
    assert GOOD.count(line) == 1
    found = refused(written(tmp_path, GOOD.replace(line, line + line)))
    number = GOOD.splitlines().index(line.rstrip("\n")) + 2
    assert found.startswith(f"Pulumi.dev.yaml: line {number}, column 7: not YAML: found duplicate key ")


def test_a_duplicate_keys_values_are_not_shown(tmp_path: Path) -> None:
    text = "config:\n  mcwan:clusters:\n    a: {kubeconfig: S3CRET, kubeconfig: T0KEN}\n"
    found = refused(written(tmp_path, text))
    assert "kubeconfig" in found
    assert "S3CRET" not in found
    assert "T0KEN" not in found


@pytest.mark.parametrize("name", ["../dev", "a/b", "", "dev\n", "/etc/passwd"])
def test_a_stacks_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(StackFileError):
        stack.read_config(tmp_path, name)


def test_keys_of_others_are_theirs(tmp_path: Path) -> None:
    text = "config:\n  aws:region: x\n  mcwan:exports: []\n  mcwan-policies:x: 1\nencryptionsalt: v1:x\n"
    assert stack.read_config(written(tmp_path, text), "dev") == {"exports": []}


def test_an_unknown_key_of_ours_is_a_mistake(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("mcwan:exports:", "mcwan:export:"))
    with pytest.raises(MistakesError) as caught:
        stack.read(tmp_path, "dev")
    assert str(caught.value) == (
        "export: unknown key; allowed: clusters, exports, facts, imports, labels, manage, sdwan, telemetry, tls, "
        "wanPolicies; did you mean 'exports'?"
    )


def test_yaml_is_1_2_as_pulumi_reads_it(tmp_path: Path) -> None:
    """`on` and `no` are names; but 0123 is 83 to Pulumi, which `pulumi config --json` shows: it is refused."""
    text = GOOD.replace("cluster-1", "on").replace("cluster-2", "no").replace("port: 8080", "port: 0o123")
    found = stack.read(written(tmp_path, text), "dev")
    assert sorted(found.clusters) == ["no", "on"]
    assert {export.port for export in found.exports} == {83}
    assert "begins with 0" in refused(written(tmp_path, text.replace("0o123", "0123")))


def test_secrets_stay_secret(tmp_path: Path) -> None:
    text = GOOD.replace("renderTo: deployed/dev/cluster-1", "kubeconfig: {secure: v1:c1pher}")
    found = stack.read(written(tmp_path, text), "dev")
    kubeconfig = found.clusters["cluster-1"].kubeconfig
    assert kubeconfig is not None
    assert kubeconfig.get_secret_value() == "v1:c1pher"
    assert "c1pher" not in f"{found!r} {found} {found.model_dump()}"
    written(tmp_path, text.replace("{secure: v1:c1pher}", "c1pher in clear"))
    with pytest.raises(MistakesError) as caught:
        stack.read(tmp_path, "dev")
    assert "c1pher" not in str(caught.value)


def test_a_context_is_one_clusters() -> None:
    raw = described()
    for cluster in raw["clusters"].values():
        cluster.pop("renderTo")
        cluster["context"] = "east"
    with pytest.raises(MistakesError) as error:
        stack.fabric("dev", raw)
    assert str(error.value) == (
        "clusters.cluster-2.context: 'east': already the context of cluster-1; allowed: a cluster of its own; write "
        "the context of cluster-2"
    )
