"""What each rule says, whole: the cluster, the resource, both values and the remedy."""

import pytest

from mcwan.rules import RULES, Evidence, Rule, Violation, run
from mcwan.rules.sources import of_plan
from tests.components.examples import plan
from tests.rules.mutations import KINDS, Mutation, configured, deployed

SAID = {
    "wan-port-consistency": (
        "dev",
        "component WANPolicy: wrong port for a cluster",
        Violation(
            "policy high is port 20000 for cluster-1 by component WANPolicy high and port 31111 on cluster-1 and "
            "cluster-2",
            "set mcwan:wanPolicies.high.port once, and let nothing else write WANPolicy objects",
            ("cluster-1", "cluster-2"),
            "WANPolicy high on cluster-1",
        ),
    ),
    "wan-policy-consistency": (
        "dev",
        "WANPolicy: another tunnel",
        Violation(
            "policy high has tunnel business on cluster-1 and for cluster-2 by component WANPolicy high and tunnel "
            "other on cluster-2",
            "set mcwan:wanPolicies.high.tunnel once, and let nothing else write WANPolicy objects",
            ("cluster-1", "cluster-2"),
            "WANPolicy high on cluster-1",
        ),
    ),
    "wan-port-unique": (
        "dev",
        "WANPolicy: port of another policy",
        Violation(
            "policies high and low share port 31112 on cluster-1",
            "give one of them another port: mcwan:wanPolicies.low.port",
            ("cluster-1",),
            "WANPolicy high on cluster-1",
        ),
    ),
    "wan-policy-everywhere": (
        "dev",
        "component WANPolicy: no port for a cluster",
        Violation(
            "component WANPolicy high has no port for cluster-1",
            "deploy the whole fabric: mcwan:wanPolicies.high is meant for every cluster",
            ("cluster-1",),
            "component WANPolicy high",
        ),
    ),
    "wan-port-range": (
        "dev",
        "WANPolicy: port out of the range",
        Violation(
            "policy high has port 70 on cluster-1; allowed: 80 to 65535",
            "set mcwan:wanPolicies.high.port to one of them",
            ("cluster-1",),
            "WANPolicy high on cluster-1",
        ),
    ),
    "listener-is-wan-policy": (
        "dev",
        "ingress gateway: somebody else's listener",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on cluster-1 listens on port 20000 as 'foreign', which is no WAN "
            "policy there",
            "remove the listener, or write mcwan:wanPolicies.foreign",
            ("cluster-1",),
            "Gateway mc-wan/mc-wan-ingress on cluster-1",
        ),
    ),
    "wan-policy-has-listener": (
        "dev",
        "ingress gateway: missing",
        Violation(
            "policy high has no ingress gateway on cluster-2",
            "deploy the whole fabric: every cluster needs its ingress gateway",
            ("cluster-2",),
            "WANPolicy high on cluster-2",
        ),
    ),
    "listener-is-closed": (
        "dev",
        "gateway: routes of every namespace admitted",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on cluster-1, listener high admits routes of namespaces: All",
            "let mcwan write that Gateway: routes come from its own namespace only",
            ("cluster-1",),
            "Gateway mc-wan/mc-wan-ingress on cluster-1",
        ),
    ),
    "route-does-no-more": (
        "dev",
        "route: it does more to requests than mcwan writes",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1, rule all has a filter RequestRedirect",
            "let mcwan write the route: what else is to be done to requests, do it at the service",
            ("cluster-1",),
            "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1",
        ),
    ),
    "import-by-egress": (
        "dev",
        "import: its name an alias of somebody else's",
        Violation(
            "Service insecure/logging-clusterset on cluster-1 is an alias of mc-wan-egress.example.com, and not of "
            "Gateway mc-wan/mc-wan-egress on cluster-1",
            "let mcwan write the Services of imports",
            ("cluster-1",),
            "Service insecure/logging-clusterset on cluster-1",
        ),
    ),
    "tls-as-chosen": (
        "dev",
        "ingress gateway: a listener in plaintext",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on cluster-1, listener high speaks HTTP, and TLS of the policy is mutual",
            "set mcwan:wanPolicies.high.tls, and let nothing else write that Gateway",
            ("cluster-1",),
            "Gateway mc-wan/mc-wan-ingress on cluster-1",
        ),
    ),
    "clients-verified": (
        "dev",
        "ingress gateway: its clients need no certificate",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on cluster-1 asks its clients for no certificate",
            "let mcwan write that Gateway and its ClientTrafficPolicy",
            ("cluster-1",),
            "Gateway mc-wan/mc-wan-ingress on cluster-1",
        ),
    ),
    "target-verified": (
        "dev",
        "target: nothing checks who it is",
        Violation(
            "Service mc-wan/target-cluster-2 on cluster-1, port 31111: nothing verifies that it is the ingress gateway "
            "of cluster-2",
            "let mcwan write the target and its BackendTLSPolicy or DestinationRule",
            ("cluster-1", "cluster-2"),
            "Service mc-wan/target-cluster-2 on cluster-1",
        ),
    ),
    "rules-everywhere": (
        "dev",
        "egress route: a rule dropped, or the route",
        Violation(
            "ServiceImport insecure/logging on cluster-1 has routes for 0 of its ports, which are 8080",
            "let mcwan write the routes of all clusters in one update",
            ("cluster-1",),
            "ServiceImport insecure/logging on cluster-1",
        ),
    ),
    "requests-go-on": (
        "guarded",
        "requests: nothing says how those of a rule go on",
        Violation(
            "HTTPRoute mc-wan/ledger.secure.egress on east, rule all: no BackendTrafficPolicy says how its requests go "
            "on",
            "let mcwan write what treats requests: mcwan:wanPolicies.NAME.traffic, mcwan:exports[].traffic",
            ("east",),
            "HTTPRoute mc-wan/ledger.secure.egress on east",
        ),
    ),
    "one-protocol-per-rule": (
        "guarded",
        "egress route: own pods asked straight, beside what speaks HTTP/2",
        Violation(
            "HTTPRoute mc-wan/orders.secure.egress on east, rule all sends to Service secure/orders beside Service "
            "mc-wan/target-west on east, to which Envoy speaks HTTP/2, and then to the Service, too",
            "let mcwan write the route: beside others the cluster's own pods are asked by a target of its own",
            ("east",),
            "HTTPRoute mc-wan/orders.secure.egress on east",
        ),
    ),
    "upstream-is-whole": (
        "mixed",
        "upstream: no first choice, or a place that is neither first nor spare, or without a weight",
        Violation(
            "ServiceEntry mc-wan/payment.secure.upstream.high on east has no place that is a first choice",
            "let mcwan write upstreams: the ServiceEntry and its DestinationRule",
            ("east",),
            "ServiceEntry mc-wan/payment.secure.upstream.high on east",
        ),
    ),
    "wan-ports-protected": (
        "guarded",
        "NetworkPolicy: missing, or it admits others",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on east has no NetworkPolicy envoy-gateway-system/mc-wan-ingress, and "
            "others of the fabric have one",
            "write sources of every cluster, mcwan:clusters.CLUSTER.sources, and let mcwan write the NetworkPolicies",
            ("east",),
            "Gateway mc-wan/mc-wan-ingress on east",
        ),
    ),
    "clients-of-this-fabric": (
        "mixed",
        "ingress gateway: clients of other fabrics admitted",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on east: nothing refuses clients of other fabrics",
            "let mcwan write that Gateway and what refuses clients of other fabrics",
            ("east",),
            "Gateway mc-wan/mc-wan-ingress on east",
        ),
    ),
    "spare-leads-there": (
        "guarded",
        "spare: a wrong address, or a port that nobody listens on",
        Violation(
            "Backend mc-wan/target-west.high on east leads to 10.99.99.99, port 31111; Gateway mc-wan/mc-wan-ingress "
            "on west is reached at 10.2.0.11, ports 31111, 31112 and 31113",
            "let mcwan write spares and upstreams",
            ("east", "west"),
            "Backend mc-wan/target-west.high on east",
        ),
    ),
    "callers-enforced": (
        "guarded",
        "callers: everybody, by the action or by default",
        Violation(
            "SecurityPolicy mc-wan/vault.secure.ingress.low on east, which is for HTTPRoute "
            "mc-wan/vault.secure.ingress.low on east, says Allow where connection.uri_san_peer_certificate in "
            '["spiffe://guarded.mc-wan.internal/cluster/edge/egress"], else Allow; ServiceExport secure/vault on east '
            "says that spiffe://guarded.mc-wan.internal/cluster/edge/egress may call",
            "let mcwan write the export, its routes and what refuses others",
            ("east",),
            "SecurityPolicy mc-wan/vault.secure.ingress.low on east",
        ),
    ),
    "target-address": (
        "dev",
        "ingress gateway: another address written on it",
        Violation(
            "EndpointSlice mc-wan/target-cluster-1-ipv4 on cluster-2 sends to 198.51.100.11; Gateway "
            "mc-wan/mc-wan-ingress on cluster-1 is reached at 10.99.99.99",
            "write the address once: mcwan:clusters.cluster-1.ingress.addresses",
            ("cluster-1", "cluster-2"),
            "EndpointSlice mc-wan/target-cluster-1-ipv4 on cluster-2",
        ),
    ),
    "target-port": (
        "dev",
        "target: a port that nobody listens on",
        Violation(
            "EndpointSlice mc-wan/target-cluster-2-ipv4 on cluster-1 leads to port 20000, and Gateway "
            "mc-wan/mc-wan-ingress on cluster-2 has no listener there",
            "let mcwan write both: a target has a port per WAN policy",
            ("cluster-1", "cluster-2"),
            "EndpointSlice mc-wan/target-cluster-2-ipv4 on cluster-1",
        ),
    ),
    "route-has-listener": (
        "dev",
        "egress gateway: a listener dropped or renamed",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-1 attaches to section http-8080 of Gateway "
            "mc-wan/mc-wan-egress on cluster-1, which has none",
            "let mcwan write the route: an ingress route's section is a WAN policy",
            ("cluster-1",),
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-1",
        ),
    ),
    "route-of-own-policy": (
        "dev",
        "ServiceExport: another policy than its routes are of",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1 is on the listener of policy low, and"
            " export logging.insecure has high",
            "let mcwan write the route, or give the export that WAN policy",
            ("cluster-1",),
            "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1",
        ),
    ),
    "route-is-exported": (
        "dev",
        "ingress route: a host name that is not exported",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1 is for ghost.secure, which is not "
            "exported on cluster-1",
            "export the service with mcwan:exports, or remove the route",
            ("cluster-1",),
            "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1",
        ),
    ),
    "hostname-once": (
        "dev",
        "HTTPRoute: somebody else's, for a host name that is taken",
        Violation(
            "logging.insecure.svc.clusterset.local is claimed on listener low of Gateway "
            "mc-wan/mc-wan-ingress on cluster-1 by HTTPRoute mc-wan/foreign and HTTPRoute "
            "mc-wan/logging.insecure.ingress.low",
            "leave host names to one export: let nothing but mcwan write routes of its gateways",
            ("cluster-1",),
            "HTTPRoute mc-wan/foreign on cluster-1",
        ),
    ),
    "reference-granted": (
        "dev",
        "ReferenceGrant: missing, or for somebody else",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-1 sends to Service insecure/logging, and no "
            "ReferenceGrant in insecure lets it",
            "write a ReferenceGrant in insecure from HTTPRoute of mc-wan to Service logging",
            ("cluster-1",),
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-1",
        ),
    ),
    "weights-not-zero": (
        "dev",
        "route: all weights of a rule zero",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-1, rule all: the weights of all its backends are 0",
            "give one of the exporting clusters a weight: mcwan:exports[].from[].weight",
            ("cluster-1",),
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-1",
        ),
    ),
    "export-has-policy": (
        "dev",
        "ServiceExport: somebody else's, without a policy",
        Violation(
            "ServiceExport insecure/foreign on cluster-1 has no WAN policy",
            "write wanPolicy or rules for it in mcwan:exports, and nowhere else",
            ("cluster-1",),
            "ServiceExport insecure/foreign on cluster-1",
        ),
    ),
    "route-has-target": (
        "dev",
        "target: its Service missing, or without a port",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-2 sends to Service mc-wan/target-cluster-1, "
            "port 31112, which is not there",
            "let mcwan write the route and its targets",
            ("cluster-2",),
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-2",
        ),
    ),
    "route-arrives": (
        "dev",
        "ingress route: missing, and somebody sends to it",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-2 sends logging.insecure.svc.cluster.local "
            "to port 31112 of Gateway mc-wan/mc-wan-ingress on cluster-1, where no route admits it on "
            "listener low",
            "let mcwan write both sides: the export and its import name the same WAN policy low",
            ("cluster-1", "cluster-2"),
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-2",
        ),
    ),
    "shadow-arrives": (
        "lab",
        "target: the port of another policy",
        Violation(
            "EndpointSlice default/payment-insecure-clusterset-ipv4 on east sends "
            "payment-insecure-clusterset.default.svc.cluster.local to port 31111 of Gateway "
            "mc-wan/mc-wan-ingress on west, where no route admits it on listener high",
            "let mcwan write both sides: the export and its import name the same WAN policy high",
            ("east", "west"),
            "EndpointSlice default/payment-insecure-clusterset-ipv4 on east",
        ),
    ),
    "import-is-whole": (
        "dev",
        "import: its Service missing, or no ports",
        Violation(
            "ServiceImport insecure/logging on cluster-1 has no Service insecure/logging-clusterset, by which clients "
            "find it",
            "let mcwan write the import",
            ("cluster-1",),
            "ServiceImport insecure/logging on cluster-1",
        ),
    ),
    "service-has-wan-ports": (
        "trio",
        "ingress gateway: what orders its Service swaps or loses WAN ports",
        Violation(
            "EnvoyProxy mc-wan/mc-wan-ingress on east, of Gateway mc-wan/mc-wan-ingress on east: port 31111 is node "
            "port 32001",
            "let mcwan write what orders the Services of gateways: each WAN port is the same in the pod and on the "
            "nodes",
            ("east",),
            "EnvoyProxy mc-wan/mc-wan-ingress on east",
        ),
    ),
    "gateway-is-private": (
        "dev",
        "gateway: a public address asked for",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on cluster-1 is at 8.8.8.8, an address of the Internet",
            "write the address that the SD-WAN routes",
            ("cluster-1",),
            "Gateway mc-wan/mc-wan-ingress on cluster-1",
        ),
    ),
    "target-is-private": (
        "dev",
        "target: an address of the Internet",
        Violation(
            "EndpointSlice mc-wan/target-cluster-2-ipv4 on cluster-1 sends to 8.8.8.8, an address of the Internet",
            "write the address that the SD-WAN routes: mcwan:clusters.CLUSTER.ingress.addresses",
            ("cluster-1",),
            "EndpointSlice mc-wan/target-cluster-2-ipv4 on cluster-1",
        ),
    ),
    "plaintext-chosen": (
        "dev",
        "ingress gateway: somebody else's listener",
        Violation(
            "Gateway mc-wan/mc-wan-ingress on cluster-1 listens in plaintext (HTTP) for policy foreign",
            'use TLS for it, or allow plaintext: add "foreign" to wanPolicies of this rule',
            ("cluster-1",),
            "Gateway mc-wan/mc-wan-ingress on cluster-1",
        ),
    ),
    "export-namespace-allowed": (
        "dev",
        "ServiceExport: somebody else's, without a policy",
        Violation(
            "ServiceExport foreign/foreign on cluster-1 exports from namespace foreign; allowed: insecure and secure",
            "remove the export, or add the namespace to this rule's configuration",
            ("cluster-1",),
            "ServiceExport foreign/foreign on cluster-1",
        ),
    ),
    "namespace-keeps-off-tunnel": (
        "dev",
        "WANPolicy: a tunnel that its exports must never use",
        Violation(
            "ServiceExport insecure/logging on cluster-1 has policy low, whose tunnel is business; namespace "
            "insecure must never use it",
            "give the export, or its rule, a WAN policy of another tunnel",
            ("cluster-1",),
            "ServiceExport insecure/logging on cluster-1",
        ),
    ),
    "import-allowed": (
        "trio",
        "ServiceImport: somebody else's, where it is not allowed",
        Violation(
            "edge imports logging.insecure; allowed: east and west",
            "name the clusters in mcwan:imports for logging.insecure, or add this one to the rule's configuration",
            ("edge",),
            "ServiceImport insecure/logging on edge",
        ),
    ),
    "rule-of-own-policy": (
        "dev",
        "egress route: the port of another rule's policy",
        Violation(
            "HTTPRoute mc-wan/payment.secure.egress on cluster-2, rule queries sends to port 31112, which is policy "
            "low; its export says high",
            "let mcwan write the route: a rule's WAN policy is the export's, or the import's own",
            ("cluster-1", "cluster-2"),
            "HTTPRoute mc-wan/payment.secure.egress on cluster-2",
        ),
    ),
    "rules-match-alike": (
        "dev",
        "ingress route: other matches in a rule",
        Violation(
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-2, rule all matches /, and the rule of that name of "
            "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1 matches /other",
            "let mcwan write both routes: the export's rule says what it matches",
            ("cluster-1", "cluster-2"),
            "HTTPRoute mc-wan/logging.insecure.egress on cluster-2",
        ),
    ),
    "import-as-exported": (
        "dev",
        "ServiceImport: another policy than its exports have",
        Violation(
            "ServiceImport insecure/logging on cluster-1 says mc-wan.l7mp.io/wan-policy: ghost, and ServiceExport "
            "insecure/logging on cluster-1 says low",
            "let mcwan write both; rules of the consuming side stand in mc-wan.l7mp.io/own-rules",
            ("cluster-1",),
            "ServiceImport insecure/logging on cluster-1",
        ),
    ),
    "target-is-whole": (
        "dev",
        "target: no endpoint, or not ready",
        Violation(
            "Service mc-wan/target-cluster-2 on cluster-1 has no endpoint for port high",
            "let mcwan write the targets: a Service without selector, and its EndpointSlices",
            ("cluster-1",),
            "Service mc-wan/target-cluster-2 on cluster-1",
        ),
    ),
    "withdrawals-limited": (
        "dev",
        "ServiceImport: withdrawn",
        Violation(
            "1 of 4 imports withdrawn; allowed at a time: 0 (logging.insecure on cluster-1)",
            "withdraw fewer, or raise atMost for this one update",
            ("cluster-1",),
            "ServiceImport logging.insecure on cluster-1",
        ),
    ),
    "labels-present": (
        "dev",
        "any object: a label lost",
        Violation(
            "CustomResourceDefinition wanpolicies.mc-wan.l7mp.io on cluster-1 has no label app.kubernetes.io/instance",
            "write it once, in mcwan:labels",
            ("cluster-1",),
            "CustomResourceDefinition wanpolicies.mc-wan.l7mp.io on cluster-1",
        ),
    ),
    "federated-import-is-whole": (
        "federated",
        "federated import: requests say something else on the way",
        Violation(
            "VirtualService httpbin/httpbin-clusterset on east, rule headers, is not as rules of imports are: "
            "headers.request.set.mc-wan-export is other, and should be httpbin.httpbin",
            "let mcwan write the import",
            ("east",),
            "VirtualService httpbin/httpbin-clusterset on east",
        ),
    ),
    "host-told-once": (
        "federated",
        "mesh: a host name told twice",
        Violation(
            "httpbin.httpbin.svc.cluster.local is told to the mesh of east by ServiceEntry httpbin/httpbin-clusterset "
            "on east and ServiceEntry httpbin/zz-foreign on east",
            "leave host names of exports and upstreams to mcwan's objects",
            ("east",),
            "ServiceEntry httpbin/httpbin-clusterset on east",
        ),
    ),
    "treated-host-is-there": (
        "federated",
        "DestinationRule: a port that its upstream does not have",
        Violation(
            "DestinationRule mc-wan/billing.secure.federated.low on east is for port 20000 of ServiceEntry "
            "mc-wan/billing.secure.federated.low on east, which has 31112",
            "let mcwan write upstreams: the ServiceEntry and its DestinationRule",
            ("east",),
            "DestinationRule mc-wan/billing.secure.federated.low on east",
        ),
    ),
    "authorization-takes-effect": (
        "federated",
        "AuthorizationPolicy: for what is not there, or identities with spiffe://",
        Violation(
            "AuthorizationPolicy mc-wan/foreign on east names spiffe://else.where/ns/a/sa/b in principals, which Istio "
            "compares with identities without spiffe://",
            "write else.where/ns/a/sa/b",
            ("east",),
            "AuthorizationPolicy mc-wan/foreign on east",
        ),
    ),
    "gateway-not-patched": (
        "dev",
        "gateway: somebody else patches it",
        Violation(
            "EnvoyExtensionPolicy mc-wan/foreign on cluster-1 patches Gateway mc-wan/mc-wan-ingress on cluster-1, and "
            "no rule can tell what is left of WAN policies then",
            "remove it, or let it be for Gateways of your own",
            ("cluster-1",),
            "EnvoyExtensionPolicy mc-wan/foreign on cluster-1",
        ),
    ),
    "clients-admitted": (
        "dev",
        "SecurityPolicy: somebody else's, which lets nobody in",
        Violation(
            "SecurityPolicy mc-wan/foreign on cluster-1 refuses everybody at Gateway mc-wan/mc-wan-ingress on "
            "cluster-1: its default action is Deny, and no rule allows anybody; mcwan's admit the fabric's gateways",
            "remove it, or let it admit the fabric's gateways; who may call an export, say in mcwan:exports[].callers "
            "of it",
            ("cluster-1",),
            "SecurityPolicy mc-wan/foreign on cluster-1",
        ),
    ),
    "certificate-is-own": (
        "dev",
        "certificate: ordered for somebody else",
        Violation(
            "Certificate mc-wan/mc-wan-egress-tls on cluster-1 is for uris spiffe://else.where/cluster/x/egress, and "
            "Gateway mc-wan/mc-wan-egress on cluster-1 is spiffe://dev.mc-wan.internal/cluster/cluster-1/egress",
            "let mcwan write the gateway and its Certificate",
            ("cluster-1",),
            "Certificate mc-wan/mc-wan-egress-tls on cluster-1",
        ),
    ),
    "meshes-agree": (
        "federated",
        "meshes: one side says another trust domain",
        Violation(
            "ServiceImport httpbin/httpbin on east is asked for by workloads of else.where, and ServiceExport "
            "httpbin/httpbin on west admits those of east.example",
            "let mcwan write both sides in one update: mcwan:clusters.CLUSTER.mesh, mcwan:imports",
            ("east", "west"),
            "ServiceImport httpbin/httpbin on east",
        ),
    ),
    "mesh-is-strict": (
        "federated",
        "PeerAuthentication: plaintext is taken",
        Violation(
            "PeerAuthentication istio-system/default on west is not what has all workloads of the mesh refuse "
            "plaintext: spec.mtls.mode is PERMISSIVE, and should be STRICT",
            "let mcwan write it: mcwan:clusters.CLUSTER.mesh.strict",
            ("west",),
            "PeerAuthentication istio-system/default on west",
        ),
    ),
}
"""By rule: a stack, the kind of mistake in it, and what is said of the first one that the fewest rules claim."""


