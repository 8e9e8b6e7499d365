"""What clusters report fills what is not written; what they do not report any more is not taken for gone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mcwan import stack
from mcwan.facts.record import Record
from mcwan.facts.report import Class, Exported, Failure, Gateway, Imported, Port, Reading, Report, Service
from mcwan.facts.resolve import Known, resolve
from mcwan.model import Description, Fabric, MistakesError
from mcwan.model.load import load

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
THEN = "2026-11-25T10:00:00Z"
SLA = {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1}
SERVED = {
    "gateways.gateway.networking.k8s.io": ("v1",),
    "httproutes.gateway.networking.k8s.io": ("v1",),
    "serviceexports.multicluster.x-k8s.io": ("v1alpha1", "v1beta1"),
    "serviceimports.multicluster.x-k8s.io": ("v1alpha1", "v1beta1"),
}
DOWN = Reading(failures={"cluster": Failure(problem="it cannot be reached", remedy="see that it is up")})


def config(**exports: object) -> dict[str, Any]:
    """A stack whose three clusters say all of themselves."""
    return {
        "clusters": {name: {"context": name, "facts": "live"} for name in ("east", "west", "edge")},
        "tls": {"mode": "plaintext"},
        "wanPolicies": {"high": {"tunnel": "business", "port": 31111, "sla": SLA}},
        "exports": [{"service": "payment.secure", "from": ["east", "west"], "wanPolicy": "high", **exports}],
    }


def report(number: int, ready: int | None = None, **update: Any) -> Report:
    service = None if ready is None else Service(ports=(Port(name="http", port=8080),), ready=ready)
    found: dict[str, Any] = {
        "at": "2026-11-25T12:00:00Z",
        "namespaces": ("default", "kube-system", "secure"),
        "services": {} if ready is None else {"payment.secure": service},
        "gateways": {"mc-wan-ingress.mc-wan": Gateway(programmed=True, addresses=(f"10.{number}.0.1",))},
        "answering": {},
        "classes": {"envoy-gateway": Class(accepted=True)},
        "served": SERVED,
        "exports": {},
        "imports": {},
    }
    return Report(**{**found, **update})


def all_read(east: int = 3, west: int = 1, **of_edge: Any) -> dict[str, Reading]:
    return {
        "east": Reading(report=report(1, east)),
        "west": Reading(report=report(2, west)),
        "edge": Reading(report=report(3, **of_edge)),
    }


def known(
    raw: dict[str, Any], readings: dict[str, Reading], record: Record | None = None, *, allow: bool = False
) -> tuple[Fabric, Known]:
    found: list[Known] = []

    def fill(description: Description) -> Any:
        filled, one, mistakes = resolve("prod", description, readings, record or Record(), NOW, allow=allow)
        found.append(one)
        return filled, mistakes

    return load("prod", raw, checks=stack.CHECKS, fill=fill), found[0]


def refused(*given: Any, **more: Any) -> list[str]:
    with pytest.raises(MistakesError) as raised:
        known(*given, **more)
    return [str(one) for one in raised.value.mistakes]


def recorded(readings: dict[str, Reading] | None = None, raw: dict[str, Any] | None = None) -> Record:
    return known(raw or config(), readings or all_read())[1].record


def test_what_is_not_written_is_as_the_clusters_report() -> None:
    fabric, one = known(config(), all_read())
    (export,) = fabric.exports
    assert {name: cluster.namespaces for name, cluster in fabric.clusters.items()} == {
        "east": ("secure",),
        "west": ("secure",),
        "edge": ("secure",),
    }
    assert [str(cluster.ingress.addresses[0]) for cluster in fabric.clusters.values()] == [
        "10.1.0.1",
        "10.2.0.1",
        "10.3.0.1",
    ]
    assert {name: offer.weight for name, offer in export.offers.items()} == {"east": 3, "west": 1}
    assert export.port == 8080
    assert (one.notes, one.unread) == ((), ())
    assert one.record == Record(
        clusters={name: reading.report for name, reading in all_read().items() if reading.report},
        splits={"payment.secure": {"east": 3, "west": 1}},
    )


def test_what_was_worked_out_before_the_facts_were_known_is_forgotten() -> None:
    raw = config()

    def fill(description: Description) -> Any:
        (export,) = description.exports
        assert ([one.weight for one in export.offers.values()], export.all_ports) == ([1, 1], ())
        filled, _, mistakes = resolve("prod", description, all_read(), Record(), NOW)
        return filled, mistakes

    (export,) = load("prod", raw, checks=stack.CHECKS, fill=fill).exports
    assert ([one.weight for one in export.offers.values()], [one.port for one in export.all_ports]) == ([3, 1], [8080])


def test_what_is_written_goes_before_what_is_reported() -> None:
    raw = config(port=9090, **{"from": [{"cluster": "east", "weight": 5}, "west"]})
    raw["clusters"]["east"] |= {
        "namespaces": ["secure"],
        "ingress": {"addresses": ["10.9.0.1"]},
        "mcsApi": "v1alpha1",
    }
    fabric, _ = known(raw, all_read(west=2))
    east, (export,) = fabric.clusters["east"], fabric.exports
    assert (str(east.ingress.addresses[0]), east.mcs_api, export.port) == ("10.9.0.1", "v1alpha1", 9090)
    assert {name: offer.weight for name, offer in export.offers.items()} == {"east": 5, "west": 2}


def test_the_older_mcs_api_is_used_where_the_newer_is_not_served() -> None:
    older = {**SERVED, "serviceexports.multicluster.x-k8s.io": ("v1alpha1",)}
    fabric, _ = known(config(), all_read(served=older))
    assert [cluster.mcs_api for cluster in fabric.clusters.values()] == ["v1beta1", "v1beta1", "v1alpha1"]


def test_a_version_of_the_mcs_api_that_is_written_is_served() -> None:
    older = {one: ("v1alpha1",) if "multicluster" in one else versions for one, versions in SERVED.items()}
    raw = config()
    raw["clusters"]["edge"]["mcsApi"] = "v1beta1"
    assert refused(raw, all_read(served=older)) == [
        "clusters.edge.mcsApi: 'v1beta1': it does not serve the MCS API in that version; allowed: v1alpha1; write one "
        "that it serves, or nothing: it says itself which that is"
    ]
    raw["clusters"]["edge"]["mcsApi"] = "v1alpha1"
    assert {name: one.mcs_api for name, one in known(raw, all_read())[0].clusters.items()} == {
        "east": "v1beta1",
        "west": "v1beta1",
        "edge": "v1alpha1",
    }


@pytest.mark.parametrize(
    ("offers", "notes"),
    [
        (
            ["east", "west"],
            [
                "nothing is known of the pods on west: 1 is taken, beside the ready pods on east; write a weight, "
                "or have the facts read there, too"
            ],
        ),
        (["east", {"cluster": "west", "weight": 2}], []),
        (["east", {"cluster": "west", "spare": True}], []),
        (["west", {"cluster": "east", "spare": True}], []),
        ([{"cluster": "east", "weight": 3}, "west"], []),
        (
            ["west", {"cluster": "edge", "spare": True}, {"cluster": "east", "spare": True}, "other"],
            [
                "nothing is known of the pods on edge: 1 is taken, beside the ready pods on east; write a weight, "
                "or have the facts read there, too"
            ],
        ),
    ],
)
def test_ready_pods_beside_pods_of_which_nothing_is_known_are_told(offers: list[Any], notes: list[str]) -> None:
    raw = config(**{"from": offers, "port": 8080})
    declared = {"context": "x", "ingress": {"addresses": ["10.9.0.1"]}, "namespaces": ["secure"]}
    raw["clusters"] |= {
        name: declared | {"context": name, "ingress": {"addresses": [f"10.{number}.0.1"]}}
        for number, name in enumerate(("west", "edge", "other"), 2)
    }
    _, one = known(raw, {"east": Reading(report=report(1, 3))})
    assert list(one.notes) == [f"payment.secure: {note}" for note in notes]


def test_several_ports_are_those_of_the_services_together() -> None:
    two = Service(ports=(Port(name="http", port=8080), Port(name="admin", port=9090)), ready=1)
    readings = all_read() | {"west": Reading(report=report(2, services={"payment.secure": two}))}
    fabric, one = known(config(), readings)
    assert [(port.name, port.port) for port in fabric.exports[0].all_ports] == [("http", 8080), ("admin", 9090)]
    assert one.notes == (
        "payment.secure: PortConflict: east has http 8080/TCP; west has admin 9090/TCP, http 8080/TCP; "
        "the oldest export holds",
    )


def test_a_cluster_that_cannot_be_read_is_as_recorded() -> None:
    record = recorded()
    fabric, one = known(config(), all_read(east=6, west=6) | {"west": DOWN}, record)
    assert fabric.clusters["west"].namespaces == ("secure",)
    assert {name: offer.weight for name, offer in fabric.exports[0].offers.items()} == {"east": 3, "west": 1}
    assert one.notes == (
        "west: facts as recorded 0 s ago (2026-11-25T12:00:00Z): it cannot be reached; see that it is up",
    )
    assert one.record.clusters["west"] == record.clusters["west"]
    assert one.unread == ("west",)


def test_a_cluster_of_which_nothing_is_known_is_a_mistake() -> None:
    assert refused(config(), all_read() | {"west": DOWN}) == [
        "clusters.west.facts: 'live': it cannot be reached, and nothing is recorded of it; see that it is up"
    ]


def test_what_was_read_in_part_is_completed_by_what_is_recorded() -> None:
    why = Failure(problem="services cannot be read: 403 forbidden", remedy="give it the rights")
    partly = Reading(report=report(2).model_copy(update={"services": None}), failures={"services": why})
    fabric, one = known(config(), all_read() | {"west": partly}, recorded())
    assert {name: offer.weight for name, offer in fabric.exports[0].offers.items()} == {"east": 3, "west": 1}
    assert one.notes == (
        "west: services as recorded 0 s ago (2026-11-25T12:00:00Z): services cannot be read: 403 forbidden; "
        "give it the rights",
    )
    assert one.unread == ("west",)


@pytest.mark.parametrize("lost", [{"namespaces": ()}, {"services": {"payment.secure": None, "cart.secure": None}}])
def test_a_cluster_that_suddenly_reports_nothing_is_not_believed(lost: dict[str, Any]) -> None:
    raw = config()
    raw["exports"].append({"service": "cart.secure", "from": ["west"], "wanPolicy": "high"})
    two = {name: Service(ports=(Port(name="http", port=8080),), ready=1) for name in ("payment.secure", "cart.secure")}
    whole = report(2, services=two)
    before = recorded(all_read() | {"west": Reading(report=whole)}, raw)
    readings = all_read() | {"west": Reading(report=whole.model_copy(update=lost))}
    fabric, one = known(raw, readings, before)
    assert fabric.clusters["west"].namespaces == ("secure",)
    assert fabric.exports[1].offers["west"].weight == 1
    assert one.record.clusters["west"] == whole
    assert [note.partition(" as recorded")[0] for note in one.notes] == ["west: facts"]
    assert one.unread == ("west",)


def test_recorded_facts_need_no_cluster() -> None:
    raw = config()
    for cluster in raw["clusters"].values():
        cluster["facts"] = "recorded"
    record = recorded()
    fabric, one = known(raw, {}, record)
    assert fabric.exports[0].port == 8080
    assert (one.record, one.unread) == (record, ())
    assert refused(raw, {}) == [
        f"clusters.{name}.facts: 'recorded': nothing is recorded of it; run mcwan facts where {name} can be reached, "
        "or write its facts down"
        for name in ("east", "edge", "west")
    ]


def test_no_ready_pod_leaves_a_cluster_out() -> None:
    fabric, one = known(config(), all_read(east=3, west=0), recorded())
    assert {name: offer.weight for name, offer in fabric.exports[0].offers.items()} == {"east": 1, "west": 0}
    assert one.notes == ("payment.secure: west has no ready pod, and gets no requests",)


def test_no_ready_pod_anywhere_keeps_the_last_shares() -> None:
    fabric, one = known(config(), all_read(east=0, west=0), recorded())
    assert {name: offer.weight for name, offer in fabric.exports[0].offers.items()} == {"east": 3, "west": 1}
    assert one.notes == (
        "payment.secure: no first choice has a ready pod; east, west may be asked, in the shares that they had",
    )
    assert one.record.splits == {"payment.secure": {"east": 3, "west": 1}}


def test_where_none_of_the_last_shares_is_left_the_clusters_share_evenly() -> None:
    fabric, one = known(
        config(**{"from": ["west", "edge"], "port": 8080}),
        all_read(west=0) | {"edge": Reading(report=report(3, 0))},
        Record(splits={"payment.secure": {"east": 3, "west": 0}}),
    )
    assert {name: offer.weight for name, offer in fabric.exports[0].offers.items()} == {"west": 1, "edge": 1}
    assert one.record.splits == {"payment.secure": {"west": 1, "edge": 1}}


def test_small_changes_never_add_up() -> None:
    """Shares are compared with those in use, not with what was read last: else they would creep."""
    record = recorded(all_read(east=10, west=10))
    for east in range(11, 15):
        fabric, one = known(config(), all_read(east=east, west=10), record)
        assert {name: offer.weight for name, offer in fabric.exports[0].offers.items()} == {"east": 1, "west": 1}
        record = one.record
    fabric, _ = known(config(), all_read(east=30, west=10), record)
    assert {name: offer.weight for name, offer in fabric.exports[0].offers.items()} == {"east": 3, "west": 1}


def test_a_namespace_that_appears_or_goes_is_told_on_one_line() -> None:
    without = all_read(namespaces=("default",))
    _, one = known(config(), all_read(), recorded(without))
    assert one.notes == ("edge: namespace secure is there now; it imports payment.secure",)
    _, other = known(config(), without, recorded(), allow=True)
    assert other.notes == ("edge: namespace secure is gone; it no longer imports payment.secure",)


def test_many_withdrawals_need_consent() -> None:
    raw = config()
    raw["facts"] = {"withdrawals": {"atMost": 0}}
    without = all_read(namespaces=("default",))
    assert refused(raw, without, recorded()) == [
        "facts.withdrawals: 1 of 3 imports: clusters no longer have their namespaces (payment.secure on edge); allowed "
        "without consent: 0, 50 percent, and not all of a cluster's; see why; to withdraw them, run once with "
        "--allow-withdrawals or mcwan:facts.withdrawals.allow: true"
    ]
    assert known(raw, without, recorded(), allow=True)[1].notes
    raw["facts"]["withdrawals"]["allow"] = True
    assert known(raw, without, recorded())[1].notes


def test_a_large_share_of_withdrawals_needs_consent_too() -> None:
    raw = config()
    raw["facts"] = {"withdrawals": {"percent": 30}}
    assert refused(raw, all_read(namespaces=("default",)), recorded())[0].startswith(
        "facts.withdrawals: 1 of 3 imports"
    )


def test_a_changed_address_is_told() -> None:
    moved = report(3, gateways={"mc-wan-ingress.mc-wan": Gateway(programmed=True, addresses=("10.3.0.9",))})
    fabric, one = known(config(), all_read() | {"edge": Reading(report=moved)}, recorded())
    assert str(fabric.clusters["edge"].ingress.addresses[0]) == "10.3.0.9"
    assert one.notes == ("edge: its ingress gateway is at 10.3.0.9, no longer at 10.3.0.1",)


@pytest.mark.parametrize(
    ("update", "said"),
    [
        (
            {"served": {**SERVED, "httproutes.gateway.networking.k8s.io": ("v1beta1",)}},
            "clusters.edge: httproutes.gateway.networking.k8s.io: v1beta1: it does not serve that in version v1; "
            "install the standard channel of Gateway API 1.0 or newer there",
        ),
        (
            {"served": {**SERVED, "serviceimports.multicluster.x-k8s.io": ()}},
            "clusters.edge: serviceimports.multicluster.x-k8s.io: none: it does not serve the MCS API in a version "
            "that mcwan knows; install the CustomResourceDefinitions of sigs.k8s.io/mcs-api there",
        ),
        (
            {"served": {**SERVED, "serviceexports.multicluster.x-k8s.io": ()}},
            "clusters.edge: serviceexports.multicluster.x-k8s.io: none: it does not serve the MCS API in a version "
            "that mcwan knows; install the CustomResourceDefinitions of sigs.k8s.io/mcs-api there",
        ),
        (
            {"classes": {}},
            "clusters.edge.gateway.class: 'envoy-gateway': there is no such GatewayClass; install its implementation "
            "there, or write the class that is there",
        ),
    ],
)
def test_what_a_cluster_lacks_is_told_before_anything_is_made(update: dict[str, Any], said: str) -> None:
    assert refused(config(), all_read(**update)) == [said]


def test_an_export_of_somebody_else_with_another_wan_policy_is_told() -> None:
    there = {"payment.secure": Exported(created=THEN, fabric="other", wan_policy="low")}
    _, one = known(config(), all_read(exports=there))
    assert one.notes == ("payment.secure: WAN policy low on edge, where it is already exported, and high here",)


def test_an_export_of_the_same_fabric_is_no_claim_of_another() -> None:
    there = {"payment.secure": Exported(created=THEN, fabric="prod", wan_policy="low")}
    assert known(config(), all_read(exports=there))[1].notes == ()


def weights_of(fabric: Fabric) -> dict[str, int]:
    return {name: offer.weight for name, offer in fabric.exports[0].offers.items()}


def test_a_cluster_that_somebody_drained_gets_nothing_whatever_the_others_have() -> None:
    raw = config(port=8080, **{"from": ["east", {"cluster": "west", "weight": 0}]})
    assert weights_of(known(raw, all_read(east=0))[0]) == {"east": 1, "west": 0}
    assert weights_of(known(raw, all_read(east=0), recorded())[0]) == {"east": 1, "west": 0}


def test_a_weight_that_was_edited_is_followed_at_once() -> None:
    raw = config(port=8080, **{"from": ["east", {"cluster": "west", "weight": 2}]})
    record = recorded(all_read(east=6), raw)
    raw["exports"][0]["from"][1]["weight"] = 3
    assert weights_of(known(raw, all_read(east=6), record)[0]) == {"east": 2, "west": 1}


def test_first_choices_without_pods_leave_it_to_the_spares_and_stay_first_choices() -> None:
    raw = config(**{"from": ["east", {"cluster": "west", "spare": True}]})
    fabric, one = known(raw, all_read(east=0, west=2), recorded(all_read(east=3, west=2), raw))
    assert weights_of(fabric) == {"east": 3, "west": 2}
    assert one.notes == (
        "payment.secure: no first choice has a ready pod; east may be asked, in the shares that they had",
    )


def test_services_that_are_no_longer_asked_for_are_not_missed() -> None:
    raw = config()
    raw["exports"].append({"service": "cart.secure", "from": ["west"], "wanPolicy": "high"})
    two = {name: Service(ports=(Port(name="http", port=8080),), ready=1) for name in ("payment.secure", "cart.secure")}
    before = recorded(all_read() | {"west": Reading(report=report(2, services=two))}, raw)
    fewer = config(**{"from": ["east"]})
    gone = all_read() | {"west": Reading(report=report(2, services={}))}
    assert known(fewer, gone, before)[1].notes == ()


def test_a_gateway_without_an_address_keeps_the_one_that_is_recorded() -> None:
    starting = report(2, 1, gateways={"mc-wan-ingress.mc-wan": Gateway()})
    fabric, one = known(config(), all_read() | {"west": Reading(report=starting)}, recorded())
    assert str(fabric.clusters["west"].ingress.addresses[0]) == "10.2.0.1"
    assert one.notes == (
        "west: gateway mc-wan-ingress.mc-wan has no address now; those recorded 0 s ago (2026-11-25T12:00:00Z) are "
        "kept",
    )


def test_what_is_recorded_in_part_keeps_the_older_time() -> None:
    record = recorded()
    old = record.clusters["west"].model_copy(update={"at": THEN})
    record = record.model_copy(update={"clusters": {**record.clusters, "west": old}})
    why = Failure(problem="namespaces cannot be read: 403 forbidden", remedy="give it the rights")
    partly = Reading(report=report(2, 1).model_copy(update={"namespaces": None}), failures={"namespaces": why})
    _, one = known(config(), all_read() | {"west": partly}, record)
    assert one.record.clusters["west"].at == THEN


def test_a_cluster_that_would_lose_all_of_its_imports_needs_consent() -> None:
    (said,) = refused(config(), all_read(namespaces=("default",)), recorded())
    assert said.startswith("facts.withdrawals: 1 of 3 imports: clusters no longer have their namespaces")


def test_what_an_update_would_meet_is_told() -> None:
    met: dict[str, Any] = {
        "classes": {"envoy-gateway": Class()},
        "imports": {"payment.secure": Imported(fabric="other")},
    }
    assert known(config(), all_read(**met))[1].notes == (
        "edge: GatewayClass envoy-gateway is not accepted: no controller takes it yet",
        "payment.secure: ServiceImport on edge is of fabric other, and an update would meet it; remove one of both",
    )
    assert known(config(), all_read(imports={"payment.secure": Imported(fabric="prod")}))[1].notes == ()


def test_an_exporter_whose_namespace_is_gone_does_not_offer_it_any_more() -> None:
    gone = all_read() | {"west": Reading(report=report(2, 1, namespaces=("default",)))}
    fabric, one = known(config(), gone, recorded(), allow=True)
    assert weights_of(fabric) == {"east": 1}
    assert one.notes == (
        "payment.secure: west does not have namespace secure any more, and offers it no longer",
        "west: namespace secure is gone; it no longer imports payment.secure",
    )


def test_the_last_exporter_is_not_left_out() -> None:
    raw = config(**{"from": ["west"]})
    gone = all_read() | {"west": Reading(report=report(2, 1, namespaces=("default",)))}
    (said,) = refused(raw, gone, recorded(raw=raw), allow=True)
    assert said.startswith("exports[0].from[0]: 'west': exports from namespace secure, which it does not have")
