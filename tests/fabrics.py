"""Descriptions for tests: the example of `Pulumi.dev.yaml`, changed at will, and a strategy for consistent ones."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any, get_args

from hypothesis import strategies as st

from mcwan import gateways
from mcwan import stack as stacks
from mcwan.model import Fabric, MistakesError
from mcwan.model.cluster import Balancer
from mcwan.model.leaves import NODE_PORTS
from mcwan.plan import Plan
from mcwan.plan.manifests import Manifest

Raw = dict[str, Any]
GONE = object()
"""What `put` writes to remove a key or an item."""

ISSUED: Raw = {"issuer": "mc-wan"}
"""The TLS of the example."""
_EXAMPLE: Raw = {
    "clusters": {
        "cluster-1": {
            "renderTo": "deployed/dev/cluster-1",
            "ingress": {"addresses": ["198.51.100.11"]},
            "namespaces": ["secure", "insecure"],
        },
        "cluster-2": {
            "renderTo": "deployed/dev/cluster-2",
            "ingress": {"addresses": ["198.51.100.12"]},
            "namespaces": ["secure", "insecure"],
        },
    },
    "tls": ISSUED,
    "wanPolicies": {
        "high": {"tunnel": "business", "port": 31111, "sla": {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1}},
        "low": {"tunnel": "default", "port": 31112, "sla": {"jitterMs": 1000, "latencyMs": 1000, "lossPercent": 100}},
    },
    "exports": [
        {
            "service": "payment.secure",
            "port": 8080,
            "from": ["cluster-1"],
            "rules": [
                {
                    "name": "queries",
                    "matches": [{"method": "GET", "path": {"type": "PathPrefix", "value": "/payment"}}],
                    "wanPolicy": "high",
                },
                {
                    "name": "stats",
                    "matches": [{"path": {"type": "PathPrefix", "value": "/stats"}}],
                    "wanPolicy": "low",
                },
            ],
        },
        {"service": "logging.insecure", "port": 8080, "from": ["cluster-1"], "wanPolicy": "low"},
    ],
}


def described(**changes: Any) -> Raw:
    """Give the raw description of `Pulumi.dev.yaml`, whole sections replaced by `changes`, and without TLS.

    Most tests are not about TLS, and whole objects are shorter to compare without it. Those that are say `tls`; the
    example's own is ISSUED.
    """
    return deepcopy(_EXAMPLE) | {"tls": {"mode": "plaintext"}} | changes


def changed(changes: Mapping[str, Any], raw: Raw | None = None) -> Raw:
    """Give the example, or `raw`, with the values at some places replaced; see `put`."""
    found = described() if raw is None else deepcopy(raw)
    for place, value in changes.items():
        put(found, place, value)
    return found


def put(raw: Any, place: str, value: Any) -> None:
    """Write a value at a place like `exports/0/from`; `-` is the place after a list's last item, GONE removes."""
    *way, last = place.split("/")
    for part in way:
        raw = raw[int(part)] if isinstance(raw, list) else raw.setdefault(part, {})
    if isinstance(raw, list) and last == "-":
        raw.append(value)
    elif value is GONE:
        del raw[int(last) if isinstance(raw, list) else last]
    else:
        raw[int(last) if isinstance(raw, list) else last] = value