_VIRTUAL = "VirtualService httpbin/httpbin-clusterset on east"
_CALLED = "a rule called otherwise, with other matches, dropped, or in another order"
SAID_OF_MESHES = (
    (
        "federated-import-is-whole",
        "federated import: its Service, ServiceEntry or VirtualService missing",
        "ServiceImport httpbin/httpbin on east is federated, and has no Service httpbin/httpbin-clusterset",
    ),
    (
        "host-told-once",
        "mesh: a host name that is a Service's",
        "ServiceEntry httpbin/httpbin-clusterset on east tells the mesh of httpbin.httpbin.svc.cluster.local, which is "
        "that of Service httpbin/httpbin on east",
    ),
    (
        "authorization-takes-effect",
        "ingress gateway: missing",
        "AuthorizationPolicy mc-wan/mc-wan-ingress on east is for Gateway mc-wan-ingress, which is not there",
    ),
    (
        "meshes-agree",
        "ServiceExport: callers of a mesh that does not import it",
        "ServiceExport secure/billing on edge says that spiffe://else.where/ns/a/sa/b may call, and admits workloads "
        "of east.example and west.example",
    ),
    (
        "route-has-target",
        "federated import: sent to what is not there",
        f"{_VIRTUAL} sends to host high.httpbin.httpbin.federated.mc-wan.internal, port 20000, which no upstream of "
        "the mesh has",
    ),
    (
        "route-is-exported",
        "federated import: sent to what is not there",
        f"{_VIRTUAL} sends to ghost.secure; exported there for its host names: nothing",
    ),
    (
        "rule-of-own-policy",
        "federated import: sent by the WAN policy of another rule",
        f"{_VIRTUAL}, rule status sends to port 31111, which is policy high; its export says low",
    ),
    (
        "rules-match-alike",
        f"federated import: {_CALLED}",
        f"{_VIRTUAL}, rule headers matches GET exactly /other or GET /headers, and the rule of that name of HTTPRoute "
        "mc-wan/httpbin.httpbin.ingress.high on west matches GET /headers",
    ),
    (
        "rules-everywhere",
        f"federated import: {_CALLED}",
        f"ServiceImport httpbin/httpbin on east: {_VIRTUAL} lacks rule headers of its export's",
    ),
    (
        "requests-go-on",
        "federated import: requests do not go on",
        f"{_VIRTUAL}, rule headers: not that by which requests go on: retries is missing",
    ),
    (
        "weights-not-zero",
        "federated import: no weight, or no destination",
        f"{_VIRTUAL}, rule headers: the weights of all its backends are 0",
    ),
)
"""What rules say of federated imports, beside that."""
SAID_TOO = (
    (
        "dev",
        "target-address",
        "target: somebody else's Endpoints of it",
        "Endpoints mc-wan/target-cluster-2 on cluster-1 sends to 10.99.99.99; Gateway mc-wan/mc-wan-ingress on "
        "cluster-2 is reached at 198.51.100.12",
    ),
    (
        "guarded",
        "import-is-whole",
        "import: its slices missing, not ready, or of another port",
        "Service insecure/logging-clusterset on edge has no endpoint for port http",
    ),
    (
        "dev",
        "import-is-whole",
        "egress gateway: a listener for other requests, or another Service ordered",
        "Gateway mc-wan/mc-wan-egress on cluster-1, listener http-8080, listens on port 20000",
    ),
    (
        "dev",
        "service-has-wan-ports",
        "ingress gateway: another Service ordered",
        "EnvoyProxy mc-wan/mc-wan-ingress on cluster-1, of Gateway mc-wan/mc-wan-ingress on cluster-1: the Service is "
        "called other, and not mc-wan-ingress.envoy-gateway-system",
    ),
    (
        "dev",
        "import-is-whole",
        "egress route: a host name of its import lost",
        "HTTPRoute mc-wan/logging.insecure.egress on cluster-1 lacks host names of ServiceImport insecure/logging on "
        "cluster-1: logging.insecure.svc.clusterset.local",
    ),
    (
        "guarded",
        "wan-ports-protected",
        "NetworkPolicy: another one admits others to the WAN ports",
        "NetworkPolicy envoy-gateway-system/foreign on east admits everybody to 31111, 31112 and 31113 of Gateway "
        "mc-wan/mc-wan-ingress on east, too",
    ),
    (
        "dev",
        "service-has-wan-ports",
        "ingress gateway: its Service leads a WAN port elsewhere",
        "Service envoy-gateway-system/mc-wan-ingress on cluster-1, of Gateway mc-wan/mc-wan-ingress on cluster-1: "
        "port 31111 leads to port 20000",
    ),
    (
        "federated",
        "gateway-is-private",
        "Gateway: of another class",
        "Gateway mc-wan/mc-wan-ingress on east is of class gke-l7-global-external-managed, a load balancer on the "
        "Internet",
    ),
    (
        "federated",
        "gateway-is-private",
        "Gateway: Istio's overlay makes it public",
        "Gateway mc-wan/mc-wan-ingress on east orders a LoadBalancer without an annotation that keeps it internal",
    ),
    (
        "dev",
        "gateway-is-private",
        "Service: public, selects the pods of gateways",
        "Service envoy-gateway-system/foreign on cluster-1 orders a LoadBalancer without an annotation that keeps it "
        "internal",
    ),
    (
        "dev",
        "gateway-is-private",
        "Ingress: sends to a gateway",
        "Ingress envoy-gateway-system/foreign on cluster-1 sends to mc-wan-ingress, a gateway of the fabric",
    ),
)
"""What rules say of other mistakes that they notice."""


