"""Runs a Pulumi program under mocks and prints what it registered, as JSON: python mocked.py PROGRAM STACK.

In a process of its own: Pulumi keeps its settings, its resources and its event loop in globals.
"""

import asyncio
import json
import runpy
import sys
from typing import Any

import pulumi
from pulumi.runtime.stack import run_pulumi_func

registered: list[dict[str, Any]] = []


class Mocks(pulumi.runtime.Mocks):
    """Gives every resource its inputs as outputs, and notes it."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        registered.append(
            {"type": args.typ, "name": args.name, "provider": args.provider or "", "inputs": plain(args.inputs)}
        )
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"nothing is looked up, but {args.token} is")


def plain(value: Any) -> Any:
    """Give a value that JSON can hold."""
    return json.loads(json.dumps(value, default=str))


async def run(program: str) -> None:
    """Run a program file and wait for everything that it registers."""

    async def body() -> None:
        runpy.run_path(program, run_name="__main__")

    await run_pulumi_func(body)


if __name__ == "__main__":
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(Mocks(), project="theirs", stack=sys.argv[2], preview=False)
    asyncio.get_event_loop().run_until_complete(run(sys.argv[1]))
    json.dump(registered, sys.stdout)
