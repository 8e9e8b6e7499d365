"""Names and identities of gateways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcwan.model.leaves import DNS_NAME
from mcwan.model.tls import TLS, Issuer, default_domain, dns_name, identity
from tests.fabrics import ISSUED, changed, fabric


@pytest.mark.parametrize(
    ("name", "expected"),
    [("dev", "dev.mc-wan.internal"), ("My_Stack.1", "my-stack-1.mc-wan.internal"), ("__", "fabric.mc-wan.internal")],
)
def test_the_domain_of_an_environment(name: str, expected: str) -> None:
    assert default_domain(name) == expected


@given(st.text(min_size=1, max_size=100))
def test_a_domain_is_always_one_that_may_be_written(name: str) -> None:
    found = TLS.model_validate({"domain": default_domain(name)})
    assert found.domain == default_domain(name), DNS_NAME


def test_names_and_identities() -> None:
    assert dns_name("a.b", "east", "ingress") == "ingress.east.a.b"
    assert identity("a.b", "east", "egress") == "spiffe://a.b/cluster/east/egress"


def test_a_plain_issuer_is_a_cluster_issuer() -> None:
    found = TLS.model_validate({"issuer": "mc-wan"})
    assert found.issuer == Issuer(name="mc-wan", kind="ClusterIssuer", group="cert-manager.io")
    assert found.mode == "mutual"


def test_which_policies_are_secure() -> None:
    assert fabric().secure == frozenset()
    assert fabric(tls=ISSUED).secure == {"high", "low"}
    assert fabric(changed({"tls": ISSUED, "wanPolicies/low/tls": "plaintext"})).secure == {"high"}
    assert fabric(changed({"tls": ISSUED | {"mode": "plaintext"}, "wanPolicies/low/tls": "mutual"})).secure == {"low"}


def test_a_clusters_own_certificates_go_before_those_for_all() -> None:
    found = fabric(changed({"tls": ISSUED, "clusters/cluster-2/tls": {"secrets": {"ingress": "a", "egress": "b"}}}))
    assert found.certificates("cluster-1").issuer == Issuer(name="mc-wan")
    assert found.certificates("cluster-2").issuer is None
