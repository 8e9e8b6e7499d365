"""What the pages say is so: their stack files load, their commands print what is shown, their programs run.

A page is read from top to bottom in a directory of its own:

- ```yaml that begins with `# Pulumi.NAME.yaml` is written there, checked by the JSON Schema, and read; ```yaml wrong is
  written, too, and refused.
- ```console has commands of mcwan, which end with exit code 0 (```console wrong with 2, ```console refused with 3) and
  print what follows them; a line `…` stands for any lines.
- ```json FILE, ```python FILE and ```yaml FILE are written to that file.
- ```yaml that begins with `# rendered/…` is part of that file: each of its objects, with at least what is shown.
- ```yaml fragment is part of a stack file: a mapping that YAML can read.
- ```python are whole programs. ```sh, ```json and ```text are not run here; a test of their page may look at them.
"""

import dataclasses
import importlib
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from ruamel.yaml import YAML

from mcwan import components, gateways, stack
from mcwan.cli.main import main
from mcwan.model import MistakesError
from mcwan.plan import Plan
from mcwan.plan.manifests import identity
from mcwan.plan.summary import export_summary
from mcwan.plan.summary import gateways as gateway_summary
from mcwan.rules import RULES, Rule
from mcwan.rules.settings import LEVEL, parse
from tests.docs.pages import DOCS, REPOSITORY, Block, anchors, blocks, commands, links, pages, rows, same, section
from tests.shipped import STACKS

PAGES = [pytest.param(page, id=str(page.relative_to(DOCS))) for page in pages()]
LINKED = [*PAGES, *(pytest.param(page, id=page.name) for page in sorted(REPOSITORY.glob("*.md")))]
EXIT_CODES = {"console": 0, "console wrong": 2, "console refused": 3}
KINDS = ("yaml", "yaml wrong", "yaml fragment", *EXIT_CODES, "python", "sh", "json", "text")
OWN = DOCS / "how-to" / "from-your-own-program.md"
CONCEPTS = DOCS / "concepts.md"
CI = DOCS / "how-to" / "check-in-ci.md"
RULE = DOCS / "how-to" / "write-a-rule.md"
DEPLOY = DOCS / "how-to" / "deploy-with-pulumi.md"

# Kinds that no example has: Istio's ConfigMap for node ports, a grant to gateways of an export's own.
RARE: dict[str, Any] = {
    "clusters": {
        "one": {
            "context": "one",
            "ingress": {"addresses": ["10.0.0.1"], "exposure": "NodePort"},
            "gateway": {"profile": "istio", "class": "istio"},
            "sources": ["10.1.0.0/16"],
            "namespaces": ["a", "b"],
        },
        "two": {
            "context": "two",
            "ingress": {"addresses": ["fd00::2"]},
            "sources": ["fd00:2::/64"],
            "namespaces": ["a", "b"],
        },
        "mesh": {
            "context": "mesh",
            "ingress": {"addresses": ["10.0.0.4"]},
            "gateway": {"profile": "istio", "class": "istio"},
            "sources": ["10.4.0.0/16"],
            "namespaces": ["c"],
        },
    },
    "tls": {"issuer": "mc-wan"},
    "wanPolicies": {"low": {"tunnel": "t", "port": 31111, "sla": {"jitterMs": 1, "latencyMs": 1, "lossPercent": 1}}},
    "exports": [
        {
            "service": "pay.a",
            "port": 80,
            "from": [{"cluster": "two", "addresses": ["10.0.0.3"]}],
            "scope": "service",
            "rules": [{"name": "all", "wanPolicy": "low", "backend": "pay.b"}],
        },
        {
            "service": "shop.a",
            "port": 80,
            "from": [{"cluster": "two", "addresses": ["10.0.0.5"]}],
            "scope": "service",
            "wanPolicy": "low",
            "traffic": {"limits": {"requests": 5}},
        },
        {
            "service": "log.b",
            "port": 80,
            "from": ["two"],
            "wanPolicy": "low",
            "callers": ["one"],
            "traffic": {"idempotent": True, "healthChecks": {}, "timeouts": {"perTry": "1s"}},
        },
        {"service": "cart.c", "port": 80, "from": [{"cluster": "mesh", "addresses": ["10.0.0.6"]}], "scope": "service"}
        | {"wanPolicy": "low"},
    ],
}


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_shows(page: Path) -> None:
    done = 0
    for block in blocks(page.read_text(encoding="utf-8")):
        where = f"{page.name}:{block.line}"
        assert block.file or block.info in KINDS, f"{where}: a block of kind {block.info!r}"
        if block.file:
            _write(block)
        elif block.info.startswith("console"):
            _run(block, where)
        elif block.info == "yaml fragment":
            assert isinstance(yaml.safe_load(block.text), dict), f"{where}: not a mapping"
        elif block.info.startswith("yaml"):
            _yaml(block, where)
        done += 1
    assert done or page.name in ("README.md", "reference.md"), f"{page.name} shows nothing"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_neither_of_one_machine_nor_of_one_registry(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"/(?:work|root|home|tmp|Users)/\S*|pypi\.org|proxy\.golang|docker\.io|quay\.io", text)


