"""An ambient workload in a cluster's own mesh: a pod without a sidecar, whose connections a ztunnel takes.

On a real node one ztunnel does so for all pods, and istio-cni leads their connections to it. Here each pod has one of
its own, in ztunnel's dedicated mode: it asks istiod for the same, shows the pod's own identity, and gets what the
application sends by the rules that a sidecar has. The lab does not build ztunnel: it takes the one on PATH.
"""

import shutil

from lab.api import Object
from lab.images import Image
from mcwan.facts.rights import ROOTS

PROGRAM = "ztunnel"
IMAGE = "mcwan.lab/ztunnel"
"""A container of this image is ztunnel."""
_AGENT_IMAGE = "mcwan.lab/proxyv2:lab"
_USER = 1337
_ISTIOD = "https://istiod.istio-system.svc:15012"
_REDIRECTED = {"ambient.istio.io/redirection": "enabled"}
"""The annotation by which istio-cni says that a ztunnel takes a pod's connections."""
_NO_SIDECAR = {"sidecar.istio.io/inject": "false"}
_MOUNTS = {"istio-token": "/var/run/secrets/tokens", "istio-root": "/var/run/secrets/istio"}


def is_there() -> bool:
    """Tell whether there is a ztunnel."""
    return shutil.which(PROGRAM) is not None


def image() -> Image:
    """Give what a container of ztunnel runs. Raises OSError."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise FileNotFoundError(f"{PROGRAM} is not on PATH")
    return Image([program, "proxy", PROGRAM])


def captured(pod: Object, cluster: str) -> Object:
    """Give a pod that has no sidecar and a ztunnel instead."""
    metadata, spec = pod["metadata"], pod["spec"]
    account = spec["serviceAccountName"]
    rules = ["-p", "15001", "-z", "15006", "-u", str(_USER), "-m", "REDIRECT", "-i", "*", "-x", "", "-b", "*"]
    own = ["-d", "15008,15020,15021", "--redirect-dns", "--native-nftables"]
    token = {"serviceAccountToken": {"audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token"}}
    return pod | {
        "metadata": metadata | {"labels": metadata["labels"] | _NO_SIDECAR, "annotations": dict(_REDIRECTED)},
        "spec": spec
        | {
            "initContainers": [{"name": "redirect", "image": _AGENT_IMAGE, "args": ["istio-iptables", *rules, *own]}],
            "containers": [
                *spec["containers"],
                {
                    "name": PROGRAM,
                    "image": IMAGE,
                    "securityContext": {"runAsUser": _USER, "runAsGroup": _USER},
                    "env": [
                        {"name": name, "value": value}
                        for name, value in environment(cluster, metadata, account).items()
                    ],
                    "volumeMounts": [{"name": name, "mountPath": path} for name, path in _MOUNTS.items()],
                },
            ],
            "volumes": [
                {"name": "istio-token", "projected": {"sources": [token]}},
                {"name": "istio-root", "configMap": {"name": ROOTS}},
            ],
        },
    }


def daemons(namespace: str) -> Object:
    """Give the DaemonSet by which Istio's chart ztunnel is known; nothing runs it here."""
    selected = {"app": PROGRAM}
    pods: Object = {"metadata": {"labels": selected}, "spec": {"containers": [{"name": PROGRAM, "image": IMAGE}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": PROGRAM, "namespace": namespace},
        "spec": {"selector": {"matchLabels": selected}, "template": pods},
    }


def environment(cluster: str, metadata: Object, account: str) -> dict[str, str]:
    """Give ztunnel's variables."""
    name, namespace = metadata["name"], metadata["namespace"]
    return {
        "PROXY_MODE": "dedicated",
        "PROXY_WORKLOAD_INFO": f"{namespace}/{name}/{account}",
        "CLUSTER_ID": cluster,
        "POD_NAME": name,
        "POD_NAMESPACE": namespace,
        "SERVICE_ACCOUNT": account,
        "XDS_ADDRESS": _ISTIOD,
        "CA_ADDRESS": _ISTIOD,
        "IPV6_ENABLED": "false",
        "ISTIO_META_DNS_CAPTURE": "true",
    }
