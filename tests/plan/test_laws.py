"""What holds of every plan, whatever is described."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcwan.plan import Plan
from mcwan.plan.manifests import Manifest, identity
from tests.api_server import problems
from tests.fabrics import (
    GONE,
    ISSUED,
    Raw,
    changed,
    exported,
    fabrics,
    key,
    lines,
    matches,
    on,
    planned,
    prefix,
    rule,
    ruled,
)
from tests.reference_router import Hop, Request, Router, first_rule, requests, rules_of

MESH = "mc-wan"


def routers(plan: Plan) -> dict[str, Router]:
    return {cluster: Router(on(plan, cluster)) for cluster in plan.fabric.clusters}


def hosts(export: Raw) -> list[str]:
    name, _, namespace = key(export).partition(".")
    return [
        f"{name}.{namespace}.svc.clusterset.local",
        f"{name}-clusterset.{namespace}.svc.cluster.local",
        f"{name}.{namespace}.svc.cluster.local",
        f"{name}-clusterset.{namespace}.svc",
        f"{name}-clusterset.{namespace}",
    ]


def offers(export: Raw) -> dict[str, Raw]:
    written = ({"cluster": one} if isinstance(one, str) else one for one in export["from"])
    return {one["cluster"]: {"weight": 1} | one for one in written}


def ports(export: Raw) -> list[int]:
    return [one["port"] for one in export["ports"]] if "ports" in export else [export["port"]]


def own_gateway(export: Raw) -> bool:
    return export.get("scope") == "service"


def addresses(raw: Raw, export: Raw, cluster: str) -> set[str]:
    own = offers(export)[cluster].get("addresses")
    return set(own or raw["clusters"][cluster]["ingress"]["addresses"])


def entry_for(raw: Raw, export: Raw, cluster: str) -> Raw | None:
    """Give the entry of imports by which a cluster imports an export; {} if by none; None if it does not."""
    namespace = export["service"].partition(".")[2]
    if namespace not in raw["clusters"][cluster]["namespaces"]:
        return None
    entries = [one for one in raw["imports"] if one["service"] == key(export)]
    if not entries:
        return {}
    return next((one for one in entries if cluster in one.get("clusters", [cluster])), None)


def ingress_of(router: Router, export: Raw) -> Manifest:
    name, _, namespace = key(export).partition(".")
    own = own_gateway(export)
    found = router.found("Gateway", namespace if own else MESH, f"{name}-ingress" if own else "mc-wan-ingress")
    assert found is not None
    return found


def backend_of(export: Raw, its: Mapping[str, Any]) -> tuple[str, str]:
    """Give (namespace, name) of the Service that answers a rule."""
    namespace = export["service"].partition(".")[2]
    name, _, elsewhere = its.get("backend", export["service"].partition(".")[0]).partition(".")
    return elsewhere or namespace, name


@st.composite
def shuffled(draw: st.DrawFn, raw: Raw) -> Raw:
    """Give the same description in another order, wherever order says nothing."""

    def mapping(found: Raw) -> Raw:
        return {name: found[name] for name in draw(st.permutations(sorted(found)))}

    def one(found: Raw, *sets: str) -> Raw:
        return mapping({**found, **{name: draw(st.permutations(found[name])) for name in sets if name in found}})

    return mapping(
        {
            "clusters": mapping(
                {
                    name: one(cluster, "namespaces") | {"ingress": one(cluster["ingress"], "addresses")}
                    for name, cluster in raw["clusters"].items()
                }
            ),
            "tls": mapping(raw["tls"]),
            "wanPolicies": mapping({name: mapping(policy) for name, policy in raw["wanPolicies"].items()}),
            "exports": [one(export, "from", "ports", "callers") for export in draw(st.permutations(raw["exports"]))],
            "imports": [one(entry, "clusters") for entry in draw(st.permutations(raw["imports"]))],
        }
    )


@given(st.data())
def test_order_of_the_input_never_changes_the_plan(data: st.DataObject) -> None:
    raw = data.draw(fabrics())
    again = data.draw(shuffled(raw))
    one, other = planned(raw), planned(again)
    assert one.objects == other.objects
    assert repr(one.objects) == repr(other.objects), "the order of keys, too: the bytes are the same"
    assert list(one.by_owner) == list(other.by_owner)
    assert one.notes() == other.notes()


@given(fabrics())
def test_every_route_attaches_to_a_listener_that_takes_it(raw: Raw) -> None:
    plan = planned(raw)
    for cluster, router in routers(plan).items():
        for route in on(plan, cluster, "HTTPRoute"):
            (parent,) = route["spec"]["parentRefs"]
            gateway = router.found("Gateway", parent["namespace"], parent["name"])
            assert gateway is not None
            assert parent["sectionName"] in [one["name"] for one in gateway["spec"]["listeners"]]
            assert route["metadata"]["namespace"] == gateway["metadata"]["namespace"]
            for listener in gateway["spec"]["listeners"]:
                assert listener["allowedRoutes"] == {"namespaces": {"from": "Same"}, "kinds": [{"kind": "HTTPRoute"}]}


@given(fabrics())
def test_every_backend_leads_to_a_service(raw: Raw) -> None:
    """A local exported Service, or a target whose endpoints are an ingress gateway that expects the host."""
    plan = planned(raw)
    found = routers(plan)
    behind = {address: (name, None) for name, one in raw["clusters"].items() for address in one["ingress"]["addresses"]}
    for export in raw["exports"]:
        for name, offer in offers(export).items():
            behind |= {address: (name, key(export)) for address in offer.get("addresses", ())}
    local = {
        (cluster, *backend_of(export, its))
        for export in raw["exports"]
        for cluster in offers(export)
        for its in rules_of(export)
    }
    for cluster, router in found.items():
        for route in on(plan, cluster, "HTTPRoute"):
            for one in route["spec"]["rules"]:
                for ref, _, target in targets_of(router, route, one):
                    if target is None:
                        assert (cluster, ref["namespace"], ref["name"]) in local
                        continue
                    remotes = {behind[address] for address in target[0]}
                    ((remote, own),) = remotes
                    (rewrite,) = (f for f in one["filters"] if f["type"] == "URLRewrite")
                    host = rewrite["urlRewrite"]["hostname"]
                    (export,) = (e for e in raw["exports"] if host in hosts(e))
                    assert own == (key(export) if own_gateway(export) else None)
                    assert target[0] == addresses(raw, export, remote)
                    gateway = ingress_of(found[remote], export)
                    (section,) = (s["name"] for s in gateway["spec"]["listeners"] if s["port"] == target[1])
                    attached = [
                        r
                        for r in on(plan, remote, "HTTPRoute")
                        for parent in r["spec"]["parentRefs"]
                        if (parent["name"], parent["namespace"], parent["sectionName"])
                        == (gateway["metadata"]["name"], gateway["metadata"]["namespace"], section)
                    ]
                    assert any(host in r["spec"]["hostnames"] for r in attached)


@given(fabrics())
def test_pods_are_never_beside_what_speaks_http_2_and_a_target_of_ones_own_always_is(raw: Raw) -> None:
    """Envoy Gateway makes one Envoy cluster of a rule, which speaks one protocol; pods speak HTTP/1.1."""
    plan = planned(raw)
    for cluster, router in routers(plan).items():
        for route in on(plan, cluster, "HTTPRoute"):
            admits = route["metadata"]["labels"]["app.kubernetes.io/component"] == "ingress-route"
            for one in () if admits else route["spec"]["rules"]:
                found = [standing(router, ref) for ref in one["backendRefs"] if ref["kind"] != "Hostname"]
                others = {secure for remote, secure, _ in found if remote != cluster}
                for remote, _, spare in found:
                    assert remote is not None or True not in others, "the cluster's own pods"
                    assert remote != cluster or spare or True in others, "a target of its own that nothing needs"


def standing(router: Router, ref: Raw) -> tuple[str | None, bool, bool]:
    """Give the cluster that a backend stands for, whether HTTP/2 is spoken to it, and whether it is a spare."""
    found = router.found(ref["kind"], ref["namespace"], ref["name"])
    if found is None:
        return None, False, False  # a Service of somebody else's
    remote = found["metadata"]["labels"]["multicluster.kubernetes.io/source-cluster"]
    if ref["kind"] == "Backend":
        return remote, "appProtocols" in found["spec"], True
    (spoken,) = (one["appProtocol"] for one in found["spec"]["ports"] if one["port"] == ref["port"])
    return remote, spoken != "http", False


@given(fabrics())
def test_every_reference_into_another_namespace_is_granted_and_no_other(raw: Raw) -> None:
    plan = planned(raw)
    for cluster in raw["clusters"]:
        needed = {
            (route["metadata"]["namespace"], ref["namespace"], ref.get("group", ""), ref["kind"])
            for route in on(plan, cluster, "HTTPRoute")
            for one in route["spec"]["rules"]
            for ref in one.get("backendRefs", ())
            if ref["kind"] != "Hostname" and ref["namespace"] != route["metadata"]["namespace"]
        }
        granted = []
        for grant in on(plan, cluster, "ReferenceGrant"):
            (source,) = grant["spec"]["from"]
            assert (source["group"], source["kind"]) == ("gateway.networking.k8s.io", "HTTPRoute")
            pair = (source["namespace"], grant["metadata"]["namespace"])
            granted += [(*pair, to["group"], to["kind"]) for to in grant["spec"]["to"]]
        assert sorted(granted) == sorted(needed)


@given(fabrics())
def test_an_object_is_planned_once_per_cluster(raw: Raw) -> None:
    counts = Counter((one.cluster, *identity(one.manifest)) for one in planned(raw).objects)
    assert [one for one, count in counts.items() if count > 1] == []


@given(fabrics())
def test_user_namespaces_are_used_where_they_exist_and_never_made(raw: Raw) -> None:
    for one in planned(raw).objects:
        metadata = one.manifest["metadata"]
        if "namespace" in metadata:
            assert metadata["namespace"] in (MESH, *raw["clusters"][one.cluster]["namespaces"])
        if one.manifest["kind"] == "Namespace":
            assert metadata["name"] == MESH


@given(fabrics())
def test_an_api_server_takes_every_object(raw: Raw) -> None:
    for one in planned(raw).objects:
        assert list(problems(one.manifest)) == []


def test_at_the_limits_an_api_server_still_takes_every_object() -> None:
    """50 clusters, 64 policies with TLS, 16 rules and 128 matches, 16 backends, the longest names."""
    long, most = "n" * 63, "c" * 49
    raw: Raw = {
        "clusters": {
            f"{most[: 49 - len(str(i))]}{i}": {
                "renderTo": f"out/{i}",
                "ingress": {"addresses": [f"10.{i}.0.{host}" for host in range(1, 101)]},
                "namespaces": [long, "short"],
            }
            for i in range(50)
        },
        "tls": ISSUED,
        "wanPolicies": {
            f"{'p' * 61}{i:02}": {
                "tunnel": "t" * 63,
                "port": 1000 + i,
                "sla": {"jitterMs": 0, "latencyMs": 0, "lossPercent": 0},
            }
            for i in range(64)
        },
    }
    names = sorted(raw["clusters"])
    raw["exports"] = [
        {
            "service": f"{'s' * 52}.{long}",
            "ports": [{"name": f"{'a' * 61}{i:02}", "port": 8000 + i} for i in range(4)],
            "from": names[:16],
            "rules": [
                rule(f"{'r' * 61}{i:02}", f"{'p' * 61}00", *(prefix(f"/{i}/{j}") for j in range(8))) for i in range(16)
            ],
        },
    ]
    plan = planned(raw)
    assert len({one.cluster for one in plan.objects}) == 50
    wrong = {f"{one.manifest['kind']}: {what}" for one in plan.objects for what in problems(one.manifest)}
    assert wrong == set()


def spare_of(raw: Raw, export: Raw, policy: str) -> str | None:
    """Give the WAN policy that takes over for another one."""
    found = export.get("failover") or raw["wanPolicies"][policy].get("failover")
    return None if found in ("none", policy) else found


def admitted(raw: Raw, export: Raw) -> set[str]:
    """Give the WAN policies by which requests of an export may arrive."""
    own = {its["wanPolicy"] for its in rules_of(export)}
    return own | {other for policy in own if (other := spare_of(raw, export, policy))}


def treatments(raw: Raw, export: Raw, entry: Raw) -> set[tuple[str, bool]]:
    """Give the WAN policies of an import's rules, and whether their requests are safe to repeat."""
    exports = {key(one): one for one in raw["exports"]}
    found = set()
    for its in entry.get("rules") or rules_of(export):
        target = exports[its["backend"]] if "rules" in entry and "backend" in its else export
        policy = its.get("wanPolicy") or rules_of(target)[0]["wanPolicy"]
        found.add((policy, bool(its.get("matches")) and all(m.get("method") == "GET" for m in its["matches"])))
    return found