@pytest.mark.parametrize("page", LINKED)
def test_every_link_leads_somewhere(page: Path) -> None:
    for to in links(page.read_text(encoding="utf-8")):
        if "://" in to:
            continue
        path, _, anchor = to.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {to}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{page.name}: {to}"


def test_every_page_is_in_the_index() -> None:
    """In the index of all, or of the rules."""
    index, rules = DOCS / "README.md", DOCS / "rules" / "README.md"
    assert set(pages()) - {index} <= _listed(index) | _listed(rules)
    assert rules in _listed(index)


def test_the_table_of_names_is_complete_and_has_nothing_else() -> None:
    table = rows(section(CONCEPTS.read_text(encoding="utf-8"), "## Names of what is made"))
    patterns = {(kind, namespace, name): _pattern(kind, namespace, name) for _, kind, namespace, name, *_ in table}
    used = set()
    for plan in _plans():
        for planned in plan.objects:
            _, kind, namespace, name = identity(planned.manifest)
            found = {row for row, pattern in patterns.items() if pattern.fullmatch(f"{kind}|{namespace}|{name}")}
            assert found, f"no row for {kind} {namespace}/{name}"
            used |= found
    assert set(patterns) == used


def test_the_table_of_components_is_what_the_classes_have() -> None:
    table = rows(section(CONCEPTS.read_text(encoding="utf-8"), "## As Pulumi resources"))
    shown = {
        name.strip("`"): (
            token.strip("`"),
            set(re.findall(r"`(\w+)`", arguments)),
            set(re.findall(r"`(\w+)`", outputs)),
        )
        for name, token, arguments, outputs in table
    }
    assert shown == {
        name: (
            f"mcwan:index:{name}",
            {field.name for field in dataclasses.fields(getattr(components, f"{name}Args"))},
            set(getattr(components, name).__annotations__),
        )
        for name in components.__all__
        if f"{name}Args" in components.__all__
    }


def test_the_stack_outputs_are_those_of_the_program() -> None:
    found = blocks(DEPLOY.read_text(encoding="utf-8"))
    (shown,) = (json.loads(block.text) for block in found if block.info == "json")
    plan = _plan(next(block for block in found if block.stack == "prod"))
    assert shown == {
        "clusters": gateway_summary(plan),
        "exports": {key: export_summary(plan, key) for key in plan.context.exports},
    }


def test_the_programs_of_somebody_else_register_the_plan() -> None:
    common, parts, whole = (one.text for one in blocks(OWN.read_text(encoding="utf-8")) if one.info == "python")
    by_parts, by_fabric = _registered(common + parts), _registered(common + whole)

    assert _components(by_parts) == {
        "EastWestGateway": ["wan"],
        "ServiceExport": ["payment"],
        "ServiceImport": ["payment"],
        "WANPolicy": ["high", "low"],
    }
    assert _components(by_fabric) == {
        "EastWestGateway": ["payments/gateways"],
        "Fabric": ["payments"],
        "ServiceExport": ["payments/payment.secure"],
        "ServiceImport": ["payments/payment.secure"],
        "WANPolicy": ["payments/high", "payments/low"],
    }

    objects, same_objects = _objects(by_parts), _objects(by_fabric)
    assert len(objects) == 50
    assert {
        ("Namespace", "wan/east/mc-wan"),
        ("ReferenceGrant", "wan/east/secure/mc-wan"),
        ("ServiceEntry", "payment/west/mc-wan/payment.secure.upstream.high"),
        ("WANPolicy", "high/west/high"),
        ("HTTPRoute", "payment/east/mc-wan/payment.secure.ingress.high"),
    } <= set(objects)
    parts_of = {"wan": "gateways", "payment": "payment.secure"}
    assert set(same_objects) == {
        (kind, f"payments/{parts_of.get(part, part)}/{rest}")
        for kind, name in objects
        for part, rest in [name.split("/", 1)]
    }
    for found, depth in ((objects, 1), (same_objects, 2)):
        for (_, name), one in found.items():
            cluster = name.split("/")[depth]
            assert one["provider"].endswith(f":providers:kubernetes::{cluster}::{cluster}-id"), name
    alias = objects["Service", "payment/west/secure/payment-clusterset"]["inputs"]["spec"]
    assert alias["externalName"] == "mc-wan-egress-istio.mc-wan.svc.cluster.local"


