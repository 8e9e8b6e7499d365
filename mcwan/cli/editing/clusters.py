"""Which clusters an edit is for: named, by their contexts, or all that can be meant."""

from collections.abc import Mapping, Sequence
from typing import Any

from mcwan.cli.editing.splice import EditError
from mcwan.model.leaves import unknown


def named(config: Mapping[str, Any], names: Sequence[str], contexts: Sequence[str]) -> tuple[str, ...]:
    """Give the clusters that `--cluster` and `--context` name, each once. Raises EditError."""
    clusters = config.get("clusters")
    known = clusters if isinstance(clusters, Mapping) else {}
    for name in names:
        if wrong := unknown("cluster", name, known):
            raise EditError(f"--cluster {name!r}: {'; '.join(wrong)}")
    by_context: dict[str, list[str]] = {}
    for name, one in known.items():
        if isinstance(one, Mapping) and isinstance(one.get("context"), str):
            by_context.setdefault(one["context"], []).append(name)
    found = list(names)
    for context in contexts:
        if context not in by_context:
            allowed = ", ".join(sorted(by_context)) or "none: no cluster is reached by a context"
            raise EditError(
                f"--context {context!r}: the context of no cluster; allowed: {allowed}; name the cluster with --cluster"
            )
        if len(by_context[context]) > 1:
            several = ", ".join(by_context[context])
            raise EditError(f"--context {context!r}: the context of {several}; name one of them with --cluster")
        found += by_context[context]
    return tuple(dict.fromkeys(found))
