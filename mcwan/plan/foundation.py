"""What everything else stands on, per cluster: the namespace mc-wan, the definition of WANPolicy, and its guard."""

from mcwan.model.sla import MAX_MILLISECONDS
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.guard import guard
from mcwan.plan.manifests import Manifest, labels, manifest
from mcwan.plan.names import GROUP, NAMESPACE


def foundation(context: Context) -> PerCluster:
    """Give every cluster what of it this program is to manage."""
    common = labels(context.fabric, "fabric")
    manage = context.fabric.manage
    made = [wan_policy_crd(common)] if manage.wan_policy_crd else []
    made += [manifest("v1", "Namespace", NAMESPACE, None, common)] if manage.namespace else []
    made += guard(manage, common) if manage.wan_policy_guard else []
    return dict.fromkeys(context.clusters, made) if made else {}


def wan_policy_crd(common: dict[str, str]) -> Manifest:
    """Give the CustomResourceDefinition of WANPolicy; bounds as in `mcwan.model.wan_policy`."""
    milliseconds = {"type": "integer", "format": "int64", "minimum": 0, "maximum": MAX_MILLISECONDS}
    sla = {
        "type": "object",
        "description": "The service level that the tunnel promises.",
        "required": ["jitterMs", "latencyMs", "lossPercent"],
        "properties": {
            "jitterMs": milliseconds | {"description": "Highest jitter, milliseconds."},
            "latencyMs": milliseconds | {"description": "Highest latency, milliseconds."},
            "lossPercent": {
                "type": "number",
                "minimum": 0,
                "maximum": 100,
                "description": "Highest packet loss, percent.",
            },
        },
    }
    spec = {
        "type": "object",
        "required": ["tunnel", "port", "sla"],
        "properties": {
            "tunnel": {
                "type": "string",
                "minLength": 1,
                "maxLength": 63,
                "description": "The SD-WAN tunnel that carries the requests of this policy.",
            },
            "port": {
                "type": "integer",
                "format": "int32",
                "minimum": 1,
                "maximum": 65535,
                "description": "The WAN port, by which the SD-WAN tells the flows of this policy.",
            },
            "sla": sla,
            "tls": {
                "type": "string",
                "enum": ["mutual", "plaintext"],
                "description": "Whether gateways speak mutual TLS for it; plaintext can be read on the way.",
            },
            "failover": {
                "type": "string",
                "minLength": 1,
                "maxLength": 63,
                "description": "The WAN policy that its requests travel by while they cannot by its own tunnel.",
            },
        },
    }
    schema = {
        "type": "object",
        "description": "A name for an SD-WAN tunnel, its service level and its WAN port; the same on every cluster.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
        },
    }
    columns = [
        ("Tunnel", "string", ".spec.tunnel"),
        ("Port", "integer", ".spec.port"),
        ("Jitter", "integer", ".spec.sla.jitterMs"),
        ("Latency", "integer", ".spec.sla.latencyMs"),
        ("Loss", "number", ".spec.sla.lossPercent"),
        ("TLS", "string", ".spec.tls"),
        ("Failover", "string", ".spec.failover"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ]
    return manifest(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"wanpolicies.{GROUP}",
        None,
        common,
        spec={
            "group": GROUP,
            "scope": "Cluster",
            "names": {
                "kind": "WANPolicy",
                "listKind": "WANPolicyList",
                "plural": "wanpolicies",
                "singular": "wanpolicy",
                "shortNames": ["wanp"],
            },
            "versions": [
                {
                    "name": "v1alpha1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "additionalPrinterColumns": [
                        {"name": name, "type": kind, "jsonPath": path} for name, kind, path in columns
                    ],
                }
            ],
        },
    )
