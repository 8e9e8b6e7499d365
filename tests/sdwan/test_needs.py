"""What a target needs and is not written: a line each, with place and remedy."""

from collections.abc import Sequence
from typing import Any

import pytest

from mcwan import sdwan
from mcwan.model import MistakesError
from mcwan.sdwan import Target
from tests.sdwan.stack import formed


def lines(target: Target, sites: Sequence[str] = (), **changes: Any) -> list[str]:
    try:
        sdwan.files(formed(**changes), target, sites)
    except MistakesError as error:
        return str(error).splitlines()
    return []


ONE, TWO = "sdwan__sites__cluster-1", "sdwan__sites__cluster-2"


@pytest.mark.parametrize(
    ("target", "changes", "said"),
    [
        (
            "cisco",
            {"sdwan__tunnels__business": {}},
            "sdwan.tunnels.business.color: not written, but cisco needs it for WAN policy high; write its colour",
        ),
        (
            "cisco",
            {"sdwan__tunnels__default__fallback": "lte", "sdwan__tunnels__lte": {}},
            "sdwan.tunnels.lte.color: not written, but cisco needs it as the fallback lte; write its colour",
        ),
        (
            "cisco",
            {f"{TWO}__siteId": None},
            "sdwan.sites.cluster-2.siteId: not written, but cisco needs it; write the site's id",
        ),
        (
            "cisco",
            {"sdwan__cisco": {}},
            "sdwan.cisco.vpns: not written, but cisco needs them; write the ids of the service VPNs",
        ),
        (
            "cisco",
            {"sdwan__cisco__name": "a-name-of-twenty-nine-letters"},
            "sdwan.cisco.name: 'a-name-of-twenty-nine-letters': the SLA class a-name-of-twenty-nine-letters-high has "
            "34 characters; allowed: 32 at most; write a shorter name",
        ),
        (
            "linux",
            {f"{ONE}__lan": []},
            "sdwan.sites.cluster-1.lan: not written, but linux marks packets where they come in; write its interfaces",
        ),
        (
            "frr",
            {f"{ONE}__ways": {"default": {"interface": "wan-d"}}},
            "sdwan.sites.cluster-1.ways.business: not written, but frr needs the way to cluster-2 for WAN policy high; "
            "write its interface, or one for each of them below to",
        ),
        (
            "linux",
            {f"{TWO}__networks": []},
            "clusters.cluster-2.sources: not written, but linux sends answers there; write its networks, or "
            "mcwan:sdwan.sites.cluster-2.networks",
        ),
        (
            "linux",
            {f"{TWO}__networks": ["10.1.0.0/16"]},
            "sdwan.sites.cluster-2.networks: 10.1.0.0/16: behind cluster-1, too, so that linux cannot know the way "
            "there; give each site networks of its own",
        ),
        (
            "linux",
            {"clusters__cluster-2__ingress__addresses": ["fd00::1"], f"{ONE}__ways__default": {"interface": "wan-d"}},
            "sdwan.sites.cluster-1.ways.business.gateways: 192.0.2.2: no IPv6 address, but cluster-2 has fd00::1/128; "
            "write one, too, or take that network out",
        ),
    ],
)
def test_a_missing_mapping_is_told(target: Target, changes: dict[str, Any], said: str) -> None:
    found = lines(target, **changes)
    assert said in found
    assert all(line.startswith(said.partition(":")[0]) or "low" in line for line in found)


def test_sites_that_are_not_wanted_need_nothing_of_their_own() -> None:
    assert lines("linux", ["cluster-1"], **{TWO: {"networks": ["10.2.0.0/16"]}}) == []
    assert lines("cisco", ["cluster-1"], **{TWO: {}}) == []


def test_json_needs_nothing() -> None:
    assert lines("json", sdwan={}) == []
