"""`mcwan operator`: what the Pulumi Kubernetes Operator needs."""

from pathlib import Path
from typing import Any

import click

from mcwan.cli.options import PATH, stack_options
from mcwan.cli.running import mistakes, print_to


@click.command()
@stack_options
@click.option("--repo", metavar="URL", help="The Git repository with Pulumi.yaml and the stack file.")
@click.option("--branch", help="Its branch, whose new commits are deployed.  [default: main]")
@click.option("--commit", help="Its commit, instead of a branch.")
@click.option("--git-token", metavar="SECRET/KEY", help="The token that reads it.")
@click.option("--git-ssh-key", metavar="SECRET/KEY", help="The SSH key that reads it.")
@click.option("--flux", metavar="KIND/NAME", help="A source of Flux instead, GitRepository/NAME, say.")
@click.option("--dir", "directory", default=".", show_default=True, help="Where Pulumi.yaml is in it.")
@click.option("--interval", type=int, default=300, show_default=True, help="Seconds until it is deployed again.")
@click.option("--secret", "secrets", metavar="VARIABLE=SECRET/KEY", multiple=True, help="A variable; repeatable.")
@click.option("--organization", metavar="NAME", help="The stack's organization in Pulumi Cloud.")
@click.option("--backend", metavar="URL", help="A backend of your own, s3://BUCKET, say.")
@click.option("--secrets-provider", metavar="URL", help="What encrypts the stack's secrets, instead of a passphrase.")
@click.option("--kubeconfig", metavar="SECRET/KEY", help="The kubeconfig with the contexts of the clusters.")
@click.option("--policy-pack", metavar="DIR", help="Judge by this policy pack, below --dir.")
@click.option("--policy-config", metavar="FILE", help="Its levels and options, below --dir.")
@click.option("--image", help="The image that runs Pulumi, if not the operator's default.")
@click.option("--namespace", default="mcwan", show_default=True, help="Where the operator finds the Stack.")
@click.option("--name", help="What the Stack is called.  [default: mcwan-STACK]")
@click.option("--out", type=PATH, help="Write to this file, not to the terminal.")
def operator(stack: str, project: Path, out: Path | None, **options: Any) -> None:
    """Print what the Pulumi Kubernetes Operator needs to run a stack unattended, as YAML.

    A Stack that is deployed at each commit and interval, and its service account. SECRET/KEY is a Secret in the same
    namespace and a key of it: the values themselves are never written.
    """
    from mcwan.cli.operator import OperatorError, Wanted, objects
    from mcwan.cli.render import dump

    with mistakes(OperatorError):
        from mcwan.stack import read

        print_to("# Written by `mcwan operator`\n" + dump(objects(read(project, stack), Wanted(**options))), out)
