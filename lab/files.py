"""Kubernetes' values as files."""

import base64
from pathlib import Path

from lab.api import Object


def write_secret(secret: Object, target: Path) -> None:
    """Write a Secret's values to files of a directory."""
    target.mkdir(parents=True, exist_ok=True)
    for key, value in secret["data"].items():
        (target / key).write_bytes(base64.b64decode(value))


def write_config(config: Object, target: Path) -> None:
    """Write a ConfigMap's values to files of a directory."""
    target.mkdir(parents=True, exist_ok=True)
    for key, value in config["data"].items():
        (target / key).write_text(value, encoding="utf-8")