def federated() -> Raw:
    """Give a description of two meshes and a third cluster, with all that federated imports may have.

    Several ports; own pods beside those of other clusters; rules of its own that lead to another export. Beta is
    ambient.
    """
    sla = {"jitterMs": 1, "latencyMs": 2, "lossPercent": 0.5}
    mesh: Raw = {"gateway": {"profile": "istio"}, "namespaces": ["red", "green"]}
    clusters: Raw = {
        "alpha": mesh | {"mesh": {"trustDomain": "alpha.example", "strict": True}},
        "beta": mesh | {"mesh": {"trustDomain": "beta.example", "rootNamespace": "mesh-root", "ambient": True}},
        "edge": {"namespaces": ["red"]},
    }
    for number, (name, cluster) in enumerate(clusters.items(), start=1):
        cluster |= {"renderTo": f"out/{name}", "ingress": {"addresses": [f"10.{number}.0.1"]}}
    ports = [{"name": "http", "port": 8080}, {"name": "admin", "port": 9090}]
    named = rule("named", "gold", prefix("/pay", method="GET", cookie={"name": "user", "value": "test"}))
    traffic = {"retries": 0, "timeouts": {"request": "3s"}}
    find = {"service": "find.green", "port": 80, "from": ["beta"], "wanPolicy": "gold", "traffic": traffic}
    return {
        "clusters": clusters,
        "tls": ISSUED,
        "wanPolicies": {
            "gold": {"tunnel": "business", "port": 31111, "sla": sla, "failover": "low"},
            "low": {"tunnel": "default", "port": 31112, "sla": sla},
            "high": {"tunnel": "default", "port": 31113, "sla": sla},
        },
        "exports": [
            exported(
                service="pay.red",
                port=GONE,
                wanPolicy=GONE,
                ports=ports,
                from_=list(clusters),
                rules=[named, rule("stats", "high", prefix("/stats")), rule("rest", "low")],
            ),
            exported(service="log.red", from_=["edge"]),
            find | {"callers": [{"cluster": "alpha", "accounts": ["sleep.green"]}]},
        ],
        "imports": [
            {"service": "pay.red", "clusters": ["alpha", "beta"], "path": "federated"},
            {
                "service": "log.red",
                "clusters": ["alpha"],
                "path": "federated",
                "rules": [rule("canary", None, prefix("/find"), backend="find.green"), rule("stable", None)],
            },
            {"service": "find.green", "clusters": ["beta"]},
        ],
    }


def exported(**changes: Any) -> Raw:
    """Give one more export, `cart.secure` by low; `from_` is its `from`."""
    found: Raw = {"service": "cart.secure", "port": 80, "from_": ["cluster-1"], "wanPolicy": "low"} | changes
    return {name.rstrip("_"): value for name, value in found.items() if value is not GONE}


def ruled(*rules: Raw) -> Raw:
    """Give one more export, `cart.secure`, with these rules."""
    return exported(wanPolicy=GONE, rules=list(rules))


def rule(name: str, policy: str | None, *matches: Raw, **rest: Any) -> Raw:
    """Give a rule; without a policy, one of an import."""
    found: Raw = {"name": name, **rest}
    if policy is not None:
        found["wanPolicy"] = policy
    if matches:
        found["matches"] = list(matches)
    return found


def prefix(value: str, **rest: Any) -> Raw:
    """Give a match on a path prefix."""
    return {"path": {"value": value}, **rest}


def fabric(raw: Raw | None = None, *, name: str = "test", **changes: Any) -> Fabric:
    """Make the fabric of a raw description, by default the example's with whole sections changed."""
    return stacks.fabric(name, described(**changes) if raw is None else raw)


def planned(raw: Raw | None = None, *, name: str = "test", **changes: Any) -> Plan:
    """Make a plan of the same."""
    return gateways.plan(fabric(raw, name=name, **changes))


def lines(raw: Any, *, secret: Iterable[str] = (), name: str = "test") -> list[str]:
    """Give the lines of the message that a description is refused with; none if it is accepted."""
    try:
        stacks.fabric(name, raw, secret=set(secret))
    except MistakesError as error:
        return str(error).split("\n")
    return []


def on(plan: Plan, cluster: str, kind: str | None = None) -> list[Manifest]:
    """Give a cluster's objects, or those of one kind, in order."""
    return [one.manifest for one in plan.objects if one.cluster == cluster and kind in (None, one.manifest["kind"])]


