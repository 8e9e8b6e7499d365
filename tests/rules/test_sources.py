"""Evidence from a plan, a rendered directory, a state file: the same of each."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcwan.cli import render
from mcwan.plan.summary import export_summary, wan_policy_summary
from mcwan.rules import RULES, Evidence, Object, run
from mcwan.rules.objects import Place, mapping
from mcwan.rules.settings import judge, parse
from mcwan.rules.sources import (
    Registered,
    SourceError,
    imports,
    of_directories,
    of_path,
    of_plan,
    of_rendered,
    of_resources,
    of_state,
    readable,
)
from mcwan.rules.unknown import UnjudgedError, Withheld
from tests.components.examples import plan
from tests.shipped import STACKS

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:hidden"}
LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PREFIX = "urn:pulumi:dev::mcwan::"


def state(name: str) -> dict[str, Any]:
    """Give a stack's state as `pulumi stack export` writes it."""
    its = plan(name)
    resources: list[dict[str, Any]] = [
        {"urn": f"{PREFIX}pulumi:pulumi:Stack::mcwan-dev", "type": "pulumi:pulumi:Stack"}
    ]
    providers = {}
    for cluster in its.fabric.clusters:
        urn = f"{PREFIX}pulumi:providers:kubernetes::provider-of-{cluster}"
        providers[cluster] = f"{urn}::id-{cluster}"
        inputs = {"clusterIdentifier": cluster, "kubeconfig": SECRET}
        resources.append(
            {
                "urn": urn,
                "type": "pulumi:providers:kubernetes",
                "id": f"id-{cluster}",
                "inputs": inputs,
                "outputs": inputs,
            }
        )
    for policy in its.fabric.wan_policies:
        kind = "mcwan:index:WANPolicy"
        outputs = wan_policy_summary(its, policy)
        resources.append({"urn": f"{PREFIX}{kind}::dev/{policy}", "type": kind, "outputs": outputs})
    for export in its.context.exports:
        kind = "mcwan:index:ServiceExport"
        resources.append({"urn": f"{PREFIX}{kind}::dev/{export}", "type": kind, "outputs": export_summary(its, export)})
    for one in its.objects:
        manifest = one.manifest
        api_version = manifest["apiVersion"] if "/" in manifest["apiVersion"] else f"core/{manifest['apiVersion']}"
        kind = f"kubernetes:{api_version}:{manifest['kind']}"
        metadata = manifest["metadata"]
        called = f"{one.cluster}/{metadata.get('namespace', '')}/{metadata['name']}"
        resources.append(
            {
                "urn": f"{PREFIX}{kind}::{called}",
                "type": kind,
                "id": "x",
                "provider": providers[one.cluster],
                "outputs": manifest,
            }
        )
    found: dict[str, Any] = json.loads(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return found


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def seen(evidence: Evidence) -> list[tuple[str, str]]:
    return sorted((one.cluster, json.dumps(one.content, sort_keys=True)) for one in evidence.objects)


@pytest.mark.parametrize("name", STACKS)
def test_a_plan_its_files_and_its_state_are_the_same_evidence(name: str, tmp_path: Path) -> None:
    render.write(plan(name), tmp_path / "rendered")
    path = written(tmp_path / "state.json", state(name))
    planned, rendered, deployed = of_plan(plan(name)), of_path(tmp_path / "rendered"), of_path(path)
    assert seen(planned) == seen(rendered) == seen(deployed)
    assert planned.clusters == rendered.clusters == deployed.clusters
    assert imports(planned) == imports(rendered) == imports(deployed) != frozenset()
    for evidence in (planned, rendered, deployed):
        assert [one for one in judge(evidence, parse({})) if one.violations or one.unjudged or one.failure] == []


def test_components_are_of_their_type_and_name(tmp_path: Path) -> None:
    evidence = of_state(written(tmp_path / "state.json", state("dev")))
    assert [str(one) for one in evidence.components] == [
        "component WANPolicy dev/high",
        "component WANPolicy dev/low",
        "component ServiceExport dev/logging.insecure",
        "component ServiceExport dev/payment.secure",
    ]
    assert evidence.components[0].outputs["wanPorts"] == {"cluster-1": 31111, "cluster-2": 31111}


def test_secrets_and_what_is_unknown_are_withheld(tmp_path: Path) -> None:
    content = state("dev")
    (policy,) = (one for one in content["deployment"]["resources"] if one["urn"].endswith("WANPolicy::cluster-1//high"))
    policy["outputs"]["spec"]["port"] = LATER
    policy["outputs"]["spec"]["tunnel"] = SECRET
    evidence = of_state(written(tmp_path / "state.json", content))
    found = {rule.name: run(rule, evidence) for rule in RULES}
    assert [one.violations for one in found.values() if one.violations] == []
    assert {name: one.unjudged for name, one in found.items() if one.unjudged} == {
        "wan-port-consistency": ("cluster-1//high.spec.port is not known before the update",),
        "wan-policy-consistency": ("cluster-1//high.spec.tunnel is a secret",),
        "wan-port-unique": ("cluster-1//high.spec.port is not known before the update",),
        "listener-is-wan-policy": ("cluster-1//high.spec.port is not known before the update",),
        "route-does-no-more": ("cluster-1//high.spec.tunnel is a secret",),
        "service-has-wan-ports": ("cluster-1//high.spec.port is not known before the update",),
    }
    assert "hidden" not in repr(evidence)


def test_what_a_secret_in_a_file_hides_is_withheld(tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    text = "kind: Secret\nmetadata: {name: a}\ndata: {key: aGlkZGVu}\nstringData: {key: hidden}\n---\nkind: Secret\n"
    (tmp_path / "east" / "a.yaml").write_text(text, encoding="utf-8")
    one, other = of_rendered(tmp_path).objects
    assert (one.name, other.content) == ("a", {"kind": "Secret"})
    for key in ("data", "stringData"):
        with pytest.raises(UnjudgedError, match=f"Secret a.{key} is a secret"):
            mapping(one.content, key)


def test_readable_copies_only_what_holds_something_withheld() -> None:
    plain = {"a": [1, "b", None, {"c": True}]}
    assert readable(plain, "x") is plain
    found = readable({"a": [1, LATER], "b": SECRET, "c": "d"}, "x")
    assert (found["a"][0], found["c"]) == (1, "d")
    assert repr(found["a"][1]) == "Withheld('x.a[1]', 'is not known before the update')"
    assert repr(found["b"]) == "Withheld('x.b', 'is a secret')"
    assert isinstance(readable(SECRET, "x"), Withheld)
    with pytest.raises(UnjudgedError):
        bool(readable(LATER, "x"))


def test_resources_of_others_are_left_out() -> None:
    found = of_resources(
        [
            Registered("aws:s3/bucket:Bucket", f"{PREFIX}aws:s3/bucket:Bucket::b", {}),
            Registered("kubernetes:yaml:ConfigFile", f"{PREFIX}kubernetes:yaml:ConfigFile::c", {}),
            Registered(
                "kubernetes:core/v1:Service", f"{PREFIX}kubernetes:core/v1:Service::d", {"kind": "Service"}, "e"
            ),
        ]
    )
    assert (found.objects, found.components) == ((Object("e", {"kind": "Service"}),), ())
    assert found.objects[0].urn == f"{PREFIX}kubernetes:core/v1:Service::d"


def test_what_is_about_to_be_deleted_is_not_there(tmp_path: Path) -> None:
    content = state("dev")
    content["deployment"]["resources"][-1]["delete"] = True
    found = of_state(written(tmp_path / "state.json", content))
    assert len(found.objects) == len(of_plan(plan("dev")).objects) - 1


def test_a_provider_without_an_identifier_is_its_name(tmp_path: Path) -> None:
    content = state("dev")
    for one in content["deployment"]["resources"]:
        if one["type"] == "pulumi:providers:kubernetes":
            one["inputs"] = {"clusterIdentifier": SECRET}
    found = of_state(written(tmp_path / "state.json", content))
    assert {one.cluster for one in found.objects} == {"provider-of-cluster-1", "provider-of-cluster-2"}


@pytest.mark.parametrize("deployment", [None, {}, {"resources": None}, {"resources": []}])
def test_a_stack_without_resources_is_empty(deployment: Any, tmp_path: Path) -> None:
    found = of_state(written(tmp_path / "state.json", {"version": 3, "deployment": deployment}))
    assert (found.objects, found.components) == ((), ())


WRONG = (
    "[]",
    '{"resources": [1]}',
    '{"resources": [{"type": 5, "urn": "a"}]}',
    '{"resources": [{"type": "mcwan:index:X", "urn": 7}]}',
)
"""Deployments that are none."""


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "null", "{}", *(f'{{"deployment": {one}}}' for one in WRONG), pytest.param("[" * 100_000, id="deep")],
)
def test_a_file_that_is_no_state(content: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(SourceError) as error:
        of_state(path)
    assert str(error.value) == f"{path}: not a state; name a file that `pulumi stack export` wrote"


def test_a_file_or_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        of_path(tmp_path / "none")
    assert str(error.value) == f"{tmp_path / 'none'}: cannot be read: No such file or directory"
    with pytest.raises(SourceError) as error:
        of_path(tmp_path)
    assert str(error.value) == (f"{tmp_path}: no YAML files in directories of clusters; name what mcwan render wrote")


@pytest.mark.parametrize(
    "content",
    [
        b"a: [",
        b"[" * 9_000,
        b"\xff",
        b"a: 2026-13-45",
        b"a: !thing {}",
        b"{}: 1\n? {a: 1}\n: 2",
    ],
)
def test_a_file_that_is_no_yaml(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    path = tmp_path / "east" / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(SourceError) as error:
        of_rendered(tmp_path)
    (line,) = str(error.value).splitlines()
    why = ": it is not text in UTF-8; save it as that" if content == b"\xff" else " as YAML: "
    assert line.startswith(f"{path}: cannot be read{why}")


def test_an_object_has_the_line_of_its_document(tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    yaml, json_ = tmp_path / "east" / "a.yaml", tmp_path / "east" / "b.json"
    yaml.write_text("# ours\n---\nkind: Service\n---\n\nkind: List\nitems:\n- kind: Gateway\n- {kind: HTTPRoute}\n")
    json_.write_text('{"kind": "Service"}')
    assert [(one.kind, one.place) for one in of_rendered(tmp_path).objects] == [
        ("Service", Place(yaml.as_posix(), 3)),
        ("Gateway", Place(yaml.as_posix(), 6)),
        ("HTTPRoute", Place(yaml.as_posix(), 6)),
        ("Service", Place(json_.as_posix(), 1)),
    ]


def test_what_kustomize_has_beside_objects_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "east" / "deep").mkdir(parents=True)
    patch = "- {op: remove, path: /spec}\n"
    (tmp_path / "east" / "deep" / "a.yaml").write_text(f"---\n{patch}---\n---\nresources: []\n---\nkind: Service\n")
    assert of_rendered(tmp_path).objects == (Object("east", {"kind": "Service"}),)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("- 1", "a list"),
        ("- {kind: Service}\n- text", "a list"),
        ("text", "'text'"),
        ("2026-11-12", "a date"),
        ("kind: 5", "kind: 5"),
        ("kind:", "kind: null"),
        ("kind: {a: 1}", "kind: a mapping"),
        ("kind: List\nitems: [{kind: Service}, 1]", "an item of a List is 1"),
        ("kind: ServiceList\nitems: [{kind: [a]}]", "kind: a list"),
    ],
)
def test_what_nobody_applies_is_told_with_its_line(document: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    path = tmp_path / "east" / "a.yaml"
    path.write_text(f"# ours\nkind: Service\n---\n{document}\n---\nkind: Service\n")
    told = f"{path}: line 4: no Kubernetes object: {said}; take it out, or write what it is"
    with pytest.raises(SourceError) as error:
        of_rendered(tmp_path)
    assert str(error.value) == told
    with pytest.raises(SourceError) as error:
        of_directories({"east": tmp_path / "east"})
    assert str(error.value) == told


def test_directories_of_stacks_are_not_those_of_clusters(tmp_path: Path) -> None:
    render.write(plan("dev"), tmp_path / "dev")
    with pytest.raises(SourceError) as error:
        of_rendered(tmp_path)
    assert str(error.value) == f"{tmp_path}: holds stack dev, not clusters; name {tmp_path}/dev"
    render.write(plan("trio"), tmp_path / "trio")
    with pytest.raises(SourceError) as error:
        of_rendered(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: holds stacks dev, trio, not clusters; name one of them, e.g. {tmp_path}/dev"
    )


def test_a_cluster_may_be_called_as_its_stack_is(tmp_path: Path) -> None:
    """Its objects lie in its directory, as mcwan writes them, or below it where Pulumi writes them."""
    labels = {"app.kubernetes.io/managed-by": "mcwan", "app.kubernetes.io/instance": "east"}
    service = {"kind": "Service", "metadata": {"labels": labels}}
    for file in ("mine/east/a.yaml", "pulumi/east/0-crd/a.yaml", "pulumi/east/1-manifest/b.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(json.dumps(service))
    assert of_rendered(tmp_path / "mine").objects == (Object("east", service),)
    assert of_rendered(tmp_path / "pulumi").objects == (Object("east", service),) * 2


def test_imports_of_an_earlier_state() -> None:
    evidence = of_plan(plan("dev"))
    assert imports(evidence) == {
        (cluster, service)
        for cluster in ("cluster-1", "cluster-2")
        for service in ("logging.insecure", "payment.secure")
    }
    assert imports(replace(evidence, objects=())) == frozenset()


def test_lists_and_files_of_other_endings_are_read(tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    (tmp_path / "east" / "a.yml").write_text("kind: List\nitems: [{kind: Service}, {kind: List, items: []}]\n")
    listed = {"kind": "HTTPRouteList", "apiVersion": "x/v1", "items": [{"metadata": {"name": "a"}}]}
    (tmp_path / "east" / "b.json").write_text(json.dumps(listed, indent="\t"))
    route = {"apiVersion": "x/v1", "kind": "HTTPRoute", "metadata": {"name": "a"}}
    assert of_rendered(tmp_path).objects == (Object("east", {"kind": "Service"}), Object("east", route))


def test_a_file_beside_the_directories_is_named(tmp_path: Path) -> None:
    (tmp_path / "east").mkdir()
    (tmp_path / "east" / "a.yaml").write_text("kind: Service\n")
    path = tmp_path / "b.yml"
    path.write_text("kind: Service\n")
    with pytest.raises(SourceError) as error:
        of_rendered(tmp_path)
    assert (
        str(error.value) == f"{path}: of no cluster, and not judged; move it into a cluster's directory, or elsewhere"
    )