def test_the_rule_of_somebody_else_passes_its_test() -> None:
    _write_files(RULE)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(("policies", str(REPOSITORY)))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "policies"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.stdout.splitlines()[-1].startswith("2 passed"), done.stdout + done.stderr


def test_the_rule_of_somebody_else_is_in_the_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = pytest.importorskip("mcwan.pack")
    analyzed = importlib.import_module("tests.analyzed")
    _write_files(RULE)
    served: list[tuple[Rule, ...]] = []
    monkeypatch.setattr(pack, "serve", served.append)
    try:
        runpy.run_path("policies", run_name="__main__")
    finally:
        sys.modules.pop("ours", None)
    ((*_, rule),) = served
    assert served == [(*RULES, rule)]
    request = analyzed.stack(gateways.plan(stack.read(Path(), "prod")))
    config = json.loads(Path("policies/ours.json").read_text(encoding="utf-8"))
    assert [(one.level, one.message) for one in analyzed.analyze(request, config, served[0])] == [
        (
            "mandatory",
            "export-offered-twice: payment.secure is offered by 1 of 2 clusters; name another cluster in its from",
        )
    ]


def test_the_workflow_checks_and_reports() -> None:
    """The commands of mcwan in the workflow's steps, for a stack that was never deployed and is refused."""
    found = blocks(CI.read_text(encoding="utf-8"))
    _write_files(CI)
    Path("policies/config.json").write_text('{"wan-port-range": {"highest": 31111}}', encoding="utf-8")
    _yaml(next(block for block in found if block.stack), CI.name)
    Path("policies/deployed.json").write_text('{"version": 3, "deployment": null}', encoding="utf-8")
    (workflow,) = (yaml.safe_load(block.text) for block in found if block.info == "yaml fragment")
    (report,) = (step["run"] for step in workflow["jobs"]["check"]["steps"] if step.get("name") == "Report")
    codes = []
    for line in report.splitlines():
        program, *arguments = shlex.split(line.partition(" || ")[0])
        assert program == "mcwan"
        codes.append(CliRunner().invoke(main, arguments).exit_code)
    assert codes == [0, 3, 3]
    assert Path("plan.md").read_text(encoding="utf-8").startswith("## mcwan plan: ")
    assert len(json.loads(Path("mcwan.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]) == 2
    assert Path("report.md").read_text(encoding="utf-8").startswith("## mcwan check: refused\n")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_page_of_a_rule_shows_a_configuration_that_can_be_used(rule: Rule) -> None:
    page = DOCS / "rules" / f"{rule.name}.md"
    (shown,) = (json.loads(block.text) for block in blocks(page.read_text(encoding="utf-8")) if block.info == "json")
    settings = parse(shown)
    assert list(shown) == [rule.name]
    assert settings != parse({})
    options = settings.options[rule.name].model_dump(by_alias=True)
    assert set(options) == (set(shown[rule.name]) - {LEVEL} if options else set())


def test_every_command_is_described() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    assert isinstance(main, click.Group)
    assert {name for name in main.commands if f"`mcwan {name}`" not in text} == set()


@pytest.mark.parametrize(
    ("shown", "real", "expected"),
    [
        ((), (), True),
        ((), ("a",), False),
        (("a",), ("a  ",), True),
        (("a",), ("b",), False),
        (("…",), (), True),
        (("…", "c"), ("a", "b", "c"), True),
        (("a", "…"), ("b", "c"), False),
        (("a", "…", "c"), ("a", "c", "d"), False),
    ],
)
def test_outputs_are_compared_line_by_line(shown: tuple[str, ...], real: tuple[str, ...], *, expected: bool) -> None:
    assert same(shown, real) is expected


def _listed(index: Path) -> set[Path]:
    """Give the pages that a page links to."""
    return {(index.parent / to.partition("#")[0]).resolve() for to in links(index.read_text(encoding="utf-8"))}


def _write_files(page: Path) -> None:
    """Write the files of a page: those that it names, and its stacks."""
    found = blocks(page.read_text(encoding="utf-8"))
    for block in found:
        if block.file:
            _write(block)
    for block in found:
        if block.info == "yaml" and block.stack:
            _yaml(block, page.name)


def _write(block: Block) -> None:
    assert block.file is not None
    path = Path(block.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def _run(block: Block, where: str) -> None:
    for command in commands(block):
        program, *arguments = shlex.split(command.words)
        assert program == "mcwan", f"{where}: only mcwan is run in a console block, not {program}"
        result = CliRunner().invoke(main, arguments, prog_name="mcwan")
        real = tuple(result.output.splitlines())
        assert result.exit_code == EXIT_CODES[block.info], f"{where}: {result.output}"
        assert same(command.output, real), f"{where}: $ {command.words}\n{result.output}"


def _yaml(block: Block, where: str) -> None:
    if block.rendered is not None:
        path = Path(block.rendered)
        assert path.is_file(), f"{where}: {path} was not rendered"
        real = {identity(one): one for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))}
        for shown in yaml.safe_load_all(block.text):
            for difference in _differences(shown, real[identity(shown)], ""):
                pytest.fail(f"{where}: {difference}")
        return
    assert block.stack is not None, f"{where}: neither a stack file nor rendered; say `yaml fragment`?"
    Path(f"Pulumi.{block.stack}.yaml").write_text(block.text, encoding="utf-8")
    if block.info == "yaml":
        schema = json.loads((REPOSITORY / "schemas" / "stack.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(YAML(typ="safe", pure=True).load(block.text))
        stack.read(Path(), block.stack)
    else:
        with pytest.raises((MistakesError, stack.StackFileError)):
            stack.read(Path(), block.stack)


def _differences(shown: Any, real: Any, place: str) -> Iterator[str]:
    """Say where an object is not as shown; keys that are not shown do not count."""
    if isinstance(shown, Mapping) and isinstance(real, Mapping):
        for key, value in shown.items():
            yield from _differences(value, real.get(key), f"{place}.{key}")
    elif isinstance(shown, list) and isinstance(real, list) and len(shown) == len(real):
        for index, (one, other) in enumerate(zip(shown, real, strict=True)):
            yield from _differences(one, other, f"{place}[{index}]")
    elif shown != real:
        yield f"{place}: shown {shown!r}, really {real!r}"


def _plans() -> Iterator[Plan]:
    for name in STACKS:
        yield gateways.plan(stack.read(REPOSITORY, name))
    for page in pages():
        _write_files(page)
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.info == "yaml" and block.stack:
                yield _plan(block)
    yield gateways.plan(stack.fabric("rare", RARE))


def _plan(block: Block) -> Plan:
    assert block.stack is not None
    Path(f"Pulumi.{block.stack}.yaml").write_text(block.text, encoding="utf-8")
    return gateways.plan(stack.read(Path(), block.stack))


def _pattern(kind: str, namespace: str, name: str) -> re.Pattern[str]:
    """Make a pattern of a row: words in capitals stand for names, a policy's and a port's being labels as well."""
    text = "|".join(cell.replace("`", "") for cell in (kind, namespace, name))
    parts = re.split(r"\b(EXPORT|NAMESPACE|CLUSTER|CLASS|POLICY|PORT|RULE|FAMILY)\b", text)
    return re.compile(
        "".join("[a-z0-9][-a-z0-9]*" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )


def _registered(program: str) -> list[dict[str, Any]]:
    """Run a program under mocks, in a process of its own."""
    Path("program.py").write_text(program, encoding="utf-8")
    command = [sys.executable, str(Path(__file__).with_name("mocked.py")), "program.py", "prod"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _components(registered: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Give the names of the components by type."""
    prefix = "mcwan:index:"
    found: dict[str, list[str]] = {}
    for one in registered:
        if one["type"].startswith(prefix):
            found.setdefault(one["type"].removeprefix(prefix), []).append(one["name"])
    return {kind: sorted(found[kind]) for kind in sorted(found)}


def _objects(registered: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the Kubernetes objects by kind and name."""
    objects = [one for one in registered if one["type"].startswith("kubernetes:")]
    found = {(one["type"].rpartition(":")[2], one["name"]): one for one in objects}
    assert len(found) == len(objects)
    return found
