"""A client in a mesh, as it is made."""

from lab import mesh


def test_a_client_has_an_account_of_its_own_or_another_one() -> None:
    account, pod = mesh.objects("east", "sleep.sleep")
    assert account["metadata"] == {"name": "sleep", "namespace": "sleep"}
    assert pod["metadata"] == {"name": "sleep", "namespace": "sleep", "labels": {"app": "sleep"}}
    assert pod["spec"]["serviceAccountName"] == "sleep"
    account, pod = mesh.objects("east", "two.sleep", "intruder")
    assert (account["metadata"]["name"], pod["metadata"]["name"]) == ("intruder", "two")
    assert pod["spec"]["serviceAccountName"] == "intruder"


def test_a_pod_is_ready_once_the_cluster_says_so() -> None:
    said = [
        {},
        {"conditions": None},
        *({"conditions": [{"type": "Ready", "status": one}]} for one in ("False", "True")),
    ]
    assert [mesh.ready({"status": one}) for one in said] == [False, False, False, True]
