"""A pod's volumes as directories: what a kubelet lays out for it."""

import http.client
import json
from pathlib import Path

from lab.api import Api, ApiError, Object
from lab.files import write_secret

_TOKEN_SECONDS = 365 * 86400
"""A kubelet renews tokens. The lab's node does not: one outlasts the lab."""
_WITH_CONTENT = {"secret", "configMap", "downwardAPI", "projected"}
"""The volumes that have content from the start; any user may write to the others."""


def write(api: Api, pod: Object, directory: Path) -> dict[str, Path]:
    """Write a pod's volumes below a directory; give them by name. Raises ApiError if the server lacks one."""
    found: dict[str, Path] = {}
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is in it is for the pod's users, and for no others
    for volume in pod["spec"].get("volumes", ()):
        target = found[volume["name"]] = directory / volume["name"]
        target.mkdir(exist_ok=True)
        if not volume.keys() & _WITH_CONTENT:
            target.chmod(0o777)
        for source in volume.get("projected", {}).get("sources", (volume,)):
            _write(api, pod, source, target)
    return found


def _write(api: Api, pod: Object, source: Object, target: Path) -> None:
    """Write one source of a volume; one without content, such as emptyDir, stays an empty directory."""
    namespace = pod["metadata"]["namespace"]
    if "secret" in source:
        chosen = source["secret"]
        write_secret(api.get("v1", "Secret", chosen.get("secretName") or chosen["name"], namespace), target)
    elif "configMap" in source:
        for key, value in _config_map(api, source["configMap"], namespace).items():
            (target / key).write_text(value, encoding="utf-8")
    elif "downwardAPI" in source:
        for item in source["downwardAPI"]["items"]:
            values = pod["metadata"].get(item["fieldRef"]["fieldPath"].removeprefix("metadata."), {})
            lines = [f"{key}={json.dumps(value)}\n" for key, value in sorted(values.items())]
            (target / item["path"]).write_text("".join(lines), encoding="utf-8")
    elif "serviceAccountToken" in source:
        _write_token(api, pod, source["serviceAccountToken"], target)


def _config_map(api: Api, wanted: Object, namespace: str) -> dict[str, str]:
    try:
        found: dict[str, str] = api.get("v1", "ConfigMap", wanted["name"], namespace)["data"]
    except ApiError as error:
        if error.status == http.client.NOT_FOUND and wanted.get("optional"):
            return {}
        raise
    return found


def _write_token(api: Api, pod: Object, wanted: Object, target: Path) -> None:
    version = "authentication.k8s.io/v1"
    spec: Object = {"expirationSeconds": _TOKEN_SECONDS}
    if "audience" in wanted:
        spec["audiences"] = [wanted["audience"]]
    path = api.path("v1", "ServiceAccount", pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"])
    asked = api.request("POST", f"{path}/token", {"apiVersion": version, "kind": "TokenRequest", "spec": spec})
    (target / wanted["path"]).write_text(asked["status"]["token"], encoding="ascii")
