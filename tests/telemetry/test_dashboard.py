"""The dashboard: where panels are, what can be chosen; Grafana's own types judge it in tests/e2e."""

import pytest

from mcwan.telemetry.dashboard import dashboard
from tests.fabrics import planned

SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def test_a_panel() -> None:
    (one,) = (panel for panel in dashboard(planned().context)["panels"] if panel["title"] == "By tunnel")
    chosen = ("source_cluster", "export", "destination_cluster", "wan_policy", "tunnel")
    selected = ", ".join(f'{label}=~"${label}"' for label in chosen)
    query = f"sum by (tunnel) (mcwan:tries:rate5m{{{selected}}})"
    assert one == {
        "id": 7,
        "type": "timeseries",
        "title": "By tunnel",
        "description": "Tries of egress gateways.",
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": "reqps", "min": 0}, "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [{"refId": "A", "datasource": SOURCE, "expr": query, "legendFormat": "{{tunnel}}"}],
        "gridPos": {"x": 8, "y": 10, "w": 8, "h": 8},
    }


def test_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    panels = dashboard(planned().context)["panels"]
    cells = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))


def test_what_can_be_chosen() -> None:
    variables = dashboard(planned().context)["templating"]["list"]
    assert [(one["name"], one["type"], one.get("definition")) for one in variables] == [
        ("datasource", "datasource", None),
        ("source_cluster", "query", "label_values(mcwan:tries:rate5m, source_cluster)"),
        ("destination_cluster", "query", "label_values(mcwan:endpoint:info, destination_cluster)"),
        ("export", "query", "label_values(mcwan:answers:rate5m, export)"),
        ("wan_policy", "query", "label_values(mcwan:endpoint:info, wan_policy)"),
        ("tunnel", "query", "label_values(mcwan:endpoint:info, tunnel)"),
    ]


@pytest.mark.parametrize(("name", "uid"), [("prod", "mcwan-prod"), ("x" * 63, f"mcwan-{'x' * 34}")])
def test_a_uid_is_as_short_as_grafana_wants_it(name: str, uid: str) -> None:
    found = dashboard(planned(name=name).context)
    assert (found["uid"], found["title"]) == (uid, f"mcwan {name}")
