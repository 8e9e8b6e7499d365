"""Labels: what is a mistake is among `tests.model.test_load`'s cases; here what is none."""

import pytest

from tests.fabrics import Raw, described, lines


@pytest.mark.parametrize(
    "labels",
    [
        None,
        {},
        {"team": ""},
        {"team": "x" * 63, "a" * 63: "Pay.ments_2-x"},
        {"example.org/Cost_Centre": "4711"},
        {f"{'x' * 249}.org/team": "payments"},
        {"notkubernetes.io/name": "x", "kubernetes.io.example.org/name": "x", "kubernetes.io": "x"},
    ],
)
def test_what_is_no_mistake(labels: Raw | None) -> None:
    assert lines(described(labels=labels)) == []