def called(plan: Plan, cluster: str, kind: str, name: str, namespace: str | None = None) -> Manifest:
    """Give the one object with a kind, a name and, if it has one, a namespace."""
    (found,) = (
        one
        for one in on(plan, cluster, kind)
        if one["metadata"]["name"] == name and one["metadata"].get("namespace") == namespace
    )
    return found


def labelled(component: str, *policies: str, export: str | None = None, fabric: str = "test") -> dict[str, str]:
    """Give the labels that an object has to have."""
    found = {
        "app.kubernetes.io/name": "mc-wan",
        "app.kubernetes.io/instance": fabric,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "mc-wan",
        "app.kubernetes.io/managed-by": "mcwan",
    }
    if export is not None:
        name, namespace = export.split(".")
        found |= {"mc-wan.l7mp.io/export": name, "mc-wan.l7mp.io/export-namespace": namespace}
    return found | {f"wan-policy.mc-wan.l7mp.io/{policy}": "true" for policy in policies}


# What the strategy chooses from. Requests are drawn from the same pools, so that they often match.
NAMESPACES = ("red", "green", "blue")
SERVICES = ("pay", "log", "cart", "find")
ALIASES = ("pay-gold", "log-gold", "cart-2")
PATHS = ("/", "/pay", "/pay/1", "/pay/1/x", "/stats", "/pays")
METHODS = ("GET", "POST")
HEADER = ("X-Env", ("v1", "v2"))
COOKIES = ("test", "beta")
QUERY = ("q", ("1", "2"))
SERVICE_PORTS = (80, 8080)
_CLUSTERS = ("alpha", "beta", "c3", "delta-4", "edge")
_POLICIES = ("gold", "high", "low", "p4")
_PROFILES: tuple[Raw, ...] = (
    {},
    {"profile": "istio", "class": "istio"},
    {"profile": "standard", "class": "internal"},
)


_NODES: Raw = {"exposure": "NodePort"}
_BALANCED: tuple[Raw, ...] = tuple(
    {"exposure": "LoadBalancer", "balancer": name, **({"balancerPool": "sdwan"} if name == "metallb" else {})}
    for name in get_args(Balancer)
)
_EXPOSED: Mapping[str, tuple[Raw, ...]] = {
    "envoy-gateway": ({}, {}, {}, {}, _NODES, _NODES, _NODES, _NODES, *_BALANCED),
    "istio": ({}, _NODES),
    "standard": ({},),
}
_TLS: tuple[Raw, ...] = (
    {"mode": "plaintext"},
    {"issuer": "mc-wan", "caConfigMap": "root"},
    {"secrets": {"ingress": "in", "egress": "out"}, "caConfigMap": "root", "domain": "a.b"},
)


@st.composite
def matches(draw: st.DrawFn) -> Raw:
    """Give one match, as it is written."""
    found: Raw = {
        "path": {"type": draw(st.sampled_from(("PathPrefix", "Exact"))), "value": draw(st.sampled_from(PATHS))}
    }
    if draw(st.booleans()):
        found["method"] = draw(st.sampled_from(METHODS))
    what = draw(st.sampled_from(("", "", "header", "pattern", "cookie", "query")))
    if what == "header":
        name, values = HEADER
        found["headers"] = [
            {"name": draw(st.sampled_from((name, name.lower()))), "value": draw(st.sampled_from(values))}
        ]
    elif what == "pattern":
        found["headers"] = [{"type": "RegularExpression", "name": HEADER[0], "value": "v[1-9]"}]
    elif what == "cookie":
        found["cookie"] = {"name": "user", "value": draw(st.sampled_from(COOKIES))}
    elif what == "query":
        found["queryParams"] = [{"name": QUERY[0], "value": draw(st.sampled_from(QUERY[1]))}]
    return found


