"""The systems that `mcwan sdwan` writes for."""

import json
from collections.abc import Collection, Iterator
from typing import Any, Literal, get_args

from mcwan.model import Mistake, MistakesError
from mcwan.sdwan import cisco, cisco_api, cisco_cli, cisco_terraform, frr, linux, needs
from mcwan.sdwan.form import Form

Target = Literal["linux", "frr", "cisco", "json"]
TARGETS: tuple[Target, ...] = get_args(Target)

OF_SITES: dict[Target, frozenset[str]] = {
    "linux": frozenset({"nftables.conf", "routes.sh", "sysctl.conf"}),
    "frr": frozenset({"frr.conf", "nftables.conf", "sysctl.conf"}),
}
"""What the files of each site are called. Others have files of all sites together, each under a name of its own."""


def files(form: Form, target: Target, sites: Collection[str] = ()) -> dict[str, str]:
    """Give the files of a target, by their path, for some sites or for all.

    Raises MistakesError where `mcwan:sdwan` does not say what the target needs.
    """
    chosen = [site.name for site in form.sites if not sites or site.name in sites]
    mistakes = list(missing(form, target, chosen))
    if mistakes:
        raise MistakesError(mistakes)
    if target == "linux":
        return linux.files(form, chosen)
    if target == "frr":
        return frr.files(form, chosen)
    if target == "cisco":
        policy = cisco.policy(form, chosen)
        return {
            "main.tf.json": _json(cisco_terraform.document(policy)),
            "policy.cli": cisco_cli.text(policy),
            "vmanage.json": _json(cisco_api.document(policy)),
        }
    only = form.model_copy(update={"sites": tuple(site for site in form.sites if site.name in chosen)})
    return {"sdwan.json": _json(only.model_dump(mode="json"))}


def missing(form: Form, target: Target, sites: Collection[str]) -> Iterator[Mistake]:
    """Give what a target needs for some sites and is not written."""
    if target in ("linux", "frr"):
        return needs.of_router(form, sites, target)
    return needs.of_cisco(form, sites) if target == "cisco" else iter(())


def notes(form: Form, target: Target) -> list[str]:
    """Say what a target cannot be told as it is written."""
    return list(cisco.notes(form)) if target == "cisco" else []


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
