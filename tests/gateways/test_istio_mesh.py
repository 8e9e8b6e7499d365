"""What a mesh's sidecars are told: names, rules, what is sent again, who may be asked in plaintext."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcwan.gateways.istio_mesh import federated, strict
from mcwan.model.leaves import PORT_HEADER
from mcwan.model.matches import CookieMatch, HeaderMatch, Match, PathMatch, QueryParamMatch
from mcwan.model.traffic import DEFAULT, Timeouts, Traffic, merged
from mcwan.plan.profile import Destination, FederatedRequest, FederatedRule
from mcwan.plan.routes import matches
from mcwan.rules.mesh_matches import route_matches

LABELS = {"a": "b"}
TO = (Destination("cart.secure.svc.cluster.local", 80, 1), Destination("low.cart.internal", 31112, 3))


def rule(*found: Match, port: int | None = None, **traffic: Any) -> FederatedRule:
    settings = merged(Traffic(**traffic), DEFAULT)
    return FederatedRule("all", found, port, "cart.secure.svc.cluster.local", {"who": "east"}, TO, settings)


def asked(ports: dict[str, int], *rules: FederatedRule) -> FederatedRequest:
    names = ("cart", "secure", LABELS, "cart.secure", "cart.secure.federated")
    return FederatedRequest(*names, "istio-system", ("x",), ("x", "y"), ports, rules)


def http(*rules: FederatedRule) -> list[dict[str, Any]]:
    _, routes = federated(asked({"http": 80}, *rules))
    found: list[dict[str, Any]] = routes["spec"]["http"]
    return found


def test_an_import_is_names_and_routes() -> None:
    request = asked({"http": 80, "admin": 81}, rule())
    metadata = {"name": "cart", "namespace": "secure", "labels": LABELS}
    entry = {
        "hosts": ["x"],
        "exportTo": ["*"],
        "location": "MESH_EXTERNAL",
        "resolution": "STATIC",
        "ports": [
            {"number": 80, "name": "http", "protocol": "HTTP"},
            {"number": 81, "name": "admin", "protocol": "HTTP"},
        ],
    }
    all_requests = {
        "name": "cart.secure.all",
        "match": [{"uri": {"prefix": "/"}}],
        "rewrite": {"authority": "cart.secure.svc.cluster.local"},
        "headers": {"request": {"set": {"who": "east"}}},
        "retries": {
            "attempts": 3,
            "retryOn": "connect-failure,refused-stream,reset-before-request",
            "retryRemoteLocalities": True,
            "backoff": "25ms",
        },
        "route": [
            {"destination": {"host": "cart.secure.svc.cluster.local", "port": {"number": 80}}, "weight": 1},
            {"destination": {"host": "low.cart.internal", "port": {"number": 31112}}, "weight": 3},
        ],
    }
    routes = {"hosts": ["x", "y"], "exportTo": ["*"], "gateways": ["mesh"], "http": [all_requests]}
    version = "networking.istio.io/v1"
    assert federated(request) == (
        {"apiVersion": version, "kind": "ServiceEntry", "metadata": metadata, "spec": entry},
        {"apiVersion": version, "kind": "VirtualService", "metadata": metadata, "spec": routes},
    )


def test_who_has_no_sidecar_goes_to_the_egress_gateway() -> None:
    request, egress = asked({"http": 80}, rule()), "mc-wan-egress-istio.mc-wan.svc.cluster.local"
    (entry, routes), (ambient, others) = federated(request), federated(replace(request, egress=egress))
    assert others == routes
    assert ambient["spec"] == entry["spec"] | {"resolution": "DNS", "endpoints": [{"address": egress}]}


def test_a_prefix_is_one_of_path_elements() -> None:
    (found,) = http(rule(Match(path=PathMatch(value="/payment/"), method="GET")))
    get = {"method": {"exact": "GET"}}
    assert found["match"] == [{"uri": {"exact": "/payment"}, **get}, {"uri": {"prefix": "/payment/"}, **get}]


def test_of_several_ports_a_rule_is_for_one() -> None:
    one, other = http(rule(port=80), rule(port=81))
    assert (one["name"], one["match"]) == ("cart.secure.all.80", [{"uri": {"prefix": "/"}, "port": 80}])
    assert (other["name"], other["match"]) == ("cart.secure.all.81", [{"uri": {"prefix": "/"}, "port": 81}])


@pytest.mark.parametrize(
    ("traffic", "retries", "timeout"),
    [
        ({"retries": 0}, {"attempts": 0}, None),
        (
            {"idempotent": True, "timeouts": Timeouts(per_try="1s", request="3s")},
            {
                "attempts": 3,
                "retryOn": "connect-failure,refused-stream,reset-before-request,reset,gateway-error",
                "retryRemoteLocalities": True,
                "backoff": "25ms",
                "perTryTimeout": "1s",
            },
            "3s",
        ),
        (
            {"timeouts": Timeouts(per_try="1s")},
            {
                "attempts": 3,
                "retryOn": "connect-failure,refused-stream,reset-before-request",
                "retryRemoteLocalities": True,
                "backoff": "25ms",
            },
            None,
        ),
    ],
    ids=["never again", "repeatable", "once"],
)
def test_what_is_sent_again(traffic: dict[str, Any], retries: dict[str, Any], timeout: str | None) -> None:
    (found,) = http(rule(**traffic))
    assert (found["retries"], found.get("timeout")) == (retries, timeout)


def test_where_there_are_spares_the_next_try_is_theirs() -> None:
    spared, other = replace(rule(), name="spared", spares=True), rule(port=81)
    _, found, _ = federated(asked({"http": 80}, spared, other))
    wanted = {
        "name": "envoy.retry_priorities.previous_priorities",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3."
            "PreviousPrioritiesConfig",
            "update_frequency": 1,
        },
    }
    patch = {
        "applyTo": "HTTP_ROUTE",
        "match": {
            "context": "SIDECAR_OUTBOUND",
            "routeConfiguration": {"vhost": {"route": {"name": "cart.secure.spared"}}},
        },
        "patch": {"operation": "MERGE", "value": {"route": {"retry_policy": {"retry_priority": wanted}}}},
    }
    assert found == {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "cart.secure.federated", "namespace": "istio-system", "labels": LABELS},
        "spec": {"configPatches": [patch], "priority": 10},
    }


NAMES = st.sampled_from(["x-user", "x-way", "accept"])
VALUES = st.text("abc", min_size=1, max_size=3)
KINDS = st.sampled_from(["Exact", "RegularExpression"])
MATCHES = st.builds(
    Match,
    path=st.one_of(
        st.builds(PathMatch, type=st.just("PathPrefix"), value=st.sampled_from(["/", "/a", "/a/b", "/c"])),
        st.builds(PathMatch, type=KINDS, value=st.sampled_from(["/a", "/a/b"])),
    ),
    method=st.sampled_from([None, "GET", "POST"]),
    headers=st.lists(
        st.builds(HeaderMatch, type=KINDS, name=NAMES, value=VALUES), max_size=2, unique_by=lambda h: h.name
    ),
    cookie=st.sampled_from([None, CookieMatch(name="user", value="test")]),
    query_params=st.lists(
        st.builds(QueryParamMatch, type=KINDS, name=NAMES, value=VALUES), max_size=2, unique_by=lambda q: q.name
    ),
)


@given(st.lists(MATCHES, max_size=3, unique_by=str), st.sampled_from([None, 80]))
def test_matches_can_be_read_back(found: list[Match], port: int | None) -> None:
    (written,) = http(rule(*found, port=port))
    wanted = [one for one in matches(tuple(found)) if PORT_HEADER not in str(one)]
    for one in wanted:  # an exact path and what is below it, written apart, are one
        below = {**one, "path": {"type": "PathPrefix", "value": one["path"]["value"]}}
        if one["path"]["type"] == "Exact" and below in wanted:
            return
    assert route_matches(written) == wanted


def test_a_whole_mesh_refuses_plaintext() -> None:
    assert strict("istio-config", LABELS) == {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "istio-config", "labels": LABELS},
        "spec": {"mtls": {"mode": "STRICT"}},
    }
