"""Edits of a description, as operators make them: each changes one thing."""

import random
from collections.abc import Callable
from copy import deepcopy

from tests.fabrics import Raw, key, lines

Edit = Callable[[Raw, random.Random], object]


def _export(raw: Raw, chance: random.Random) -> Raw:
    found: Raw = chance.choice(raw["exports"])
    return found


def _policy(raw: Raw, chance: random.Random) -> str:
    return str(chance.choice(sorted(raw["wanPolicies"])))


def _other_policy(raw: Raw, chance: random.Random) -> None:
    export = _export(raw, chance)
    (chance.choice(export["rules"]) if "rules" in export else export)["wanPolicy"] = _policy(raw, chance)


def _weights(raw: Raw, chance: random.Random) -> None:
    export = _export(raw, chance)
    found = [{"cluster": one} if isinstance(one, str) else one for one in export["from"]]
    export["from"] = [one | {"weight": chance.randrange(5)} for one in found]


def _fewer_offers(raw: Raw, chance: random.Random) -> None:
    export = _export(raw, chance)
    export["from"].remove(chance.choice(export["from"]))


def _more_offers(raw: Raw, chance: random.Random) -> None:
    _export(raw, chance)["from"].append(chance.choice(sorted(raw["clusters"])))


def _without_rule(raw: Raw, chance: random.Random) -> None:
    export = _export(raw, chance)
    export["rules"].remove(chance.choice(export["rules"]))


def _matches(raw: Raw, chance: random.Random) -> None:
    chance.choice(_export(raw, chance)["rules"])["matches"] = [{"path": {"value": "/new"}, "method": "PUT"}]


def _backend(raw: Raw, chance: random.Random) -> None:
    chance.choice(_export(raw, chance)["rules"])["backend"] = "another"


def _imports(raw: Raw, chance: random.Random) -> None:
    entry = {"service": key(_export(raw, chance)), "clusters": [chance.choice(sorted(raw["clusters"]))]}
    raw["imports"] = [one for one in raw["imports"] if one["service"] != entry["service"]] + [entry]


def _direct(raw: Raw, chance: random.Random) -> None:
    entry = {"service": key(_export(raw, chance)), "path": "direct"}
    raw["imports"] = [one for one in raw["imports"] if one["service"] != entry["service"]] + [entry]


EDITS: tuple[Edit, ...] = (
    _other_policy,
    _weights,
    _fewer_offers,
    _more_offers,
    _without_rule,
    _matches,
    _backend,
    _imports,
    _direct,
    lambda raw, chance: raw["exports"].remove(_export(raw, chance)),
    lambda raw, chance: raw["clusters"].pop(chance.choice(sorted(raw["clusters"]))),
    lambda raw, chance: raw["wanPolicies"].pop(_policy(raw, chance)),
    lambda raw, _: raw["clusters"].update(
        late={"renderTo": "out/late", "ingress": {"addresses": ["10.9.9.9"]}, "namespaces": ["red"]}
    ),
    lambda raw, _: raw["wanPolicies"].update(
        extra={"tunnel": "extra", "port": 29999, "sla": {"jitterMs": 9, "latencyMs": 9, "lossPercent": 9}}
    ),
    lambda raw, chance: raw["wanPolicies"][_policy(raw, chance)].update(port=29998),
    lambda raw, chance: raw["wanPolicies"][_policy(raw, chance)].update(tunnel="elsewhere"),
    lambda raw, chance: raw["wanPolicies"][_policy(raw, chance)].update(tls="plaintext"),
    lambda raw, chance: raw["wanPolicies"][_policy(raw, chance)].update(failover=_policy(raw, chance)),
    lambda raw, chance: raw["wanPolicies"][_policy(raw, chance)]["sla"].update(latencyMs=77),
    lambda raw, chance: raw["wanPolicies"][_policy(raw, chance)].update(traffic={"retries": {"attempts": 1}}),
    lambda raw, chance: _export(raw, chance).update(callers=[chance.choice(sorted(raw["clusters"]))]),
    lambda raw, chance: _export(raw, chance).update(failover=_policy(raw, chance)),
    lambda raw, chance: _export(raw, chance).update(traffic={"timeouts": {"request": "7s"}}),
    lambda raw, chance: _export(raw, chance).update(port=7777),
    lambda raw, chance: raw["clusters"][chance.choice(sorted(raw["clusters"]))]["ingress"].update(
        addresses=["10.99.0.1"]
    ),
    lambda raw, chance: raw["clusters"][chance.choice(sorted(raw["clusters"]))].update(
        gateway={"profile": "istio", "class": "istio"}
    ),
    lambda raw, _: [one.update(sources=["10.0.0.0/8"]) for one in raw["clusters"].values()],
    lambda raw, _: raw.update(labels={"team": "net"}),
    lambda raw, _: raw.update(tls={"issuer": "another", "caConfigMap": "root"}),
)


def edited(raw: Raw, chance: random.Random, count: int) -> Raw:
    """Give a description with some edits, as far as it is accepted with each."""
    for _ in range(count):
        found = deepcopy(raw)
        try:
            chance.choice(EDITS)(found, chance)
        except (IndexError, KeyError):
            continue
        if not lines(found):
            raw = found
    return raw