@given(fabrics())
def test_objects_per_export_stay_within_the_bar(raw: Raw) -> None:
    """Beyond the fabric's own, with shared gateways, one port, one address family: 1 + policies; 3 to import.

    Callers cost a policy per route. Where rules of one route are treated otherwise than most, each way is an object.
    With Istio an upstream is three objects for each WAN policy of the export, wherever a rule sends to it.
    """
    plan = planned(raw)
    for export in raw["exports"]:
        if own_gateway(export) or len(ports(export)) > 1:
            continue
        policies = admitted(raw, export)
        routes = len(policies) * (2 if "callers" in export else 1)
        counts = Counter((one.owner.kind, one.cluster) for one in plan.objects if one.owner.name == key(export))
        for cluster in raw["clusters"]:
            assert counts["ServiceExport", cluster] == (1 + routes if cluster in offers(export) else 0)
            entry = entry_for(raw, export, cluster)
            imported = counts["ServiceImport", cluster]
            profile = raw["clusters"][cluster].get("gateway", {}).get("profile")
            upstreams = 3 * len({its["wanPolicy"] for its in rules_of(export)}) if profile == "istio" else 0
            if entry is None:
                assert imported <= upstreams
            elif entry.get("path") == "direct":
                answering = [one for one, offer in offers(export).items() if offer["weight"]]
                families = {":" in a for one in answering for a in addresses(raw, export, one)}
                fixed = 2 if cluster in answering else 2 + len(families)
                assert fixed <= imported <= fixed + upstreams
            elif profile:
                assert 3 <= imported <= 3 + upstreams
            else:
                assert 3 <= imported <= 2 + len(treatments(raw, export, entry))


