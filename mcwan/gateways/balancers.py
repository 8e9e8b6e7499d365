"""What keeps an internal load balancer's address private: what whoever provides it reads on a Service."""

from collections.abc import Mapping

from mcwan.model.cluster import Balancer, Ingress

POOL = "metallb.io/address-pool"
"""By MetalLB, a Service has an address of this pool, and is as private as its addresses are."""
INTERNAL: Mapping[Balancer, Mapping[str, str]] = {
    "aws": {
        "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
        "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    },
    "azure": {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"},
    "gcp": {"networking.gke.io/load-balancer-type": "Internal"},
    "metallb": {POOL: ""},
}
"""Annotations; an empty one has any value: that of the pool is what the operator writes."""


def annotations(ingress: Ingress) -> Mapping[str, str]:
    """Give the annotations of the load balancer that an ingress gateway is to have; none if it has none."""
    known = INTERNAL[ingress.balancer] if ingress.balancer is not None else {}
    return {key: wanted or str(ingress.balancer_pool) for key, wanted in known.items()}
