"""Which pods istiod is asked about."""

from collections.abc import Callable
from typing import Any

from lab.gateways import injection

SERVICE = {"name": "istiod", "namespace": "istio-system", "path": "/inject", "port": 443}
LABELLED, ASKING = {"istio-injection": "enabled"}, {"sidecar.istio.io/inject": "true"}
NOT_ASKING = {"sidecar.istio.io/inject": "false"}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """As the API server does; an expression holds for a label that is not there if it is a negative one."""
    met: dict[str, Callable[[str, list[str]], bool]] = {
        "In": lambda key, values: labels.get(key) in values,
        "NotIn": lambda key, values: labels.get(key) not in values,
        "DoesNotExist": lambda key, _: key not in labels,
    }
    return all(met[one["operator"]](one["key"], one.get("values", [])) for one in selector["matchExpressions"])


def injected(namespace: dict[str, str], pod: dict[str, str]) -> int:
    """Count the webhooks that see a pod."""
    hooks = injection.webhooks("istio-system")["webhooks"]
    assert [one["clientConfig"]["service"] for one in hooks] == [SERVICE] * len(hooks)
    return sum(selects(one["namespaceSelector"], namespace) and selects(one["objectSelector"], pod) for one in hooks)


def test_pods_of_labelled_namespaces_and_pods_that_ask_for_it_are_seen_once() -> None:
    assert injection.LABELS == LABELLED
    seen = [(injected(LABELLED, pod), injected({}, pod)) for pod in ({}, ASKING, NOT_ASKING)]
    assert seen == [(1, 0), (1, 1), (0, 0)]


class Server:
    def __init__(self, *configs: dict[str, str]) -> None:
        self.found = {"webhooks": [{"clientConfig": one} for one in configs]}

    def get(self, *_: str) -> dict[str, Any]:
        return self.found


def test_istiod_is_trusted_once_every_webhook_has_its_certificate() -> None:
    there = {"caBundle": "…"}
    assert [injection.trusted(Server(*one)) for one in [(there, there), (there, {})]] == [True, False]  # type: ignore[arg-type]
