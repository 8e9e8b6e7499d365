"""Gateway profiles: one module per implementation, each saying what it can do."""

from collections.abc import Iterator, Mapping

from mcwan.gateways import envoy_gateway, istio, standard
from mcwan.model.cluster import ProfileName
from mcwan.model.description import Description
from mcwan.model.fabric import Fabric
from mcwan.model.mistakes import Mistake
from mcwan.plan import Plan, Profile, expand

PROFILES: Mapping[ProfileName, Profile] = {"envoy-gateway": envoy_gateway, "istio": istio, "standard": standard}


def plan(fabric: Fabric) -> Plan:
    """Expand a fabric with the profile that each of its clusters names."""
    return expand(fabric, {name: PROFILES[cluster.gateway.profile] for name, cluster in fabric.clusters.items()})


def check(description: Description) -> Iterator[Mistake]:
    """Say what a description asks of a cluster whose profile cannot do it."""
    for name, cluster in description.clusters.items():
        allowed = PROFILES[cluster.gateway.profile].EXPOSURES
        if cluster.ingress.exposure not in allowed:
            able = sorted(profile for profile in PROFILES if cluster.ingress.exposure in PROFILES[profile].EXPOSURES)
            yield Mistake(
                ("clusters", name, "ingress", "exposure"),
                repr(cluster.ingress.exposure),
                f"profile {cluster.gateway.profile} cannot order that; allowed: {', '.join(sorted(allowed))}",
                f"leave it to the GatewayClass, or use one of the profiles {', '.join(able)}",
            )
