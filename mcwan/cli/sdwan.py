"""The SD-WAN's side as files, and what changes between two environments."""

import json
import re
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import ValidationError

from mcwan import sdwan, stack
from mcwan.cli.files import is_ours
from mcwan.cli.files import write as write_files
from mcwan.cli.render import dump
from mcwan.model import MistakesError
from mcwan.model.mistakes import unread
from mcwan.sdwan import Change, Form, Target
from mcwan.sdwan.form import MARK

STDIN = "-"
NOTHING = "nothing changes on the SD-WAN's side\n"


class FormError(ValueError):
    """What cannot be compared: a line that says which, why and the remedy."""


def text(files: dict[str, str]) -> str:
    """Give files one after the other, each with its path above, as `head` does it; one alone as it is."""
    if len(files) == 1:
        return "".join(files.values())
    return "\n".join(f"==> {path} <==\n{content}" for path, content in files.items())


def write(form: Form, target: Target, sites: Collection[str], directory: Path) -> tuple[dict[str, str], int]:
    """Write a target's files below a directory; give them, and how many of an earlier run were removed.

    Those of other sites stay where only some are wanted. Raises MistakesError or OSError, where files of another
    target are in the way, too.
    """
    wanted = sdwan.files(form, target, sites)
    names = sdwan.OF_SITES.get(target, frozenset())
    for other, its in sdwan.OF_SITES.items():
        for path in (path for name in sorted(its - names if names else ()) for path in directory.glob(f"*/{name}")):
            if is_ours(path, MARK):
                told = f"{path.relative_to(directory)} is there, for {other}; write {target} elsewhere, or remove that"
                raise FileExistsError(told)
    earlier = () if sites else {f"*/{name}" for name in names}
    removed = write_files({Path(path): content for path, content in wanted.items()}, directory, MARK, earlier)
    return wanted, len(removed)


def read(old: str, new: str) -> tuple[Form, Form]:
    """Read two stack files or plain forms; `-` is standard input. Raises FormError, StackFileError or RecordError.

    A text without a file's name is taken for a version of the other's stack.
    """
    if old == new == STDIN:
        raise FormError("- and -: standard input can be read once; write a file for one of them")
    name = next((found for one in (new, old) if (found := _stack(one))), "stack")
    return _form(old, _stack(old) or name), _form(new, _stack(new) or name)


def told(changes: Sequence[Change], form: str) -> str:
    """Tell changes as lines, JSON or YAML."""
    if form == "table":
        return "".join(f"{one.text}\n" for one in changes) or NOTHING
    found = [{"place": one.place, "old": one.old, "new": one.new, "text": one.text} for one in changes]
    return dump([{"changes": found}]) if form == "yaml" else json.dumps({"changes": found}, indent=2) + "\n"


def _stack(source: str) -> str | None:
    found = re.fullmatch(r"Pulumi\.([\w.-]+)\.yaml", Path(source).name)
    return found[1] if found else None


def _form(source: str, name: str) -> Form:
    called = "standard input" if source == STDIN else source
    try:
        written = sys.stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormError(f"{called}: cannot be read: {unread(error)}") from None
    if written.lstrip().startswith("{"):
        return _plain(written, called)
    project = Path() if source == STDIN else Path(source).parent
    try:
        return sdwan.form(stack.known(project, name, stack.config_of(written, called)).fabric)
    except MistakesError as error:
        raise FormError("\n".join(f"{called}: {one}" for one in error.mistakes)) from None


def _plain(written: str, called: str) -> Form:
    remedy = "write it with `mcwan sdwan --target json`"
    try:
        return Form.model_validate(json.loads(written))
    except json.JSONDecodeError as error:
        raise FormError(f"{called}: line {error.lineno}: not JSON; {remedy}") from None
    except ValidationError as error:
        (first, *_) = error.errors()
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise FormError(f"{called}: {place}: {first['msg'][:1].lower()}{first['msg'][1:]}; {remedy}") from None
