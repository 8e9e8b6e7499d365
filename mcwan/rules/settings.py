"""The configuration of rules: a file as `pulumi --policy-pack-config` takes it, read the same without Pulumi."""

import json
import runpy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mcwan.model.messages import said
from mcwan.model.mistakes import Place, show, unread, written
from mcwan.model.near import near
from mcwan.rules import RULES
from mcwan.rules.evidence import Evidence
from mcwan.rules.organisation import Withdrawals
from mcwan.rules.rule import ALL, Level, Options, Rule, Verdict, run
from mcwan.rules.sources import imports, of_path

LEVEL = "enforcementLevel"


class SettingsError(ValueError):
    """A configuration of rules that cannot be used: a line per mistake."""


@dataclass(frozen=True)
class Settings:
    """The rules to judge by, and for every one its level and its options."""

    rules: Sequence[Rule]
    levels: Mapping[str, Level]
    options: Mapping[str, Options]


def parse(raw: Mapping[str, Any], rules: Sequence[Rule] = RULES) -> Settings:
    """Make settings of a configuration by rule, as `--policy-pack-config` has it. Raises SettingsError.

    A rule's value is a level, or a mapping with `enforcementLevel` and the rule's options. `all` is the level of the
    rules that have none of their own.
    """
    wrong: list[str] = []
    every = _level(ALL, raw[ALL], wrong) if ALL in raw else None
    levels = {rule.name: every or rule.level for rule in rules}
    options: dict[str, Options] = {rule.name: rule.options() for rule in rules}
    by_name = {rule.name: rule for rule in rules}
    for name, value in raw.items():
        if name == ALL:
            continue
        rule = by_name.get(name)
        if rule is None:
            wrong.append(_no_such_rule(name, by_name))
        elif isinstance(value, Mapping):
            rest = dict(value)
            if LEVEL in rest:
                levels[name] = _level(f"{name}.{LEVEL}", rest.pop(LEVEL), wrong) or levels[name]
            options[name] = options_of(rule, rest, wrong)
        else:
            levels[name] = _level(name, value, wrong) or levels[name]
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Settings(rules, levels, options)


def read(path: Path, rules: Sequence[Rule] = RULES) -> Settings:
    """Read settings from a JSON file; a relative baseline is one beside that file. Raises SettingsError."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_Object)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {unread(error)}") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise SettingsError(f"{path}: {show(raw)}; allowed: an object with a key per rule")
    wrong = list(_twice(raw))
    try:
        settings = parse(raw, rules)
    except SettingsError as error:
        wrong += str(error).splitlines()
    if wrong:
        raise SettingsError("\n".join(f"{path}: {line}" for line in wrong))
    return replace(settings, options={name: _beside(path, options) for name, options in settings.options.items()})


def with_rules_of(path: Path) -> Sequence[Rule]:
    """Give mcwan's rules and those that a Python file of the operator's own has as RULES. Raises SettingsError."""
    if path.is_dir():  # Python would run a __main__.py in it
        raise SettingsError(f"{path}: a directory; name a Python file")
    try:
        own = runpy.run_path(str(path)).get("RULES")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except (Exception, SystemExit) as error:  # whatever a program of somebody else's raises
        raise SettingsError(f"{path}: cannot be run: {type(error).__name__}: {error}") from None
    if not isinstance(own, tuple) or (others := [one for one in own if not isinstance(one, Rule)]):
        what = f"holds {show(others[0])}" if isinstance(own, tuple) else f"is {show(own)}"
        raise SettingsError(f"{path}: RULES {what}; allowed: a tuple of mcwan.rules.Rule")
    every = (*RULES, *own)
    names = [rule.name for rule in every]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsError(f"{path}: {twice[0]}: the name of another rule; call it otherwise")
    return every


class _Object(dict[str, Any]):
    """An object of JSON that knows which of its keys are written more than once; the last one holds, as in JSON."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


def _twice(value: Any, place: Place = ()) -> Iterator[str]:
    """Tell of the keys that are written more than once: a rule would be switched off by accident."""
    if isinstance(value, _Object):
        for key in value.twice:
            yield f"{written((*place, key))}: written more than once; allowed: once; remove all but one"
        for key, inner in value.items():
            yield from _twice(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _twice(inner, (*place, index))


def check_names(names: Iterable[str], rules: Sequence[Rule]) -> None:
    """Say which names are no rule's. Raises SettingsError."""
    known = [rule.name for rule in rules]
    wrong = [name for name in names if name not in (ALL, *known)]
    if wrong:
        raise SettingsError("\n".join(_no_such_rule(name, known) for name in wrong))


def options_of(rule: Rule, raw: Mapping[str, Any], wrong: list[str]) -> Options:
    """Make a rule's options; mistakes go to `wrong`, and the defaults stand in. Whole floats are numbers, too."""
    try:
        return rule.options.model_validate({key: _whole(value) for key, value in raw.items()})
    except ValidationError as error:
        fields = [field.alias or name for name, field in rule.options.model_fields.items()]
        for one in error.errors():
            place = (rule.name, *one["loc"])
            if one["type"] == "extra_forbidden":
                meant = near(str(place[-1]), [LEVEL, *fields])
                remedy = f"; did you mean {meant!r}?" if meant else ""
                wrong.append(f"{written(place)}: no such option; allowed: {', '.join([LEVEL, *fields])}{remedy}")
            else:
                mistake = replace(said(one, rule.options, one["input"]), place=place)
                if one["type"] == "tuple_type" and isinstance(one["input"], str):
                    mistake = replace(mistake, remedy=f"write {json.dumps([one['input']])}")
                wrong.append(str(mistake))
        return rule.options()


def judge(evidence: Evidence, settings: Settings) -> list[Verdict]:
    """Run every rule that is not disabled. Raises SourceError if a baseline cannot be read."""
    run_ones = [rule for rule in settings.rules if settings.levels[rule.name] is not Level.DISABLED]
    wanted = [(rule, settings.options[rule.name]) for rule in run_ones]
    for _, options in wanted:
        evidence = with_baseline(evidence, options)
    return [run(rule, evidence, options) for rule, options in wanted]


def with_baseline(evidence: Evidence, options: Options) -> Evidence:
    """Add the imports of the earlier state that a rule's options name, if they do. Raises SourceError."""
    if isinstance(options, Withdrawals) and options.baseline is not None:
        return replace(evidence, before=imports(of_path(Path(options.baseline))))
    return evidence


def _beside(path: Path, options: Options) -> Options:
    """Look a relative baseline up beside the configuration, as the pack does, which runs in the pack's directory."""
    if isinstance(options, Withdrawals) and options.baseline is not None:
        return options.model_copy(update={"baseline": str(path.parent / options.baseline)})
    return options


def _no_such_rule(name: str, known: Iterable[str]) -> str:
    meant = near(name, [ALL, *known])
    others = "write one that docs/rules lists, or name the file of rules of your own with --rules"
    return f"{written((name,))}: no such rule; {f'did you mean {meant!r}?' if meant else others}"


def _level(place: str, value: object, wrong: list[str]) -> Level | None:
    try:
        return Level(str(value)) if isinstance(value, str) else Level("")
    except ValueError:
        wrong.append(f"{place}: {show(value)}; allowed: {', '.join(Level)}")
        return None


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
