"""From what stands in a stack's configuration to a fabric, with every mistake in one run.

Items (a cluster, a WAN policy, an export, an import) are parsed one by one. What is wrong with a field is reported and,
where the item can do without, cut out, so that the checks between fields still see the rest. What those then say only
because something was cut is left out.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from mcwan.model.checks import check
from mcwan.model.clean import Clean
from mcwan.model.cluster import Cluster, Gateway
from mcwan.model.description import Description, Manage
from mcwan.model.export import Export
from mcwan.model.fabric import Fabric
from mcwan.model.facts import Facts
from mcwan.model.imports import Import
from mcwan.model.leaves import (
    LABEL,
    MAX_CLUSTERS,
    MAX_LISTENERS,
    SECTION,
    ClusterName,
    DnsLabel,
    FabricName,
    LabelKey,
    LabelValue,
)
from mcwan.model.mesh import Mesh
from mcwan.model.messages import KEY, fields_of, said, wrong_key
from mcwan.model.mistakes import CIPHERTEXT, QUOTES, Mistake, MistakesError, Place, is_plain, show, written
from mcwan.model.sdwan import SDWAN
from mcwan.model.sla import SLA
from mcwan.model.telemetry import Telemetry
from mcwan.model.tls import TLS
from mcwan.model.wan_policy import WANPolicy

ModelT = TypeVar("ModelT", bound=BaseModel)
_NO_SLA = SLA(jitter_ms=0, latency_ms=0, loss_percent=0)
_NO_POLICY = WANPolicy(tunnel="x", port=1, sla=_NO_SLA)
Check = Callable[[Description], Iterable[Mistake]]
Fill = Callable[[Description], tuple[Description, list[Mistake]]]


def load(
    name: str,
    raw: Mapping[str, Any],
    *,
    secret: Collection[str] = (),
    checks: Sequence[Check] = (),
    fill: Fill | None = None,
) -> Fabric:
    """Make a fabric of a stack's configuration.

    `raw` has the configuration's keys without `mcwan:`. `secret` names those of its keys that hold a Pulumi secret in
    clear; no value below them is shown. `checks` are more rules to apply, e.g. the gateway profiles'. `fill` fills
    what is not written with the facts of clusters that have some; it is asked once every field by itself is right.

    Raises MistakesError with every mistake, before anything is made.
    """
    clean = Clean(raw)
    reader = _Reader(clean.raw, secret)
    emptied = {one.place for one in clean.mistakes}  # a mapping whose only key is none has nothing left
    mistakes = clean.mistakes + [one for one in reader.read(name) if one.value or one.place not in emptied]
    if fill is not None and any(one.facts != "declared" for one in reader.description.clusters.values()):
        if not mistakes:
            reader.description, mistakes = fill(reader.description)
        if mistakes:
            raise MistakesError(mistakes)
    mistakes += [
        kept
        for one in (check, *checks)
        if not reader.missing
        for mistake in one(reader.description)
        if (kept := reader.placed(mistake)) is not None
    ]
    if mistakes:
        raise MistakesError(mistakes)
    return Fabric.model_construct(None, name=name, **dict(reader.description))


@dataclass
class _Reader:
    """What was read so far, and what was cut."""

    raw: Mapping[str, Any]
    secret: Collection[str]
    description: Description = field(init=False)
    cut: set[Place] = field(default_factory=set)  # items that something was cut from
    lost: set[Place] = field(default_factory=set)  # items that could not be read; a stand-in is checked instead
    missing: set[str] = field(default_factory=set)  # sections that are not there, and nothing between fields can hold
    kept: dict[str, list[int]] = field(default_factory=dict)  # the positions of the exports and imports that were read

    def read(self, name: str) -> list[Mistake]:
        """Read everything; gives the mistakes of single fields."""
        found = self._key(name, FabricName, ("stack",))
        allowed = fields_of(Description)
        found += [wrong_key((str(key),), allowed) for key in self.raw if key not in allowed]
        clusters, mistakes = self._mapping("clusters", ClusterName, Cluster, self._cluster, MAX_CLUSTERS)
        found += mistakes
        wan_policies, mistakes = self._mapping("wanPolicies", DnsLabel, WANPolicy, _wan_policy, MAX_LISTENERS)
        found += mistakes
        exports, mistakes = self._list("exports", Export)
        found += mistakes
        lost = {key for place in self.lost if place[0] == "exports" for key in _names(self.raw["exports"][place[1]])}
        imports, mistakes = self._list("imports", Import)
        found += mistakes
        manage, mistakes = self._item(self.raw.get("manage") or {}, Manage, ("manage",))
        found += mistakes
        tls, mistakes = self._item(self.raw.get("tls") or {}, TLS, ("tls",))
        found += mistakes
        telemetry, mistakes = self._item(self.raw.get("telemetry") or {}, Telemetry, ("telemetry",))
        found += mistakes
        facts, mistakes = self._item(self.raw.get("facts") or {}, Facts, ("facts",))
        found += mistakes
        sdwan, mistakes = self._item(self.raw.get("sdwan") or {}, SDWAN, ("sdwan",))
        found += mistakes
        labels, mistakes = self._labels()
        found += mistakes
        self.kept["imports"] = [
            index for index, one in zip(self.kept["imports"], imports, strict=True) if not lost & _services(one)
        ]
        self.description = Description.model_construct(
            None,
            clusters=clusters,
            wan_policies=wan_policies,
            exports=tuple(exports),
            imports=tuple(one for one in imports if not lost & _services(one)),
            manage=manage or Manage(),
            tls=tls or TLS(mode="plaintext"),  # else each cluster would be told to want certificates
            telemetry=telemetry or Telemetry(),
            facts=facts or Facts(),
            sdwan=sdwan or SDWAN(),
            labels=labels,
        )
        return found

    def placed(self, mistake: Mistake) -> Mistake | None:
        """Put a check's mistake where its item really stands; None if it may only come from what was cut."""
        mistake = replace(mistake, place=self._real(mistake.place), other=self._real(mistake.other))
        item = mistake.place[:2]
        if item in self.lost | self.cut and not mistake.value:
            return None
        if item in self.lost and mistake.value.startswith("-"):  # a stand-in's port
            return None
        return self._shown(mistake)

    def _real(self, place: Place) -> Place:
        if len(place) > 1 and isinstance(place[1], int) and place[0] in self.kept:
            place = (place[0], self.kept[str(place[0])][place[1]], *place[2:])
        while place and place[-1] == "cluster" and isinstance(_at(self.raw, place[:-1]), str):
            place = place[:-1]  # an offer may be a plain name
        return place

    def _shown(self, mistake: Mistake) -> Mistake:
        """Hide every value below a key that holds a secret: a kubeconfig may stand at the wrong place."""
        if mistake.value == CIPHERTEXT:
            remedy = f"write it so, or: pulumi config set --path 'mcwan:{written(mistake.place)}' VALUE"
            return replace(mistake, problem="not allowed; allowed: a value in clear", remedy=remedy)
        if mistake.value and mistake.place[0] in self.secret:
            remedy = "correct it" if mistake.value.strip("'") in mistake.remedy else mistake.remedy
            return replace(mistake, value=f"(hidden, mcwan:{mistake.place[0]} holds a secret)", remedy=remedy)
        return mistake

    def _cluster(self, raw: object, number: int) -> Cluster:
        """Stand in for a cluster that cannot be read as written, with namespaces and a mesh as it seems to have.

        Where those cannot be read either it has all, so that nothing is said for want of one.
        """
        raw = raw if isinstance(raw, Mapping) else {}
        namespaces = raw.get("namespaces")
        if not isinstance(namespaces, list):
            exports = self.raw.get("exports")
            listed = exports if isinstance(exports, list) else []
            services = [str(one.get("service")) for one in listed if isinstance(one, Mapping)]
            namespaces = [service.partition(".")[2] for service in services]
        names = tuple(one for one in namespaces if isinstance(one, str) and re.match(LABEL, one))
        known = {**dict(Cluster()), "namespaces": tuple(dict.fromkeys(names))}
        if "mesh" in raw:
            known |= {"mesh": Mesh(trust_domain=f"{number}.stand-in"), "gateway": Gateway(profile="istio")}
        return Cluster.model_construct({"namespaces"}, **known)

    def _mapping(
        self, section: str, name: Any, model: type[BaseModel], stand_in: Callable[[object, int], BaseModel], most: int
    ) -> tuple[dict[str, Any], list[Mistake]]:
        value = self.raw.get(section)
        if not isinstance(value, Mapping) or not value:
            self.missing.add(section)
            shown = "" if value is None or value == {} else show(value)
            wrong = "not a mapping" if shown else "nothing is described"
            problem = f"{wrong}; allowed: a mapping of 1 to {most} names"
            return {}, [self._shown(Mistake((section,), shown, problem, f"describe them under mcwan:{section}"))]
        items: dict[str, Any] = {}
        found: list[Mistake] = []
        if len(value) > most:
            found.append(Mistake((section,), str(len(value)), f"too many; allowed: 1 to {most}", "split the fabric"))
        for number, (key, raw) in enumerate(value.items()):
            place = (section, str(key))
            found += self._key(key, name, place)
            item, mistakes = self._item(raw, model, place)
            found += mistakes
            if item is None or (place in self.cut and isinstance(item, Cluster)):
                item = stand_in(raw, number)
            items[str(key)] = item
        return items, found

    def _list(self, section: str, model: type[BaseModel]) -> tuple[list[Any], list[Mistake]]:
        value = self.raw.get(section)
        self.kept[section] = []
        if not isinstance(value, list | tuple):
            wrong = Mistake((section,), show(value), "not a list; allowed: a list", "write each entry after '- '")
            return [], [self._shown(wrong)] if value is not None else []
        items, found = [], []
        for number, raw in enumerate(value):
            item, mistakes = self._item(raw, model, (section, number))
            found += mistakes
            if item is not None:
                items.append(item)
                self.kept[section].append(number)
        return items, found

    def _labels(self) -> tuple[dict[str, str], list[Mistake]]:
        value = self.raw.get("labels")
        if value is None:
            return {}, []
        if not isinstance(value, Mapping):
            wrong = Mistake(("labels",), show(value), "not a mapping; allowed: a mapping", "write each as KEY: VALUE")
            return {}, [self._shown(wrong)]
        items: dict[str, str] = {}
        found = []
        for key, text in value.items():
            place = ("labels", str(key))
            mistakes = self._key(key, LabelKey, place) + self._key(text, LabelValue, place)
            if not mistakes:
                items[key] = text
            remedy = QUOTES if is_plain(text) else "correct it"
            found += [self._shown(replace(one, remedy=remedy)) for one in mistakes]
        return items, found

    def _key(self, key: object, kind: Any, place: Place) -> list[Mistake]:
        try:
            TypeAdapter(kind).validate_python(key)
        except ValidationError as error:
            return [replace(said(one, BaseModel, key), place=place) for one in error.errors()]
        return []

    def _item(self, raw: object, model: type[ModelT], place: Place) -> tuple[ModelT | None, list[Mistake]]:
        """Read one item; None if it cannot be read even with what is wrong cut out."""
        value = deepcopy(raw)
        found: list[Mistake] = []
        gone: set[tuple[str | int, ...]] = set()
        # where a section is missing, that is told, and not of everything that leads there
        names: dict[str, Any] = {kind: _keys(self.raw.get(key)) or None for kind, key in SECTION.items()}
        while True:
            context = {"secrets": place[0] in self.secret, **({} if gone else names)}
            try:
                return model.model_validate(value, context=context, by_alias=True, by_name=False), found
            except ValidationError as error:
                errors = error.errors(include_url=False)
            before = len(gone)
            places = [one["loc"] for one in errors]
            lists = {loc[:index] for loc in places for index, part in enumerate(loc) if isinstance(part, int)}
            # pydantic counts only the good items of a list
            errors = [one for one in errors if one["type"] != "too_short" or one["loc"] not in lists]
            for one in errors:
                where = _inside(value, one["loc"])
                if where not in gone:
                    mistake = said(one, model, _at(value, where))
                    remedy = mistake.remedy.replace("clusters.NAME", f"clusters.{place[-1]}")
                    found.append(self._shown(replace(mistake, place=(*place, *where), remedy=remedy)))
            whole = [one for one in errors if not _cut_out(value, _inside(value, one["loc"]), one["type"])]
            gone |= {_inside(value, one["loc"]) for one in errors} | {("",)}
            if any(one["type"] not in ("reference", "extra_forbidden") for one in errors) or any(
                mistake.remedy.startswith("did you mean") for mistake in found
            ):
                self.cut.add(place)
            if whole or len(gone) == before:
                self.lost.add(place)
                return None, found


