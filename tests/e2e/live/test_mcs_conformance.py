"""The statements of the MCS API's conformance suite that speak of objects, read from two API servers.

The suite needs pods and controllers; mcwan is run instead: facts and conditions, render, apply, until nothing changes.
Each test is called as the suite calls it (sigs.k8s.io/mcs-api, conformance/); the first cluster is east.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab import deploy
from lab.api import Api, Object
from lab.state import Lab
from tests.e2e.live import cluster
from tests.e2e.live.desk import Desk

pytestmark = pytest.mark.lab
NAMESPACE, CLUSTERS = "hello", ("east", "west")
TCP: Object = {"name": "tcp", "port": 42, "protocol": "TCP"}
MORE: Object = {"name": "more", "port": 142, "protocol": "TCP", "appProtocol": "http"}
OTHER: Object = {"name": "tcp", "port": 43, "protocol": "TCP"}
UDP: Object = {"name": "udp", "port": 42, "protocol": "UDP"}
AFFINITY = {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10}}}
ROUTED = {"internalTrafficPolicy": "Local", "trafficDistribution": "PreferClose"}
EXPORTED = {"exportedLabels": {"dummy-label": "true"}, "exportedAnnotations": {"dummy-annotation": "true"}}
OWN = {"labels": {"dummy-svc": "dummy"}, "annotations": {"dummy-svc": "dummy"}}
Seen = dict[tuple[str, str, str], Object]
"""ServiceExports, ServiceImports, EndpointSlices and Services, by cluster, kind and name."""


@dataclass(frozen=True)
class Case:
    """A Service on east and, after that, one on west, if any; and what its export says beside."""

    east: Object
    west: Object | None = None
    export: Object = field(default_factory=dict)
    path: str = "gateway"


def ports(*every: Object, **spec: Any) -> Object:
    return {"ports": list(every), **spec}


CASES = {
    "plain": Case(ports(TCP, MORE, **AFFINITY, **ROUTED), export=EXPORTED),
    "direct": Case(ports(TCP), path="direct"),
    "twice": Case(ports(TCP), ports(TCP)),
    "union": Case(ports(TCP), ports(TCP, MORE)),
    "contrary": Case(ports(TCP), ports(OTHER)),
    "labelled": Case(ports(TCP), ports(TCP), EXPORTED),
    "headless": Case(ports(TCP, clusterIP="None")),
    "elsewhere": Case(ports(TCP, type="ExternalName", externalName="example.com"), export={"port": 42}),
    "mixed": Case(ports(TCP), ports(TCP, clusterIP="None")),
    "datagrams": Case(ports(TCP, UDP)),
}


@dataclass(frozen=True)
class Story:
    """What there was while east alone exported, with west, when west alone did what both had done, and at the end."""

    first: Seen
    both: Seen
    last: Seen
    none: Seen


@pytest.fixture(scope="module")
def story(live: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Exports and unexports all cases together. The clusters are as they were afterwards."""
    desk = Desk(live, tmp_path_factory.mktemp("story"))
    two = [name for name, case in CASES.items() if case.west]
    with ExitStack() as undone:
        undone.enter_context(cluster.namespace(live, NAMESPACE, *CLUSTERS))
        undone.callback(deploy.apply, live, live.fabric)
        first = exported(desk, dict.fromkeys(CASES, ("east",)))
        stray(live, "west", "labelled")
        both = exported(desk, {name: CLUSTERS if name in two else ("east",) for name in CASES})
        last = exported(desk, dict.fromkeys(two, ("west",)))
        yield Story(first, both, last, exported(desk, {}))


def exported(desk: Desk, wanted: dict[str, Sequence[str]]) -> Seen:
    """Have some cases' Services, exported from some clusters; give what is there once nothing changes any more."""
    for name, where in wanted.items():
        for one in where:
            cluster.apply(desk.lab, one, service(name, one))
    exports = [
        {"service": f"{name}.{NAMESPACE}", "from": list(where), "wanPolicy": "low", **CASES[name].export}
        for name, where in wanted.items()
    ]
    direct = [{"service": f"{name}.{NAMESPACE}", "path": "direct"} for name in wanted if CASES[name].path == "direct"]
    imports = [*desk.lab.config.get("imports", ()), *direct]
    desk.write([*desk.lab.config["exports"], *exports], imports=imports)
    desk.converge()
    found: Seen = {}
    for where in CLUSTERS:
        with desk.lab.api(desk.lab.topology.sites[where]) as api:
            found |= {(where, there["kind"], there["metadata"]["name"]): there for there in read(api)}
    return found


def read(api: Api) -> list[Object]:
    """Give what a cluster has of the namespace, but for what its own controllers make of Services."""
    multicluster, slices = "multicluster.x-k8s.io/v1beta1", "discovery.k8s.io/v1"
    every = [
        (multicluster, "ServiceExport"),
        (multicluster, "ServiceImport"),
        (slices, "EndpointSlice"),
        ("v1", "Service"),
    ]
    return [one for version, kind in every for one in api.all(version, kind, NAMESPACE)]


