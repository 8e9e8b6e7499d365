"""ReferenceGrants follow from the routes."""

import pytest

from tests.fabrics import GONE, Raw, changed, exported, labelled, on, planned, rule, ruled


def grant(name: str, namespace: str, source: str) -> Raw:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": name, "namespace": namespace, "labels": labelled("reference-grant")},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": source}],
            "to": [{"group": "", "kind": "Service"}],
        },
    }


OWN = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])


@pytest.mark.parametrize(
    ("changes", "cluster", "expected"),
    [
        ({}, "cluster-1", [grant("mc-wan", "insecure", "mc-wan"), grant("mc-wan", "secure", "mc-wan")]),
        ({}, "cluster-2", []),
        ({"exports/1": GONE}, "cluster-1", [grant("mc-wan", "secure", "mc-wan")]),
        (
            {"exports": [ruled(rule("a", "low", backend="far.insecure"))]},
            "cluster-1",
            [grant("mc-wan", "insecure", "mc-wan")],
        ),
        ({"exports": [OWN]}, "cluster-1", []),
        (
            {
                "exports": [OWN, exported(service="logging.insecure")],
                "imports": [{"service": "cart.secure", "rules": [rule("a", None, backend="logging.insecure")]}],
            },
            "cluster-2",
            [grant("mc-wan-from-secure", "mc-wan", "secure")],
        ),
        (
            {
                "exports": [OWN, exported(service="logging.insecure")],
                "imports": [{"service": "cart.secure", "rules": [rule("a", None, backend="logging.insecure")]}],
            },
            "cluster-1",
            [grant("mc-wan", "insecure", "mc-wan"), grant("mc-wan-from-secure", "insecure", "secure")],
        ),
    ],
    ids=[
        "exporting",
        "importing",
        "one",
        "a backend elsewhere",
        "gateways of its own",
        "from a user's namespace to the targets",
        "from one user's namespace to another",
    ],
)
def test_grants(changes: Raw, cluster: str, expected: list[Raw]) -> None:
    assert on(planned(changed(changes)), cluster, "ReferenceGrant") == expected
