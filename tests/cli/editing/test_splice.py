"""Edits of a text at places: only the lines concerned change, and what cannot be edited is refused."""

from collections.abc import Callable

import pytest

from mcwan import stack as stacks
from mcwan.cli.editing import splice
from mcwan.cli.editing.exports import EXPORTS, IMPORTS, Wanted, export, unexport
from mcwan.cli.editing.imports import import_, unimport
from mcwan.cli.editing.saving import with_newlines
from mcwan.cli.editing.splice import EditError
from mcwan.model.importing import clusters_by_namespace
from tests.docs.pages import REPOSITORY
from tests.shipped import STACKS

HEAD = "config:\n  mcwan:wanPolicies: {}\n"


def example(stack: str) -> str:
    return (REPOSITORY / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")


def wanted(service: str, stack: str, *, rules: bool = False) -> Wanted:
    fabric = stacks.read(REPOSITORY, stack)
    having = clusters_by_namespace(fabric.clusters)[service.partition(".")[2]]
    long = [{"name": f"r{n}", "matches": [{"path": {"value": f"/{n}"}}], "wanPolicy": "low"} for n in range(5)]
    policy = {"rules": long} if rules else {"wanPolicy": "high"}
    return Wanted(service, having, {"port": 8080}, policy)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("rules", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_export_then_unexport_gives_the_same_bytes(stack: str, *, rules: bool, end: str) -> None:
    text = example(stack).rstrip("\n") if not end else example(stack).replace("\n", end)
    one = wanted("added.secure", stack, rules=rules)
    exported = with_newlines(text, lambda text: export(text, one, replace=False))
    kept = [line for line in exported.splitlines() if line in text.splitlines()]
    assert [line for line in text.splitlines() if line in kept] == text.splitlines()
    assert len(exported.splitlines()) == len(text.splitlines()) + (9 if rules else 1)
    assert with_newlines(exported, lambda text: unexport(text, "added.secure")) == text


@pytest.mark.parametrize("stack", STACKS)
def test_offered_by_one_more_and_one_less(stack: str) -> None:
    fabric = stacks.read(REPOSITORY, stack)
    for one in fabric.exports[:5]:
        having = clusters_by_namespace(fabric.clusters)[one.namespace]
        more = [cluster for cluster in having if cluster not in one.offers]
        text = example(stack)
        changed = export(text, Wanted(one.key, having, {}, {}), replace=False)
        assert unexport(changed, one.key, more) == text if more else changed == text


@pytest.mark.parametrize("stack", STACKS)
def test_unimport_then_import_gives_the_same_bytes_where_nothing_is_said(stack: str) -> None:
    fabric = stacks.read(REPOSITORY, stack)
    said = {entry.service for entry in fabric.imports}
    for one in fabric.exports[:5]:
        having = clusters_by_namespace(fabric.clusters)[one.namespace]
        if one.key not in said:
            for clusters in (having[:1], ()):
                changed = unimport(example(stack), one.key, having, clusters)
                assert changed != example(stack)
                assert import_(changed, one.key, having, (), None) == example(stack)


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        pytest.param(
            lambda text: splice.append(text, EXPORTS, {"a": 1}),
            "  mcwan:exports: [] # none yet\nencryptionsalt: x\n",
            "  mcwan:exports: # none yet\n    - {a: 1}\nencryptionsalt: x\n",
            id="empty list",
        ),
        pytest.param(
            lambda text: splice.append(text, EXPORTS, {"a": 1}),
            "  mcwan:exports:\n    # none yet\n",
            "  mcwan:exports:\n    # none yet\n    - {a: 1}\n",
            id="nothing after the key",
        ),
        pytest.param(
            lambda text: splice.append(text, EXPORTS, {"a": 1}),
            "  mcwan:exports: [{b: 2}]",
            "  mcwan:exports: [{b: 2}, {a: 1}]",
            id="list on one line",
        ),
        pytest.param(
            lambda text: splice.append(text, EXPORTS, {"a": 1, "b": ["x"]}),
            "  mcwan:exports:\n  - c: 2\n    # of c\n  # of nobody\n",
            "  mcwan:exports:\n  - c: 2\n    # of c\n  - a: 1\n    b: [x]\n  # of nobody\n",
            id="a key a line, as its neighbour",
        ),
        pytest.param(
            lambda text: splice.append(text, EXPORTS, {"a": 1}),
            "  mcwan:exports:\n    - {c: 2}\n    # of what was here\n  # of the next key\n",
            "  mcwan:exports:\n    - {c: 2}\n    # of what was here\n    - {a: 1}\n  # of the next key\n",
            id="below the comments of a list that is deeper than its key",
        ),
        pytest.param(
            lambda text: splice.remove(text, (*EXPORTS, 0)),
            "  mcwan:exports:\n    # above\n    -\n      a: 1 # beside\n      # below\n    - b: 2\n",
            "  mcwan:exports:\n    # above\n    - b: 2\n",
            id="comments inside go, those above stay",
        ),
        pytest.param(
            lambda text: splice.empty(text, EXPORTS),
            "  mcwan:exports:\n    # above\n    - a: 1\n",
            "  mcwan:exports: []\n    # above\n",
            id="the last one, with a comment",
        ),
        pytest.param(
            lambda text: splice.empty(text, EXPORTS), "  mcwan:exports:\n    - a: 1\n", "", id="the last one, without"
        ),
        pytest.param(
            lambda text: splice.empty(text, EXPORTS),
            "  # what is offered\n  mcwan:exports:\n    - a: 1\n  mcwan:imports: []\n",
            "  # what is offered\n  mcwan:exports: []\n  mcwan:imports: []\n",
            id="the last one, of a key with a comment above",
        ),
        pytest.param(
            lambda text: splice.empty(text, EXPORTS),
            "  # what is offered\n  mcwan:exports:\n    - a: 1",
            "  # what is offered\n  mcwan:exports: []",
            id="the same in a text without an end",
        ),
        pytest.param(
            lambda text: splice.empty(text, EXPORTS),
            "    # of another key\n  mcwan:exports:\n    - a: 1\n",
            "    # of another key\n",
            id="the last one, below a comment of what is above",
        ),
        pytest.param(
            lambda text: splice.empty(text, EXPORTS),
            "  mcwan:exports: [{a: 1}]\n",
            "  mcwan:exports: []\n",
            id="the last one, on one line",
        ),
        pytest.param(
            lambda text: splice.remove(text, (*EXPORTS, 1)),
            "  mcwan:exports: [\n    a, # of a\n    b, # of b\n  ]\n",
            "  mcwan:exports: [\n    a, # of a\n  ]\n",
            id="a line of its own within brackets",
        ),
        pytest.param(
            lambda text: splice.remove(text, (*EXPORTS, 0)),
            "  mcwan:exports: [a, b]\n",
            "  mcwan:exports: [b]\n",
            id="the first of two",
        ),
        pytest.param(
            lambda text: splice.remove(text, (*EXPORTS, 1)),
            '  mcwan:exports: [a, "b"]\n',
            "  mcwan:exports: [a]\n",
            id="the last of two",
        ),
        pytest.param(
            lambda text: splice.put(text, (*EXPORTS, 0, "a"), "1e3"),
            "  mcwan:exports:\n    - a: é # kept\n      b: 2\n",
            "  mcwan:exports:\n    - a: '1e3' # kept\n      b: 2\n",
            id="a value that looks like a number",
        ),
        pytest.param(
            lambda text: splice.swap(text, (*EXPORTS, 0, "a"), "c", [{"x": 1}, {"z": 2}]),
            "  mcwan:exports:\n    - a: 1 # kept\n      b: 2\n",
            "  mcwan:exports:\n    - c:\n        - {x: 1}\n        - {z: 2} # kept\n      b: 2\n",
            id="another key in its place",
        ),
        pytest.param(
            lambda text: splice.insert(text, (*EXPORTS, 0, "c"), ["x"], after="a"),
            "  mcwan:exports:\n    - {a: 1, b: 2}\n",
            "  mcwan:exports:\n    - {a: 1, c: [x], b: 2}\n",
            id="a key after another",
        ),
    ],
)
def test_an_edit(edit: Callable[[str], str], before: str, after: str) -> None:
    assert edit(HEAD + before) == HEAD + after


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda text: splice.append(text, IMPORTS, "x"), "  mcwan:exports: &all [a]\n  mcwan:imports: *all\n"),
        (lambda text: splice.remove(text, (*EXPORTS, 0)), "  mcwan:exports:\n    - &a {b: 1}\n    - *a\n"),
        (lambda text: splice.remove(text, (*IMPORTS, 0)), "  mcwan:imports: [a, *b]\n"),
        (lambda text: splice.put(text, (*EXPORTS, 0, "a"), 2), "  mcwan:exports:\n    - <<: {a: 1}\n"),
        (lambda text: splice.put(text, (*EXPORTS, 7), 2), "  mcwan:exports: [1]\n"),
    ],
    ids=["alias", "anchor", "not YAML", "merged", "not there"],
)
def test_what_cannot_be_edited_is_refused(edit: Callable[[str], str], text: str) -> None:
    with pytest.raises(EditError, match="edit it by hand"):
        edit(HEAD + text)
