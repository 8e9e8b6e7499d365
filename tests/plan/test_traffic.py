"""Classes of traffic: what most routes share, and what costs an object."""

from tests.fabrics import GONE, Raw, called, changed, exported, labelled, on, planned
from tests.treated import backend_traffic, route_target


def names(raw: Raw) -> list[str]:
    return [one["metadata"]["name"] for one in on(planned(raw), "cluster-2", "BackendTrafficPolicy")]


def test_a_class_is_one_object_for_all_its_routes() -> None:
    raw = changed({"exports/0": GONE, "exports/-": exported()})
    assert names(raw) == ["mc-wan-egress.low.once", "mc-wan-ingress"]
    selector = {"matchLabels": {"traffic.mc-wan.l7mp.io/low": "once"}}
    assert called(planned(raw), "cluster-2", "BackendTrafficPolicy", "mc-wan-egress.low.once", "mc-wan") == (
        backend_traffic(
            "mc-wan-egress.low.once",
            "mc-wan",
            labelled("egress-gateway", "low"),
            "low",
            targetSelectors=[{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", **selector}],
        )
    )


def test_an_idempotent_export_is_of_the_other_class() -> None:
    raw = changed({"exports/0": GONE, "exports/0/traffic": {"idempotent": True}})
    assert names(raw) == ["mc-wan-egress.low.repeatable", "mc-wan-ingress"]


def test_what_an_export_says_itself_is_an_object_of_its_own() -> None:
    traffic = {"timeouts": {"perTry": "400ms", "request": "5s"}, "limits": {"requests": 64}, "idempotent": True}
    raw = changed({"exports/0": GONE, "exports/0/traffic": traffic | {"healthChecks": {}}})
    assert names(raw) == ["logging.insecure.egress", "mc-wan-ingress"]
    labels = labelled("egress-route", "low", export="logging.insecure")
    name = "logging.insecure.egress"
    expected = backend_traffic(name, "mc-wan", labels, "low", repeatable=True, targetRefs=[route_target(name)])
    spec = expected["spec"]
    spec["timeout"]["http"]["requestTimeout"] = "5s"
    spec["retry"]["perRetry"]["timeout"] = "400ms"
    spec["circuitBreaker"]["maxParallelRequests"] = 64
    spec["healthCheck"]["active"] = {
        "type": "TCP",
        "tcp": {},
        "interval": "1s",
        "timeout": "500ms",
        "unhealthyThreshold": 2,
        "healthyThreshold": 2,
    }
    assert called(planned(raw), "cluster-2", "BackendTrafficPolicy", name, "mc-wan") == expected


def test_other_profiles_have_none() -> None:
    assert names(changed({"clusters/cluster-2/gateway": {"profile": "istio"}})) == []
