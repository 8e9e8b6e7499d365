"""The rules' pages are current, and there is one for every rule."""

from pathlib import Path

import pytest

from mcwan.cli.report import page
from mcwan.cli.rule_pages import example, pages
from mcwan.rules import RULES
from mcwan.rules.settings import parse
from tests.cli.test_main import run

ROOT = Path(__file__).parent.parent.parent


def test_the_pages_are_current() -> None:
    """No page is missing, old, or left over."""
    found = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs/rules").iterdir()}
    assert found == pages(), "run make docs"


def test_the_reports_lead_to_the_pages() -> None:
    assert [page(rule) for rule in RULES if not (ROOT / page(rule)).is_file()] == []


def test_the_command_writes_them(tmp_path: Path) -> None:
    shown = run("reference", "--rules")
    assert (shown.exit_code, shown.stdout) == (0, "".join(pages().values()))
    out = tmp_path / "new" / "rules"
    for _ in range(2):
        result = run("reference", "--rules", "--out", out)
        assert (result.exit_code, result.output) == (0, "")
        assert {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()} == pages()
    nowhere = run("reference", "--rules", "--out", out / "README.md")
    assert (nowhere.exit_code, nowhere.stderr) == (1, f"cannot write to {out / 'README.md'}: File exists\n")


def test_a_page() -> None:
    assert pages()["wan-port-range.md"] == (
        "# wan-port-range\n"
        "\n"
        "WAN ports lie in the allowed range, if one is configured.\n"
        "\n"
        "Severity medium; mandatory by default. Made from the rules by `make docs`.\n"
        "\n"
        "## Why\n"
        "\n"
        "Firewalls and the SD-WAN's own configuration often leave a range of ports to the east-west gateways.\n"
        "\n"
        "## Remedy\n"
        "\n"
        "Choose a port in the range, or change the range in the rule's configuration.\n"
        "\n"
        "## Configuration\n"
        "\n"
        "| key | value | default | meaning |\n"
        "| --- | --- | --- | --- |\n"
        '| `enforcementLevel` | `mandatory`, `advisory`, `disabled` | `"mandatory"` | Whether a violation stops an '
        "update, is told only, or is not looked for. |\n"
        "| `lowest` | whole number, 1 to 65535 | `1` | The lowest WAN port that is allowed. |\n"
        "| `highest` | whole number, 1 to 65535 | `65535` | The highest WAN port that is allowed. |\n"
        "\n"
        "```json\n"
        "{\n"
        '  "wan-port-range": {\n'
        '    "enforcementLevel": "mandatory",\n'
        '    "lowest": 31000,\n'
        '    "highest": 31999\n'
        "  }\n"
        "}\n"
        "```\n"
        "\n"
        "[All rules](README.md); [how to configure them](../how-to/configure-rules.md)\n"
    )


def test_every_option_has_an_example() -> None:
    for rule in RULES:
        fields = {info.alias or name for name, info in rule.options.model_fields.items()}
        shown = example(rule)[rule.name]
        assert (set(shown) - {"enforcementLevel"} if fields else set()) == fields, rule.name


def test_the_examples_of_all_rules_are_one_configuration() -> None:
    settings = parse({name: value for rule in RULES for name, value in example(rule).items()})
    changed = [rule.name for rule in RULES if settings.options[rule.name] != rule.options()]
    assert changed == [rule.name for rule in RULES if rule.options.model_fields]


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_the_tables_are_whole(name: str) -> None:
    for line in pages()[f"{name}.md"].splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 5, line