@st.composite
def fabrics(draw: st.DrawFn, *, meshes: bool = False, wide: bool = False) -> Raw:
    """Give a consistent raw description: 1-5 clusters, 1-4 WAN policies, 0-8 exports, some imports.

    With `meshes`, clusters of Istio's have one, and some imports are federated. With `wide`, there are sources, traffic
    and namespaces of Services, too; WAN ports may be low, and have the number of a service's port.
    """
    clusters = draw(_clusters(meshes=meshes, wide=wide))
    allowed = wan_ports(clusters) if wide else NODE_PORTS
    policies = draw(_wan_policies(allowed, wide=wide))
    tls = draw(st.sampled_from(_TLS))
    federating = meshes and any("mesh" in cluster for cluster in clusters.values()) and draw(st.booleans())
    if federating:  # by mutual TLS only
        tls = draw(st.sampled_from(_TLS[1:]))
        for policy in policies.values():
            policy.pop("tls", None)
    raw: Raw = {"clusters": clusters, "tls": tls, "wanPolicies": policies, "exports": [], "imports": []}
    names = draw(
        st.lists(
            st.tuples(st.sampled_from(SERVICES), st.sampled_from(("", "", "", *ALIASES)), st.sampled_from(NAMESPACES)),
            max_size=8,
            unique_by=lambda one: (one[1] or one[0], one[2]),
        )
    )
    for number, (service, name, namespace) in enumerate(names):
        having = [one for one, cluster in clusters.items() if namespace in cluster["namespaces"]]
        if having:
            export = {"service": f"{service}.{namespace}", **({"name": name} if name else {})}
            grown = draw(_export(export, having, sorted(policies), raw, number))
            if wide and "port" in grown:
                ports = [one["port"] for one in policies.values()]
                grown["port"] = draw(st.sampled_from((*SERVICE_PORTS, *ports)))
            _grow(raw, "exports", grown | draw(_held(grown, sorted(policies), sorted(clusters), raw, wide=wide)))
    for export in list(raw["exports"]):
        if federating or draw(st.integers(0, 2)) == 0:
            _grow(raw, "imports", draw(_import(export, raw)))
    return raw


@st.composite
def _clusters(draw: st.DrawFn, *, meshes: bool, wide: bool) -> Raw:
    names = draw(st.lists(st.sampled_from(_CLUSTERS), min_size=1, max_size=5, unique=True))
    found: Raw = {}
    # failover is for fabrics without the standard profile
    profiles = draw(st.sampled_from((_PROFILES, ({},), _PROFILES[:2])))
    for number, name in enumerate(names, start=1):
        addresses = [f"10.{number}.0.{host}" for host in draw(st.lists(st.integers(1, 9), max_size=3, unique=True))]
        if draw(st.booleans()) or not addresses:
            addresses.append(f"fd00:{number}::1")
        profile = draw(st.sampled_from(profiles))
        found[name] = {
            "renderTo": f"out/{name}",
            "ingress": {"addresses": addresses},
            "namespaces": draw(st.lists(st.sampled_from(NAMESPACES), unique=True)),
        }
        if profile:
            found[name]["gateway"] = profile
        found[name]["ingress"] |= draw(st.sampled_from(_EXPOSED[profile.get("profile", "envoy-gateway")]))
        if meshes and profile.get("profile") == "istio":
            root = draw(st.sampled_from(["istio-system", "mesh-root"]))
            kinds = {"strict": draw(st.booleans()), "ambient": draw(st.booleans())}
            found[name]["mesh"] = {"trustDomain": f"{name}.example", "rootNamespace": root} | kinds
        if draw(st.integers(0, 3)) == 0:
            found[name]["mcsApi"] = "v1alpha1"
        if wide and profile.get("profile") != "standard" and draw(st.integers(0, 3)) == 0:
            found[name]["gateway"] = {**profile, "serviceNamespace": "gateways"}
    if wide and draw(st.integers(0, 2)) == 0:
        for number, cluster in enumerate(found.values(), start=1):
            cluster["sources"] = draw(st.sampled_from(([f"10.{number}.0.0/16"], [f"10.{number}.0.0/16", "fd00::/16"])))
    return found


