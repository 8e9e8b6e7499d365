"""What rules say of a lab's objects as its API servers have them: with all that these add and default."""

from lab.state import Lab
from mcwan import gateways
from mcwan.rules import RULES, run
from mcwan.rules.evidence import Evidence
from mcwan.rules.objects import Object


def violations(lab: Lab) -> list[str]:
    """Give what rules find wrong, cannot judge or fail with, of what is deployed of the lab's stack."""
    objects: list[Object] = []
    for name, site in lab.topology.sites.items():
        with lab.api(site) as api:
            for one in gateways.plan(lab.fabric).objects:
                if one.cluster == name:
                    made, metadata = one.manifest, one.manifest["metadata"]
                    found = api.get(made["apiVersion"], made["kind"], metadata["name"], metadata.get("namespace", ""))
                    objects.append(Object(name, found))
    verdicts = [run(rule, Evidence(tuple(objects))) for rule in RULES]
    return [
        f"{one.rule.name}: {told}"
        for one in verdicts
        for told in (*(wrong.what for wrong in one.violations), *one.unjudged, *([one.failure] if one.failure else []))
    ]
