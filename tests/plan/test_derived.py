"""What the clusters' Services agree on, as imports say it."""

from mcwan import gateways
from mcwan.facts.agreed import Agreed
from mcwan.facts.report import Port
from mcwan.facts.resolve import Known
from mcwan.plan import Plan
from tests.fabrics import called, exported, fabric, on

KEY = "cart.secure"


def agreed(what: Agreed) -> Plan:
    """The plan of one export whose clusters agree on something."""
    return gateways.plan(fabric(exports=[exported()]), Known(agreed={KEY: what}))


def test_a_port_is_called_as_the_service_calls_it() -> None:
    web = Port(name="web", port=80, app_protocol="kubernetes.io/h2c")
    plan = agreed(Agreed(ports=((web, ("cluster-1",)), (Port(name="dns", port=80, protocol="UDP"), ("cluster-1",)))))
    assert called(plan, "cluster-2", "ServiceImport", "cart", "secure")["spec"]["ports"] == [
        {"name": "web", "protocol": "TCP", "appProtocol": "kubernetes.io/h2c", "port": 80}
    ]


def test_a_port_without_a_name_is_imported_without_one() -> None:
    plan = agreed(Agreed(ports=((Port(port=80), ("cluster-1",)),)))
    assert called(plan, "cluster-2", "ServiceImport", "cart", "secure")["spec"]["ports"] == [
        {"protocol": "TCP", "port": 80}
    ]


def test_a_service_that_can_only_be_a_name_is_imported_nowhere() -> None:
    plan = agreed(Agreed(invalid=(("cluster-1", "InvalidServiceType"),)))
    assert [one for where in ("cluster-1", "cluster-2") for one in on(plan, where, "ServiceImport")] == []
    assert called(plan, "cluster-1", "ServiceExport", "cart", "secure")["metadata"]["namespace"] == "secure"


def test_a_service_that_is_not_there_is_imported_all_the_same() -> None:
    plan = agreed(Agreed(invalid=(("cluster-1", "NoService"),)))
    assert called(plan, "cluster-2", "ServiceImport", "cart", "secure")["spec"]["type"] == "ClusterSetIP"
