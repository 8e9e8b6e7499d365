"""Matches of HTTPRoutes and of VirtualServices are the same requests, whichever way they are read."""

from hypothesis import given
from hypothesis import strategies as st

from mcwan.gateways import istio_mesh
from mcwan.model.matches import Match
from mcwan.plan import routes
from mcwan.rules.mesh_matches import mesh_matches
from tests.fabrics import Raw, matches


@given(st.lists(matches(), max_size=3), st.sampled_from((None, 8080)))
def test_what_an_ingress_route_matches_is_what_sidecars_match(raw: list[Raw], port: int | None) -> None:
    found = tuple(Match.model_validate(one) for one in raw)
    assert mesh_matches(routes.matches(found), port) == istio_mesh.matches(found, port)


def test_odd_matches_are_none() -> None:
    assert mesh_matches([{"headers": [{"type": "Fuzzy", "name": "a", "value": "b"}]}], None) is None
    assert mesh_matches([{}], None) == [{"uri": {"prefix": "/"}}]
