"""Resources of other people's programs: what they may well hold, and what nobody would expect."""

from typing import Any

from hypothesis import strategies as st

from mcwan.rules import Object
from mcwan.rules.unknown import HIDDEN, UNKNOWN, Withheld

_odd: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 70000)
    | st.floats()
    | st.sampled_from(("", "mc-wan", "mc-wan-ingress", "Service", "a.b", "10.0.0.1")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("name", "namespace", "port", "ports", "labels", "rules", "type")), inner)
    ),
    max_leaves=6,
)
_KINDS = (
    ("v1", "Service"),
    ("v1", "Endpoints"),
    ("v1", "ConfigMap"),
    ("networking.k8s.io/v1", "Ingress"),
    ("serving.knative.dev/v1", "Service"),
    ("networking.istio.io/v1", "Gateway"),
    ("gateway.networking.k8s.io/v1", "Gateway"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"),
    ("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("multicluster.example.com/v1", "ServiceExport"),
    ("apps/v1", "Deployment"),
    ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"),
    ("security.istio.io/v1", "AuthorizationPolicy"),
    ("example.com/v1", "WANPolicy"),
    ("gateway.networking.k8s.io/v1", "BackendTLSPolicy"),
    ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy"),
    ("gateway.envoyproxy.io/v1alpha1", "ClientTrafficPolicy"),
    ("gateway.envoyproxy.io/v1alpha1", "Backend"),
    ("networking.istio.io/v1", "DestinationRule"),
    ("networking.istio.io/v1", "ServiceEntry"),
    ("networking.istio.io/v1", "VirtualService"),
    ("security.istio.io/v1", "PeerAuthentication"),
    ("networking.istio.io/v1alpha3", "EnvoyFilter"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("cert-manager.io/v1", "Certificate"),
)
_PLACES = ("subsets", "spec", "metadata/labels", "metadata/annotations", "endpoints", "ports", "data", "status")
_FIELDS = (
    "parentRefs",
    "hostnames",
    "rules",
    "listeners",
    "ports",
    "addresses",
    "infrastructure",
    "from",
    "to",
    "provider",
    "externalIPs",
    "type",
    "targetRefs",
    "targetSelectors",
    "authorization",
    "validation",
    "trafficPolicy",
    "tls",
    "hosts",
    "host",
    "http",
    "exportTo",
    "gateways",
    "mtls",
    "endpoints",
    "ingress",
    "configPatches",
    "uris",
)


@st.composite
def odd_objects(draw: st.DrawFn, cluster: str, number: int) -> Object:
    """Give an object in a namespace of its own whose parts may be anything."""
    api_version, kind = draw(st.sampled_from(_KINDS))
    metadata: dict[str, Any] = {"name": f"odd-{number}", "namespace": "theirs"}
    content: dict[str, Any] = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    for place in draw(st.lists(st.sampled_from(_PLACES), unique=True)):
        inner = content
        *way, last = place.split("/")
        for part in way:
            inner = inner[part]
        inner[last] = draw(_odd)
    if draw(st.booleans()):
        content["spec"] = {field: draw(_odd) for field in draw(st.lists(st.sampled_from(_FIELDS), unique=True))}
    if draw(st.integers(0, 9)) == 0:
        content["metadata"] = draw(_odd.filter(lambda it: not isinstance(it, dict)))
    if draw(st.integers(0, 9)) == 0:
        content["data"] = Withheld("theirs", draw(st.sampled_from((UNKNOWN, HIDDEN))))
    return Object(cluster, content)


def _authorizations(cluster: str) -> list[Object]:
    """Give policies about callers beside the fabric's own, for Gateways and routes of others, and for its Gateway."""
    group = "gateway.networking.k8s.io"
    kinds = (("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"), ("security.istio.io/v1", "AuthorizationPolicy"))
    specs: list[dict[str, Any]] = [
        {"targetRefs": [{"group": group, "kind": "Gateway", "name": "mc-wan-ingress"}], "cors": {}},
        {"targetRefs": [{"group": group, "kind": "HTTPRoute", "name": "all"}]},
        {"targetSelectors": [{"kind": "HTTPRoute", "matchLabels": {"team": "shop"}}]},
        {"action": "ALLOW", "rules": [{"to": [{"operation": {"hosts": ["*"]}}]}]},
        {"selector": {"matchLabels": {"app": "x"}}, "rules": None},
    ]
    return [
        Object(
            cluster,
            {"apiVersion": version, "kind": kind, "metadata": {"name": f"{place}-{i}", "namespace": place}, "spec": it},
        )
        for version, kind in kinds
        for place in ("mc-wan", "shop")
        for i, it in enumerate(specs)
    ]


def _refusals(cluster: str) -> list[Object]:
    """Give what refuses everybody at Gateways, routes and workloads of others."""
    group = "gateway.networking.k8s.io"
    kinds = (("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"), ("security.istio.io/v1", "AuthorizationPolicy"))
    specs: list[dict[str, Any]] = [
        {"targetRefs": [{"group": group, "kind": "Gateway", "name": "mc-wan-ingress"}], "authorization": {}},
        {"targetRefs": [{"group": group, "kind": "HTTPRoute", "name": "all"}], "authorization": {}},
        {"action": "DENY", "rules": [{}]},
        {},
    ]
    return [
        Object(
            cluster,
            {"apiVersion": version, "kind": kind, "metadata": {"name": f"no-{i}", "namespace": "shop"}, "spec": it},
        )
        for version, kind in kinds
        for i, it in enumerate(specs)
    ]


def _patches(cluster: str) -> list[Object]:
    """Give patches of others: for Gateways and workloads of their own, for sidecars, and for all of a mesh."""
    group, envoy, istio = "gateway.networking.k8s.io", "gateway.envoyproxy.io/v1alpha1", "networking.istio.io/v1alpha3"
    ref = {"group": group, "kind": "Gateway", "name": "mc-wan-ingress"}
    labels = {"gateway.networking.k8s.io/gateway-name": "mc-wan-ingress"}
    at_sidecars = {"configPatches": [{"applyTo": "CLUSTER", "match": {"context": "SIDECAR_OUTBOUND"}}]}
    return [
        Object(
            cluster,
            {
                "apiVersion": version,
                "kind": kind,
                "metadata": {"name": f"patch-{i}", "namespace": namespace},
                "spec": it,
            },
        )
        for i, (version, kind, namespace, it) in enumerate(
            (
                (envoy, "EnvoyPatchPolicy", "shop", {"targetRef": ref}),
                (envoy, "EnvoyExtensionPolicy", "shop", {"targetRefs": [ref]}),
                (istio, "EnvoyFilter", "shop", {"targetRefs": [ref]}),
                (istio, "EnvoyFilter", "shop", {"workloadSelector": {"labels": labels}}),
                (istio, "EnvoyFilter", "istio-system", {"configPatches": [{"applyTo": "CLUSTER"}]}),
                (istio, "EnvoyFilter", "mc-wan", {"workloadSelector": {"labels": {"app": "web"}}}),
                (istio, "EnvoyFilter", "mc-wan", at_sidecars),
            )
        )
    ]


def _faults(cluster: str) -> list[Object]:
    """Give faults that others inject: for Gateways and routes of their own, called as the fabric's or labelled so."""
    faults = {"faultInjection": {"abort": {"httpStatus": 503}}}
    labels = {"app.kubernetes.io/component": "ingress-gateway"}
    specs: list[dict[str, Any]] = [
        {"targetRefs": [{"kind": "Gateway", "name": "mc-wan-ingress"}]},
        {"targetRef": {"kind": "HTTPRoute", "name": "all"}},
        {"targetSelectors": [{"kind": "Gateway", "matchLabels": labels}, {"kind": "HTTPRoute", "matchLabels": labels}]},
    ]
    version, kind = "gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy"
    return [
        Object(
            cluster,
            {
                "apiVersion": version,
                "kind": kind,
                "metadata": {"name": f"fault-{i}", "namespace": "shop"},
                "spec": {**it, **faults},
            },
        )
        for i, it in enumerate(specs)
    ]


def _of_mesh(cluster: str) -> list[Object]:
    """Give what others tell a mesh, twice some of it, which lies beside the fabric's own."""
    host, to = "api.example.com", {"destination": {"host": "web.shop.svc.cluster.local"}}
    networking, security = "networking.istio.io/v1", "security.istio.io/v1"
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        (networking, "ServiceEntry", {"hosts": [host], "ports": [{"number": 443, "name": "https"}]}),
        (networking, "ServiceEntry", {"hosts": [host, "web.shop.svc.cluster.local"], "exportTo": ["*"]}),
        (networking, "VirtualService", {"hosts": [host], "http": [{"route": [to]}]}),
        (networking, "VirtualService", {"hosts": [host], "http": [{"redirect": {"uri": "/"}}]}),
        (networking, "VirtualService", {"hosts": ["pay.red.svc.cluster.local"], "gateways": ["shop/web"]}),
        (networking, "VirtualService", {"hosts": ["pay.red", "web"], "http": [{"fault": {"abort": {}}}]}),
        (networking, "DestinationRule", {"host": "ghost", "trafficPolicy": {"tls": {"mode": "DISABLE"}}}),
        (security, "PeerAuthentication", {"mtls": {"mode": "PERMISSIVE"}}),
        (
            security,
            "AuthorizationPolicy",
            {
                "selector": {"matchLabels": {"app": "ghost"}},
                "rules": [{"from": [{"source": {"principals": ["spiffe://shop.example/ns/shop/sa/web"]}}]}],
            },
        ),
    ]
    return [
        Object(
            cluster,
            {"apiVersion": version, "kind": kind, "metadata": {"name": f"mesh-{i}", "namespace": "shop"}, "spec": spec},
        )
        for i, (version, kind, spec) in enumerate(kinds)
    ]


def _of_other_clusters(cluster: str) -> list[Object]:
    """Give what stands for a remote cluster in another program's way, as Submariner's Services, and is asked so."""
    labels = {"multicluster.kubernetes.io/source-cluster": "cluster-1", "wan-policy.mc-wan.l7mp.io/odd": "true"}
    selected = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 31111, "targetPort": 8080}]}
    backend = {"endpoints": [{"ip": {"address": "8.8.8.8", "port": 80}}]}
    slice_labels = labels | {"kubernetes.io/service-name": "theirs"}
    rules = [{"backendRefs": [{"name": "theirs", "port": 31111}]}]
    route = {"parentRefs": [{"name": "mc-wan-ingress"}], "hostnames": ["shop.example.com"], "rules": rules}
    kinds: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
        ("v1", "Service", labels, {"spec": selected}),
        ("gateway.envoyproxy.io/v1alpha1", "Backend", labels, {"spec": backend}),
        ("discovery.k8s.io/v1", "EndpointSlice", slice_labels, {"endpoints": [{"addresses": ["8.8.8.8"]}]}),
        ("gateway.networking.k8s.io/v1", "HTTPRoute", {}, {"spec": route}),
    ]
    return [
        Object(
            cluster,
            {
                "apiVersion": version,
                "kind": kind,
                "metadata": {"name": "theirs", "namespace": "shop", "labels": its},
                **rest,
            },
        )
        for version, kind, its, rest in kinds
    ]