def test_objects_per_export_at_the_limit() -> None:
    """Many rules and matches make no more objects; another WAN policy than most rules have makes one."""
    rules = [rule(f"r{i}", ("high", "low")[i % 2], prefix(f"/{i}")) for i in range(16)]
    plan = planned(changed({"exports/0/rules": rules}))
    counts = Counter((one.owner.kind, one.cluster) for one in plan.objects if one.owner.name == "payment.secure")
    assert counts == {
        ("ServiceExport", "cluster-1"): 3,
        ("ServiceImport", "cluster-1"): 4,
        ("ServiceImport", "cluster-2"): 4,
    }


def targets_of(router: Router, route: Manifest, one: Raw) -> Iterator[tuple[Raw, bool, tuple[set[str], int] | None]]:
    """Give a rule's backends, whether each is a spare, and the addresses and port of those that are remote."""
    for ref in one.get("backendRefs", ()):
        match (ref.get("group", ""), ref["kind"]):
            case ("gateway.envoyproxy.io", "Backend"):
                yield ref, True, router.spare_endpoints(ref["namespace"], ref["name"])
            case ("networking.istio.io", "Hostname"):
                for choice in ("first", "spare"):
                    places = router.places(route["metadata"]["namespace"], ref["name"], ref["port"], choice)
                    for behind, (number, _) in places.items():
                        yield ref, choice == "spare", (set(behind), number)
            case kind:
                assert kind == ("", "Service")
                yield ref, False, router.endpoints(ref["namespace"], ref["name"], ref["port"])