def wan_ports(clusters: Raw) -> Sequence[int]:
    """Give the ports that WAN policies may have: low ones, and those of services, where no gateway is a NodePort."""
    exposed = any(cluster["ingress"].get("exposure") == "NodePort" for cluster in clusters.values())
    return [*NODE_PORTS] if exposed else [443, *SERVICE_PORTS, 8443, 9443, 30000, 31111]


@st.composite
def _traffic(draw: st.DrawFn) -> Raw:
    """Give how requests are treated: some of all that can be said, whole or in parts."""
    parts: Raw = {
        "idempotent": draw(st.booleans()),
        "retries": draw(st.sampled_from((0, 1, 3, 10))),
        "timeouts": draw(st.sampled_from(({"request": "3s"}, {"connect": "2s", "perTry": "1s"}, {"keepalive": "5s"}))),
        "healthChecks": draw(st.sampled_from(({}, {"interval": "3s", "timeout": "1s"}))),
        "outliers": draw(st.sampled_from(({"errors": 2}, {"errors": 7, "ejection": "30s"}))),
        "limits": draw(st.sampled_from(({"connections": 10}, {"pending": 1, "requests": 20, "retries": 2}))),
    }
    return {key: parts[key] for key in draw(st.lists(st.sampled_from(sorted(parts)), max_size=3, unique=True))}


@st.composite
def _wan_policies(draw: st.DrawFn, allowed: Sequence[int], *, wide: bool) -> Raw:
    names = draw(st.lists(st.sampled_from(_POLICIES), min_size=1, max_size=4, unique=True))
    ports = draw(st.lists(st.sampled_from(allowed), min_size=len(names), max_size=len(names), unique=True))
    found: Raw = {}
    for name, port in zip(names, ports, strict=True):
        found[name] = {"tunnel": "business", "port": port, "sla": {"jitterMs": 1, "latencyMs": 2, "lossPercent": 0.5}}
        if draw(st.integers(0, 2)) == 0:
            found[name]["tls"] = "plaintext"
        if wide and draw(st.integers(0, 3)) == 0:
            found[name]["traffic"] = draw(_traffic())
    for name, other in pairwise(names):  # a later one, so that there is no circle
        if draw(st.integers(0, 3)) == 0:
            found[name]["failover"] = other
    return found


@st.composite
def _export(draw: st.DrawFn, export: Raw, having: Sequence[str], policies: Sequence[str], raw: Raw, number: int) -> Raw:
    offering = draw(st.lists(st.sampled_from(having), min_size=1, max_size=3, unique=True))
    weights = [draw(st.sampled_from((1, 1, 3, 0))) for _ in offering]
    weights[0] = weights[0] or 1
    offers: list[Any] = [{"cluster": one, "weight": weight} for one, weight in zip(offering, weights, strict=True)]
    own = draw(st.integers(0, 3)) == 0 and all(
        raw["clusters"][one]["ingress"].get("exposure") != "NodePort" for one in offering
    )
    if own:
        export = export | {"scope": "service"}
        for index, one in enumerate(offering):
            offers[index]["addresses"] = [f"10.100.{number}.{sorted(raw['clusters']).index(one) + 1}"]
    else:
        offers = [one["cluster"] if one["weight"] == 1 and draw(st.booleans()) else one for one in offers]
    export = export | {"from": offers}
    if draw(st.integers(0, 2)) == 0:
        export["ports"] = [{"name": "http", "port": 8080}, {"name": "admin", "port": 9090}]
    else:
        export["port"] = draw(st.sampled_from(SERVICE_PORTS))
    if draw(st.booleans()):
        return export | {"wanPolicy": draw(st.sampled_from(policies))}
    namespace = export["service"].partition(".")[2]
    rules = [
        rule(
            f"r{index}",
            draw(st.sampled_from(policies)),
            *draw(st.lists(matches(), min_size=1, max_size=2)),
            **draw(st.sampled_from(({}, {}, {"backend": "pay-v2"}, {"backend": f"pay-v3.{namespace}"}))),
        )
        for index in range(draw(st.integers(1, 5)))
    ]
    if draw(st.booleans()):
        rules.append(rule("rest", draw(st.sampled_from(policies))))
    accepted: list[Raw] = []
    for its in rules:  # one after the other, so that what the checks refuse costs one rule and not the example
        if not lines(raw | {"exports": [export | {"rules": [*accepted, its]}], "imports": []}):
            accepted.append(its)
    return export | ({"rules": accepted} if accepted else {"wanPolicy": policies[0]})


