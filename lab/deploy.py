"""A stack on the lab's clusters: by Pulumi, or by server-side apply of the rendered objects; and what becomes of it."""

import json
from collections.abc import Callable, Iterable

import yaml

from lab import engine
from lab.api import Api, ApiError, Object
from lab.cluster import established
from lab.state import Lab
from lab.topology import Site
from lab.waiting import LabError, each, wait
from mcwan import gateways
from mcwan.cli.render import dump
from mcwan.model import Fabric
from mcwan.plan.manifests import apply_order

MANAGER = "mcwan"
READY_SECONDS = 300.0
Identity = tuple[str, str, str, str]
Content = tuple[str, str, str, str, str]
"""An object's identity and, as JSON, what is written of it."""


def rendered(fabric: Fabric) -> dict[str, list[Object]]:
    """Give the objects of every cluster as `mcwan render` writes them, in the order in which they apply."""
    found: dict[str, list[Object]] = {cluster: [] for cluster in fabric.clusters}
    for one in gateways.plan(fabric).objects:
        found[one.cluster].append(one.manifest)
    return {cluster: list(yaml.safe_load_all(dump(objects))) for cluster, objects in found.items()}


def deploy(lab: Lab) -> None:
    """Deploy the lab's stack: by `pulumi up` or, where there is no Pulumi, by applying what is rendered."""
    if lab.pulumi:
        engine.up(lab)
    else:
        apply(lab, lab.fabric)


def withdraw(lab: Lab) -> None:
    """Take the stack away again, the way it came."""
    if lab.pulumi:
        engine.destroy(lab)
    else:
        unapply(lab)


def apply(lab: Lab, fabric: Fabric) -> None:
    """Apply a fabric's objects to every cluster, and delete what an earlier call had and this one does not."""
    apply_objects(lab, rendered(fabric))


def apply_objects(lab: Lab, objects: dict[str, list[Object]]) -> None:
    """Do the same with the objects of every cluster, in the order in which they apply."""
    _everywhere(lab, lambda site, api, own: _apply(lab, site, api, own), objects)


def unapply(lab: Lab) -> None:
    """Delete everything that was applied, and wait until it is gone."""
    apply_objects(lab, {})


def _everywhere(lab: Lab, do: Callable[[Site, Api, list[Object]], None], objects: dict[str, list[Object]]) -> None:
    def one(site: Site) -> None:
        with lab.api(site) as api:
            do(site, api, objects.get(site.cluster, []))

    each(one, lab.topology.sites.values())


def _apply(lab: Lab, site: Site, api: Api, objects: list[Object]) -> None:
    inventory = lab.site_directory(site) / "applied.json"
    earlier: list[Object] = json.loads(inventory.read_text(encoding="utf-8")) if inventory.exists() else []
    wanted = {identity(one) for one in objects}
    leaving = [one for one in earlier if identity(one) not in wanted]
    inventory.write_text(json.dumps([*leaving, *map(_reference, objects)]), encoding="utf-8")
    for one in objects:
        api.apply(one, manager=MANAGER)
        if one["kind"] == "CustomResourceDefinition":
            established(api, one)
    for one in sorted(leaving, key=apply_order, reverse=True):
        api.delete(one, propagation="Orphan" if one["kind"] == "WANPolicy" else "Background")  # see mcwan.plan.guard
    wait(lambda: not any(exists(api, one) for one in leaving), f"what was withdrawn is gone from {site.cluster}")
    inventory.write_text(json.dumps([_reference(one) for one in objects]), encoding="utf-8")


def exists(api: Api, one: Object) -> bool:
    """Tell whether the server has an object."""
    try:
        api.get(*key(one))
    except ApiError as error:
        if error.status == 404:
            return False
        raise
    return True


def everything(api: Api) -> set[Content]:
    """Give every object that a cluster has with what is written of it, but for what comes and goes by itself.

    Of what a controller makes, there is only that it is there: the controller writes it anew when it sees fit.
    """
    groups = api.request("GET", "/apis")["groups"]
    versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
    return {
        (*identity(one), "" if one["metadata"].get("ownerReferences") else json.dumps(written(one), sort_keys=True))
        for version in versions
        for kind in api.listable(version)
        if kind not in ("Event", "Lease")
        for one in api.all(version, kind)
    }


def written(one: Object) -> Object:
    """Give what the author of an object says there is to be: all but its status and what the server notes of it."""
    kept = {key: value for key, value in one.items() if key not in ("metadata", "status")}
    return kept | {"metadata": {key: one["metadata"].get(key) for key in ("labels", "annotations")}}


def before(lab: Lab, site: Site) -> set[Content]:
    """Give what a cluster had before anything was deployed."""
    content = json.loads((lab.site_directory(site) / "before.json").read_text(encoding="utf-8"))
    return {(version, kind, namespace, name, said) for version, kind, namespace, name, said in content}


def identity(one: Object) -> Identity:
    """Give what makes an object itself on its cluster."""
    return (one["apiVersion"], one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])


def key(one: Object) -> Identity:
    """Give what `Api.get` finds an object by: apiVersion, kind, name, namespace."""
    version, kind, namespace, name = identity(one)
    return version, kind, name, namespace


def wait_programmed(lab: Lab) -> None:
    """Wait until every Gateway and HTTPRoute that was deployed is in effect, as its status says. Raises LabError."""

    def ready(site: Site, api: Api, _: list[Object]) -> None:
        try:
            wait(lambda: not list(pending(api)), f"gateways and routes of {site.cluster} are in effect", READY_SECONDS)
        except LabError as error:
            raise LabError("\n  ".join([str(error), *pending(api)])) from None

    _everywhere(lab, ready, {})


def pending(api: Api) -> Iterable[str]:
    """Say of each Gateway and HTTPRoute on a cluster what its status does not yet say."""
    version = "gateway.networking.k8s.io/v1"
    for one in api.all(version, "Gateway"):
        name, status = one["metadata"]["name"], one.get("status", {})
        yield from _lacking(f"Gateway {name}", one, status, ("Accepted", "Programmed"))
        listeners = {item["name"]: item for item in status.get("listeners", ())}
        for listener in one["spec"]["listeners"]:
            wanted = ("Accepted", "ResolvedRefs", "Programmed")
            yield from _lacking(f"Gateway {name}, {listener['name']}", one, listeners.get(listener["name"], {}), wanted)
    for one in api.all(version, "HTTPRoute"):
        parents = one.get("status", {}).get("parents", ())
        if not parents:
            yield f"HTTPRoute {one['metadata']['name']}: no status"
        for parent in parents:
            yield from _lacking(f"HTTPRoute {one['metadata']['name']}", one, parent, ("Accepted", "ResolvedRefs"))


def _lacking(called: str, one: Object, status: Object, wanted: Iterable[str]) -> Iterable[str]:
    conditions = {item["type"]: item for item in (status.get("conditions") or ())}
    for kind in wanted:
        found = conditions.get(kind)
        if found is None or found.get("observedGeneration") != one["metadata"]["generation"]:
            yield f"{called}: {kind} is not yet said"
        elif found["status"] != "True":
            yield f"{called}: {kind} is {found['status']}: {found.get('reason')}: {found.get('message')}"


def _reference(one: Object) -> Object:
    kept = {key: value for key, value in one["metadata"].items() if key in ("name", "namespace")}
    return {"apiVersion": one["apiVersion"], "kind": one["kind"], "metadata": kept}