def _keys(section: object) -> frozenset[str]:
    return frozenset(map(str, section)) if isinstance(section, Mapping) else frozenset()


def _inside(value: Any, loc: Place) -> Place:
    """Give the part of pydantic's location that exists as written: an offer may be a plain name."""
    if loc and loc[-1] == KEY:
        return loc[:-1]
    for index, part in enumerate(loc):
        in_list = isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)
        if in_list or (isinstance(value, Mapping) and part in value):
            value = value[part]
        elif isinstance(value, Mapping):
            return loc[: index + 1]
        else:
            return loc[:index]
    return loc


def _at(value: Any, place: Place) -> object:
    for part in place:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list | tuple) and isinstance(part, int):
            value = value[part]
        else:
            return None
    return value


def _cut_out(value: Any, place: Place, kind: str) -> bool:
    """Cut out what is wrong; False if the item cannot be read without it."""
    if kind == "reference":
        return True  # read again without knowing names, the item is whole; `check` knows them too
    if kind == "missing" or not place or "matches" in place:  # without it a rule would match more
        return False
    container = _at(value, place[:-1])
    if not isinstance(container, dict):
        return False
    named = container.pop(place[-1], None)
    if place[-1] == "name" and kind.startswith("string_"):
        container["name"] = re.sub(r"[^a-z0-9]+", "-", str(named).lower()).strip("-")[:50] or "x"  # needed
    return True


def _wan_policy(raw: object, number: int) -> WANPolicy:
    """Stand in for a WAN policy that cannot be read, with its port or one that is nobody's."""
    port = raw.get("port") if isinstance(raw, Mapping) else None
    if not isinstance(port, int) or isinstance(port, bool) or not 1 <= port <= 65535:
        port = -1 - number
    return WANPolicy.model_construct(None, **{**dict(_NO_POLICY), "tunnel": "", "port": port})


def _names(raw: object) -> set[str]:
    """Give the keys that an export which cannot be read may have been meant to have."""
    if not isinstance(raw, Mapping):
        return set()
    service = str(raw.get("service"))
    return {service, f"{raw.get('name')}.{service.partition('.')[2]}"}


def _services(entry: Import) -> set[str]:
    return {entry.service, *(rule.backend for rule in entry.rules if rule.backend)}
