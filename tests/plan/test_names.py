"""Every name, as operators meet it: a change here replaces objects on clusters."""

from mcwan.plan import names


def test_names() -> None:
    assert names.NAMESPACE == "mc-wan"
    assert (names.INGRESS, names.EGRESS, names.GRANT) == ("mc-wan-ingress", "mc-wan-egress", "mc-wan")
    assert names.target("west") == "target-west"
    assert names.clusterset("payment") == "payment-clusterset"
    assert names.service_target("payment", "west") == "payment-clusterset-to-west"
    assert names.service_ingress("payment") == "payment-ingress"
    assert names.ingress_route("payment.secure", "high") == "payment.secure.ingress.high"
    assert names.egress_listener(8080) == "http-8080"
    assert names.POLICY_ANNOTATION == "mc-wan.l7mp.io/wan-policy"
    assert names.RULES_ANNOTATION == "mc-wan.l7mp.io/rules"
    assert names.SERVICE_ANNOTATION == "mc-wan.l7mp.io/service"


def test_egress_routes() -> None:
    assert names.egress_route("payment.secure", None, None) == "payment.secure.egress"
    assert names.egress_route("payment.secure", "http", None) == "payment.secure.egress.http"
    assert names.egress_route("payment.secure", "http", "high") == "payment.secure.egress.http.high"


def test_host_names() -> None:
    assert names.hostnames("payment", "secure") == [
        "payment.secure.svc.clusterset.local",
        "payment-clusterset.secure.svc.cluster.local",
        "payment.secure.svc.cluster.local",
        "payment-clusterset.secure.svc",
        "payment-clusterset.secure",
    ]
    assert names.hostnames("payment", "secure", short=True) == [
        *names.hostnames("payment", "secure"),
        "payment.secure.svc",
        "payment.secure",
    ]
    assert {names.exported(one) for one in names.hostnames("payment", "secure", short=True)} == {("payment", "secure")}
    assert [names.exported(one) for one in ("payment", "www.payment.secure", "payment.secure.local")] == [None] * 3