@st.composite
def _held(
    draw: st.DrawFn, export: Raw, policies: Sequence[str], clusters: Sequence[str], raw: Raw, *, wide: bool
) -> Raw:
    """Give failover, a spare, callers and traffic for an export, where the profiles of its clusters allow that."""
    found: Raw = {}
    if draw(st.booleans()):
        found["failover"] = draw(st.sampled_from((*policies, "none")))
    if draw(st.integers(0, 2)) == 0:
        found["callers"] = draw(st.lists(st.sampled_from(clusters), unique=True))
    if len(export["from"]) > 1 and draw(st.booleans()):
        *first, last = export["from"]
        found["from"] = [*first, ({"cluster": last} if isinstance(last, str) else last) | {"spare": True}]
    if wide and draw(st.integers(0, 3)) == 0:
        found["traffic"] = draw(_traffic())
    kept: Raw = {}
    for name, value in found.items():
        if not lines(raw | {"exports": [*raw["exports"], export | kept | {name: value}]}):
            kept[name] = value
    if lines(raw | {"exports": [*raw["exports"], export | kept]}):
        kept["failover"] = "none"
    return kept


@st.composite
def _import(draw: st.DrawFn, export: Raw, raw: Raw) -> Raw:
    namespace = export["service"].partition(".")[2]
    having = [one for one, cluster in raw["clusters"].items() if namespace in cluster["namespaces"]]
    found: Raw = {"service": key(export)}
    if draw(st.booleans()):
        found["clusters"] = draw(st.lists(st.sampled_from(having), min_size=1, unique=True))
    meshes = [one for one in having if "mesh" in raw["clusters"][one]]
    federated = ("federated",) * 6 if meshes else ()
    kind = draw(st.sampled_from(("", "direct", "direct", "own", "canary", "canary", *federated)))
    if kind == "federated":
        found |= {"path": "federated", "clusters": draw(st.lists(st.sampled_from(meshes), min_size=1, unique=True))}
        kind = draw(st.sampled_from(("", "own", "canary")))
    if kind == "direct":
        found["path"] = "direct"
    elif kind == "own" and "rules" in export:
        found["rules"] = [
            {field: one[field] for field in ("name", "matches", "wanPolicy") if field in one}
            for one in export["rules"][: draw(st.integers(1, len(export["rules"])))]
        ]
    elif kind == "canary" and "wanPolicy" in export:
        others = [one for one in raw["exports"] if "wanPolicy" in one and one.get("scope") != "service"]
        backend = {"backend": key(draw(st.sampled_from(others)))} if others else {}
        found["rules"] = [rule("canary", None, draw(matches()), **backend), rule("stable", None)]
    return found


def key(export: Raw) -> str:
    """Give the key of an export as it is written."""
    service, _, namespace = export["service"].partition(".")
    return f"{export.get('name') or service}.{namespace}"


def _grow(raw: Raw, section: str, item: Raw) -> None:
    """Add an item, unless the description is refused with it."""
    if not lines(raw | {section: [*raw[section], item]}):
        raw[section].append(item)
