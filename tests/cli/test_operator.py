"""`mcwan operator`: a Stack for the Pulumi Kubernetes Operator, secrets by reference only.

Version 2.9.0's definitions took it on a real API server, unknown fields refused; they are too large to keep.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_main import run, write
from tests.fabrics import GONE, Raw, changed, labelled

REPO = ("--repo", "https://git.example.org/net/mcwan")
TOKEN = ("--secret", "PULUMI_ACCESS_TOKEN=pulumi/token")
SECRET = {"type": "Secret", "secret": {"name": "pulumi", "key": "token"}}
REACHED = {f"clusters/{name}/renderTo": GONE for name in ("cluster-1", "cluster-2")} | {
    "clusters/cluster-1/kubeconfig": {"secure": "AAABAExampleCiphertext=="},
    "clusters/cluster-2/kubeconfig": {"secure": "AAABAExampleCiphertext=="},
}
LABELS = labelled("operator") | {"app.kubernetes.io/instance": "dev"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    write(directory, changed(REACHED))
    return directory


def by_contexts(project: Path, *paths: str) -> None:
    """Have clusters reached by contexts, looked up in files at these paths, in turn."""
    changes: Raw = {f"clusters/cluster-{number}/kubeconfig": GONE for number in range(1, len(paths) + 1)}
    for number, path in enumerate(paths, 1):
        changes |= {
            f"clusters/cluster-{number}/context": f"c{number}",
            f"clusters/cluster-{number}/kubeconfigPath": path,
        }
    write(project, changed(changes, changed(REACHED)))


def objects(project: Path, *options: str) -> list[Any]:
    result = run("operator", "--project", project, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("# Written by `mcwan operator`\n---\n")
    return list(yaml.safe_load_all(result.stdout))


def spec(project: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = objects(project, *options)[-1]["spec"]
    return found


def refused(project: Path, *options: str) -> str:
    """Run what is refused; gives the one line that says why."""
    result = run("operator", "--project", project, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def test_a_stack_and_what_its_account_may(project: Path) -> None:
    assert objects(project, *REPO, *TOKEN) == [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "mcwan-dev", "namespace": "mcwan", "labels": LABELS},
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "mcwan:mcwan-dev:system:auth-delegator", "labels": LABELS},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "mcwan-dev", "namespace": "mcwan"}],
        },
        {
            "apiVersion": "pulumi.com/v1",
            "kind": "Stack",
            "metadata": {"name": "mcwan-dev", "namespace": "mcwan", "labels": LABELS},
            "spec": {
                "stack": "dev",
                "projectRepo": "https://git.example.org/net/mcwan",
                "branch": "main",
                "repoDir": ".",
                "serviceAccountName": "mcwan-dev",
                "continueResyncOnCommitMatch": True,
                "resyncFrequencySeconds": 300,
                "refresh": True,
                "retryMaxBackoffDurationSeconds": 300,
                "retryOnUpdateConflict": True,
                "envRefs": {"PULUMI_ACCESS_TOKEN": SECRET},
            },
        },
    ]


def test_every_option(project: Path) -> None:
    by_contexts(project, "/etc/mcwan/config", "/etc/mcwan/config")
    options = ["--repo", "git@git.example.org:net/mcwan", "--commit", "0123abc", "--git-ssh-key", "git/ssh"]
    options += ["--dir", "wan", "--interval", "60", "--backend", "s3://state", "--secrets-provider", "awskms://key"]
    options += ["--secret", "AWS_SECRET_ACCESS_KEY=aws.example/secret", "--secret", "AWS_ACCESS_KEY_ID=aws.example/id"]
    options += ["--kubeconfig", "clusters/all", "--policy-pack", "policies", "--policy-config", "policies/dev.json"]
    options += ["--organization", "net", "--image", "pulumi/pulumi:3.260.0-nonroot", "--name", "wan"]
    assert spec(project, *options) == {
        "stack": "net/dev",
        "backend": "s3://state",
        "secretsProvider": "awskms://key",
        "projectRepo": "git@git.example.org:net/mcwan",
        "commit": "0123abc",
        "repoDir": "wan",
        "gitAuth": {"sshAuth": {"sshPrivateKey": {"type": "Secret", "secret": {"name": "git", "key": "ssh"}}}},
        "serviceAccountName": "wan",
        "continueResyncOnCommitMatch": True,
        "resyncFrequencySeconds": 60,
        "refresh": True,
        "retryMaxBackoffDurationSeconds": 60,
        "retryOnUpdateConflict": True,
        "envRefs": {
            "AWS_ACCESS_KEY_ID": {"type": "Secret", "secret": {"name": "aws.example", "key": "id"}},
            "AWS_SECRET_ACCESS_KEY": {"type": "Secret", "secret": {"name": "aws.example", "key": "secret"}},
            "PULUMI_OPTION_POLICY_PACK": {"type": "Literal", "literal": {"value": "policies"}},
            "PULUMI_OPTION_POLICY_PACK_CONFIG": {"type": "Literal", "literal": {"value": "policies/dev.json"}},
            "PYTHONPATH": {"type": "Literal", "literal": {"value": "/share/workspace"}},
        },
        "workspaceTemplate": {
            "spec": {
                "image": "pulumi/pulumi:3.260.0-nonroot",
                "podTemplate": {
                    "spec": {
                        "containers": [
                            {
                                "name": "pulumi",
                                "volumeMounts": [
                                    {"name": "kubeconfig", "mountPath": "/etc/mcwan", "readOnly": True},
                                ],
                            }
                        ],
                        "volumes": [
                            {
                                "name": "kubeconfig",
                                "secret": {"secretName": "clusters", "items": [{"key": "all", "path": "config"}]},
                            }
                        ],
                    }
                },
            }
        },
    }


@pytest.mark.parametrize("written", ["wan", "GitRepository/wan", "OCIRepository/wan", "Bucket/wan"])
def test_a_source_of_flux(project: Path, written: str) -> None:
    found = spec(project, "--flux", written, *TOKEN)
    kind = written.rpartition("/")[0] or "GitRepository"
    reference = {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": kind, "name": "wan"}
    assert found["fluxSource"] == {"sourceRef": reference, "dir": "."}
    assert not {"projectRepo", "branch", "repoDir"} & set(found)


def test_a_token_for_the_repository(project: Path) -> None:
    token = {"type": "Secret", "secret": {"name": "git", "key": "token"}}
    assert spec(project, *REPO, *TOKEN, "--git-token", "git/token")["gitAuth"] == {"accessToken": token}


def test_a_stacks_name_need_not_be_a_kubernetes_name(project: Path) -> None:
    write(project, changed(REACHED), "Prod_EU.1")
    found = objects(project, *REPO, *TOKEN, "--stack", "Prod_EU.1")
    assert [one["metadata"]["name"] for one in found[::2]] == ["mcwan-prod-eu-1", "mcwan-prod-eu-1"]
    assert found[-1]["spec"]["stack"] == "Prod_EU.1"


def test_to_a_file_the_same_again(project: Path, tmp_path: Path) -> None:
    once = run("operator", "--project", project, *REPO, *TOKEN).stdout
    for _ in range(2):
        result = run("operator", "--project", project, *REPO, *TOKEN, "--out", tmp_path / "stack.yaml")
        assert (result.exit_code, result.output) == (0, "")
        assert (tmp_path / "stack.yaml").read_text(encoding="utf-8") == once
    nowhere = tmp_path / "nowhere" / "stack.yaml"
    result = run("operator", "--project", project, *REPO, *TOKEN, "--out", nowhere)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"cannot write to {nowhere}: ")


REFUSED = {
    "neither source": (TOKEN, "--repo, --flux: allowed: one of them; write --repo URL or --flux KIND/NAME"),
    "both sources": (
        (*REPO, "--flux", "a", *TOKEN),
        "--repo, --flux: allowed: one of them; write --repo URL or --flux KIND/NAME",
    ),
    "a branch of Flux": (
        ("--flux", "a", "--branch", "main", *TOKEN),
        "--branch: the source of Flux says that; allowed: with --repo; remove it",
    ),
    "another kind of Flux": (
        ("--flux", "HelmRepository/a", *TOKEN),
        "--flux 'HelmRepository/a': not a source; allowed: GitRepository, OCIRepository, Bucket; write KIND/NAME",
    ),
    "a password in the URL": (
        ("--repo", "https://me:TOPSECRET@git.example.org/net/mcwan", *TOKEN),
        "--repo: not a repository's URL, or one with a password in it; allowed: https://HOST/PATH, "
        "ssh://USER@HOST/PATH, USER@HOST:PATH; write it so, and a token as --git-token SECRET/KEY",
    ),
    "branch and commit": (
        (*REPO, "--branch", "main", "--commit", "0123abc", *TOKEN),
        "--branch, --commit: allowed: one of them; remove one",
    ),
    "two ways to read": (
        (*REPO, "--git-token", "a/b", "--git-ssh-key", "a/b", *TOKEN),
        "--git-token, --git-ssh-key: allowed: one of them; remove one",
    ),
    "a directory elsewhere": (
        (*REPO, "--dir", "../wan", *TOKEN),
        "--dir '../wan': allowed: a directory inside the repository; write it so",
    ),
    "too often": (
        (*REPO, "--interval", "59", *TOKEN),
        "--interval 59: allowed: 60 seconds or more; write --interval 60",
    ),
    "no token": (
        REPO,
        "--secret: nothing gives PULUMI_ACCESS_TOKEN, which Pulumi Cloud asks for; write --secret "
        "PULUMI_ACCESS_TOKEN=SECRET/KEY, or --backend with a bucket's URL",
    ),
    "no passphrase": (
        (*REPO, "--backend", "s3://state"),
        "--secret: nothing gives PULUMI_CONFIG_PASSPHRASE, by which a backend of one's own encrypts; write --secret "
        "PULUMI_CONFIG_PASSPHRASE=SECRET/KEY, or --secrets-provider",
    ),
    "state in the pod": (
        (*REPO, "--backend", "file:///state"),
        "--backend file:///state: a directory of the workspace goes with its pod, and the state with it; allowed: "
        "s3://, azblob://, gs://, https://; write one of those",
    ),
    "a secret itself": (
        (*REPO, "--secret", "PULUMI_ACCESS_TOKEN=TOPSECRET"),
        "--secret PULUMI_ACCESS_TOKEN: not a reference to a Secret; allowed: its name and a key, SECRET/KEY; the value "
        "itself has no place here",
    ),
    "a secret alone": (
        (*REPO, *TOKEN, "--secret", "TOPSECRET"),
        "--secret: not a variable and where its value is; write VARIABLE=SECRET/KEY",
    ),
    "a token itself": (
        (*REPO, *TOKEN, "--git-token", "TOPSECRET"),
        "--git-token: not a reference to a Secret; allowed: its name and a key, SECRET/KEY; the value itself has no "
        "place here",
    ),
    "a secret twice": (
        (*REPO, *TOKEN, *TOKEN),
        "--secret PULUMI_ACCESS_TOKEN: written twice; allowed: each variable once; remove one of them",
    ),
    "levels of no pack": (
        (*REPO, *TOKEN, "--policy-config", "a.json"),
        "--policy-config: of no policy pack; allowed: with --policy-pack; write --policy-pack DIR",
    ),
    "a pack elsewhere": (
        (*REPO, *TOKEN, "--policy-pack", "/policies"),
        "--policy-pack '/policies': allowed: a path inside the project; write it so",
    ),
    "a kubeconfig for nobody": (
        (*REPO, *TOKEN, "--kubeconfig", "a/b"),
        "--kubeconfig: no cluster has a context; allowed: for contexts; remove it",
    ),
    "a name that is none": (
        (*REPO, *TOKEN, "--name", "My_Stack"),
        "--name 'My_Stack': allowed: a DNS label of at most 63 characters; write it so",
    ),
    "a namespace that is none": (
        (*REPO, *TOKEN, "--namespace", "a.b"),
        "--namespace 'a.b': allowed: a DNS label of at most 63 characters; write it so",
    ),
}


@pytest.mark.parametrize(("options", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_run_is_told_on_one_line(project: Path, options: tuple[str, ...], expected: str) -> None:
    assert refused(project, *options) == expected
    assert "TOPSECRET" not in expected


def test_a_cluster_that_is_rendered_is_seen_by_nobody(project: Path) -> None:
    write(project, changed({}))
    assert refused(project, *REPO, *TOKEN) == (
        "clusters.cluster-1.renderTo: 'deployed/dev/cluster-1': a directory of the workspace, which nobody sees; "
        "allowed: clusters that are reached; write kubeconfig or context"
    )


@pytest.mark.parametrize(
    ("paths", "wrong"),
    [
        (("~/.kube/config",), ("cluster-1", "~/.kube/config")),
        (("/kubeconfig",), ("cluster-1", "/kubeconfig")),
        (("/etc/a/config", "/etc/b/config"), ("cluster-1", "/etc/a/config")),
    ],
)
def test_contexts_are_looked_up_in_one_file(project: Path, paths: tuple[str, ...], wrong: tuple[str, str]) -> None:
    by_contexts(project, *paths)
    assert refused(project, *REPO, *TOKEN, "--kubeconfig", "clusters/all") == (
        f"clusters.{wrong[0]}.kubeconfigPath: {wrong[1]!r}: in the workspace, one file has all contexts; allowed: an "
        "absolute path, the same for all; write kubeconfigPath: /etc/mcwan/kubeconfig, or kubeconfig"
    )


def test_contexts_need_a_kubeconfig(project: Path) -> None:
    by_contexts(project, "/etc/mcwan/config")
    assert refused(project, *REPO, *TOKEN) == (
        "--kubeconfig: nothing gives /etc/mcwan/config, where contexts are looked up; write --kubeconfig SECRET/KEY"
    )


def test_mistakes_in_the_stack_come_first(project: Path) -> None:
    write(project, changed({"exports/1/port": 0}, changed(REACHED)))
    result = run("operator", "--project", project)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "1 mistake; nothing was done")
