"""A sentence about what changes: what it means for traffic, and which changes of objects it explains."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from mcwan.changes.facets import ALL
from mcwan.model.base import Model

Level = Literal["no", "late", "possible", "refused", "yes"]
LEVELS: tuple[Level, ...] = ("no", "late", "possible", "refused", "yes")
"""How much traffic is disturbed, the worst last."""
SAID: dict[Level, str] = {
    "no": "not disturbed",
    "late": "follows late",
    "possible": "may be disturbed",
    "refused": "refused from then on",
    "yes": "disturbed",
}
"""The same for people."""
PAGE = "docs/how-to/plan.md"


class Disturbance(Model):
    """Whether traffic is disturbed, why, and what to do in place of it."""

    level: Level = "no"
    """`no`; `late`: the change takes effect up to 15 s late; `possible`: for as long as the update takes, perhaps;
    `refused`: some requests are refused from then on, as it is meant; `yes`: requests fail meanwhile."""
    why: str = ""
    remedy: str = ""


class Sentence(Model):
    """One thing that changes."""

    about: str
    """What kind of change it is, one word: `moved`, say."""
    text: str
    export: str | None = None
    """The export that it is about, if it is about one."""
    policies: tuple[str, ...] = ()
    """The WAN policies that it is about: of a move, the one before and the one after."""
    clusters: tuple[str, ...] = ()
    """The clusters whose requests it concerns."""
    flows: int = 0
    """How many flows: the requests of one rule from one cluster to another."""
    disturbance: Disturbance = Disturbance()


class Cover(NamedTuple):
    """Which changes of objects a sentence explains; None stands for all. A subject is an export, or empty."""

    facets: frozenset[str] = ALL
    clusters: frozenset[str] | None = None
    subjects: frozenset[str] | None = None
    policies: frozenset[str] | None = None

    def explains(self, facet: str, cluster: str, subject: str, policies: frozenset[str]) -> bool:
        """Tell whether a change is among them."""
        return (
            facet in self.facets
            and (self.clusters is None or cluster in self.clusters)
            and (self.subjects is None or subject in self.subjects)
            and (self.policies is None or bool(self.policies & policies))
        )


class Told(NamedTuple):
    """A sentence, what it explains, and the rules that it is about."""

    sentence: Sentence
    covers: tuple[Cover, ...] = ()
    rules: frozenset[str] = frozenset()


def cover(
    *facets: str,
    clusters: Iterable[str] | None = None,
    subjects: Iterable[str] | None = None,
    policies: Iterable[str] | None = None,
) -> Cover:
    """Make a cover; without facets, of all of them but labels."""
    return Cover(
        frozenset(facets) or ALL,
        None if clusters is None else frozenset(clusters),
        None if subjects is None else frozenset(subjects),
        None if policies is None else frozenset(policies),
    )


def worst(found: Iterable[Level]) -> Level:
    """Give the worst level; `no` if there is none."""
    return max(found, key=LEVELS.index, default="no")
