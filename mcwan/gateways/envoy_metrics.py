"""What Envoy's metrics are called and labelled: by export, rule, WAN policy and cluster.

Envoy makes labels of the parts of a metric's name by patterns of its bootstrap (`stats_config.stats_tags`). Its own one
for upstreams ends at the first dot, and there are dots in the names of routes: `envoy_cluster_name` is then `payment`
for all exports of that name, whatever their namespace, and the rest stays in the metric's name. So the bootstrap gets
patterns of ours. https://www.envoyproxy.io/docs/envoy/v1.38.0/api-v3/config/metrics/v3/stats.proto
"""

from collections.abc import Mapping

from mcwan.model.leaves import RESERVED
from mcwan.model.tls import Role
from mcwan.plan import names
from mcwan.plan.manifests import Manifest
from mcwan.plan.profile import GatewayRequest

PROFILE = "envoy-gateway"
CLUSTER: Mapping[Role, str] = {"egress": "source_cluster", "ingress": "destination_cluster"}
"""The label of every metric of a gateway that says whose it is."""
EXPORT, RULE, WAN_POLICY = "export", "rule", "wan_policy"
"""Labels of a gateway's upstreams; the last one of an ingress gateway's only: an egress gateway may use several."""
UPSTREAM, ENDPOINT = "envoy_cluster_name", "envoy_endpoint_address"
"""Labels of the metrics of an upstream's single endpoints: Envoy gives those no other."""
_KEY = r"[^./]+\.[^./]+"
NAMED = rf"({_KEY})\..+/(.+)"
"""What an upstream is called: an export's key, more of its route's name, and a rule."""
_END = r"/[^./]+\."
_TAGS: Mapping[str, str] = {
    EXPORT: rf"^cluster\.(({_KEY})\.[^/]+{_END})",
    RULE: r"^cluster\.([^/]+/([^./]+)\.)",
}
_INGRESS_TAGS: Mapping[str, str] = {WAN_POLICY: rf"^cluster\.({_KEY}\.[^./]+\.([^./]+)[^/]*{_END})"}


def metrics(request: GatewayRequest) -> Manifest:
    """Give an EnvoyProxy's `telemetry.metrics`: what an upstream is called in metrics.

    An egress gateway's are told by endpoint, too: an address and a WAN port are a cluster by a WAN policy.
    """
    found: Manifest = {"clusterStatName": f"{_own(request)}%ROUTE_NAME%/%ROUTE_RULE_NAME%"}
    return found | ({"enablePerEndpointStats": True} if request.role == "egress" else {})


def bootstrap(request: GatewayRequest) -> Manifest:
    """Give an EnvoyProxy's `bootstrap`: the labels that are made of the names of metrics."""
    patterns = {**_TAGS, **(_INGRESS_TAGS if request.role == "ingress" else {})}
    tags = [{"tag_name": name, "regex": regex} for name, regex in patterns.items()]
    tags.append({"tag_name": CLUSTER[request.role], "fixed_value": request.site})
    return {
        "type": "JSONPatch",
        "jsonPatches": [{"op": "add", "path": "/stats_config/stats_tags/-", "value": tag} for tag in tags],
    }


def _own(request: GatewayRequest) -> str:
    """Give what an own gateway's routes do not say in their names: the export's key."""
    if request.namespace == names.NAMESPACE:
        return ""
    suffix = RESERVED if request.role == "egress" else names.service_ingress("")
    return f"{request.name.removesuffix(suffix)}.{request.namespace}."