def _network_policies(cluster: str) -> list[Object]:
    """Give policies beside the fabric's own that restrict only, or admit to other ports or other pods."""
    everybody: list[Any] = [{"namespaceSelector": {}}, {"ipBlock": {"cidr": "0.0.0.0/0"}}]
    specs: list[dict[str, Any]] = [
        {"podSelector": {}, "policyTypes": ["Ingress"]},
        {"podSelector": {}, "policyTypes": ["Egress"], "ingress": [{}], "egress": [{}]},
        {"podSelector": {}, "ingress": [{"from": everybody, "ports": [{"port": 19001}, {"port": "metrics"}]}]},
        {"podSelector": {}, "ingress": [{"ports": [{"protocol": "UDP"}, {"port": 8000, "endPort": 9000}]}]},
        {"podSelector": {"matchLabels": {"app": "x"}}, "ingress": [{}]},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}, "ingress": [{}]},
    ]
    kind, version = "NetworkPolicy", "networking.k8s.io/v1"
    return [
        Object(
            cluster,
            {"apiVersion": version, "kind": kind, "metadata": {"name": f"{place}-{i}", "namespace": place}, "spec": it},
        )
        for place in ("mc-wan", "envoy-gateway-system", "shop")
        for i, it in enumerate(specs)
    ]


