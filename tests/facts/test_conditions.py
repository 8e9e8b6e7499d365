from mcwan.facts.agreed import Agreed
from mcwan.facts.conditions import conditions

AT = "2026-11-25T10:00:00Z"
COMMON = {"observedGeneration": 3, "lastTransitionTime": AT}


def test_an_export_that_all_clusters_agree_on() -> None:
    assert conditions(Agreed(), "east", 3, AT) == [
        {"type": "Valid", "status": "True", "reason": "Valid", "message": "the Service can be exported", **COMMON},
        {"type": "Conflict", "status": "False", "reason": "NoConflicts", "message": "all clusters agree", **COMMON},
    ]


def test_conflicts_are_told_with_all_their_reasons() -> None:
    agreed = Agreed(conflicts=(("PortConflict", "a; b"), ("TypeConflict", "c; d")))
    assert conditions(agreed, "east", 3, AT)[1] == {
        "type": "Conflict",
        "status": "True",
        "reason": "PortConflict,TypeConflict",
        "message": "a; b; the oldest export holds; c; d; the oldest export holds",
        **COMMON,
    }


def test_a_service_that_cannot_be_exported_has_no_conflict() -> None:
    assert conditions(Agreed(invalid=(("east", "NoService"),)), "east", 3, AT) == [
        {
            "type": "Valid",
            "status": "False",
            "reason": "NoService",
            "message": "there is no Service of that name",
            **COMMON,
        }
    ]