SAID_BESIDE = (
    (
        "guarded",
        "spare-leads-there",
        "spare: the port of another policy, or not said of which it is",
        "Backend mc-wan/target-west.high on east is to lead to the listener of one WAN policy, and its labels name "
        "none",
    ),
    (
        "guarded",
        "spare-leads-there",
        "spare: another protocol than its policy's",
        "Backend mc-wan/target-west.high on east speaks HTTP/1.1, and by policy high it should be "
        "gateway.envoyproxy.io/h2c",
    ),
    (
        "guarded",
        "requests-go-on",
        "egress route: the spares of a rule dropped",
        "HTTPRoute mc-wan/orders.secure.egress on east, rule all has no spare by policy low to west, where what it "
        "sends is admitted by that, too",
    ),
    (
        "guarded",
        "route-arrives",
        "egress route: a spare at a cluster that does not export the service, or by a policy that does not",
        "HTTPRoute mc-wan/quotes.secure.egress on east sends quotes.secure.svc.cluster.local to port 31112 of Gateway "
        "mc-wan/mc-wan-ingress on west, where no route admits it on listener low",
    ),
    (
        "dev",
        "route-is-exported",
        "route: a port that is not exported",
        "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1 sends to port 20000 of logging.insecure; exported "
        "there for its host names: port 8080",
    ),
    (
        "trio",
        "rules-everywhere",
        "ingress route: other matches in a rule",
        "HTTPRoute mc-wan/payment.secure.ingress.high on west says other than on other clusters: rule canary matches "
        "GET /payment with header cookie: expression ^(.*;\\s*)?user=test(;.*)?$, and there GET /other with header "
        "cookie: expression ^(.*;\\s*)?user=test(;.*)?$",
    ),
    (
        "trio",
        "rules-match-alike",
        "egress route: another port asked for than its listener's, or none",
        "HTTPRoute mc-wan/search.catalog.egress.admin on east, rule all says x-mc-wan-port: 20000, and should say "
        "9090: ServiceExport catalog/search on east has port 8080 and 9090",
    ),
    (
        "federated",
        "requests-go-on",
        "requests: an EnvoyFilter of an upstream or a route is for another gateway",
        "EnvoyFilter mc-wan/vault.secure.upstream.low on east, of ServiceEntry mc-wan/vault.secure.upstream.low on "
        "east, is for Gateway ghost, and not for Gateway mc-wan-egress, which sends",
    ),
    (
        "dev",
        "requests-go-on",
        "target: HTTP/1.1 is spoken to it, which has no PINGs",
        "Service mc-wan/target-cluster-1 on cluster-2, port 31111 has appProtocol http, and should have "
        "kubernetes.io/h2c: lost connections are noticed by HTTP/2 only",
    ),
    (
        "dev",
        "clients-of-this-fabric",
        "clients: somebody else's SecurityPolicy for a route, in place of the Gateway's",
        "SecurityPolicy mc-wan/foreign on cluster-1 is for HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1, "
        "and holds there in place of what mcwan's say of who may ask",
    ),
    (
        "dev",
        "clients-verified",
        "ingress gateway: clients with TLS are spoken to otherwise",
        "ClientTrafficPolicy mc-wan/mc-wan-ingress on cluster-1 does not speak to clients of Gateway "
        "mc-wan/mc-wan-ingress on cluster-1 as mcwan has it: spec.tls.minVersion is 1.0, and should be 1.3",
    ),
    (
        "dev",
        "service-has-wan-ports",
        "ingress gateway: its Service said to be in another namespace",
        "Gateway mc-wan/mc-wan-egress on cluster-1 says that its Service is in envoy-gateway-system, and Gateway "
        "mc-wan/mc-wan-ingress on cluster-1 that its is in elsewhere",
    ),
    (
        "dev",
        "gateway-is-private",
        "Ingress, or a public HTTPRoute: sends to an import",
        "Ingress insecure/foreign on cluster-1 sends to logging-clusterset.insecure, the import of logging.insecure, "
        "from wherever its controller is reached",
    ),
    (
        "dev",
        "route-does-no-more",
        "route: a header says something else than mcwan has it say, or nothing",
        "HTTPRoute mc-wan/logging.insecure.ingress.low on cluster-1, rule all sets header mc-wan-policy of the request "
        "to foreign, and should to low",
    ),
    (
        "guarded",
        "requests-go-on",
        "egress route: nothing sent to a cluster, though others do, be it as a spare",
        "HTTPRoute mc-wan/quotes.secure.egress on east, rule all sends nothing to west, be it as a spare, and that of "
        "HTTPRoute mc-wan/quotes.secure.egress on edge does",
    ),
    (
        "dev",
        "route-does-no-more",
        "requests: somebody else injects faults",
        "BackendTrafficPolicy mc-wan/mc-wan-ingress on cluster-1 injects faults into requests of Gateway "
        "mc-wan/mc-wan-ingress on cluster-1: delay (fixedDelay 1s); mcwan's policies inject none",
    ),
)
"""What rules say of spares, of ports of an export, and of rules that clusters have otherwise, beside that."""


