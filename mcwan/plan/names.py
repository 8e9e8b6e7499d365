"""The names of everything that is made, once. Each is explicit and the same on every run."""

from mcwan.model import leaves

GROUP = leaves.GROUP
NAMESPACE = leaves.FABRIC_NAMESPACE
INGRESS = leaves.INGRESS
EGRESS = leaves.EGRESS
GRANT = NAMESPACE
GUARD = f"wanpolicies.{GROUP}"
"""The admission policy for WANPolicies, called as their definition."""
BREAK_GLASS = f"{GROUP}/break-glass"
"""The label of a WANPolicy that anybody who may write it may change or delete, in an emergency."""
FIELD_MANAGER = "mcwan"
"""Who writes WANPolicies, as the API server notes it."""
RULES_ANNOTATION = f"{GROUP}/rules"
OWN_RULES_ANNOTATION = f"{GROUP}/own-rules"
POLICY_ANNOTATION = f"{GROUP}/wan-policy"
POLICY_LABEL = f"wan-policy.{GROUP}/"
"""How the label of a WAN policy that an object serves begins: its key ends with the policy's name."""
SPARES_ANNOTATION = f"{GROUP}/spares"
SERVICE_ANNOTATION = f"{GROUP}/service"
PORTS_ANNOTATION = f"{GROUP}/ports"
"""Of a ServiceExport: the ports of the service that other clusters may ask for, in the export's order."""
BACKENDS_ANNOTATION = f"{GROUP}/backends"
CALLERS_ANNOTATION = f"{GROUP}/callers"
MESH_NAMESPACE_ANNOTATION = f"{GROUP}/mesh-namespace"
"""Of a ServiceImport by path federated: the root namespace of its mesh."""
MESHES_ANNOTATION = f"{GROUP}/meshes"
"""Of a ServiceExport: the trust domains whose workloads may call for themselves. Of a ServiceImport: its mesh's."""
MESH_TARGET = "mesh-target"
"""The label app.kubernetes.io/component of what workloads of a mesh send to; of what gateways send to it is target."""
SPAN_HEADER = "spanid"
EXPORT_HEADER, SOURCE_HEADER = "mc-wan-export", "mc-wan-source"
"""Request headers: what is asked for, as name.namespace, and the cluster that asks."""
POLICY_HEADER, TUNNEL_HEADER, DESTINATION_HEADER = leaves.POLICY_HEADER, "mc-wan-tunnel", leaves.DESTINATION_HEADER
"""Headers of request and answer: the way that a request came by; of the answer: the cluster that answered."""
ADDRESSES_ANNOTATION = f"{GROUP}/addresses"
SOURCE_CLUSTER = "multicluster.kubernetes.io/source-cluster"
"""The label that says which remote cluster something stands for (KEP-1645 has it for EndpointSlices)."""
CHOICE_LABEL, FIRST, SPARE = f"{GROUP}/choice", "first", "spare"
"""The label of a place of an upstream, and its values."""


def target(cluster: str) -> str:
    """Name the Service that stands for a remote cluster's ingress gateway."""
    return f"target-{cluster}"


def service_target(export: str, cluster: str) -> str:
    """Name the same for an export with gateways of its own; `export` without its namespace."""
    return f"{clusterset(export)}-to-{cluster}"


def clusterset(export: str) -> str:
    """Name what an import is called in the service's namespace; `export` without its namespace."""
    return f"{export}{leaves.RESERVED}"


def service_ingress(export: str) -> str:
    """Name an export's own ingress gateway; `export` without its namespace."""
    return leaves.own_ingress(export)


def cluster_host(service: str) -> str:
    """Give the host name of `name.namespace` inside a cluster."""
    return f"{service}.svc.cluster.local"


def hostnames(name: str, namespace: str, *, short: bool = False) -> list[str]:
    """Give the host names that an export answers to.

    The last two are what clients may write for the second, whose search list completes them: the Host stays short.
    `short` adds the same two of the third, for where clients find that by DNS and come as they are.
    """
    found = [
        f"{name}.{namespace}.svc.clusterset.local",
        cluster_host(f"{clusterset(name)}.{namespace}"),
        cluster_host(f"{name}.{namespace}"),
        f"{clusterset(name)}.{namespace}.svc",
        f"{clusterset(name)}.{namespace}",
    ]
    return [*found, f"{name}.{namespace}.svc", f"{name}.{namespace}"] if short else found


def exported(hostname: str) -> tuple[str, str] | None:
    """Give the export (name, namespace) that answers to a host name; None if none does. The inverse of `hostnames`."""
    for ending in (".svc.clusterset.local", ".svc.cluster.local", ".svc", ""):
        if hostname.endswith(ending):
            name, dot, namespace = hostname.removesuffix(ending).partition(".")
            if dot and namespace and "." not in namespace:
                plain = name.removesuffix(leaves.RESERVED)
                known = (plain, namespace)
                return known if hostname in hostnames(*known, short=True) else None
    return None


def ingress_route(export: str, wan_policy: str) -> str:
    """Name the HTTPRoute of an export on one listener; dots keep name and namespace apart."""
    return f"{export}.ingress.{wan_policy}"


def egress_route(export: str, port: str | None, wan_policy: str | None) -> str:
    """Name the HTTPRoute of an import: one for all, or one per port, or per port and WAN policy."""
    return ".".join(part for part in (export, "egress", port, wan_policy) if part)


def upstream(export: str, wan_policy: str, own: str | None) -> str:
    """Name the upstream of an export by one WAN policy; `own`: at that export's gateways (without namespace)."""
    return ".".join(part for part in (own and clusterset(own), export, "upstream", wan_policy) if part)


def upstream_host(export: str, wan_policy: str, own: str | None) -> str:
    """Give the host name by which routes refer to it; nobody looks it up."""
    return ".".join(part for part in (wan_policy, export, own, "mc-wan.internal") if part)


def federated(export: str, wan_policy: str | None = None) -> str:
    """Name the upstream of an export by one WAN policy for the workloads of a mesh; without, what is for all."""
    return ".".join(part for part in (export, "federated", wan_policy) if part)


def federated_host(export: str, wan_policy: str) -> str:
    """Give the host name by which a mesh's routes refer to it; nobody looks it up."""
    return f"{wan_policy}.{export}.federated.mc-wan.internal"


def egress_listener(port: int) -> str:
    """Name the egress gateway's listener for a port."""
    return f"http-{port}"