def service(name: str, where: str) -> Object:
    """Give a case's Service on a cluster, with labels and annotations that are nobody else's business."""
    case = CASES[name]
    said = dict((case.west if where == "west" else None) or case.east)
    made = cluster.service(f"{name}.{NAMESPACE}", said.pop("ports"), selector={"app": name}, **said)
    return made | {"metadata": made["metadata"] | OWN}


def stray(lab: Lab, where: str, name: str) -> None:
    """Somebody else has exported it there, with other labels and annotations."""
    other = {"exportedLabels": {"dummy-label2": "true"}, "exportedAnnotations": {"dummy-annotation2": "true"}}
    export: Object = {
        "apiVersion": "multicluster.x-k8s.io/v1beta1",
        "kind": "ServiceExport",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": other,
    }
    cluster.apply(lab, where, export)


def statement(text: str, *marks: pytest.MarkDecorator) -> pytest.MarkDecorator:
    """Call a test as the suite does."""
    return pytest.mark.parametrize("called", [pytest.param(text, id=text, marks=marks)], indirect=True)


@pytest.fixture(autouse=True)
def called(request: pytest.FixtureRequest) -> str:
    """The suite's name of a test."""
    return str(request.param)


def imports(seen: Seen, name: str) -> dict[str, Object]:
    """Give a case's ServiceImport of each cluster that has it."""
    return {where: one for (where, kind, called), one in seen.items() if (kind, called) == ("ServiceImport", name)}


def spec(seen: Seen, name: str, *keys: str) -> list[Object]:
    """Give some of what each cluster's ServiceImport of a case says, east's first."""
    found = imports(seen, name)
    return [{key: found[where]["spec"][key] for key in keys if key in found[where]["spec"]} for where in CLUSTERS]


def conditions(seen: Seen, name: str, kind: str) -> dict[str, tuple[str, str]]:
    """Give status and reason of a condition of each cluster's ServiceExport of a case."""
    return {
        where: (said["status"], said["reason"])
        for (where, of, called), one in seen.items()
        if (of, called) == ("ServiceExport", name)
        for said in one["status"]["conditions"]
        if said["type"] == kind
    }


@statement("A ServiceImport should only exist as long as there's at least one exporting cluster")
def test_existence(story: Story) -> None:
    every = (story.first, story.both, story.last, story.none)
    assert [sorted(imports(seen, "twice")) for seen in every] == [["east", "west"]] * 3 + [[]]


@statement(
    "Exporting a ClusterIP service should create a ServiceImport of type ClusterSetIP in the service's namespace in "
    "each cluster. Unexporting should delete the ServiceImport"
)
def test_cluster_ip(story: Story) -> None:
    assert conditions(story.first, "plain", "Valid") == {"east": ("True", "Valid")}
    assert spec(story.first, "plain", "type") == [{"type": "ClusterSetIP"}] * 2
    assert imports(story.last, "plain") == {}


@statement("The SessionAffinity for a ClusterSetIP ServiceImport should match the exported service's SessionAffinity")
def test_session_affinity(story: Story) -> None:
    assert spec(story.first, "plain", *AFFINITY) == [AFFINITY] * 2


@statement(
    "The InternalTrafficPolicy for a ClusterSetIP ServiceImport should match the exported service's "
    "InternalTrafficPolicy"
)
def test_internal_traffic_policy(story: Story) -> None:
    assert spec(story.first, "plain", "internalTrafficPolicy") == [{"internalTrafficPolicy": "Local"}] * 2


@statement(
    "The TrafficDistribution for a ClusterSetIP ServiceImport should match the exported service's TrafficDistribution"
)
def test_traffic_distribution(story: Story) -> None:
    assert spec(story.first, "plain", "trafficDistribution") == [{"trafficDistribution": "PreferClose"}] * 2


@statement("An IP should be allocated for a ClusterSetIP ServiceImport for each IP family")
def test_address(story: Story, live: Lab) -> None:
    answering = {}
    for where in CLUSTERS:
        with live.api(live.topology.sites[where]) as api:
            answering[where] = api.get("v1", "Service", "mc-wan-egress", "envoy-gateway-system")["spec"]["clusterIPs"]
    assert spec(story.first, "plain", "ips", "ipFamilies") == [
        {"ips": answering[where], "ipFamilies": ["IPv4"]} for where in CLUSTERS
    ]
    services = {"east": ("east", "Service", "direct"), "west": ("west", "Service", "direct-clusterset")}
    assert spec(story.first, "direct", "ips", "ipFamilies") == [
        {"ips": story.first[services[where]]["spec"]["clusterIPs"], "ipFamilies": ["IPv4"]} for where in CLUSTERS
    ]


