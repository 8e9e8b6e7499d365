"""A client of a cluster's API server, by the kubeconfig that its entry in the description names."""

from pathlib import Path
from typing import Any

import httpx2
import yaml
from lightkube import AsyncClient, KubeConfig
from lightkube.core.exceptions import ConfigError

from mcwan import yamls
from mcwan.facts.report import Failure
from mcwan.model.cluster import Cluster

_EXEC_API = "client.authentication.k8s.io"


class UnreachableError(Exception):
    """A cluster that cannot be asked at all, with the remedy."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def client(name: str, cluster: Cluster, seconds: float) -> AsyncClient:
    """Give a client that waits for each answer so many seconds at most. Raises UnreachableError."""
    where = f"mcwan:clusters.{name}.{'kubeconfig' if cluster.kubeconfig is not None else 'kubeconfigPath'}"
    try:
        content, path = _kubeconfig(cluster)
        config = KubeConfig.from_dict(content, fname=path).get(cluster.context)
        return AsyncClient(config=config, timeout=httpx2.Timeout(seconds), trust_env=False, field_manager="mcwan")
    except (ConfigError, OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AssertionError) as error:
        # what a YAML error quotes may be a secret
        said = "not YAML" if isinstance(error, yaml.YAMLError) else _said(error)
        raise UnreachableError(
            Failure(problem=f"its kubeconfig cannot be used: {said}", remedy=f"see {where}")
        ) from None


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror or error)
    if isinstance(error, ConfigError):
        return str(error)
    return f"{type(error).__name__}: a part of it is missing or not as it should be"


def _kubeconfig(cluster: Cluster) -> tuple[dict[str, Any], Path | None]:
    if cluster.kubeconfig is not None:
        text, path = cluster.kubeconfig.get_secret_value(), None
    else:
        path = Path(cluster.kubeconfig_path).expanduser()
        text = path.read_text(encoding="utf-8")
    content = yamls.objects(text)
    if not isinstance(content, dict):
        raise ConfigError("not a mapping")
    for user in content.get("users") or ():
        plugin = (user.get("user") or {}).get("exec")
        if plugin and plugin.get("apiVersion") == f"{_EXEC_API}/v1":
            # lightkube knows the beta version only; what a plugin prints is the same in both (KEP-541)
            plugin["apiVersion"] = f"{_EXEC_API}/v1beta1"
    return content, path
