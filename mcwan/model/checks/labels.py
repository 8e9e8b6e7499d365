"""Labels: none that means something to mcwan, to Kubernetes or to its tools."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.leaves import GROUP, MAX_LABEL_PREFIX
from mcwan.model.mistakes import Mistake

_RESERVED = (GROUP, "kubernetes.io", "k8s.io")
"""Domains whose labels mcwan sets itself, or may come to, e.g. `app.kubernetes.io/name`."""


def not_reserved(description: Description) -> Iterator[Mistake]:
    """A label of mcwan's own would be overwritten; one of Kubernetes' own would have an effect."""
    for key in description.labels:
        prefix, slash, _ = key.rpartition("/")
        for domain in _RESERVED:
            if slash and f".{prefix}".endswith(f".{domain}"):
                yield Mistake(
                    ("labels", key),
                    "",
                    f"a label of {domain} is not yours to set; allowed: any other domain, or none before the name",
                    "rename it",
                )


def prefixes_fit(description: Description) -> Iterator[Mistake]:
    """A key's DNS name has a limit of its own."""
    for key in description.labels:
        if len(key.rpartition("/")[0]) > MAX_LABEL_PREFIX:
            yield Mistake(
                ("labels", key),
                "",
                f"too long before the '/'; allowed: at most {MAX_LABEL_PREFIX} characters",
                "shorten it",
            )


CHECKS = (not_reserved, prefixes_fit)
