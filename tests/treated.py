"""What Envoy Gateway is told of how requests are treated: whole objects, for tests that compare them."""

from typing import Any

from tests.fabrics import Raw

TIMES = {"high": ("500ms", "500ms", "450ms"), "low": ("6000ms", "3250ms", "3200ms")}
"""Connect, and how often and how long a PING, as the example's SLAs have it: two round trips; one, and 200 ms."""
ONCE = ["connect-failure", "refused-stream", "reset-before-request"]
REPEATABLE = [*ONCE, "reset", "gateway-error"]


def backend_traffic(
    name: str, namespace: str, labels: dict[str, str], policy: str, *, repeatable: bool = False, **targets: Any
) -> Raw:
    """Give a BackendTrafficPolicy with nothing but defaults."""
    connect, interval, timeout = TIMES[policy]
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "BackendTrafficPolicy",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            **targets,
            "timeout": {"tcp": {"connectTimeout": connect}, "http": {"requestTimeout": "0s"}},
            "retry": {
                "numRetries": 3,
                "numAttemptsPerPriority": 1,
                "retryOn": {"triggers": REPEATABLE if repeatable else ONCE},
                "perRetry": {"backOff": {"baseInterval": "25ms", "maxInterval": "250ms"}},
            },
            "healthCheck": {
                "panicThreshold": 1,
                "passive": {
                    "splitExternalLocalOriginErrors": True,
                    "consecutiveLocalOriginFailures": 5,
                    "consecutiveGatewayErrors": 5,
                    "consecutive5XxErrors": 4_294_967_295,
                    "interval": "1s",
                    "baseEjectionTime": "5s",
                    "maxEjectionPercent": 100,
                },
            },
            "circuitBreaker": {
                "maxConnections": 1024,
                "maxPendingRequests": 1024,
                "maxParallelRequests": 1024,
                "maxParallelRetries": 1024,
            },
            "http2": {"connectionKeepalive": {"interval": interval, "timeout": timeout, "intervalJitter": 0}},
        },
    }


def route_target(name: str, rule: str | None = None) -> Raw:
    """Refer to a route, or to one of its rules."""
    section = {"sectionName": rule} if rule else {}
    return {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": name, **section}
