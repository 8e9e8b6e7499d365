"""What checks judge: gathered before, so that checks are pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mcwan.facts.probed import Answer, Probe, Resolved
from mcwan.facts.report import Failure
from mcwan.facts.surveyed import Shown, Survey
from mcwan.gateways import wanted
from mcwan.model.description import Description
from mcwan.model.mistakes import Mistake
from mcwan.plan import Plan


@dataclass(frozen=True)
class Evidence:
    """A description, what its clusters said, and what their gateways showed.

    `names` are the clusters in view, sorted; those that were asked are in `surveys`. `plan` is None where the
    description does not hold together with what is known of the clusters, `mistakes` says why. `inside` is the
    cluster in whose network the command runs, `resolved` what names are there. `answers` is None if no request was
    sent; `chosen` are the exports whose requests were sent, all if it is empty.
    """

    description: Description
    names: tuple[str, ...]
    now: datetime
    plan: Plan | None = None
    mistakes: tuple[Mistake, ...] = ()
    surveys: Mapping[str, Survey | Failure] = field(default_factory=dict)
    shown: tuple[Shown, ...] = ()
    inside: str | None = None
    resolved: tuple[Resolved, ...] = ()
    answers: Mapping[Probe, Answer] | None = None
    chosen: frozenset[str] = frozenset()

    @property
    def read(self) -> dict[str, Survey]:
        """The clusters that answered."""
        found = {name: self.surveys.get(name) for name in self.names}
        return {name: one for name, one in found.items() if isinstance(one, Survey)}

    def addresses(self, name: str) -> tuple[str, ...]:
        """Give where a cluster's ingress gateways are reached, as far as it is written or told, sorted."""
        found = {str(one) for one in self.description.clusters[name].ingress.addresses}
        for export in self.description.exports:
            if name in export.offers:
                found |= {str(one) for one in export.offers[name].addresses}
        survey = self.surveys.get(name)
        report = survey.reading.report if isinstance(survey, Survey) else None
        for gateway in ((report.gateways if report else None) or {}).values():
            found |= set(gateway.addresses)
        return tuple(sorted(found))

    def gateway_services(self, name: str) -> frozenset[str]:
        """Give the Services of a cluster's ingress gateways, as name.namespace."""
        return frozenset(wanted(self.description, name).gateways.values())
