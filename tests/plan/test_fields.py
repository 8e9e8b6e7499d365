"""What parts of objects are called."""

import pytest

from mcwan.plan.fields import below, item


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        (below("", "spec"), "spec"),
        (below("spec", "ports"), "spec.ports"),
        (below("metadata.labels", "app.kubernetes.io/name"), "metadata.labels[app.kubernetes.io/name]"),
        (item("spec.ports", {"name": "high"}), "spec.ports[high]"),
        (item("spec.addresses", {"type": "IPAddress"}), "spec.addresses[type=IPAddress]"),
        (item("spec.ports", {"port": 80, "protocol": "TCP"}), "spec.ports[port=80,protocol=TCP]"),
    ],
)
def test_names(called: str, expected: str) -> None:
    assert called == expected
