"""Only what Gateway API's standard channel says: for implementations without a profile of their own.

A Gateway's Service is called as GEP-1762 recommends, `<gateway>-<class>`, in the Gateway's namespace. How it is
reached is up to the GatewayClass.
"""

from mcwan.model.cluster import Exposure
from mcwan.plan.profile import GatewayRequest, Infrastructure

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP"})


def infrastructure(request: GatewayRequest) -> Infrastructure:
    """Give the Service's name; there is nothing else to say."""
    chosen = request.cluster.gateway
    namespace = chosen.service_namespace or request.namespace
    return Infrastructure(service=f"{request.name}-{chosen.class_name}.{namespace}")
