"""Fabrics of any size."""

from typing import Any


def described(clusters: int, exports: int, *, importers: int | None = None, render: bool = False) -> dict[str, Any]:
    """Describe a fabric: each export from two clusters, every other one with two rules over two WAN policies.

    All clusters have all namespaces (fifty) and so import everything, unless `importers` says how many do.
    """
    names = [f"cluster-{number:02}" for number in range(clusters)]
    namespaces = [f"team-{number:02}" for number in range(min(50, exports))]
    sla = {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1}
    rules = [
        {"name": "queries", "matches": [{"method": "GET", "path": {"value": "/payment"}}], "wanPolicy": "high"},
        {"name": "stats", "matches": [{"path": {"value": "/stats"}}], "wanPolicy": "low"},
    ]
    found: list[dict[str, Any]] = []
    for number in range(exports):
        export: dict[str, Any] = {
            "service": f"service-{number:04}.{namespaces[number % len(namespaces)]}",
            "port": 8080,
            "from": [{"cluster": names[(number + step) % clusters], "weight": step + 1} for step in range(2)],
        }
        found.append(export | ({"rules": rules} if number % 2 else {"wanPolicy": "low"}))
    imports = (
        [] if importers is None else [{"service": export["service"], "clusters": names[:importers]} for export in found]
    )
    return {
        "clusters": {
            name: {
                **({"renderTo": f"deployed/{name}"} if render else {"context": name}),
                "ingress": {"addresses": [f"10.{number}.0.11"]},
                "namespaces": namespaces,
            }
            for number, name in enumerate(names)
        },
        "tls": {"mode": "plaintext"},
        "wanPolicies": {
            "high": {"tunnel": "business", "port": 31111, "sla": sla},
            "low": {"tunnel": "default", "port": 31112, "sla": sla},
        },
        "exports": found,
        "imports": imports,
    }
