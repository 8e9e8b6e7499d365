"""Rules, of exports and of imports alike: each can be reached, and Gateway API reads them in the order written."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter
from pydantic_core import SchemaError

from mcwan.model.description import Description
from mcwan.model.export import Rule, qualified
from mcwan.model.importing import (
    Importing,
    admitted_policies,
    egress_rules,
    fit_one_route,
    listener_rules,
    or_all,
    split_by_policy,
)
from mcwan.model.imports import ImportRule
from mcwan.model.leaves import MAX_HEADERS, MAX_MATCHES, MAX_REPETITION, MAX_ROUTE_MATCHES, MAX_RULES, PORT_HEADER
from mcwan.model.matches import Match, PathMatch, all_headers, comparable, covers, intersection, may_overlap, precedence
from mcwan.model.mistakes import Mistake, Place, show

_PATH = re.compile(r"^/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*$")
_RUST_ONLY = re.compile(r"\[[^\]]*(&&|--|~~)")
_NOT_IN_PATH = re.compile(r"//|/\.{1,2}(/|$)|%2[fF]")


class _Placed(NamedTuple):
    """A match with its rule's position and both places."""

    rule: int
    place: Place
    match: Match


def names_once(description: Description) -> Iterator[Mistake]:
    """A rule's name is its own."""
    for place, rules in _all_rules(description):
        names = [rule.name for rule in rules]
        for index, name in enumerate(names):
            if name in names[:index]:
                where = (*place, index, "name")
                yield Mistake(where, repr(name), "the name of another rule; allowed: each name once", "rename one")


def matches_can_be_written(description: Description) -> Iterator[Mistake]:
    """A match is one that Gateway API's own validation takes."""
    for place, rules in _all_rules(description):
        for one in _placed(place, rules):
            yield from _path(one.place, one.match.path)
            yield from _conditions(one.place, one.match)


def rules_can_be_reached(description: Description) -> Iterator[Mistake]:
    """No match comes after one that takes all of its requests."""
    for place, rules in _all_rules(description):
        matches = list(_placed(place, rules))
        for index, later in enumerate(matches):
            for earlier in matches[:index]:
                if earlier.rule != later.rule and covers(earlier.match, later.match):
                    yield Mistake(
                        later.place,
                        _said(later.match),
                        f"never reached: rule {rules[earlier.rule].name} comes first and takes all of its requests",
                        f"put rule {rules[later.rule].name} before it, or remove this match",
                    )
                    break


def order_is_precedence(description: Description) -> Iterator[Mistake]:
    """Gateway API lets the more specific match win, wherever it stands; that has to be the first one here, too.

    Two matches that share requests must agree in precedence with their order, unless an earlier rule takes what they
    share by a match that wins.
    """
    for place, rules in _all_rules(description):
        ways = _ways(description, place)
        matches = list(_placed(place, rules))
        for index, later in enumerate(matches):
            for earlier in matches[:index]:
                if (
                    earlier.rule == later.rule
                    or not may_overlap(earlier.match, later.match)
                    or not comparable(earlier.match, later.match)
                    or covers(earlier.match, later.match)
                    or precedence(earlier.match) >= precedence(later.match)
                    or ways[earlier.rule] == ways[later.rule]
                ):
                    continue
                shared = intersection(earlier.match, later.match)
                if shared is not None and any(
                    one.rule <= earlier.rule
                    and covers(one.match, shared)
                    and precedence(one.match) >= precedence(later.match)
                    for one in matches
                ):
                    continue
                yield Mistake(
                    earlier.place,
                    _said(earlier.match),
                    f"rule {rules[earlier.rule].name} comes first, but for requests that rule "
                    f"{rules[later.rule].name} ({_said(later.match)}) matches too, Gateway API prefers the latter, "
                    "as the more specific",
                    (f"add the match {_said(shared)} to rule {rules[earlier.rule].name}, or " if shared else "")
                    + f"put rule {rules[later.rule].name} first",
                )


def precedence_is_known(description: Description) -> Iterator[Mistake]:
    """Every gateway implementation prefers the same one of two matches that may share requests."""
    for place, rules in _all_rules(description):
        ways = _ways(description, place)
        matches = list(_placed(place, rules))
        for index, later in enumerate(matches):
            for earlier in matches[:index]:
                different = ways[earlier.rule] != ways[later.rule]
                if different and not comparable(earlier.match, later.match) and not covers(earlier.match, later.match):
                    regular, other = earlier, later
                    if regular.match.path.type != "RegularExpression":
                        regular, other = later, earlier
                    yield Mistake(
                        regular.place,
                        _said(regular.match),
                        f"may share requests with rule {rules[other.rule].name} ({_said(other.match)}), and beside a "
                        "regular expression Gateway API leaves it to the implementation which path wins",
                        "write PathPrefix or Exact paths, or let the rules differ by method or a header's exact value",
                    )