def mistake(evidence: Evidence, kind: str, rule: str) -> Mutation:
    return min((one for one in KINDS[kind](evidence) if rule in one.rules), key=lambda one: len(one.rules))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_a_rule_says(rule: Rule) -> None:
    stack, kind, wanted = SAID[rule.name]
    evidence = deployed(of_plan(plan(stack)))
    found = run(rule, mistake(evidence, kind, rule.name).evidence, configured(evidence).get(rule.name))
    assert found.violations[0] == wanted


@pytest.mark.parametrize(("name", "kind", "wanted"), SAID_OF_MESHES)
def test_what_a_rule_says_of_federated_imports(name: str, kind: str, wanted: str) -> None:
    evidence = deployed(of_plan(plan("federated")))
    (rule,) = [one for one in RULES if one.name == name]
    found = run(rule, mistake(evidence, kind, name).evidence, configured(evidence).get(name))
    assert found.violations[0].what == wanted


@pytest.mark.parametrize(("stack", "name", "kind", "wanted"), [*SAID_TOO, *SAID_BESIDE])
def test_what_a_rule_says_of_other_mistakes(stack: str, name: str, kind: str, wanted: str) -> None:
    evidence = deployed(of_plan(plan(stack)))
    (rule,) = [one for one in RULES if one.name == name]
    found = run(rule, mistake(evidence, kind, name).evidence, configured(evidence).get(name))
    assert found.violations[0].what == wanted


def test_every_rule_has_its_words_and_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == len(SAID)
    for rule in RULES:
        assert all(text.endswith(".") for text in (rule.sentence, rule.why, rule.remedy)), rule.name
