"""A pod's volumes as directories: what a kubelet lays out for it."""

import json
from pathlib import Path

from lab.api import Api, Object
from lab.files import write_secret

_TOKEN_SECONDS = 365 * 86400
"""A kubelet renews tokens. The lab's node does not: one outlasts the lab."""


def write(api: Api, pod: Object, directory: Path) -> dict[str, Path]:
    """Write a pod's volumes below a directory; give them by name. Raises ApiError if the server lacks one."""
    found: dict[str, Path] = {}
    for volume in pod["spec"].get("volumes", ()):
        target = found[volume["name"]] = directory / volume["name"]
        target.mkdir(parents=True, exist_ok=True)
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
        for key, value in api.get("v1", "ConfigMap", source["configMap"]["name"], namespace)["data"].items():
            (target / key).write_text(value, encoding="utf-8")
    elif "downwardAPI" in source:
        for item in source["downwardAPI"]["items"]:
            values = pod["metadata"].get(item["fieldRef"]["fieldPath"].removeprefix("metadata."), {})
            lines = [f"{key}={json.dumps(value)}\n" for key, value in sorted(values.items())]
            (target / item["path"]).write_text("".join(lines), encoding="utf-8")
    elif "serviceAccountToken" in source:
        _write_token(api, pod, source["serviceAccountToken"], target)


def _write_token(api: Api, pod: Object, wanted: Object, target: Path) -> None:
    version = "authentication.k8s.io/v1"
    spec: Object = {"expirationSeconds": _TOKEN_SECONDS}
    if "audience" in wanted:
        spec["audiences"] = [wanted["audience"]]
    path = api.path("v1", "ServiceAccount", pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"])
    asked = api.request("POST", f"{path}/token", {"apiVersion": version, "kind": "TokenRequest", "spec": spec})
    file = target / wanted["path"]
    file.touch(mode=0o600)
    file.write_text(asked["status"]["token"], encoding="ascii")