def export_routes_fit(description: Description) -> Iterator[Mistake]:
    """What becomes one HTTPRoute fits into one: 16 rules, 64 matches each, 128 matches in all (Gateway API).

    An ingress listener's route has the rules of its policy. An egress route is split by policy where the rules are too
    many. Where requests of two such routes overlap, Gateway API prefers the older route, whatever the order here.
    """
    for number, export in enumerate(description.exports):
        place: Place = ("exports", number, "rules")
        for policy in admitted_policies(export, description.wan_policies):
            counts = [len(or_all(rule.matches)) for rule in listener_rules(export, policy, description.wan_policies)]
            yield from _too_many(place, f"the listener of WAN policy {policy}", counts)
        yield from _ties(place, export.rules, [rule.wan_policy for rule in export.rules])


def import_routes_fit(description: Description) -> Iterator[Mistake]:
    """The same for the consuming side's own rules."""
    exports = {export.key: export for export in description.exports}
    for number, entry in enumerate(description.imports):
        place: Place = ("imports", number, "rules")
        known = {entry.service, *(rule.backend for rule in entry.rules if rule.backend)}
        if not (entry.rules and known <= exports.keys()):  # references_lead_somewhere says what is not
            continue
        rules = egress_rules(Importing(exports[entry.service], "", entry), exports)
        for policy, part in split_by_policy(rules):
            counts = [len(or_all(rule.matches)) for rule in part]
            if policy:
                yield from _too_many(place, f"WAN policy {policy}", counts)
        yield from _ties(place, entry.rules, [rule.wan_policy for rule in rules])


CHECKS = (
    names_once,
    matches_can_be_written,
    rules_can_be_reached,
    order_is_precedence,
    precedence_is_known,
    export_routes_fit,
    import_routes_fit,
)


def _all_rules(description: Description) -> Iterator[tuple[Place, Sequence[Rule | ImportRule]]]:
    for number, export in enumerate(description.exports):
        yield ("exports", number, "rules"), export.rules
    for number, entry in enumerate(description.imports):
        yield ("imports", number, "rules"), entry.rules


def _ways(description: Description, place: Place) -> list[tuple[str | None, str]]:
    """Give the way of each rule at a place: its WAN policy, and what answers, however that is written."""
    section, number = place[0], int(place[1])
    service = description.exports[number].service if section == "exports" else description.imports[number].service
    rules: Sequence[Rule | ImportRule] = (
        description.exports[number].rules if section == "exports" else description.imports[number].rules
    )
    return [(rule.wan_policy, qualified(rule.backend or service, service.partition(".")[2])) for rule in rules]


def _placed(place: Place, rules: Sequence[Rule | ImportRule]) -> Iterator[_Placed]:
    for index, rule in enumerate(rules):
        for position, match in enumerate(or_all(rule.matches)):
            where = (*place, index, "matches", position) if rule.matches else (*place, index)
            yield _Placed(index, where, match)


def _path(place: Place, path: PathMatch) -> Iterator[Mistake]:
    where = (*place, "path", "value")
    if path.type == "RegularExpression":
        yield from _regular_expression(where, path.value)
    elif not _PATH.match(path.value) or _NOT_IN_PATH.search(path.value):
        yield Mistake(
            where,
            show(path.value),
            "not a path that Gateway API takes; allowed: '/', then letters, digits and -._~!$&'()*+,;=:@%, no empty or "
            "dot elements, no encoded '/', no '#'",
            "write the path as it is requested, without query and fragment",
        )


