"""Sidecars in a cluster of the lab with a mesh: istiod puts them into pods, as its chart has it, by webhooks."""

from lab.api import Api, Object
from lab.topology import Site

NAME = "istio-sidecar-injector"
LABELS = {"istio-injection": "enabled"}
"""Of the namespaces whose pods get sidecars."""
_INJECT, _INJECTION = "sidecar.istio.io/inject", "istio-injection"
_API = "admissionregistration.k8s.io/v1"


def webhooks(namespace: str) -> Object:
    """Give the webhooks by which istiod, in a namespace, sees pods: of a labelled namespace, or with a label."""
    service = {"name": "istiod", "namespace": namespace, "path": "/inject", "port": 443}
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    every: Object = {
        "clientConfig": {"service": service},
        "sideEffects": "None",
        "rules": [rule],
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "admissionReviewVersions": ["v1"],
    }
    labelled = [_expression(_INJECTION, "In", "enabled")], [_expression(_INJECT, "NotIn", "false")]
    asking = [_expression(_INJECTION, "DoesNotExist")], [_expression(_INJECT, "In", "true")]
    return {
        "apiVersion": _API,
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": NAME, "labels": {"istio.io/rev": "default"}},
        "webhooks": [
            every
            | {"name": f"{name}.sidecar-injector.istio.io"}
            | {"namespaceSelector": {"matchExpressions": of_namespace}, "objectSelector": {"matchExpressions": of_pod}}
            for name, (of_namespace, of_pod) in {"namespace": labelled, "object": asking}.items()
        ],
    }


def values(site: Site) -> Object:
    """Give what the chart's global values are for sidecars: the lab has nftables, and no iptables."""
    return {"nativeNftables": True, "multiCluster": {"clusterName": site.cluster}}


def trusted(api: Api) -> bool:
    """Tell whether the API server knows by which certificate to trust istiod."""
    found = api.get(_API, "MutatingWebhookConfiguration", NAME)
    return all("caBundle" in one["clientConfig"] for one in found["webhooks"])


def _expression(key: str, operator: str, *values: str) -> Object:
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})
