"""What a shell completes: the names in the stack file that is meant. What cannot be read completes nothing."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def stacks(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of the project's stacks."""
    from mcwan.stack import stacks as found

    del parameter
    return _items(found(_project(context)), incomplete)


def services(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete what is exported, as payment/secure; as payment.secure where that is begun."""
    del parameter
    keys = _names(context, _exported)
    return _items(keys if "." in incomplete else [key.replace(".", "/", 1) for key in keys], incomplete)


def clusters(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the clusters' names."""
    del parameter
    return _items(_names(context, lambda config: config["clusters"]), incomplete)


def contexts(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the contexts that the clusters are reached by."""
    del parameter
    found = _names(context, lambda config: [one.get("context") for one in config["clusters"].values()])
    return _items(found, incomplete)


def wan_policies(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the WAN policies' names."""
    del parameter
    return _items(_names(context, lambda config: config["wanPolicies"]), incomplete)


def _exported(config: dict[str, Any]) -> Iterable[object]:
    from mcwan.cli.editing.exports import key_of

    return [key_of(one) for one in config["exports"]]


def _names(context: click.Context, names: Callable[[dict[str, Any]], Iterable[object]]) -> list[str]:
    """Give names of the stack file; none where it cannot be read, or holds something else there."""
    from mcwan.cli.options import meant
    from mcwan.stack import read_config

    try:
        project = _project(context)
        found = names(read_config(project, meant(context.params.get("stack"), project)))
        return sorted({one for one in found if isinstance(one, str) and one})
    except Exception:
        return []


def _project(context: click.Context) -> Path:
    return Path(context.params.get("project") or Path())


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
