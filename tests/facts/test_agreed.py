from itertools import permutations

from mcwan.facts.agreed import Agreed, Offered, agree
from mcwan.facts.report import Exported, Port, Service

OLD, NEW = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
HTTP, ADMIN = Port(name="http", port=8080), Port(name="admin", port=9090)


def offered(created: str = "", carried: dict[str, str] | None = None, **service: object) -> Offered:
    export = Exported(created=created, annotations=carried or {}) if created else None
    return Offered(Service.model_validate({"ports": (HTTP,), **service}), export)


def test_one_cluster_agrees_with_itself() -> None:
    one = offered(OLD, session_affinity="ClientIP", session_affinity_seconds=60, ip_families=("IPv4",))
    assert one.service is not None
    assert agree({"east": one}) == Agreed(ports=((HTTP, ("east",)),), service=one.service)


def test_ports_are_a_union_and_that_is_a_conflict() -> None:
    found = agree({"east": offered(NEW, ports=(HTTP, ADMIN)), "west": offered(OLD)})
    assert found == Agreed(
        ports=((HTTP, ("east", "west")), (ADMIN, ("east",))),
        service=Service(ports=(HTTP,)),
        conflicts=(("PortConflict", "west has http 8080/TCP; east has admin 9090/TCP, http 8080/TCP"),),
    )


def test_of_ports_that_exclude_each_other_the_older_one_stays() -> None:
    other = Port(name="http", port=80)
    found = agree({"east": offered(NEW, ports=(other,)), "west": offered(OLD)})
    assert found.ports == ((HTTP, ("west",)),)
    assert [reason for reason, _ in found.conflicts] == ["PortConflict"]


def test_the_oldest_export_says_what_kind_of_service_it_is() -> None:
    found = agree({"east": offered(NEW, headless=True), "west": offered(OLD)})
    assert (found.service.headless, found.conflicts) == (
        False,
        (("TypeConflict", "west has a cluster IP; east has headless endpoints"),),
    )


def test_an_export_that_is_not_there_yet_is_the_youngest() -> None:
    found = agree({"east": offered(), "west": offered(NEW, session_affinity="ClientIP")})
    assert found.service.session_affinity == "ClientIP"
    assert found.conflicts == (("SessionAffinityConflict", "west has ClientIP; east has None"),)


def test_two_wan_policies_for_one_service_are_a_conflict_of_annotations() -> None:
    policy = "mc-wan.l7mp.io/wan-policy"
    found = agree({"east": offered(OLD, {policy: "high"}), "west": offered(NEW, {policy: "low"})})
    assert found.conflicts == (("AnnotationsConflict", f"east has {policy}=high; west has {policy}=low"),)


def test_a_version_that_carries_nothing_contradicts_nobody() -> None:
    older = Offered(Service(ports=(HTTP,)), Exported(created=OLD, carries=False))
    assert agree({"east": older, "west": offered(NEW, {"owner": "team-a"})}) == Agreed(
        ports=((HTTP, ("east", "west")),), service=Service(ports=(HTTP,))
    )


def test_what_cannot_be_exported_is_left_out() -> None:
    found = agree({"east": offered(OLD, type="ExternalName"), "west": offered(NEW), "edge": Offered(None, None)})
    assert found == Agreed(
        ports=((HTTP, ("west",)),),
        service=Service(ports=(HTTP,)),
        invalid=(("east", "InvalidServiceType"), ("edge", "NoService")),
    )


def test_the_order_of_the_clusters_does_not_matter() -> None:
    offers = {"east": offered(NEW, ports=(HTTP, ADMIN)), "west": offered(OLD), "edge": offered(headless=True)}
    every = {agree(dict(order)) for order in permutations(offers.items())}
    assert len(every) == 1
