"""The record: the last facts of each cluster of a stack, and the counts that its splits were made of, as a file.

`facts/STACK.json` beside the stack file: the same bytes for the same facts, meant to be committed, so that a preview
without the clusters is the same everywhere.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from mcwan import files
from mcwan.facts.report import Report
from mcwan.model.base import Model


class Record(Model):
    """What was taken over last."""

    clusters: dict[str, Report] = Field(default_factory=dict)
    """The last report of each cluster."""
    splits: dict[str, dict[str, Annotated[int, Field(ge=0)]]] = Field(default_factory=dict)
    """By export and cluster, the ready pods that its shares were made of."""


class RecordError(ValueError):
    """A record that cannot be read or written: one line that says which, why and the remedy."""


def path(project: Path, stack: str) -> Path:
    """Say where a stack's record is."""
    return project / "facts" / f"{stack}.json"


def load(file: Path) -> Record:
    """Read a record; an empty one where there is no file. Raises RecordError."""
    try:
        return Record.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return Record()
    except OSError as error:
        raise RecordError(f"{file}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RecordError(
            f"{file}: {place + ': ' if place else ''}not a record of facts: {first['msg'].lower()}; "
            "restore it, or remove it and run mcwan facts"
        ) from None


def text(record: Record) -> str:
    """Write a record as JSON, sorted, without what was not there."""
    ordered = Record(
        clusters=dict(sorted(record.clusters.items())),
        splits={key: dict(sorted(one.items())) for key, one in sorted(record.splits.items())},
    )
    return ordered.model_dump_json(indent=2, exclude_defaults=True) + "\n"


def save(file: Path, record: Record) -> bool:
    """Write a record, all or nothing, if anything but the time of reading is new; tell whether it was written.

    Raises RecordError.
    """
    try:
        if file.is_file() and _timeless(load(file)) == _timeless(record):
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        files.put(file, text(record).encode())
    except OSError as error:
        raise RecordError(f"{file}: cannot be written: {error.strerror}") from None
    return True


def _timeless(record: Record) -> Record:
    clusters = {name: one.model_copy(update={"at": ""}) for name, one in record.clusters.items()}
    return record.model_copy(update={"clusters": clusters})
