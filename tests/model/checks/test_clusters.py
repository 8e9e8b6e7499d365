"""Clusters: what is a mistake is among `tests.model.test_load`'s cases; here what is none."""

import pytest

from mcwan.model import Cluster, Description, Gateway
from mcwan.model.checks import clusters
from tests.fabrics import GONE, Raw, changed, described, exported, lines


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "198.51.100.1", "fd00::1", "2001:db8::1"],
)
def test_addresses_inside(address: str) -> None:
    assert lines(changed({"clusters/cluster-1/ingress/addresses": [address]})) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/context": "east"},
        {"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/kubeconfig": {"secure": "v1:x"}},
        {
            "clusters/cluster-1/renderTo": GONE,
            "clusters/cluster-1/kubeconfig": {"secure": "v1:x"},
            "clusters/cluster-1/context": "east",
        },
        {"clusters/cluster-2/ingress": GONE},
        {"clusters/cluster-2/namespaces": GONE},
        {"clusters/cluster-1/ingress/addresses": ["198.51.100.11", "198.51.100.11"]},
        {
            "exports": [
                exported(
                    scope="service",
                    from_=[
                        {"cluster": "cluster-1", "addresses": ["10.0.0.1"]},
                        {"cluster": "cluster-2", "addresses": ["10.0.0.2"]},
                    ],
                )
            ],
            "clusters/cluster-1/ingress": GONE,
        },
    ],
    ids=["context", "kubeconfig", "both", "no address", "no namespaces", "one's own address twice", "own gateways"],
)
def test_what_is_no_mistake(changes: Raw) -> None:
    assert lines(changed(changes)) == []


@pytest.mark.parametrize("directory", ["deployed/dev/cluster-1", "deployed/dev/cluster-1/", "./deployed/dev/cluster-1"])
def test_two_clusters_are_not_rendered_to_one_directory(directory: str) -> None:
    assert len(lines(changed({"clusters/cluster-2/renderTo": directory}))) == 1


OWN = "allowed: one of its own; write another directory, e.g. one that ends in"


@pytest.mark.parametrize(
    ("london", "paris", "expected"),
    [
        ("deployed/nest", "deployed/nest/paris", ["london: 'deployed/nest': the directory of paris would lie in it"]),
        ("./a//b", "a", ["paris: 'a': the directory of london would lie in it"]),
        ("/a", "/a/b/c", ["london: '/a': the directory of paris would lie in it"]),
        (".", "a", ["london: '.': the project's own directory, or one around it"]),
        (
            "a/..",
            "../..",
            [
                "london: 'a/..': the project's own directory, or one around it",
                "paris: '../..': the project's own directory, or one around it",
            ],
        ),
        ("/", "a", ["london: '/': the project's own directory, or one around it"]),
        ("nest", "nest-paris", []),
        ("../london", "../paris", []),
        ("a/b", "a/c", []),
    ],
)
def test_no_directory_lies_in_another(london: str, paris: str, expected: list[str]) -> None:
    raw: Raw = {"clusters": {"london": {"renderTo": london}, "paris": {"renderTo": paris}}}
    raw |= {"tls": {"mode": "plaintext"}, "wanPolicies": described()["wanPolicies"], "exports": []}
    said = (one.partition(": ") for one in expected)
    assert lines(raw) == [f"clusters.{name}.renderTo: {rest}; {OWN} {name}" for name, _, rest in said]


def test_a_directory_with_those_of_several_is_one_mistake() -> None:
    directories = {"a": "x", "b": "x/y", "c": "x/y/z", "d": "x/y"}
    found = lines(changed({f"clusters/{name}": {"renderTo": where} for name, where in directories.items()}))
    assert found == [
        f"clusters.a.renderTo: 'x': the directories of b, c would lie in it; {OWN} a",
        f"clusters.b.renderTo: 'x/y': the directory of c would lie in it; {OWN} b",
        f"clusters.d.renderTo: 'x/y': already the directory of b; {OWN} d",
    ]


@pytest.mark.parametrize("directory", ["", "a\nb", "a\x00", "\x7f", "a\u2028b", "a\x9bb"])
def test_a_directory_has_no_control_characters(directory: str) -> None:
    shown = "a text of 3 characters" if "\n" in directory else repr(directory)
    assert lines(changed({"clusters/cluster-1/renderTo": directory})) == [
        f"clusters.cluster-1.renderTo: {shown}: not allowed; allowed: a directory without line ends and control "
        "characters; write renderTo so"
    ]


def test_the_owner_of_an_address_is_told() -> None:
    its = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    raw = changed({"exports/-": its, "exports/0": its | {"service": "other.secure"}})
    assert lines(raw) == [
        "exports[2].from[0].addresses[0]: '10.0.0.1': already the address of the ingress gateway of other.secure on "
        "cluster-1; allowed: an address of one gateway only; write this gateway's own address"
    ]


def test_every_check_runs_on_a_description_that_refers_to_nothing() -> None:
    gateway = Gateway(profile="standard")
    empty = Description.model_construct(
        clusters={"a": Cluster(gateway=gateway)}, wan_policies={}, exports=(), imports=()
    )
    places = [one.place for check in clusters.CHECKS for one in check(empty)]
    assert places == [("clusters", "a", "gateway", "class")]


def test_the_standard_profile_needs_a_class() -> None:
    assert lines(changed({"clusters/cluster-1/gateway": {"profile": "standard"}})) == [
        "clusters.cluster-1.gateway.class: the standard profile has no GatewayClass of its own; allowed: one that the "
        "cluster has; write it"
    ]


def test_the_fabrics_namespace_is_nobody_elses() -> None:
    assert lines(changed({"clusters/cluster-1/namespaces/-": "mc-wan"})) == [
        "clusters.cluster-1.namespaces[2]: 'mc-wan': the fabric's own; allowed: namespaces of users; keep services in "
        "another namespace, and take it out here"
    ]
