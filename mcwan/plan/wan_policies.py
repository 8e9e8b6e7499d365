"""A WANPolicy object on every cluster. It acts on nothing by itself; people and policies read it."""

from mcwan.plan.context import Context, PerCluster
from mcwan.plan.guard import ANNOTATIONS
from mcwan.plan.manifests import labels, manifest
from mcwan.plan.names import GROUP


def wan_policy(context: Context, name: str) -> PerCluster:
    """Give every cluster the same object for one WAN policy."""
    policy = context.fabric.wan_policies[name]
    loss = policy.sla.loss_percent
    one = manifest(
        f"{GROUP}/v1alpha1",
        "WANPolicy",
        name,
        None,
        labels(context.fabric, "wan-policy", policies=[name]),
        annotations=ANNOTATIONS,
        spec={
            "tunnel": policy.tunnel,
            "port": policy.port,
            "sla": {
                "jitterMs": policy.sla.jitter_ms,
                "latencyMs": policy.sla.latency_ms,
                "lossPercent": int(loss) if loss.is_integer() else loss,
            },
            "tls": "mutual" if name in context.fabric.secure else "plaintext",
            **({"failover": policy.failover} if policy.failover else {}),
        },
    )
    return {cluster: [one] for cluster in context.clusters}