def ask(found: Mapping[str, Router], cluster: str, export: Raw, port: int, request: Request) -> Hop | None:
    """Send a request as a client does: to `<name>-clusterset`, which is a CNAME for an egress gateway."""
    name, _, namespace = key(export).partition(".")
    router = found[cluster]
    alias = router.found("Service", namespace, f"{name}-clusterset")
    assert alias is not None
    assert alias["spec"]["type"] == "ExternalName"
    assert port in [one["port"] for one in alias["spec"]["ports"]]
    gateway = router.gateway_behind(alias["spec"]["externalName"])
    assert gateway is not None, alias["spec"]["externalName"]
    return router.send(gateway, port, request)


def way(rules: Sequence[Mapping[str, Any]], found: Hop | Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    """Give policy and backend of a rule, or of the one a gateway chose: two that go the same way may change places.

    A rule that is split where the service is local is called `<rule>.<service>`.
    """
    if found is None:
        return None, None
    its = found
    if isinstance(found, Hop):
        (its,) = (rule for rule in rules if rule["name"] == found.rule.partition(".")[0])
    assert not isinstance(its, Hop)
    return its.get("wanPolicy"), its.get("backend")


@given(fabrics(), st.lists(requests(), min_size=8, max_size=8), st.integers(0, 4))
def test_a_request_goes_by_its_first_rule_and_reaches_the_backend(raw: Raw, asked: list[Request], host: int) -> None:
    plan = planned(raw)
    found = routers(plan)
    policies = {name: policy["port"] for name, policy in raw["wanPolicies"].items()}
    exports = {key(one): one for one in raw["exports"]}
    for export in raw["exports"]:
        for cluster in raw["clusters"]:
            entry = entry_for(raw, export, cluster)
            if entry is None or entry.get("path") == "direct":
                continue
            rules = entry.get("rules") or rules_of(export)
            for port in ports(export):
                for request in asked:
                    hop = ask(found, cluster, export, port, replace(request, host=hosts(export)[host]))
                    its = first_rule(rules, request)
                    if its is None:
                        assert hop is None
                        continue
                    assert hop is not None
                    assert way(rules, hop) == way(rules, its)
                    client = "rules" in entry
                    target = exports[its["backend"]] if client and "backend" in its else export
                    policy = its.get("wanPolicy") or rules_of(target)[0]["wanPolicy"]
                    at = port if port in ports(target) else ports(target)[0]
                    shares = {
                        one: offer["weight"]
                        for one, offer in offers(target).items()
                        if offer["weight"] and not offer.get("spare")
                    }
                    answers = first_rule(rules_of(target), request)
                    assert answers is not None
                    reached: dict[str, int | Fraction] = {}
                    for namespace, name, sent, weight in hop.backends:
                        behind = found[cluster].endpoints(namespace, name, sent)
                        if behind is None:
                            assert (namespace, name, sent) == (*backend_of(target, answers), at)
                            reached[cluster] = weight
                            continue
                        remote = next(one for one in shares if addresses(raw, target, one) == behind[0])
                        assert behind[1] == policies[policy]
                        last = found[remote].send(ingress_of(found[remote], target), behind[1], hop.request)
                        assert last is not None, "the remote ingress gateway refuses what the egress gateway sends"
                        assert last.backends == ((*backend_of(target, answers), at, 1),)
                        assert last.request.host == f"{target['service']}.svc.cluster.local"
                        assert "x-mc-wan-port" not in last.request.headers
                        reached[remote] = weight
                    others = [found[cluster].spare_endpoints(namespace, name) for namespace, name, _ in hop.spares]
                    for namespace, name, sent, weight in hop.upstreams:
                        first = found[cluster].places(namespace, name, sent, "first")
                        total = sum(share for _, share in first.values())
                        for place, (number, share) in first.items():
                            remote = next(one for one in shares if addresses(raw, target, one) == place)
                            assert number == sent == policies[policy]
                            last = found[remote].send(ingress_of(found[remote], target), number, hop.request)
                            assert last is not None, "the remote ingress gateway refuses what the upstream sends"
                            assert last.backends == ((*backend_of(target, answers), at, 1),)
                            reached[remote] = Fraction(weight * share, total)
                        spare = found[cluster].places(namespace, name, sent, "spare")
                        others += [(set(behind_it), number) for behind_it, (number, _) in spare.items()]
                    assert reached == shares
                    for behind_it, number in others:
                        remote = next(one for one in offers(target) if addresses(raw, target, one) == behind_it)
                        assert number in {policies[one] for one in (policy, spare_of(raw, target, policy)) if one}
                        last = found[remote].send(ingress_of(found[remote], target), number, hop.request)
                        assert last is not None, "the remote ingress gateway refuses what fails over"
                        assert last.backends == ((*backend_of(target, answers), at, 1),)


@given(fabrics(), st.lists(requests(), min_size=8, max_size=8))
def test_an_ingress_listener_refuses_what_goes_by_another_policy(raw: Raw, asked: list[Request]) -> None:
    """Whoever goes round the egress gateway, straight to a WAN port, gets nothing that belongs to another policy."""
    plan = planned(raw)
    found = routers(plan)
    for export in raw["exports"]:
        several = len(ports(export)) > 1
        for cluster in offers(export):
            gateway = ingress_of(found[cluster], export)
            for request in asked:
                its = first_rule(rules_of(export), request)
                for policy, described in raw["wanPolicies"].items():
                    for host in hosts(export):
                        headers = dict(request.headers) | ({"x-mc-wan-port": "9090"} if several else {})
                        straight = replace(request, host=host, headers=headers)
                        hop = found[cluster].send(gateway, described["port"], straight)
                        if its is None or policy not in (its["wanPolicy"], spare_of(raw, export, its["wanPolicy"])):
                            assert hop is None
                        else:
                            assert hop is not None
                            at = 9090 if several else ports(export)[0]
                            assert hop.backends == ((*backend_of(export, its), at, 1),)


@given(fabrics(), requests())
def test_a_direct_import_leads_straight_to_the_listener_of_its_policy(raw: Raw, request: Request) -> None:
    plan = planned(raw)
    found = routers(plan)
    for export in raw["exports"]:
        name, _, namespace = key(export).partition(".")
        for cluster in raw["clusters"]:
            entry = entry_for(raw, export, cluster)
            if entry is None or entry.get("path") != "direct":
                continue
            (port,) = ports(export)
            answering = [one for one, offer in offers(export).items() if offer["weight"]]
            behind = found[cluster].endpoints(namespace, f"{name}-clusterset", port)
            if cluster in answering:
                service = found[cluster].found("Service", namespace, f"{name}-clusterset")
                assert service is not None
                assert service["spec"]["externalName"] == f"{export['service']}.svc.cluster.local"
                continue
            assert behind is not None
            assert behind[0] == {a for one in answering for a in addresses(raw, export, one)}
            assert behind[1] == raw["wanPolicies"][export["wanPolicy"]]["port"]
            for remote in answering:
                asked = replace(request, host=hosts(export)[1])
                hop = found[remote].send(ingress_of(found[remote], export), behind[1], asked)
                assert hop is not None
                assert hop.backends == ((*backend_of(export, {}), port, 1),)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.lists(matches(), min_size=1, max_size=2), st.booleans()), min_size=2, max_size=3),
    st.lists(requests(), min_size=12, max_size=12),
)
def test_rules_that_are_accepted_mean_the_same_to_gateway_api(
    found: list[tuple[list[Raw], bool]], asked: list[Request]
) -> None:
    """In the order written, as the description says, and by precedence, as Gateway API does; on the listeners, too."""
    rules = [rule(f"r{index}", "high" if high else "low", *one) for index, (one, high) in enumerate(found)]
    raw = changed({"exports": [ruled(*rules)], "clusters/cluster-2": GONE})
    if lines(raw):
        return
    (export,) = raw["exports"]
    router = routers(planned(raw))
    for request in asked:
        its = first_rule(rules, request)
        local = replace(request, host=hosts(export)[0])
        hop = ask(router, "cluster-1", export, 80, local)
        assert way(rules, hop) == way(rules, its)
        for policy, described in raw["wanPolicies"].items():
            hop = router["cluster-1"].send(ingress_of(router["cluster-1"], export), described["port"], local)
            assert way(rules, hop) == (policy if its and its["wanPolicy"] == policy else None, None)


