"""HTTP rules that name a WAN policy each, as mc-wan's ServiceExport and ServiceImport have them."""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import chain, count
from typing import Any

from mcwan.cli.adopting.reading import Found, Left
from mcwan.model.leaves import FABRIC_NAMESPACE, LABEL

_MATCH_KEYS = ("path", "method", "headers", "queryParams")
_RULE_KEYS = ("name", "matches", "backendRefs")


class CannotError(ValueError):
    """An object that cannot be carried over, and the reason."""

    def __init__(self, found: Found, field: str, why: str, remedy: str) -> None:
        self.left = Left(found.where, field, f"{why}; left out", remedy, whole=True)
        super().__init__(str(self.left))


def rules(found: Found, policies: Collection[str], left: list[Left]) -> list[dict[str, Any]]:
    """Give the rules of an object, as a stack file has them; empty if it has none. Raises CannotError."""
    http = found.value("http")
    if http is None:
        return []
    listed = http.get("rules") if isinstance(http, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise CannotError(found, "spec.http.rules", "no list of rules", "write each rule after '- '")
    names: set[str] = set()
    made = []
    for index, one in enumerate(listed):
        place = f"spec.http.rules[{index}]"
        if not isinstance(one, Mapping):
            raise CannotError(found, place, "not a rule", "write its matches and backendRefs")
        matches = list(_matches(found, place, one, left))
        name = _name(one, matches, names)
        names.add(name)
        rule: dict[str, Any] = {"name": name}
        if matches:
            rule["matches"] = matches
        made.append(rule | {"wanPolicy": _policy(found, place, one, policies)})
        left += [Left(found.where, f"{place}.{key}", *_NO_PLACE) for key in one if key not in _RULE_KEYS]
    return made


_NO_PLACE = ("a rule of a stack file has no such key, and goes without", "see docs/reference.md for what it has")


def _matches(found: Found, place: str, rule: Mapping[str, Any], left: list[Left]) -> Iterator[dict[str, Any]]:
    listed = rule.get("matches") or []
    for index, one in enumerate(listed if isinstance(listed, list) else [listed]):
        where = f"{place}.matches[{index}]"
        if not isinstance(one, Mapping):
            raise CannotError(found, where, "not a match", "write path, method, headers or queryParams")
        for key in one:
            if key not in _MATCH_KEYS:  # without it the rule would match more
                raise CannotError(found, f"{where}.{key}", "no match of Gateway API", "correct or remove it")
        made = {key: one[key] for key in _MATCH_KEYS if key in one}
        if made:
            yield made
        else:
            left.append(Left(found.where, where, "an empty match, taken for every request", "see whether it is meant"))


def _name(rule: Mapping[str, Any], matches: list[dict[str, Any]], taken: set[str]) -> str:
    """Name a rule: as it is named, else by what its first match says; once."""
    named = rule.get("name")
    if isinstance(named, str) and re.match(LABEL, named) and named not in taken:
        return named
    first = matches[0] if matches else {}
    path = first.get("path")
    words = [first.get("method", ""), path.get("value", "") if isinstance(path, Mapping) else ""]
    text = re.sub(r"[^a-z0-9]+", "-", " ".join(map(str, words)).lower()).strip("-")[:50].strip("-")
    base = text or ("rule" if matches else "rest")
    return next(name for name in chain([base], (f"{base}-{number}" for number in count(2))) if name not in taken)


def _policy(found: Found, place: str, rule: Mapping[str, Any], policies: Collection[str]) -> str:
    """Give the one WAN policy of a rule's backends: named itself, or by the Service that stands for it in `mc-wan`."""
    refs = rule.get("backendRefs")
    listed = refs if isinstance(refs, list) else [refs]
    named = set()
    for one in listed:
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
            raise CannotError(
                found, f"{place}.backendRefs", "names no WAN policy", "write - {kind: WANPolicy, name: NAME}"
            )
        named.add(_stands_for(found, one, one["name"]))
    if len(named) > 1:
        raise CannotError(
            found,
            f"{place}.backendRefs",
            f"a split between WAN policies ({', '.join(sorted(named))})",
            "leave one; a rule of a stack file has one WAN policy",
        )
    (policy,) = named
    if policy not in policies:
        raise CannotError(
            found,
            f"{place}.backendRefs",
            f"{policy!r}: no such WANPolicy in the files; there are: {', '.join(sorted(policies)) or 'none'}",
            "add its file, or correct the name",
        )
    return policy


def _stands_for(found: Found, ref: Mapping[str, Any], name: str) -> str:
    prefix = f"{found.name}-{found.namespace}-"
    dummy = ref.get("kind") in (None, "Service") and ref.get("namespace") == FABRIC_NAMESPACE
    return name.removeprefix(prefix) if dummy else name
