"""A monitor inside the process: what a program registers, as the engine would get it.

Pulumi's own mocks serialise again, give wrong URNs and do not notice two resources of one name. This object stands
where the engine's connection would (`Settings.monitor`) and gets each request as it is sent.
"""

import asyncio
import contextvars
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import configure, run_in_stack, set_all_config
from pulumi.runtime.proto import engine_pb2, resource_pb2
from pulumi.runtime.settings import Settings, reset_options

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, none itself


@dataclass(frozen=True)
class Registered:
    """One registered resource. `secrets` are the names of the inputs that are Pulumi secrets."""

    type: str
    name: str
    urn: str
    parent: str
    provider: str
    inputs: Mapping[str, Any]
    secrets: frozenset[str] = frozenset()
    dependencies: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()


@dataclass
class Recorded:
    """What a program registered, in order, what it put out, what it logged, and what it read, by name."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, Registered]:
        """Give the resources of a type, by name."""
        return {one.name: one for one in self.resources if one.type == kind}


class _Unimplemented(grpc.RpcError):
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNIMPLEMENTED


class _Monitor:
    def __init__(self, recorded: Recorded, project: str, stack: str, there: Mapping[str, Any]) -> None:
        self.recorded, self.prefix, self.there = recorded, f"urn:pulumi:{stack}::{project}::", there

    def GetDeploymentInfo(self, _request: object) -> None:  # noqa: N802 - the protocol's name
        raise _Unimplemented

    def SupportsFeature(self, request: Any) -> Any:  # noqa: N802
        known = {"secrets", "resourceReferences", "aliasSpecs"}
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in known)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        chain = request.type
        parent = request.parent.removeprefix(self.prefix).partition("::")[0]
        if parent and parent != "pulumi:pulumi:Stack":
            chain = f"{parent}${request.type}"
        urn = f"{self.prefix}{chain}::{request.name}"
        if any(one.urn == urn for one in self.recorded.resources):
            raise AssertionError(f"registered twice: {urn}")
        inputs = _plain(MessageToDict(request.object))
        secrets = {key for key, value in MessageToDict(request.object).items() if _is_secret(value)}
        self.recorded.resources.append(
            Registered(
                request.type,
                request.name,
                urn,
                request.parent,
                request.provider,
                inputs,
                frozenset(secrets),
                tuple(sorted(request.dependencies)),
                tuple(request.replaceOnChanges),
            )
        )
        known = "id" if request.custom else ""
        return resource_pb2.RegisterResourceResponse(urn=urn, id=known, object=request.object)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802
        self.recorded.read.append(request.name)
        found = Struct()
        found.update(self.there[request.id])
        return resource_pb2.ReadResourceResponse(urn=f"{self.prefix}{request.type}::{request.name}", properties=found)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self.recorded.outputs[request.urn] = _plain(MessageToDict(request.outputs))
        return Struct()

    def SignalAndWaitForShutdown(self, _request: object) -> Any:  # noqa: N802
        return Struct()


class _Engine:
    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded

    def Log(self, request: Any) -> Any:  # noqa: N802
        if request.severity != engine_pb2.DEBUG:
            self.recorded.log.append(request.message)
        return Struct()

    def GetRootResource(self, _request: object) -> Any:  # noqa: N802
        return engine_pb2.GetRootResourceResponse()

    def SetRootResource(self, _request: object) -> Any:  # noqa: N802
        return engine_pb2.SetRootResourceResponse()


def record(
    program: Callable[[], None],
    config: Mapping[str, Any] | None = None,
    stack: str = "dev",
    secret: list[str] | None = None,
    there: Mapping[str, Any] | None = None,
) -> Recorded:
    """Run a program and give what it registered. `config` is by key with its namespace, objects as they are.

    `there` are the resources that it may read, by id.
    """
    recorded = Recorded()

    def run() -> None:
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (config or {}).items()}
        set_all_config(texts, secret or [])
        monitor: Any = _Monitor(recorded, "mcwan", stack, there or {})
        engine: Any = _Engine(recorded)
        configure(Settings(project="mcwan", stack=stack, monitor=monitor, engine=engine))
        loop = asyncio.new_event_loop()
        executor = ThreadPoolExecutor(4)
        loop.set_default_executor(executor)
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(run_in_stack(program))
        finally:
            executor.shutdown()
            loop.close()
            asyncio.set_event_loop(None)
            reset_options()

    contextvars.copy_context().run(run)
    return recorded


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET


def _plain(value: Any) -> Any:
    """Undo what protobuf does to whole numbers, and unwrap secrets."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if _is_secret(value):
        return _plain(value["value"])
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