@given(fabrics())
def test_an_unknown_host_reaches_nothing(raw: Raw) -> None:
    plan = planned(raw)
    for router in routers(plan).values():
        for gateway in router.every("Gateway"):
            for listener in gateway["spec"]["listeners"]:
                for host in ("evil.example", "pay.red", "kubernetes.default.svc.cluster.local"):
                    assert router.send(gateway, listener["port"], Request(host, "/pay")) is None


# What the laws above do not draw. A description that is refused is as good as one that works.


def not_taken(raw: Raw) -> list[str]:
    """Say what an API server would not take of a description's plan; nothing if the description is refused."""
    if lines(raw):
        return []
    return [what for one in planned(raw).objects for what in problems(one.manifest)]


def straight(raw: Raw, policy: str, request: Request) -> Hop | None:
    """Send a request for `cart.secure` to a listener of cluster-1's ingress gateway."""
    router = routers(planned(raw))["cluster-1"]
    asked = replace(request, host="cart.secure.svc.cluster.local")
    return router.send(ingress_of(router, exported()), raw["wanPolicies"][policy]["port"], asked)


def test_a_listener_refuses_a_request_with_the_cookie_of_an_earlier_rule() -> None:
    rules = (
        rule("user", "high", prefix("/", cookie={"name": "user", "value": "test"})),
        rule("group", "low", prefix("/", cookie={"name": "group", "value": "beta"})),
    )
    raw = changed({"exports/-": ruled(*rules)})
    if lines(raw):
        return
    request = Request("", "/", headers={"cookie": "user=test; group=beta"})
    assert straight(raw, "high", request) is not None
    assert straight(raw, "low", request) is None


