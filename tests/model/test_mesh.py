"""Whose workloads an identity is of."""

from mcwan.model.mesh import trust_domain, workload, workloads
from mcwan.model.tls import identity


def test_a_trust_domain_is_read_from_identities_of_workloads_only() -> None:
    assert trust_domain(workload("east.example", "sleep.secure")) == "east.example"
    assert trust_domain(workloads("east.example")) == "east.example"
    assert trust_domain(identity("a.b", "east", "egress")) == ""
    assert trust_domain("spiffe://else.where/theirs") == ""
