"""A stack run unattended: what the Pulumi Kubernetes Operator needs to deploy it again and again.

Written for version 2.2 of the operator or newer, whose types are in operator/api/pulumi/shared/stack_types.go of
pulumi/pulumi-kubernetes-operator. It runs each stack in a pod of its own, the workspace.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from mcwan.model import Fabric
from mcwan.plan.manifests import Manifest, labels, manifest

LEAST_SECONDS = 60
"""The operator takes less for this."""
FLUX_KINDS = ("GitRepository", "OCIRepository", "Bucket")
_WORKSPACE = "/share/workspace"
"""Where the operator has a workspace's project."""
_KUBECONFIG = "kubeconfig"
_DNS = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,63}}$){_DNS}")
_REFERENCE = re.compile(rf"(?P<secret>{_DNS}(\.{_DNS})*)/(?P<key>[-._a-zA-Z0-9]+)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REPOSITORY = re.compile(r"https://[^\s@]+|ssh://\S+|[\w.-]+@[\w.-]+:\S+")
_FLUX = re.compile(rf"((?P<kind>\w+)/)?(?P<name>{_DNS}(\.{_DNS})*)")
_BELOW = re.compile(r"(?!/)(?!(.*/)?\.\.(/|$)).+")


class OperatorError(ValueError):
    """What the operator could not run: one line that says what, why and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an operator wants, as they wrote it: the options of `mcwan operator`."""

    repo: str | None = None
    flux: str | None = None
    branch: str | None = None
    commit: str | None = None
    directory: str = "."
    git_token: str | None = None
    git_ssh_key: str | None = None
    namespace: str = "mcwan"
    name: str | None = None
    organization: str | None = None
    backend: str | None = None
    secrets_provider: str | None = None
    secrets: tuple[str, ...] = ()
    kubeconfig: str | None = None
    interval: int = 300
    policy_pack: str | None = None
    policy_config: str | None = None
    image: str | None = None


def objects(fabric: Fabric, wanted: Wanted) -> list[Manifest]:
    """Give the Stack, its service account, and all that this may do on the cluster of the operator.

    That is little, as the fabric's clusters are reached by kubeconfigs of their own: the workspace asks whether a
    caller is the operator, and whether that may (TokenReview, SubjectAccessReview). Raises OperatorError.
    """
    name = _matching(wanted.name or _name(fabric.name), _NAME, "--name", "a DNS label of at most 63 characters")
    namespace = _matching(wanted.namespace, _NAME, "--namespace", "a DNS label of at most 63 characters")
    common = labels(fabric, "operator")
    delegator = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"}
    return [
        manifest("v1", "ServiceAccount", name, namespace, common),
        manifest(
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            f"{namespace}:{name}:system:auth-delegator",
            None,
            common,
            roleRef=delegator,
            subjects=[{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        ),
        manifest("pulumi.com/v1", "Stack", name, namespace, common, spec=_spec(fabric, wanted, name)),
    ]


def _spec(fabric: Fabric, wanted: Wanted, account: str) -> dict[str, Any]:
    if wanted.interval < LEAST_SECONDS:
        raise OperatorError(
            f"--interval {wanted.interval}: allowed: {LEAST_SECONDS} seconds or more; write --interval {LEAST_SECONDS}"
        )
    spec: dict[str, Any] = {
        "stack": f"{wanted.organization}/{fabric.name}" if wanted.organization else fabric.name,
        **_backend(wanted),
        **_source(wanted),
        "serviceAccountName": account,
        # drift is put right at each interval, also without a new commit: by what the clusters have, not the state
        "continueResyncOnCommitMatch": True,
        "resyncFrequencySeconds": wanted.interval,
        "refresh": True,
        # before 2.8 the operator lets a stack that failed wait for up to a day; since then it gives up after three
        "retryMaxBackoffDurationSeconds": wanted.interval,
        "retryOnUpdateConflict": True,
        "envRefs": _environment(wanted),
    }
    if workspace := _workspace(fabric, wanted):
        spec["workspaceTemplate"] = {"spec": workspace}
    return spec


def _backend(wanted: Wanted) -> dict[str, Any]:
    given = {one.partition("=")[0] for one in wanted.secrets}
    if wanted.backend is None or wanted.backend.startswith("https://"):
        if "PULUMI_ACCESS_TOKEN" not in given:
            raise OperatorError(
                "--secret: nothing gives PULUMI_ACCESS_TOKEN, which Pulumi Cloud asks for; write --secret "
                "PULUMI_ACCESS_TOKEN=SECRET/KEY, or --backend with a bucket's URL"
            )
    elif wanted.backend.startswith("file:"):
        raise OperatorError(
            f"--backend {wanted.backend}: a directory of the workspace goes with its pod, and the state with it; "
            "allowed: s3://, azblob://, gs://, https://; write one of those"
        )
    elif not wanted.secrets_provider and "PULUMI_CONFIG_PASSPHRASE" not in given:
        raise OperatorError(
            "--secret: nothing gives PULUMI_CONFIG_PASSPHRASE, by which a backend of one's own encrypts; write "
            "--secret PULUMI_CONFIG_PASSPHRASE=SECRET/KEY, or --secrets-provider"
        )
    return {
        **({"backend": wanted.backend} if wanted.backend else {}),
        **({"secretsProvider": wanted.secrets_provider} if wanted.secrets_provider else {}),
    }


def _source(wanted: Wanted) -> dict[str, Any]:
    """Give where the project comes from: a repository that the operator watches, or a source of Flux."""
    if (wanted.repo is None) == (wanted.flux is None):
        raise OperatorError("--repo, --flux: allowed: one of them; write --repo URL or --flux KIND/NAME")
    directory = _matching(wanted.directory, _BELOW, "--dir", "a directory inside the repository")
    if wanted.flux is not None:
        for option, value in (
            ("--branch", wanted.branch),
            ("--commit", wanted.commit),
            ("--git-token", wanted.git_token),
            ("--git-ssh-key", wanted.git_ssh_key),
        ):
            if value is not None:
                raise OperatorError(f"{option}: the source of Flux says that; allowed: with --repo; remove it")
        found = _FLUX.fullmatch(wanted.flux)
        kind = (found["kind"] or FLUX_KINDS[0]) if found else ""
        if found is None or kind not in FLUX_KINDS:
            raise OperatorError(
                f"--flux {wanted.flux!r}: not a source; allowed: {', '.join(FLUX_KINDS)}; write KIND/NAME"
            )
        reference = {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": kind, "name": found["name"]}
        return {"fluxSource": {"sourceRef": reference, "dir": directory}}
    repo = wanted.repo or ""
    if not _REPOSITORY.fullmatch(repo):
        raise OperatorError(
            "--repo: not a repository's URL, or one with a password in it; allowed: https://HOST/PATH, "
            "ssh://USER@HOST/PATH, USER@HOST:PATH; write it so, and a token as --git-token SECRET/KEY"
        )
    if wanted.branch is not None and wanted.commit is not None:
        raise OperatorError("--branch, --commit: allowed: one of them; remove one")
    at = {"commit": wanted.commit} if wanted.commit else {"branch": wanted.branch or "main"}
    return {"projectRepo": repo, **at, "repoDir": directory, **_git_auth(wanted)}


def _git_auth(wanted: Wanted) -> dict[str, Any]:
    if wanted.git_token is not None and wanted.git_ssh_key is not None:
        raise OperatorError("--git-token, --git-ssh-key: allowed: one of them; remove one")
    if wanted.git_token is not None:
        return {"gitAuth": {"accessToken": _secret("--git-token", wanted.git_token)}}
    if wanted.git_ssh_key is not None:
        return {"gitAuth": {"sshAuth": {"sshPrivateKey": _secret("--git-ssh-key", wanted.git_ssh_key)}}}
    return {}


def _environment(wanted: Wanted) -> dict[str, Any]:
    """Give the workspace's variables: secrets by reference, and the policy pack.

    The operator has no field for policy packs; Pulumi takes each option from a variable as well, since 3.208.
    """
    found: dict[str, Any] = {}
    for one in wanted.secrets:
        variable, equals, reference = one.partition("=")
        if not equals or not _VARIABLE.fullmatch(variable):
            raise OperatorError("--secret: not a variable and where its value is; write VARIABLE=SECRET/KEY")
        if variable in found:
            raise OperatorError(f"--secret {variable}: written twice; allowed: each variable once; remove one of them")
        found[variable] = _secret(f"--secret {variable}", reference)
    if wanted.policy_config is not None and wanted.policy_pack is None:
        raise OperatorError("--policy-config: of no policy pack; allowed: with --policy-pack; write --policy-pack DIR")
    options = {"POLICY_PACK": ("--policy-pack", wanted.policy_pack)}
    options["POLICY_PACK_CONFIG"] = ("--policy-config", wanted.policy_config)
    for option, (flag, path) in options.items():
        if path is not None:
            found[f"PULUMI_OPTION_{option}"] = _literal(_matching(path, _BELOW, flag, "a path inside the project"))
    if wanted.policy_pack is not None:
        # the pack imports mcwan, which lies in the project and is in no list of requirements
        found["PYTHONPATH"] = _literal(_WORKSPACE)
    return dict(sorted(found.items()))


def _workspace(fabric: Fabric, wanted: Wanted) -> dict[str, Any]:
    """Give what of the workspace is not as the operator has it: its image, and the kubeconfig of contexts."""
    found: dict[str, Any] = {"image": wanted.image} if wanted.image else {}
    path = _kubeconfig_path(fabric)
    if path is None:
        if wanted.kubeconfig is not None:
            raise OperatorError("--kubeconfig: no cluster has a context; allowed: for contexts; remove it")
        return found
    if wanted.kubeconfig is None:
        raise OperatorError(
            f"--kubeconfig: nothing gives {path}, where contexts are looked up; write --kubeconfig SECRET/KEY"
        )
    reference = _reference("--kubeconfig", wanted.kubeconfig)
    mount = {"name": _KUBECONFIG, "mountPath": str(path.parent), "readOnly": True}
    items = [{"key": reference["key"], "path": path.name}]
    volume = {"name": _KUBECONFIG, "secret": {"secretName": reference["name"], "items": items}}
    pod = {"containers": [{"name": "pulumi", "volumeMounts": [mount]}], "volumes": [volume]}
    return found | {"podTemplate": {"spec": pod}}


def _kubeconfig_path(fabric: Fabric) -> PurePosixPath | None:
    """Give the file that contexts are looked up in; None if every cluster has a kubeconfig in the stack file."""
    paths: dict[str, str] = {}
    for name, cluster in sorted(fabric.clusters.items()):
        if cluster.render_to is not None:
            raise OperatorError(
                f"clusters.{name}.renderTo: {cluster.render_to!r}: a directory of the workspace, which nobody sees; "
                "allowed: clusters that are reached; write kubeconfig or context"
            )
        if cluster.kubeconfig is None:
            paths.setdefault(cluster.kubeconfig_path, name)
    if not paths:
        return None
    (written, name), *others = paths.items()
    path = PurePosixPath(written)
    if others or not path.is_absolute() or path.parent == PurePosixPath("/"):
        raise OperatorError(
            f"clusters.{name}.kubeconfigPath: {written!r}: in the workspace, one file has all contexts; allowed: an "
            "absolute path, the same for all; write kubeconfigPath: /etc/mcwan/kubeconfig, or kubeconfig"
        )
    return path


def _secret(option: str, text: str) -> dict[str, Any]:
    return {"type": "Secret", "secret": _reference(option, text)}


def _literal(value: str) -> dict[str, Any]:
    return {"type": "Literal", "literal": {"value": value}}


def _reference(option: str, text: str) -> dict[str, str]:
    """Read SECRET/KEY. The message does not repeat what was written: it may be the secret itself."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise OperatorError(
            f"{option}: not a reference to a Secret; allowed: its name and a key, SECRET/KEY; the value itself has no "
            "place here"
        )
    return {"name": found["secret"], "key": found["key"]}


def _matching(value: str, pattern: re.Pattern[str], option: str, means: str) -> str:
    if not pattern.fullmatch(value):
        raise OperatorError(f"{option} {value!r}: allowed: {means}; write it so")
    return value


def _name(stack: str) -> str:
    return "-".join(["mcwan", *_parts(stack)])


def _parts(stack: str) -> Iterator[str]:
    """Give a stack's name without what no DNS label has."""
    yield from (part for part in re.split(r"[^a-z0-9]+", stack.lower()) if part)