def test_a_listener_refuses_a_request_with_the_path_of_an_earlier_rule_whatever_the_kinds_of_path() -> None:
    rules = (
        rule("a", "high", prefix("/a")),
        rule("pictures", "low", {"path": {"type": "RegularExpression", "value": "/.*png"}}),
    )
    raw = changed({"exports/-": ruled(*rules)})
    if lines(raw):
        return
    request = Request("", "/a/1.png")
    assert straight(raw, "low", Request("", "/b/1.png")) is not None
    assert straight(raw, "low", request) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"imports/-": {"service": "vault.secure", "clusters": ["cluster-1"]}},
        {"imports/-": {"service": "vault.secure", "path": "direct"}},
        {"clusters/cluster-2/namespaces": ["insecure"]},
    ],
    ids=["imported elsewhere", "imported directly", "no such namespace"],
)
def test_a_backend_with_gateways_of_its_own_has_a_target(changes: Raw) -> None:
    vault = exported(
        service="vault.secure",
        port=8080,
        scope="service",
        wanPolicy="high",
        from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}],
    )
    canary = {"service": "logging.insecure", "rules": [rule("all", None, backend="vault.secure")]}
    raw = changed({"imports": [canary], "exports/-": vault})
    raw = changed(changes, raw)
    if lines(raw):
        return
    plan = planned(raw)
    router = routers(plan)["cluster-2"]
    for route in on(plan, "cluster-2", "HTTPRoute"):
        for its in route["spec"]["rules"]:
            for ref in its["backendRefs"]:
                assert router.endpoints(ref["namespace"], ref["name"], ref["port"]) is not None, ref["name"]