@statement("The ports for a ClusterSetIP ServiceImport should match those of the exported service")
def test_ports(story: Story) -> None:
    assert spec(story.first, "plain", "ports") == [{"ports": [TCP, MORE]}] * 2


@statement(
    "The ports for a ClusterSetIP ServiceImport should match those of the exported service, with UDP",
    pytest.mark.xfail(
        strict=True, reason="mcwan carries HTTP: a UDP port reaches no other cluster, and is not said to"
    ),
)
def test_ports_of_the_suites_own_service(story: Story) -> None:
    assert spec(story.first, "datagrams", "ports") == [{"ports": [TCP, UDP]}] * 2


@statement("A ClusterIP service exported on two clusters should expose the union of the constituent service ports")
def test_union_of_ports(story: Story) -> None:
    assert spec(story.both, "union", "ports") == [{"ports": [TCP, MORE]}] * 2
    assert conditions(story.both, "union", "Conflict") == dict.fromkeys(CLUSTERS, ("True", "PortConflict"))


@statement(
    "A ClusterIP service exported on two clusters with conflicting ports should apply the conflict resolution policy "
    "and report a Conflict condition on each ServiceExport"
)
def test_conflicting_ports(story: Story) -> None:
    assert spec(story.both, "contrary", "ports") == [{"ports": [TCP]}] * 2
    assert conditions(story.both, "contrary", "Conflict") == dict.fromkeys(CLUSTERS, ("True", "PortConflict"))


@statement(
    "Exporting a headless service should create a ServiceImport of type Headless in the service's namespace in each "
    "cluster. Unexporting should delete the ServiceImport"
)
def test_headless(story: Story) -> None:
    assert spec(story.first, "headless", "type") == [{"type": "Headless"}] * 2
    assert imports(story.last, "headless") == {}


@statement("No clusterset IP should be allocated for a Headless ServiceImport")
def test_headless_address(story: Story) -> None:
    assert spec(story.both, "headless", "type", "ips") == [{"type": "Headless"}] * 2


@statement("Exporting an ExternalName service should set ServiceExport Valid condition to False")
def test_external_name(story: Story) -> None:
    assert conditions(story.first, "elsewhere", "Valid") == {"east": ("False", "InvalidServiceType")}
    assert imports(story.first, "elsewhere") == {}


@statement(
    "A service exported on two clusters with conflicting headlessness should apply the conflict resolution policy and "
    "report a Conflict condition on the ServiceExport"
)
def test_conflicting_headlessness(story: Story) -> None:
    assert conditions(story.both, "mixed", "Conflict") == dict.fromkeys(CLUSTERS, ("True", "TypeConflict"))
    assert spec(story.both, "mixed", "type") == [{"type": "ClusterSetIP"}] * 2


@statement(
    "Only labels and annotations specified as exported in the ServiceExport should be propagated to the ServiceImport"
)
def test_labels(story: Story) -> None:
    assert carried(story.first, "plain") == {where: (["dummy-label"], ["dummy-annotation"]) for where in CLUSTERS}


@statement(
    "A service exported on two clusters with conflicting annotations and labels should apply the conflict resolution "
    "policy and report a Conflict condition on each ServiceExport"
)
def test_conflicting_labels(story: Story) -> None:
    reasons = ("True", "LabelsConflict,AnnotationsConflict")
    assert conditions(story.both, "labelled", "Conflict") == dict.fromkeys(CLUSTERS, reasons)
    assert carried(story.both, "labelled") == {where: (["dummy-label"], ["dummy-annotation"]) for where in CLUSTERS}


def carried(seen: Seen, name: str) -> dict[str, tuple[list[str], ...]]:
    """Give which of these tests' labels and annotations each cluster's ServiceImport of a case has."""
    return {
        where: tuple(sorted(key for key in one["metadata"].get(which, {}) if key.startswith("dummy")) for which in OWN)
        for where, one in imports(seen, name).items()
    }


@statement(
    "Exporting a service should create an MCS EndpointSlice in the service's namespace in each cluster with the "
    "required MCS labels. Unexporting should delete the EndpointSlice.",
    pytest.mark.xfail(
        strict=True,
        reason="optional, for implementations that use MCS EndpointSlices; mcwan's targets belong to pairs of clusters",
    ),
)
def test_endpoint_slices(story: Story) -> None:
    source, of = "multicluster.kubernetes.io/source-cluster", "multicluster.kubernetes.io/service-name"
    found = {
        (where, one["metadata"]["labels"][of], one["metadata"]["labels"][source])
        for (where, kind, _), one in story.first.items()
        if kind == "EndpointSlice" and {source, of} <= one["metadata"]["labels"].keys()
    }
    assert {("east", "plain", "east"), ("west", "plain", "east")} <= found
