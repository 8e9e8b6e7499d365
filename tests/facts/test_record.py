from pathlib import Path

import pytest

from mcwan.facts import record
from mcwan.facts.record import Record, RecordError
from mcwan.facts.report import Report, Service

REPORT = Report(
    at="2026-11-25T10:00:00Z", namespaces=("secure",), services={"a.secure": Service(ready=2), "b.secure": None}
)
ONE = Record(clusters={"west": REPORT, "east": REPORT}, splits={"a.secure": {"west": 1, "east": 2}})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = record.path(tmp_path, "dev")
    assert record.save(file, ONE)
    assert record.load(file) == ONE
    assert not record.save(file, ONE)
    assert sorted(one.name for one in file.parent.iterdir()) == ["dev.json"]


def test_facts_that_were_read_again_are_no_change(tmp_path: Path) -> None:
    file = record.path(tmp_path, "dev")
    record.save(file, ONE)
    later = REPORT.model_copy(update={"at": "2026-11-26T10:00:00Z"})
    assert not record.save(file, ONE.model_copy(update={"clusters": {"west": later, "east": later}}))
    assert record.load(file) == ONE


def test_the_same_facts_are_the_same_bytes() -> None:
    turned = Record(
        clusters=dict(reversed(ONE.clusters.items())),
        splits={key: dict(reversed(one.items())) for key, one in ONE.splits.items()},
    )
    assert record.text(turned) == record.text(ONE)


def test_no_file_is_an_empty_record(tmp_path: Path) -> None:
    assert record.load(tmp_path / "none.json") == Record()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not a record of facts: invalid json"),
        (
            '{"clusters": {"east": {"at": 1}}}',
            "clusters.east.at: not a record of facts: input should be a valid string",
        ),
        ('{"clusters": {"east": {"at": "yesterday"}}}', "clusters.east.at: not a record of facts: value error"),
        ('{"splits": {"a.b": {"east": -1}}}', "splits.a.b.east: not a record of facts: input should be greater"),
        ('{"claster": {}}', "claster: not a record of facts: extra inputs are not permitted"),
    ],
)
def test_what_is_no_record_is_refused_on_one_line(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "dev.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RecordError) as raised:
        record.load(file)
    told = str(raised.value)
    assert told.startswith(f"{file}: {said}")
    assert told.endswith("restore it, or remove it and run mcwan facts")
    assert "\n" not in told


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "facts").write_text("a file", encoding="utf-8")
    with pytest.raises(RecordError, match="cannot be written"):
        record.save(record.path(tmp_path, "dev"), ONE)