def test_the_longest_service_that_is_accepted_has_a_name_in_the_clusters() -> None:
    assert not_taken(changed({"exports/-": exported(service=f"{'a' * 60}.secure")})) == []


def test_the_most_headers_that_are_accepted_fit() -> None:
    headers = [{"name": f"h{i}", "value": "1"} for i in range(16)]
    raw = changed(
        {"exports/-": ruled(rule("a", "low", prefix("/", headers=headers, cookie={"name": "user", "value": "x"})))}
    )
    assert not_taken(raw) == []


def test_a_direct_import_from_many_clusters_fits_into_its_slices() -> None:
    clusters = {
        f"c{i}": {
            "renderTo": f"out/{i}",
            "ingress": {"addresses": [f"10.{i}.0.{host}" for host in range(1, 101)]},
            "namespaces": ["secure"],
        }
        for i in range(12)
    }
    raw = changed(
        {
            "clusters": clusters,
            "exports": [exported(from_=sorted(clusters)[:11])],
            "imports": [{"service": "cart.secure", "path": "direct"}],
        }
    )
    assert not_taken(raw) == []


@pytest.mark.parametrize(
    ("chosen", "name", "namespace"),
    [
        ({"profile": "envoy-gateway"}, "a" * 40, "n" * 40),
        ({"profile": "istio", "class": "istio"}, "a" * 52, "short"),
        ({"profile": "standard", "class": "c" * 40}, "a" * 30, "short"),
    ],
    ids=["envoy-gateway", "istio", "standard"],
)
def test_gateways_of_an_exports_own_have_services_with_names_that_fit(chosen: Raw, name: str, namespace: str) -> None:
    vault = {
        "service": f"{name}.{namespace}",
        "port": 80,
        "scope": "service",
        "wanPolicy": "low",
        "from": [{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}],
    }
    raw = changed(
        {"clusters/cluster-1/namespaces/-": namespace, "clusters/cluster-1/gateway": chosen, "exports/-": vault}
    )
    assert not_taken(raw) == []