def neighbours(cluster: str) -> list[Object]:
    """Give a mesh of somebody else's: Gateways, routes, Services, slices, public ones among them."""
    api = "gateway.networking.k8s.io/v1"

    def one(version: str, kind: str, name: str, **rest: Any) -> Object:
        labels = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/component": "ingress-gateway"}
        metadata = {"name": name, "namespace": "shop", "labels": labels}
        return Object(cluster, {"apiVersion": version, "kind": kind, "metadata": metadata, **rest})

    listener = {"name": "web", "protocol": "HTTP", "port": 80}
    ref = {"name": "mc-wan-ingress", "sectionName": "nowhere"}
    return [
        one(api, "Gateway", "mc-wan-ingress", spec={"gatewayClassName": "istio", "listeners": [listener]}),
        one(
            api, "HTTPRoute", "all", spec={"parentRefs": [ref], "rules": [{"backendRefs": [{"name": "x", "port": 1}]}]}
        ),
        one(
            api,
            "HTTPRoute",
            "elsewhere",
            spec={
                "parentRefs": [
                    {"name": "not-here", "namespace": "other"},
                    {"kind": "Service", "name": "mc-wan-ingress"},
                ],
                "hostnames": ["pay.red.svc.cluster.local"],
                "rules": [{"backendRefs": [{"name": "y", "namespace": "other", "port": 31111, "weight": 0}]}],
            },
        ),
        one("v1", "Service", "web", spec={"type": "LoadBalancer", "externalIPs": ["8.8.8.8"], "ports": [{"port": 80}]}),
        one(
            "discovery.k8s.io/v1", "EndpointSlice", "web", endpoints=[{"addresses": ["8.8.8.8"]}], ports=[{"port": 80}]
        ),
        one("v1", "Endpoints", "web", subsets=[{"addresses": [{"ip": "8.8.8.8"}], "ports": [{"port": 80}]}]),
        one("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", "mc-wan-ingress", spec={}),
        one("networking.k8s.io/v1", "Ingress", "web", spec={"defaultBackend": {"service": {"name": "x-clusterset"}}}),
        *_of_mesh(cluster),
        *_authorizations(cluster),
        *_faults(cluster),
        *_patches(cluster),
        *_refusals(cluster),
        *_of_other_clusters(cluster),
        *_network_policies(cluster),
        Object(
            cluster,
            {
                "apiVersion": "networking.istio.io/v1",
                "kind": "Gateway",
                "metadata": {"name": "mc-wan-ingress", "namespace": "mc-wan"},
                "spec": {"servers": [{"port": {"number": 443}}]},
            },
        ),
    ]
