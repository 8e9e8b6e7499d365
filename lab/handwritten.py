"""Envoys with as little configuration as will do, written by hand: a backend that costs little, and a yardstick.

The yardstick is two proxies that take a request the same way as the east-west gateways do: one in the client's
cluster that picks the upstream by host name, one in the service's that picks the service by it. They run as pods
beside the gateways: the same program with the same number of threads, without a controller.
"""

import json
from collections.abc import Mapping, Sequence

from lab.api import Object

_IMAGE = "envoyproxy/envoy"
_TYPES = "type.googleapis.com/envoy.extensions"
_UPSTREAM = "upstream"


def backend(ports: Sequence[int]) -> Object:
    """Give the configuration of a server that answers every request itself."""
    hosts = [{"name": "all", "domains": ["*"], "routes": [_route({"direct_response": _ANSWER})]}]
    return {"static_resources": {"listeners": [_listener(port, hosts, {}) for port in ports]}}


def proxy(port: int, host: str, upstream: tuple[str, int], log: Mapping[str, str]) -> Object:
    """Give the configuration of a proxy that sends the requests for one host name to an address and port.

    It writes an access log with these fields; without any, none.
    """
    address, upstream_port = upstream
    hosts = [{"name": host, "domains": [host], "routes": [_route({"route": {"cluster": _UPSTREAM}})]}]
    endpoint = {"endpoint": {"address": _address(address, upstream_port)}}
    cluster = {
        "name": _UPSTREAM,
        "type": "STATIC",
        "load_assignment": {"cluster_name": _UPSTREAM, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    return {"static_resources": {"listeners": [_listener(port, hosts, log)], "clusters": [cluster]}}


def pod(name: str, namespace: str, config: Object, port: int) -> Object:
    """Give a pod that runs Envoy with a configuration; it is ready when the port is open."""
    options = ["--disable-hot-restart", "--log-level", "warn"]
    container = {
        "name": "envoy",
        "image": _IMAGE,
        "args": ["--config-yaml", json.dumps(config), *options],
        "ports": [{"name": "http", "containerPort": port}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"containers": [container], "automountServiceAccountToken": False},
    }


def service(name: str, namespace: str, port: int) -> Object:
    """Give the Service of the pod with that name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": port, "targetPort": port}]},
    }


_ANSWER = {"status": 200, "body": {"inline_string": "ok\n"}}


def _listener(port: int, hosts: list[Object], log: Mapping[str, str]) -> Object:
    file = {
        "@type": f"{_TYPES}.access_loggers.file.v3.FileAccessLog",
        "path": "/dev/stdout",
        "log_format": {"json_format": dict(log)},
    }
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "http",
        "route_config": {"virtual_hosts": hosts, "ignore_port_in_host_matching": True},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router"},
            }
        ],
        "access_log": [{"name": "envoy.access_loggers.file", "typed_config": file}] if log else [],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {"name": f"port-{port}", "address": _address("0.0.0.0", port), "filter_chains": [chain]}  # noqa: S104


def _route(action: Object) -> Object:
    return {"match": {"prefix": "/"}, **action}


def _address(address: str, port: int) -> Object:
    return {"socket_address": {"address": address, "port_value": port}}