def test_a_target_of_an_exports_own_is_nobody_elses_name() -> None:
    raw = changed(
        {
            "clusters/b-clusterset": {
                "renderTo": "out/b",
                "ingress": {"addresses": ["10.9.0.1"]},
                "namespaces": ["secure"],
            },
            "exports": [
                exported(
                    service="a.secure", scope="service", from_=[{"cluster": "b-clusterset", "addresses": ["10.9.0.2"]}]
                ),
                exported(service="a-clusterset-b.secure"),
            ],
        }
    )
    counts = Counter(() if lines(raw) else ((one.cluster, *identity(one.manifest)) for one in planned(raw).objects))
    assert [one for one, count in counts.items() if count > 1] == []


def test_a_clients_own_rule_is_admitted_by_the_remote_ingress_gateway() -> None:
    raw = changed({"exports/-": ruled(rule("get", "high", prefix("/q")), rule("rest", "low"))})
    raw["imports"] = [{"service": "cart.secure", "rules": [rule("all", "low")]}]
    if lines(raw):
        return
    found = routers(planned(raw))
    request = Request("cart.secure.svc.cluster.local", "/q")
    hop = ask(found, "cluster-2", raw["exports"][-1], 80, request)
    assert hop is not None
    assert straight(raw, "low", hop.request) is not None


def test_a_clients_own_rule_reaches_the_same_backend_here_and_there() -> None:
    raw = changed({"exports/-": ruled(rule("all", "low", backend="cart-v2"))})
    raw["imports"] = [{"service": "cart.secure", "rules": [rule("mine", "low")]}]
    found = routers(planned(raw))
    request = Request("cart.secure.svc.cluster.local", "/new")
    here = ask(found, "cluster-1", raw["exports"][-1], 80, request)
    there = straight(raw, "low", request)
    assert here is not None
    assert there is not None
    assert here.backends == there.backends


def test_a_clients_own_rule_is_refused_where_it_cannot_know_the_backend() -> None:
    canary = rule("canary", "low", prefix("/new"), backend="cart-v2")
    raw = changed({"exports/-": ruled(canary, rule("rest", "low"))})
    raw["imports"] = [{"service": "cart.secure", "rules": [rule("mine", "low")]}]
    assert lines(raw) == [
        "imports[0].rules[0]: 'mine': cluster-1 offers cart.secure itself, whose rules choose between cart-v2.secure "
        "and cart.secure; allowed: rules of its own only where one service answers; name only the other clusters here, "
        "and let these follow the export's rules"
    ]


def test_an_export_under_another_name_keeps_it_as_host_inside_its_own_cluster() -> None:
    raw = changed({"exports/-": exported(name="cart-2")})
    found = routers(planned(raw))
    asked = Request("cart-2.secure.svc.cluster.local", "/")
    here = ask(found, "cluster-1", raw["exports"][-1], 80, asked)
    there = ask(found, "cluster-2", raw["exports"][-1], 80, asked)
    assert here is not None
    assert there is not None
    last = found["cluster-1"].send(ingress_of(found["cluster-1"], raw["exports"][-1]), 31112, there.request)
    assert last is not None
    # the routes of an export and of its local path differ here alone: a filter holds for all backends of a rule
    assert here.request.host == "cart-2.secure.svc.cluster.local"
    assert last.request.host == "cart.secure.svc.cluster.local"


def test_a_listener_refuses_a_request_with_a_cookie_twice() -> None:
    rules = (
        rule("user", "high", prefix("/", cookie={"name": "user", "value": "test"})),
        rule("beta", "low", prefix("/", cookie={"name": "user", "value": "beta"})),
    )
    raw = changed({"exports/-": ruled(*rules)})
    if lines(raw):
        return
    request = Request("", "/", headers={"cookie": "user=test; user=beta"})
    assert straight(raw, "high", request) is not None
    assert straight(raw, "low", request) is None
