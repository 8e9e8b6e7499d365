"""A client of one cluster's API server: no more than the lab needs, reached inside the node's network namespace."""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from lab import netns
from lab.waiting import still_wanted

Object = dict[str, Any]
_TIMEOUT = 30.0


class ApiError(RuntimeError):
    """An answer of the API server that is not what was asked for; status 0 if there was none."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}" if status else message)
        self.status = status


@dataclass
class Api:
    """An API server at an address inside a network namespace, with a token and the server's certificate."""

    namespace: str
    address: str
    port: int
    token: str
    certificate: str
    _kinds: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens one anew."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Object:
        """Give one object. Raises ApiError, with status 404 if there is none."""
        return self.request("GET", self.path(api_version, kind, namespace, name))

    def all(self, api_version: str, kind: str, namespace: str = "", **params: str) -> list[Object]:
        """Give the objects of a kind, each with its kind, of one namespace or of all."""
        found: list[Object] = self.request("GET", self.path(api_version, kind, namespace), params=params)["items"]
        return [{"apiVersion": api_version, "kind": kind, **one} for one in found]

    def apply(self, manifest: Object, *, manager: str, dry_run: bool = False, subresource: str = "") -> Object:
        """Apply an object on the server's side, unknown fields refused. Raises ApiError."""
        params = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"}
        if dry_run:
            params["dryRun"] = "All"
        metadata = manifest["metadata"]
        path = self.path(manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        return self.request("PATCH", path + subresource, manifest, "application/apply-patch+yaml", params)

    def delete(self, manifest: Object, *, grace: int | None = None, propagation: str = "Background") -> None:
        """Delete an object; none there will do."""
        metadata = manifest["metadata"]
        path = self.path(manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            self.request("DELETE", path, body)
        except ApiError as error:
            if error.status != http.client.NOT_FOUND:
                raise

    def path(self, api_version: str, kind: str, namespace: str = "", name: str = "") -> str:
        """Give the path of an object, or of all objects of a kind."""
        plural, namespaced = self._kind(api_version, kind)
        parts = [_group(api_version)]
        if namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, plural, *([name] if name else [])])

    def request(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        content_type: str = "application/json",
        params: Mapping[str, str] | None = None,
    ) -> Object:
        """Send a request and give the object in the answer. Raises ApiError, also if nobody answers."""
        still_wanted()
        target = f"{path}?{urlencode(params)}" if params else path
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "Accept": "application/json"}
        content = None if body is None else json.dumps(body)
        try:
            try:
                status, answer = self._send(method, target, content, headers)
            except (http.client.HTTPException, ConnectionError, ssl.SSLEOFError):  # an idle connection was closed
                status, answer = self._send(method, target, content, headers)
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(0, f"no answer of the API server in {self.namespace} to {method} {path}: {error}") from error
        if status >= http.client.BAD_REQUEST:
            try:
                message = json.loads(answer)["message"]
            except (ValueError, KeyError, TypeError):
                message = answer.decode(errors="replace")
            raise ApiError(status, f"{method} {path}: {message}")
        try:
            found: Object = json.loads(answer)
        except ValueError:
            return {"text": answer.decode(errors="replace")}
        return found

    def _send(self, method: str, target: str, content: str | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = _Connection(self.namespace, self.address, self.port, self._trust)
        try:
            self._connection.request(method, target, content, dict(headers))
            response = self._connection.getresponse()
            return response.status, response.read()
        except BaseException:
            self.close()
            raise

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.certificate)

    def listable(self, api_version: str) -> list[str]:
        """Give the kinds of a version whose objects can be listed."""
        return [one["kind"] for one in self.request("GET", _group(api_version))["resources"] if "list" in one["verbs"]]

    def _kind(self, api_version: str, kind: str) -> tuple[str, bool]:
        """Give a kind's name in paths and whether it is namespaced, as the server says."""
        if (api_version, kind) not in self._kinds:
            for one in self.request("GET", _group(api_version))["resources"]:
                if "/" not in one["name"]:
                    self._kinds[api_version, one["kind"]] = (one["name"], one["namespaced"])
        try:
            return self._kinds[api_version, kind]
        except KeyError:
            raise ApiError(http.client.NOT_FOUND, f"the server has no {kind} of {api_version}") from None


def _group(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


class _Connection(http.client.HTTPConnection):
    """TLS to an address inside a network namespace."""

    def __init__(self, namespace: str, address: str, port: int, trust: ssl.SSLContext) -> None:
        super().__init__(address, port, timeout=_TIMEOUT)
        self._namespace = namespace
        self._trust = trust

    def connect(self) -> None:
        """Open the socket inside the namespace; it stays there."""
        with netns.inside(self._namespace):
            plain = socket.create_connection((self.host, self.port), _TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)
