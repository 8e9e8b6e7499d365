"""The objects in files of YAML, each with where it was found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mcwan import yamls
from mcwan.cli.editing.splice import EditError
from mcwan.stack import not_yaml


@dataclass(frozen=True)
class Source:
    """A file as it is called in messages, its text, and the cluster that its objects are of; None if of all."""

    name: str
    text: str
    cluster: str | None = None


@dataclass(frozen=True)
class Found:
    """An object, and where it was found."""

    source: Source
    object: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.object.get("kind", ""))

    @property
    def group(self) -> str:
        """Its API group; empty for Kubernetes' own core."""
        version = str(self.object.get("apiVersion", ""))
        return version.rpartition("/")[0]

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Its metadata; empty if it has none."""
        found = self.object.get("metadata")
        return found if isinstance(found, Mapping) else {}

    @property
    def name(self) -> str:
        """Its name: in its metadata or, as one of the documents has it, beside them."""
        return str(self.metadata.get("name") or self.object.get("name") or "")

    @property
    def namespace(self) -> str:
        """Its namespace; empty if it has none."""
        return str(self.metadata.get("namespace") or self.object.get("namespace") or "")

    @property
    def key(self) -> str:
        """The service that it is of: payment.secure."""
        return f"{self.name}.{self.namespace}"

    @property
    def where(self) -> str:
        """Where it was found, for messages: `east.yaml: ServiceExport secure/payment`."""
        named = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.source.name}: {self.kind or 'an object without a kind'} {named}".rstrip()

    def value(self, key: str) -> Any:
        """Give what its spec has under a key or, where it has no spec of its own, what stands beside it."""
        spec = self.object.get("spec")
        return spec.get(key) if isinstance(spec, Mapping) and key in spec else self.object.get(key)


@dataclass(frozen=True)
class Left:
    """What could not be carried over: where, the field, why, and what to do.

    `whole`: a whole WAN policy, export or import, so that the stack file says less than the objects.
    """

    where: str
    field: str
    why: str
    remedy: str
    whole: bool = False

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.where, self.field, f"{self.why}; {self.remedy}")))


def objects(source: Source) -> Iterator[Found]:
    """Give a file's objects, those of lists one by one. Raises EditError if it cannot be read."""
    try:
        documents = yamls.all_written(source.text)
    except YAMLError as error:
        raise EditError(_not_yaml(source, error)) from None
    for number, document in enumerate(documents, 1):
        if document is None:
            continue
        if not isinstance(document, Mapping) or not document.get("kind"):
            raise EditError(
                f"{source.name}: document {number}: no Kubernetes object; it has apiVersion, kind, metadata"
            )
        items = document.get("items")
        listed = items if str(document["kind"]).endswith("List") and isinstance(items, list) else [document]
        for found in (Found(source, one) for one in listed if isinstance(one, Mapping)):
            if not found.object.get("apiVersion"):
                raise EditError(
                    f"{found.where}: no apiVersion, so that nobody knows what it is; write it above the kind"
                )
            yield found


def _not_yaml(source: Source, error: YAMLError) -> str:
    """Say what is wrong, and what it most often is in objects that were copied from a page."""
    text = not_yaml(source.name, error)
    problem = str(error.problem) if isinstance(error, MarkedYAMLError) else ""
    if problem.startswith("found duplicate key"):
        return f"{text}: a line `---` has to stand between two objects"
    if "mapping values" in problem or "expected <block end>" in problem or "could not find expected ':'" in problem:
        return f"{text}: what belongs to a key stands below it, deeper, and a list's item begins with '- '"
    return text
