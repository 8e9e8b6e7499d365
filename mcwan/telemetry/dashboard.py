"""The dashboard for Grafana: what callers get, by which ways, what holds them, what arrives.

It shows what the recording rules record, and by name only what these leave as Envoy tells it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mcwan.gateways.envoy_metrics import EXPORT, WAN_POLICY
from mcwan.plan.context import Context
from mcwan.telemetry.metrics import (
    CLASS,
    CLIENTS_REFUSED,
    DESTINATION,
    EXPIRY,
    GATEWAYS_REFUSED,
    LISTENER,
    SOURCE,
    TUNNEL,
)
from mcwan.telemetry.promql import rate, total
from mcwan.telemetry.recording import (
    ANSWERS,
    ARRIVALS,
    FAILED,
    FIRST_CHOICE,
    HEALTHY,
    LATENCY,
    OF_RULE,
    OF_WAY,
    PROMISED,
    TRIES,
    WAY,
)

Panel = dict[str, Any]
MARK = "Written by `mcwan telemetry`; changes here are lost."
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT, _COLUMNS = 8, 8, 3
_UID = 40
"""Characters that Grafana allows for a dashboard's uid."""


class Graph(NamedTuple):
    """A panel: what it shows, in which unit, as which queries with their legends."""

    title: str
    says: str
    unit: str
    queries: tuple[tuple[str, str], ...]


def dashboard(context: Context) -> dict[str, Any]:
    """Give the dashboard as Grafana imports it."""
    name = context.fabric.name
    return {
        "description": MARK,
        "uid": f"mcwan-{name}"[:_UID],
        "title": f"mcwan {name}",
        "tags": ["mcwan"],
        "schemaVersion": 42,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "panels": _panels(_rows()),
    }


def _rows() -> list[tuple[str, list[Graph]]]:
    return [("What callers get", _got()), ("By which ways", _ways()), ("What holds", _held()), ("Arrivals", _arrived())]


def _got() -> list[Graph]:
    answers, errors = _of(ANSWERS, SOURCE, EXPORT), _of(ANSWERS, SOURCE, EXPORT, more=f'{CLASS}="5"')
    return [
        _graph("Requests", "Answers of egress gateways, after retries.", "reqps", (EXPORT,), total((EXPORT,), answers)),
        _graph(
            "Errors",
            "Share of the answers that are 5xx, of the service or of a gateway.",
            "percentunit",
            (EXPORT,),
            f"{total((EXPORT,), errors)} / {total((EXPORT,), answers)}",
        ),
        Graph(
            "Latency",
            "Until the answer, by the first choice's WAN policy; half of the requests, and all but the slowest 1 %.",
            "ms",
            tuple(
                (
                    f"max by ({EXPORT}, {WAN_POLICY}) ({_of(record, SOURCE, EXPORT, WAN_POLICY, TUNNEL)})",
                    f"{_legend(EXPORT, WAN_POLICY)} {quantile}",
                )
                for quantile, record in LATENCY.items()
            ),
        ),
    ]


def _ways() -> list[Graph]:
    tries, failed = _of(TRIES, *_ALL), _of(FAILED, *_ALL)
    spare = f"{tries} unless on ({', '.join(OF_WAY)}) {FIRST_CHOICE}"
    p50 = _of(LATENCY["0.5"], SOURCE, EXPORT, WAN_POLICY, TUNNEL)
    return [
        _graph("By WAN policy", "Tries of egress gateways.", "reqps", (WAN_POLICY,), total((WAN_POLICY,), tries)),
        _graph("By tunnel", "Tries of egress gateways.", "reqps", (TUNNEL,), total((TUNNEL,), tries)),
        _graph(
            "From cluster to cluster",
            "Tries of egress gateways.",
            "reqps",
            (SOURCE, DESTINATION),
            total((SOURCE, DESTINATION), tries),
        ),
        _graph(
            "Failed tries",
            "Share of the tries by a tunnel that got an error or no answer.",
            "percentunit",
            (TUNNEL, DESTINATION),
            f"{total((TUNNEL, DESTINATION), failed)} / {total((TUNNEL, DESTINATION), tries)}",
        ),
        _graph(
            "Not by first choice",
            "Tries at a spare: another WAN policy or another cluster than was wanted.",
            "reqps",
            (EXPORT, DESTINATION, WAN_POLICY),
            total((EXPORT, DESTINATION, WAN_POLICY), spare),
        ),
        Graph(
            "Latency and SLA",
            "Half of the requests take no longer; what the SLA promises is there and back.",
            "ms",
            (
                (f"max by ({WAN_POLICY}) ({p50})", _legend(WAN_POLICY)),
                (f"2 * {_of(PROMISED, WAN_POLICY)}", f"{_legend(WAN_POLICY)} SLA"),
            ),
        ),
    ]


