"""A cluster's Kubernetes provider."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from mcwan.model import Cluster


def cluster_provider(name: str, cluster: Cluster, opts: pulumi.ResourceOptions | None = None) -> kubernetes.Provider:
    """Make the provider that reaches a cluster, or writes what is meant for it to its directory.

    `cluster_identifier` is the cluster's name: a new server address or certificate then changes the provider in place,
    where it would else replace every object. A kubeconfig is handed over as a Pulumi secret.
    """
    with _no_ambient_kubeconfig():
        if cluster.render_to is not None:
            return kubernetes.Provider(
                name, render_yaml_to_directory=cluster.render_to, cluster_identifier=name, opts=opts
            )
        kubeconfig: pulumi.Input[str] = str(Path(cluster.kubeconfig_path).expanduser())
        if cluster.kubeconfig is not None:
            kubeconfig = pulumi.Output.secret(cluster.kubeconfig.get_secret_value())
        return kubernetes.Provider(
            name, kubeconfig=kubeconfig, context=cluster.context, cluster_identifier=name, opts=opts
        )


@contextmanager
def _no_ambient_kubeconfig() -> Iterator[None]:
    """Hide KUBECONFIG, which the SDK would take for a provider that has no kubeconfig: one that renders."""
    ambient = os.environ.pop("KUBECONFIG", None)
    try:
        yield
    finally:
        if ambient is not None:
            os.environ["KUBECONFIG"] = ambient
