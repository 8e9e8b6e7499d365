"""Tables of a plan: TLS, failover, spares and callers are told as they hold."""

from typing import Any

from rich.table import Table

from mcwan.cli import tables
from tests.fabrics import ISSUED, Raw, changed, planned

RAW: Raw = changed(
    {
        "tls": ISSUED,
        "wanPolicies/low/failover": "high",
        "wanPolicies/p3": {"tunnel": "t", "port": 31113, "sla": {"jitterMs": 1, "latencyMs": 2, "lossPercent": 0.5}},
        "wanPolicies/p3/tls": "plaintext",
        "exports/1/from": ["cluster-1", {"cluster": "cluster-2", "weight": 2, "spare": True}],
        "exports/1/callers": ["cluster-2"],
    }
)


def rows(table: Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.cells for column in table.columns), strict=True))


def test_wan_policies() -> None:
    assert rows(tables.wan_policies(planned(RAW))) == [
        ("high", "business", "31111", "50", "100", "1", "mutual", "none"),
        ("low", "default", "31112", "1000", "1000", "100", "mutual", "high"),
        ("p3", "t", "31113", "1", "2", "0.5", "plaintext", "none"),
    ]


def test_exports() -> None:
    found = [row[:-1] for row in rows(tables.exports(planned(RAW)))]
    assert found == [
        ("logging.insecure", "8080", "cluster-1 (1), cluster-2 (2, spare)", "low", "high", "cluster-2"),
        ("payment.secure", "8080", "cluster-1 (1)", "queries: high, stats: low", "low: high", "all"),
    ]
    nobody = changed({"exports/1/callers": [], "exports/1/failover": "none"}, RAW)
    assert rows(tables.exports(planned(nobody)))[0][4:6] == ("none", "none")


def test_imports() -> None:
    raw = changed({"clusters/cluster-1/gateway": {"profile": "istio"}}, RAW)
    assert [row[:-1] for row in rows(tables.imports(planned(raw)))] == [
        ("logging.insecure", "cluster-1", "gateway", "low", "none"),
        ("logging.insecure", "cluster-2", "gateway", "low", "cluster-1 by high, cluster-2 by low"),
        ("payment.secure", "cluster-1", "gateway", "queries: high, stats: low", "none"),
        ("payment.secure", "cluster-2", "gateway", "queries: high, stats: low", "cluster-1 by high"),
    ]