def _conditions(place: Place, match: Match) -> Iterator[Mistake]:
    headers = [header.name.lower() for header in all_headers(match)]
    if len(headers) > MAX_HEADERS:
        yield Mistake(
            (*place, "headers"),
            f"{len(headers)} headers",
            f"more than a match takes; allowed: {MAX_HEADERS}, the cookie's among them",
            "match fewer headers",
        )
    if len(headers) != len(set(headers)):
        again = sorted({name for name in headers if headers.count(name) > 1})
        yield Mistake(
            (*place, "headers"),
            ", ".join(again),
            "matched twice, of which Gateway API takes only the first; allowed: each header once, case aside, the "
            "cookie's among them",
            "join both into one regular expression, or make two rules",
        )
    for index, header in enumerate(match.headers):
        if header.name.lower() == PORT_HEADER:
            yield Mistake(
                (*place, "headers", index, "name"),
                repr(header.name),
                "set by the egress gateway, to say which port was asked for; allowed: any other header",
                "match by something else",
            )
        where = (*place, "headers", index, "value")
        if header.type == "RegularExpression":
            yield from _regular_expression(where, header.value)
        elif header.value != header.value.strip(" \t"):
            yield Mistake(
                where,
                show(header.value),
                "never matches: HTTP takes the blanks around a header's value away (RFC 9110); allowed: none first or "
                "last",
                "write it without them",
            )
    params = [param.name for param in match.query_params]
    for index, param in enumerate(match.query_params):
        if param.name in params[:index]:
            where = (*place, "queryParams", index, "name")
            yield Mistake(where, repr(param.name), "matched twice; allowed: each parameter once", "remove one of them")
        if param.type == "RegularExpression":
            yield from _regular_expression((*place, "queryParams", index, "value"), param.value)


def _regular_expression(place: Place, pattern: str) -> Iterator[Mistake]:
    """Check the syntax with pydantic's own engine, which like RE2 (Envoy's) has no look-around and no references back.

    Python's `re` would let those pass, and the gateway would refuse the whole route.
    """
    if _RUST_ONLY.search(pattern):
        yield Mistake(
            place,
            show(pattern),
            "a regular expression that does not compile; allowed: RE2 syntax, which has no &&, -- or ~~ in brackets",
            "write the characters out",
        )
    if any(int(count) > MAX_REPETITION for count in re.findall(r"(?<!\\)\{(?:\d+,)?(\d+)", pattern)):
        yield Mistake(
            place,
            show(pattern),
            f"a regular expression that does not compile; allowed: RE2 syntax, {MAX_REPETITION} repetitions at most",
            "repeat less often",
        )
    try:
        TypeAdapter(Annotated[str, Field(pattern=pattern)])
    except SchemaError as error:
        reason = str(error).strip().splitlines()[-1].strip().removeprefix("error: ")
        yield Mistake(
            place,
            show(pattern),
            f"a regular expression that does not compile ({reason}); allowed: RE2 syntax",
            "correct it; RE2 has no look-around and no references back",
        )


def _said(match: Match) -> str:
    """Write a match in the words of a stack file, on one line."""
    parts = [match.method or "", f"{match.path.type} {match.path.value}"]
    parts += [f"header {h.name}: {show(h.value)}" for h in match.headers]
    parts += [f"cookie {match.cookie.name}={match.cookie.value}"] if match.cookie else []
    parts += [f"query {q.name}={show(q.value)}" for q in match.query_params]
    return "{" + ", ".join(part for part in parts if part) + "}"


def _too_many(place: Place, what: str, matches: Sequence[int]) -> Iterator[Mistake]:
    if len(matches) > MAX_RULES:
        yield Mistake(
            place,
            f"{len(matches)} rules for {what}",
            f"more than one HTTPRoute takes; allowed: {MAX_RULES}, with those that refuse an earlier rule's requests",
            "join rules that go the same way into one with several matches",
        )
    if sum(matches) > MAX_ROUTE_MATCHES or max(matches, default=0) > MAX_MATCHES:
        yield Mistake(
            place,
            f"{sum(matches)} matches for {what}, {max(matches)} in one rule",
            f"more than one HTTPRoute takes; allowed: {MAX_ROUTE_MATCHES} in all and {MAX_MATCHES} in a rule",
            "join matches by a common prefix or a regular expression",
        )


def _ties(place: Place, rules: Sequence[Rule] | Sequence[ImportRule], policies: Sequence[str]) -> Iterator[Mistake]:
    """Matches of equal precedence that share requests, where their rules end up in different HTTPRoutes."""
    if fit_one_route(rules):
        return
    matches = list(_placed(place, rules))
    for index, later in enumerate(matches):
        for earlier in matches[:index]:
            if (
                policies[earlier.rule] != policies[later.rule]
                and precedence(earlier.match) == precedence(later.match)
                and may_overlap(earlier.match, later.match)
            ):
                yield Mistake(
                    later.place,
                    _said(later.match),
                    f"shares requests with rule {rules[earlier.rule].name} ({_said(earlier.match)}) at the same "
                    "precedence, and the rules are too many for one HTTPRoute, which would keep their order",
                    f"make one of them more specific, or keep to {MAX_RULES} rules",
                )
