"""What keeps each provider's load balancer private."""

from typing import get_args

from mcwan.gateways import balancers
from mcwan.model.cluster import Balancer, Ingress


def test_every_provider_is_known() -> None:
    assert set(balancers.INTERNAL) == set(get_args(Balancer))


def test_the_pool_is_the_operators() -> None:
    assert balancers.annotations(Ingress(exposure="LoadBalancer", balancer="metallb", balancer_pool="sdwan")) == {
        "metallb.io/address-pool": "sdwan"
    }
    assert balancers.annotations(Ingress(exposure="LoadBalancer", balancer="gcp")) == {
        "networking.gke.io/load-balancer-type": "Internal"
    }
    assert balancers.annotations(Ingress()) == {}