def _held() -> list[Graph]:
    again, well, full = (_counted(f"envoy_cluster_upstream_rq_{one}") for one in ("retry", "retry_success", _FULL))
    ejected = _of("envoy_cluster_outlier_detection_ejections_active", SOURCE, EXPORT)
    distrusted = " + ".join(_counted(f"envoy_cluster_ssl_{one}", "$__range", "increase") for one in GATEWAYS_REFUSED)
    return [
        Graph(
            "Retries",
            "Tries after the first, how many of them got an answer, and requests refused by limits.",
            "reqps",
            (
                (total((EXPORT,), again), f"{_legend(EXPORT)} tried again"),
                (total((EXPORT,), well), f"{_legend(EXPORT)} answered then"),
                (total((EXPORT,), full), f"{_legend(EXPORT)} refused"),
            ),
        ),
        Graph(
            "Gateways",
            "Remote ingress gateways by each WAN policy that are healthy for a rule, and that are ejected.",
            "short",
            (
                (f"min by ({', '.join(OF_RULE)}) ({_of(HEALTHY, SOURCE, EXPORT)})", f"{_legend(*OF_RULE)} healthy"),
                (total(OF_RULE, ejected), f"{_legend(*OF_RULE)} ejected"),
            ),
        ),
        _graph(
            "Remote gateways not trusted",
            "Failed handshakes, by the egress gateway.",
            "short",
            (SOURCE, EXPORT),
            total((SOURCE, EXPORT), distrusted),
        ),
    ]


def _arrived() -> list[Graph]:
    arrivals = _of(ARRIVALS, EXPORT, WAN_POLICY, TUNNEL, DESTINATION)
    failures = " + ".join(
        f"increase({_of(f'envoy_listener_ssl_{one}', DESTINATION)}[$__range])" for one in CLIENTS_REFUSED
    )
    return [
        _graph(
            "Arrivals",
            "Requests at ingress gateways, those by path direct, too.",
            "reqps",
            (DESTINATION, WAN_POLICY),
            total((DESTINATION, WAN_POLICY), arrivals),
        ),
        _graph(
            "Answers of services",
            "By the class of their status.",
            "reqps",
            (EXPORT, CLASS),
            total((EXPORT, CLASS), arrivals),
        ),
        _graph(
            "Clients refused",
            "Failed handshakes at WAN ports, by the ingress gateway.",
            "short",
            (DESTINATION, LISTENER),
            total((DESTINATION, LISTENER), failures),
        ),
        Graph(
            "Certificates",
            "Until the first one of a gateway expires.",
            "d",
            tuple((f"min by ({one}) ({_of(EXPIRY, one)})", _legend(one)) for one in (SOURCE, DESTINATION)),
        ),
    ]


_ALL = (SOURCE, EXPORT, DESTINATION, WAN_POLICY, TUNNEL)
_FULL = "pending_overflow"
_VARIABLES = {SOURCE: TRIES, DESTINATION: WAY, EXPORT: ANSWERS, WAN_POLICY: WAY, TUNNEL: WAY}
"""What can be chosen, and the metric that has all of its values."""


def _of(metric: str, *chosen: str, more: str = "") -> str:
    """Select what is chosen above the panels."""
    asked = [f'{label}=~"${label}"' for label in chosen]
    return f"{metric}{{{', '.join([*asked, more] if more else asked)}}}"


def _counted(metric: str, window: str = "$__rate_interval", by: str = "rate") -> str:
    counter = _of(metric, SOURCE, EXPORT)
    return rate(counter, window) if by == "rate" else f"{by}({counter}[{window}])"


def _graph(title: str, says: str, unit: str, by: Sequence[str], query: str) -> Graph:
    return Graph(title, says, unit, ((query, _legend(*by)),))


def _legend(*labels: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def _variables() -> list[dict[str, Any]]:
    source = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return [source, *(_variable(label, metric) for label, metric in _VARIABLES.items())]


def _variable(label: str, metric: str) -> dict[str, Any]:
    query = f"label_values({metric}, {label})"
    return {
        "name": label,
        "label": label.replace("_", " "),
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": label},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _panels(rows: Sequence[tuple[str, Sequence[Graph]]]) -> list[Panel]:
    found: list[Panel] = []
    y = 0
    for title, graphs in rows:
        place = {"x": 0, "y": y, "w": _WIDTH * _COLUMNS, "h": 1}
        found.append({"id": len(found) + 1, "type": "row", "title": title, "collapsed": False, "panels": []})
        found[-1]["gridPos"] = place
        y += 1
        for index, graph in enumerate(graphs):
            below, beside = divmod(index, _COLUMNS)
            place = {"x": beside * _WIDTH, "y": y + below * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
            found.append({"id": len(found) + 1, **_panel(graph), "gridPos": place})
        y += -(-len(graphs) // _COLUMNS) * _HEIGHT
    return found


def _panel(graph: Graph) -> Panel:
    return {
        "type": "timeseries",
        "title": graph.title,
        "description": graph.says,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": graph.unit, "min": 0}, "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
            for index, (query, legend) in enumerate(graph.queries)
        ],
    }
