"""From what was typed to an edit of a stack file: names looked up there, what was not said worked out or asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from mcwan import stack as stacks
from mcwan.cli.editing import exports, imports, saving, spelling, splice
from mcwan.cli.editing.clusters import named
from mcwan.cli.editing.doing import Edit
from mcwan.cli.editing.splice import EditError
from mcwan.model import Fabric
from mcwan.model.importing import clusters_by_namespace, entries_by_export, importings
from mcwan.model.leaves import unknown


@dataclass(frozen=True)
class File:
    """A stack's file, and its `mcwan:` keys."""

    project: Path
    stack: str
    config: Mapping[str, Any]

    @classmethod
    def of(cls, project: Path, stack: str) -> Self:
        """Read it. Raises StackFileError."""
        return cls(project, stack, stacks.read_config(project, stack))

    def fabric(self) -> Fabric:
        """Give the fabric before the edit, with what is recorded of its clusters. Raises RecordError, MistakesError."""
        return stacks.known(self.project, self.stack, self.config).fabric

    def exported(self) -> dict[str, Mapping[str, Any]]:
        """Give the exports as they are written, by what they are called."""
        listed = self.config.get("exports")
        return {key: one for one in (listed if isinstance(listed, list) else ()) if (key := exports.key_of(one))}


def export(
    file: File,
    service: str,
    *,
    clusters: Sequence[str] = (),
    contexts: Sequence[str] = (),
    ports: Sequence[str] = (),
    wan_policy: str | None = None,
    rules: Sequence[str] = (),
    replace: bool = False,
) -> Edit:
    """Give the edit that `mcwan export` asks for; `service` is its key. Raises EditError, MistakesError."""
    offering = named(file.config, clusters, contexts)
    port, policy = spelling.ports(ports), _policy(file, wan_policy, rules)
    if service not in file.exported():
        if not policy:
            raise EditError(
                f"{service}: not exported yet, and no WAN policy is said; write --wan-policy NAME, or --rule for each "
                f"kind of request, e.g. {spelling.RULES}"
            )
        offering = offering or (_only_cluster(file, service),)
        if not port and any(_declares(file, name) for name in offering):
            raise EditError(f"{service}: not exported yet, and nothing says its port; write --port NUMBER")
    wanted = exports.Wanted(service, offering, port, policy)
    return lambda text: exports.export(text, wanted, replace=replace)


def unexport(file: File, service: str, *, clusters: Sequence[str] = (), contexts: Sequence[str] = ()) -> Edit:
    """Give the edit that `mcwan unexport` asks for. Raises EditError."""
    offering = named(file.config, clusters, contexts)
    return lambda text: exports.unexport(text, service, offering)


def left_behind(file: File, service: str, change: Edit) -> str:
    """Say which comment stays above where an export was, if the edit takes it away; empty if there is none."""
    found = ""

    def look(text: str) -> str:
        nonlocal found
        position, changed = exports.position_of(text, service), change(text)
        if position is not None and exports.position_of(changed, service) is None:
            line = splice.comment_above(text, (*exports.EXPORTS, position))
            found = f"the comment in line {line} stays; see whether it still holds" if line else ""
        return changed

    saving.with_newlines(stacks.read_text(stacks.stack_file(file.project, file.stack)), look)
    return found


def import_(
    file: File,
    service: str,
    *,
    clusters: Sequence[str] = (),
    contexts: Sequence[str] = (),
    path: str | None = None,
) -> Edit:
    """Give the edit that `mcwan import` asks for. Raises EditError, MistakesError."""
    chosen, having, _ = _importing(file, service, clusters, contexts)
    return lambda text: imports.import_(text, service, having, chosen, path)


def unimport(file: File, service: str, *, clusters: Sequence[str] = (), contexts: Sequence[str] = ()) -> Edit:
    """Give the edit that `mcwan unimport` asks for. Raises EditError, MistakesError."""
    chosen, having, current = _importing(file, service, clusters, contexts)
    if not set(chosen or having) & set(current):
        return lambda text: text
    return lambda text: imports.unimport(text, service, having, chosen)


def _importing(
    file: File, service: str, clusters: Sequence[str], contexts: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Give the clusters that are named, those that have the namespace, and those that import now."""
    chosen, fabric = named(file.config, clusters, contexts), file.fabric()
    export = next((one for one in fabric.exports if one.key == service), None)
    if export is None:
        raise spelling.unknown_export(service, file.exported(), "export it first, with `mcwan export`")
    having = clusters_by_namespace(fabric.clusters).get(export.namespace, ())
    if missing := [name for name in chosen if name not in having]:
        raise EditError(
            f"{service}: {', '.join(missing)} has no namespace {export.namespace}; those that have it: "
            f"{', '.join(having)}; add it to mcwan:clusters.{missing[0]}.namespaces once it is there"
        )
    current = importings(export, having, entries_by_export(fabric.imports).get(service, ()))
    return chosen, having, tuple(one.cluster for one in current)


def _policy(file: File, wan_policy: str | None, rules: Sequence[str]) -> dict[str, Any]:
    """Give the key of an export for its policy or its rules; empty if neither was said."""
    known = file.config.get("wanPolicies")
    names = known if isinstance(known, Mapping) else {}
    if wan_policy is not None and rules:
        raise EditError(
            f"--wan-policy and --rule exclude each other; for all other requests write --rule 'rest: by {wan_policy}'"
        )
    if wan_policy is not None:
        if wrong := unknown("WAN policy", wan_policy, names):
            raise EditError(f"--wan-policy {wan_policy!r}: {'; '.join(wrong)}")
        return {"wanPolicy": wan_policy}
    read = [spelling.rule(one) for one in rules]
    for typed, one in zip(rules, read, strict=True):
        if wrong := unknown("WAN policy", one["wanPolicy"], names):
            raise EditError(f"--rule {typed!r}: {one['wanPolicy']!r}: {'; '.join(wrong)}")
    return {"rules": read} if read else {}


def _only_cluster(file: File, service: str) -> str:
    """Give the one cluster that has a service's namespace."""
    namespace = service.partition(".")[2]
    having = clusters_by_namespace(file.fabric().clusters).get(namespace, ())
    if len(having) == 1:
        return having[0]
    if not having:
        raise EditError(
            f"{service}: no cluster has the namespace {namespace}; add it to mcwan:clusters.NAME.namespaces once it is "
            "there, or correct the service: it is written NAME/NAMESPACE"
        )
    raise EditError(
        f"{service}: {', '.join(having)} have the namespace {namespace}; say with --cluster which of them offer it"
    )


def _declares(file: File, cluster: str) -> bool:
    """Tell whether a cluster's facts are those in the stack file only, which has no Services' ports."""
    one = file.config["clusters"][cluster]
    return not isinstance(one, Mapping) or one.get("facts", "declared") == "declared"
