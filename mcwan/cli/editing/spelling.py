"""What an operator types on a command line: a service, its ports, a rule."""

import re
from collections.abc import Collection, Sequence
from typing import Any, get_args

from mcwan.cli.editing.splice import EditError
from mcwan.model.leaves import LABEL, PATTERN_MEANS, SERVICE
from mcwan.model.matches import Method
from mcwan.model.near import near

METHODS = get_args(Method)
RULES = "'queries: GET /payment by high', 'stats: =/stats by low' (just that path), 'rest: by low' (all other requests)"
"""Rules as they are typed, for help and messages."""
_RULE = re.compile(r"^\s*(?P<name>[^\s:]+)\s*:\s*(?P<requests>.*?)\s*\bby\s+(?P<policy>\S+)\s*$")
_REQUEST = re.compile(r"^(?:(?P<method>[A-Za-z]+)(?:\s+|$))?(?P<path>=?/\S*)?$")
_PORT = re.compile(r"^(?:(?P<name>[^=\s]+)=)?(?P<port>[0-9]+)$")


def service(typed: str) -> str:
    """Give a service's key, payment.secure, of `payment/secure` or `payment.secure`. Raises EditError."""
    found = typed.replace("/", ".", 1) if "." not in typed else typed
    if not re.match(SERVICE, found):
        means = PATTERN_MEANS[SERVICE].replace("name.namespace", "NAME/NAMESPACE or NAME.NAMESPACE")
        raise EditError(f"{typed!r}: not allowed; allowed: {means}; write it so, e.g. payment/secure")
    return found


def unknown_export(key: str, keys: Collection[str], what: str) -> EditError:
    """Say that a service is not among those that are exported, and which might be meant."""
    name, _, namespace = key.partition(".")
    meant = f"{namespace}.{name}" if f"{namespace}.{name}" in keys else near(key, keys)
    hint = f"did you mean {meant.replace('.', '/', 1)}?" if meant else what
    return EditError(f"{key}: nobody exports it; exported are: {', '.join(sorted(keys)) or 'none'}; {hint}")


def ports(typed: Sequence[str]) -> dict[str, Any]:
    """Give the keys of an export for what `--port` says: `8080`, or `http=8080` where there are several."""
    found: list[tuple[str | None, int]] = []
    for one in typed:
        match = _PORT.match(one)
        if match is None:
            raise EditError(f"--port {one!r}: not a port; write its number, or NAME=NUMBER, e.g. http=8080")
        found.append((match["name"], int(match["port"])))
    if not found:
        return {}
    if len(found) == 1 and found[0][0] is None:
        return {"port": found[0][1]}
    if nameless := [str(port) for name, port in found if name is None]:
        raise EditError(
            f"--port {nameless[0]}: of several ports each has a name; write it as the Service has it, "
            f"e.g. http={nameless[0]}"
        )
    return {"ports": [{"name": name, "port": port} for name, port in found]}


def rule(typed: str) -> dict[str, Any]:
    """Give a rule, as a stack file has it, of `NAME: [METHOD] [PATH], … by POLICY`. Raises EditError."""
    parts = _RULE.match(typed)
    if parts is None:
        raise EditError(f"--rule {typed!r}: not a rule; write NAME: [METHOD] [PATH] by POLICY, e.g. {RULES}")
    if not re.match(LABEL, parts["name"]):
        raise EditError(f"--rule {typed!r}: {parts['name']!r} is not a rule's name; allowed: {PATTERN_MEANS[LABEL]}")
    found: dict[str, Any] = {"name": parts["name"]}
    if parts["requests"]:
        found["matches"] = [_request(typed, one.strip()) for one in parts["requests"].split(",")]
    return found | {"wanPolicy": parts["policy"]}


def _request(typed: str, text: str) -> dict[str, Any]:
    parts = _REQUEST.match(text)
    if parts is None or not text:
        raise EditError(f"--rule {typed!r}: {text!r} is neither a method nor a path; write e.g. {RULES}")
    found: dict[str, Any] = {}
    if parts["method"]:
        method = parts["method"].upper()
        if method not in METHODS:
            raise EditError(f"--rule {typed!r}: {parts['method']!r} is not a method; allowed: {', '.join(METHODS)}")
        found["method"] = method
    if parts["path"]:
        exact = parts["path"].startswith("=")
        found["path"] = {"type": "Exact", "value": parts["path"][1:]} if exact else {"value": parts["path"]}
    return found
