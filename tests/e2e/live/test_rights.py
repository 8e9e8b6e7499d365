"""The rights that `mcwan facts --rights` prints are enough, and each of them is needed; who has none loses nothing."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.api import Object
from lab.cluster import kubeconfig_of, write_kubeconfig
from lab.state import Lab
from lab.waiting import wait
from mcwan.facts.record import Record
from tests.e2e.live import cluster
from tests.e2e.live.desk import Desk, Ran

pytestmark = pytest.mark.lab
EXPORTS: list[dict[str, Any]] = [{"service": "payment.secure", "from": ["east", "west"], "wanPolicy": "high"}]
RBAC, READER = "rbac.authorization.k8s.io", "mcwan-reader"
REMEDY = "give it the rights of docs/how-to/facts.md"
UNREAD = {
    "namespaces": ["namespaces"],
    "nodes": ["gateways"],
    "services": ["services", "answering"],
    "endpointslices": ["services"],
    "gatewayclasses": ["classes"],
    "gateways": ["gateways"],
    "serviceexports": ["exports"],
    "serviceimports": ["imports"],
    "customresourcedefinitions": ["served, gateways, classes, exports, imports"],
}
"""What cannot be read without the right to a kind of object, as notes tell it; gateways are reached at nodes here."""


class Reader:
    """A service account of west, with a kubeconfig of its own, and the rights that it is given."""

    def __init__(self, lab: Lab, kubeconfig: Path) -> None:
        self.lab, self.kubeconfig, self.site = lab, kubeconfig, lab.topology.sites["west"]
        account: Object = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": READER, "namespace": "default"},
        }
        role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": READER}, "rules": []}
        binding = {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": READER},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": READER},
            "subjects": [{"kind": "ServiceAccount", "name": READER, "namespace": "default"}],
        }
        self.objects = [account, role, binding]
        cluster.apply(lab, "west", *self.objects)
        with lab.api(self.site) as api:
            asked = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {}}
            path = f"{api.path('v1', 'ServiceAccount', 'default', READER)}/token"
            token = api.request("POST", path, asked)["status"]["token"]
        content = kubeconfig_of(lab, self.site)
        content["users"] = [{"name": "west", "user": {"token": token}}]
        write_kubeconfig(kubeconfig, content)

    def may(self, rules: list[Object]) -> None:
        """Give it these rights and no others, and wait until the server knows."""
        cluster.apply(self.lab, "west", {**self.objects[1], "rules": rules})
        wanted = sorted((rule["apiGroups"], rule["resources"]) for rule in rules)

        def known() -> bool:
            with self.lab.api(self.site) as api:
                return all(self._allowed(api, group, kind) == (kind in _kinds(rules)) for group, kind in _EVERY)

        wait(known, f"the API server of west knows the rights {wanted}", cluster.SECONDS)

    def _allowed(self, api: Any, group: str, kind: str) -> bool:
        kind, _, part = kind.partition("/")
        attributes = {"group": group, "resource": kind, "verb": "patch" if part else "get", "subresource": part}
        if kind == "customresourcedefinitions":
            attributes["name"] = "serviceexports.multicluster.x-k8s.io"
        user = f"system:serviceaccount:default:{READER}"
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "resourceAttributes": attributes},
        }
        found = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        return bool(found["status"]["allowed"])


_EVERY = (
    *(("", kind) for kind in ("namespaces", "nodes", "services")),
    ("discovery.k8s.io", "endpointslices"),
    *(("gateway.networking.k8s.io", kind) for kind in ("gatewayclasses", "gateways")),
    *(("multicluster.x-k8s.io", kind) for kind in ("serviceexports", "serviceimports", "serviceexports/status")),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
)


def _kinds(rules: list[Object]) -> set[str]:
    return {kind for rule in rules for kind in rule["resources"]}


@pytest.fixture
def reader(live: Lab, tmp_path: Path) -> Iterator[Reader]:
    made = Reader(live, tmp_path / "kubeconfig")
    try:
        yield made
    finally:
        cluster.remove(live, "west", *reversed(made.objects))


@pytest.fixture
def reading(desk: Desk, reader: Reader) -> Desk:
    """A desk from which west is read by the reader, its gateways where its nodes are."""
    west = {"kubeconfigPath": str(reader.kubeconfig), "ingress": {"exposure": "NodePort"}}
    desk.write(EXPORTS, {"west": west})
    return desk


def printed(desk: Desk) -> list[Object]:
    """Give the rules that `mcwan facts --rights --conditions` prints."""
    role = yaml.safe_load("\n".join(desk.facts("--rights", "--conditions").out))
    return list(role["rules"])


def without(rules: list[Object], kind: str) -> list[Object]:
    """Give the rules with every kind of object but one."""
    left = deepcopy(rules)
    for rule in left:
        rule["resources"] = [one for one in rule["resources"] if one != kind]
    return [rule for rule in left if rule["resources"]]


def test_the_printed_rights_are_enough_for_all_and_each_is_needed(live: Lab, reading: Desk, reader: Reader) -> None:
    rules = printed(reading)
    reader.may(rules)
    told_anew(live)
    ran = reading.facts("--conditions")
    assert (ran.notes, reading.record.clusters["west"].missing) == ([], [])
    assert "west: payment.secure: valid, no conflicts" in ran.out

    found = {}
    for kind in UNREAD:
        reader.may(without(rules, kind))
        found[kind] = sections(reading.facts("--dry-run", unread=True))
    assert found == {kind: [(one, kind) for one in unread] for kind, unread in UNREAD.items()}

    reader.may(without(rules, "serviceexports/status"))
    told_anew(live)
    refused = reading.mcwan("facts", "--conditions")
    assert (
        refused.code,
        [line.partition(": it refuses")[0] for line in refused.err if "cannot be written" in line],
    ) == (
        1,
        ["west: conditions cannot be written"],
    )
    assert _kinds(rules) == {*UNREAD, "serviceexports/status"}


def test_who_may_do_nothing_loses_nothing(
    live: Lab, desk: Desk, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reader.may([])
    desk.write(EXPORTS)
    assert desk.facts().notes == []
    before, plan = desk.record, desk.rendered()
    mine = {"west": {"kubeconfigPath": str(reader.kubeconfig)}}
    desk.write(EXPORTS, mine)
    notes = desk.facts(unread=True).notes
    assert all(note.startswith("west: ") and " as recorded AGE: " in note and note.endswith(REMEDY) for note in notes)
    assert len(notes) == len(set(notes)) > 0
    kept = desk.record.clusters["west"].model_copy(update={"at": before.clusters["west"].at})
    assert (kept, desk.rendered()) == (before.clusters["west"], plan)

    unrecorded = Desk(live, tmp_path_factory.mktemp("unrecorded"))
    unrecorded.write(EXPORTS, mine)
    refused = unrecorded.mcwan("facts")
    (mistake,) = refused.mistakes
    assert (refused.code, unrecorded.record) == (2, Record())
    assert mistake.startswith("clusters.west.facts: 'live': served cannot be read: 403 ")
    assert mistake.endswith(f", and nothing is recorded of it; {REMEDY}")


def sections(ran: Ran) -> list[tuple[str, str]]:
    """Give the sections that were not read, and the kind of objects that the server refused, of each note."""
    return [
        (what.removeprefix("west: "), said.partition(" ")[0].partition(".")[0])
        for what, _, told in (note.partition(" as recorded AGE: ") for note in ran.notes)
        for said in [told.partition("cannot be read: 403 ")[2]]
    ]


def told_anew(lab: Lab) -> None:
    """Have west's ServiceExport without conditions, so that there are some to write."""
    with lab.api(lab.topology.sites["west"]) as api:
        path = api.path("multicluster.x-k8s.io/v1beta1", "ServiceExport", "secure", "payment")
        patch: Object = {"status": {"conditions": None}}
        api.request("PATCH", f"{path}/status", patch, "application/merge-patch+json")
