"""A rule: what must hold in an environment, and what is said where it does not."""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mcwan.model.base import Model
from mcwan.model.mistakes import printable
from mcwan.rules.evidence import Component, Evidence
from mcwan.rules.objects import Object, Place
from mcwan.rules.unknown import UnjudgedError

ALL = "all"
"""In a configuration: the rules that are not named."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 200
"""Characters of an exception that are told."""


class Level(StrEnum):
    """What a violation does: stops an update, is told only, or is not looked for."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    DISABLED = "disabled"


class Severity(StrEnum):
    """How bad a violation is, in Pulumi's words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Options(Model):
    """What an operator can set for a rule, none by default. Its fields are the rule's configuration schema.

    Every field needs a default, by which the rule is judged where nobody configures it.
    """


@dataclass(frozen=True, order=True)
class Violation:
    """One thing that is not as a rule says, in a sentence without its end; `subject` is the object to look at."""

    what: str
    remedy: str
    clusters: tuple[str, ...] = ()
    subject: str = ""
    urn: str = field(default="", compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Rule:
    """A rule. `judge` gets one of the `subjects` at a time, so that what cannot be judged yet hides nothing else.

    An UnjudgedError among the subjects stands for something that may be one of them: see `unknown.chosen`.
    """

    name: str
    sentence: str
    why: str
    remedy: str
    subjects: Callable[[Evidence], Iterable[Any]]
    judge: Callable[[Evidence, Any, Any], Iterator[Violation]]
    severity: Severity = Severity.HIGH
    level: Level = Level.MANDATORY
    options: type[Options] = Options

    def __post_init__(self) -> None:
        """Raise ValueError for a rule that no configuration could name, or set."""
        if not _NAME.fullmatch(self.name) or self.name == ALL:
            raise ValueError(f"{self.name!r} is no name of a rule; allowed: {_NAME.pattern}, but not {ALL}")
        if not (isinstance(self.options, type) and issubclass(self.options, Options)):
            raise ValueError(f"{self.name}: its options are no subclass of mcwan.rules.Options")
        for name, option in self.options.model_fields.items():
            if option.is_required():  # a rule that nobody configures is judged, too
                raise ValueError(f"{self.name}: its option {name} has none; every option needs a default")


@dataclass(frozen=True)
class Verdict:
    """What a rule found: violations, what could not be judged yet, and the rule's own failure if it has one."""

    rule: Rule
    violations: tuple[Violation, ...] = ()
    unjudged: tuple[str, ...] = ()
    failure: str = ""


def violation(what: str, remedy: str, *about: Object | Component, clusters: Iterable[str] = ()) -> Violation:
    """Make a violation about some objects; the first one is the one to look at. A component says no cluster itself."""
    found = sorted({*clusters, *(one.cluster for one in about if isinstance(one, Object))})
    first = about[0] if about else None
    place = first.place if isinstance(first, Object) else None
    return Violation(what, remedy, tuple(found), str(first or ""), first.urn if first else "", place)


def run(rule: Rule, evidence: Evidence, options: Options | None = None) -> Verdict:
    """Run a rule over all of its subjects. What goes wrong in the rule is its failure, and nobody else's."""
    chosen = options if options is not None else rule.options()
    violations: set[Violation] = set()
    unjudged: set[str] = set()
    failures: list[str] = []
    for subject in _subjects(rule, evidence):
        try:
            if isinstance(subject, Exception | SystemExit):
                raise subject
            violations.update(
                map(_checked, rule.judge(evidence, subject, chosen))
            )  # those before an exception are kept
        except UnjudgedError as error:
            unjudged.add(str(error))
        except (Exception, SystemExit) as error:  # a rule that fails must not hide the others
            failures.append(_failure(rule, error))
    ordered = sorted(violations, key=lambda one: (one.clusters, one.subject, one.what))
    return Verdict(rule, tuple(ordered), tuple(sorted(unjudged)), failures[0] if failures else "")


def _subjects(rule: Rule, evidence: Evidence) -> Iterator[Any]:
    """Give a rule's subjects, and the exception that ends them if there is one."""
    try:
        yield from rule.subjects(evidence)
    except (Exception, SystemExit) as error:  # the same
        yield error


def _checked(found: object) -> Violation:
    """Take what a rule of somebody else's may give. Raises TypeError if that is no violation as they are told."""
    if not isinstance(found, Violation):
        raise TypeError(f"gave a {type(found).__name__}; allowed: what mcwan.rules.violation makes")
    texts = (found.what, found.remedy, found.subject, found.urn, *found.clusters)
    if not isinstance(found.clusters, tuple) or not all(isinstance(one, str) for one in texts):
        raise TypeError("gave a violation that does not hold texts")
    return found


def _failure(rule: Rule, error: BaseException) -> str:
    """Say what the exception is, where in the rule's own file it came from, and its first line.

    A library's frame, where it was raised, helps nobody. Its text may be told: what it can quote is evidence, which has
    no secrets in clear (see `unknown.Withheld`).
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = {code.co_filename for one in (rule.subjects, rule.judge) if (code := getattr(one, "__code__", None))}
    frame = next((one for one in reversed(frames) if one.filename in own), frames[-1])
    text = _first_line(error)
    where = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
    return f"{where}: {text}" if text else where


def _first_line(error: BaseException) -> str:
    try:
        lines = str(error).splitlines()
    except Exception:  # it is somebody else's, and may hold a value that is withheld
        return ""
    return printable(lines[0][:_LONGEST]) if lines else ""
