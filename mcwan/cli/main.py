"""The command `mcwan`. Imports are lazy, so that help is quick.

Exit codes: 0 done; 1 the environment failed (a directory that cannot be written); 2 wrong input; 3 refused by a
mandatory rule.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mcwan import __version__

if TYPE_CHECKING:
    from mcwan import stack as stacks
    from mcwan.cli.render import Written
    from mcwan.cli.report import Report
    from mcwan.plan import Plan

PROJECT_OPTION = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The directory with Pulumi.yaml and the stack files; the current one by default.",
)
_PATH = click.Path(path_type=Path)
LIVE_OPTION = click.option(
    "--live", is_flag=True, help="Ask clusters with `facts: live`; else what is recorded of them holds."
)
ALLOW_OPTION = click.option(
    "--allow-withdrawals", "allow", is_flag=True, help="Consent to withdraw many imports, whose namespaces are gone."
)
STACK_OPTION = click.option("--stack", default="dev", show_default=True, help="The stack: NAME in Pulumi.NAME.yaml.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcwan")
def main() -> None:
    """Join Kubernetes service meshes over an SD-WAN.

    A stack file, Pulumi.NAME.yaml, describes an environment: clusters, WAN policies, exports. These commands read it
    without Pulumi and without a cluster; `pulumi up` deploys it.

    \b
    Exit codes:
      0  done
      1  the environment failed: a directory that cannot be written, say
      2  wrong input
      3  refused by a mandatory rule (check)
    """  # noqa: D301 - click reads the backspace


@main.command()
@STACK_OPTION
@PROJECT_OPTION
@LIVE_OPTION
@ALLOW_OPTION
@click.option("--rendered", metavar="DIR", type=_PATH, help="Judge what was rendered instead: a directory per cluster.")
@click.option("--state", metavar="FILE", type=_PATH, help="Judge what `pulumi stack export` wrote instead.")
@click.option("--policy-config", metavar="FILE", type=_PATH, help="Levels and options of rules, as JSON.")
@click.option("--rules", metavar="FILE", type=_PATH, help="A Python file whose RULES, your own, are judged, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "json", "sarif"]),
    default="table",
    show_default=True,
    help="How to tell it: to people, in a pull request, to other programs, to code scanning.",
)
@click.option("--out", metavar="FILE", type=_PATH, help="Write to this file; the terminal gets the counts only.")
@click.pass_context
def check(context: click.Context, /, form: str, out: Path | None, **options: Any) -> None:
    """Check an environment: a stack file, or what was rendered, or what is deployed.

    Of a stack file every mistake is told in one run, a line each: its place, the value, what is allowed, the remedy.
    Then every rule judges the objects of all clusters, as the policy pack does in Pulumi.

    \b
    Exit codes:
      0  done; advisory rules may be violated
      1  the environment failed: a file that cannot be written, say
      2  wrong input: a mistake in a stack file, a configuration or state that cannot be read
      3  a mandatory rule is violated, or a mandatory rule failed itself
    """  # noqa: D301 - click reads the backspace
    _one_of(context, "stack", "rendered", "state")
    for option in ("rendered", "state"):
        _one_of(context, option, "live")
        _one_of(context, option, "allow-withdrawals")
    found, plan = _judged(**options)
    from mcwan.cli import report, tables

    text = report.FORMATS[form](found)
    if plan is not None and form == "table":
        text = tables.text(plan, plain=out is not None) + text
    _print(text, out)
    if out is not None:
        click.echo(report.counts(found))
    if found.refused:
        raise click.exceptions.Exit(3)


def _judged(
    stack: str,
    project: Path,
    rendered: Path | None,
    state: Path | None,
    policy_config: Path | None,
    rules: Path | None,
    *,
    live: bool,
    allow: bool,
) -> tuple["Report", "Plan | None"]:
    """Judge what the options name; a stack's plan comes with the verdicts."""
    from mcwan.rules import RULES
    from mcwan.rules.settings import SettingsError, parse, read, with_rules_of
    from mcwan.rules.sources import SourceError, of_plan, of_rendered, of_state

    with mistakes(SettingsError, SourceError):
        from mcwan.cli.report import report

        every = with_rules_of(rules) if rules is not None else RULES
        settings = read(policy_config, every) if policy_config is not None else parse({}, every)
        if rendered is not None:
            return report(rendered.as_posix(), of_rendered(rendered), settings), None
        if state is not None:
            return report(state.as_posix(), of_state(state), settings), None
        plan = environment(stack, project, live=live, allow=allow).plan()
        return report(_from_here(project / f"Pulumi.{stack}.yaml"), of_plan(plan), settings), plan


@main.command()
@STACK_OPTION
@PROJECT_OPTION
@ALLOW_OPTION
@click.option("--dry-run", is_flag=True, help="Record nothing.")
@click.option("--conditions", is_flag=True, help="Write the conditions of the fabric's ServiceExports, too.")
@click.option("--rights", is_flag=True, help="Print the ClusterRole that reading needs, and read nothing.")
def facts(stack: str, project: Path, *, allow: bool, dry_run: bool, conditions: bool, rights: bool) -> None:
    """Ask the clusters for their facts, and record these.

    Of each cluster with `facts: live` or `recorded`: namespaces, exported Services and their ready endpoints, gateway
    addresses, GatewayClasses, served versions, ServiceExports and ServiceImports. It needs the network. The record,
    facts/STACK.json, is meant to be committed: a preview in CI is then the same everywhere.
    """
    from mcwan.cli import facts as reading

    if rights:
        click.echo(reading.rights(conditions=conditions), nl=False)
        return
    with mistakes():
        from mcwan.facts.record import path, save

        found = environment(stack, project, live=True, allow=allow, refresh=True)
        if not found.known.reports:
            raise click.UsageError(f"no cluster of Pulumi.{stack}.yaml has `facts: live` or `recorded`")
        click.echo(reading.told(found), nl=False)
        for note in found.known.notes:
            click.echo(f"note: {note}")
        file = path(project, stack)
        told = _from_here(file)
        if dry_run:
            click.echo(f"{told}: nothing recorded (--dry-run)")
        else:
            click.echo(f"{told}: {'recorded' if save(file, found.known.record) else 'unchanged'}")
        if conditions and not dry_run:
            for line in reading.conditions(found):
                click.echo(line)


def environment(
    stack: str, project: Path, *, live: bool, allow: bool = False, refresh: bool = False
) -> "stacks.Environment":
    """Read a stack; its live clusters, too, if that is wanted. Progress goes to standard error."""
    from mcwan import stack as stacks

    if not live:
        return stacks.environment(project, stack, allow=allow)
    from functools import partial

    from mcwan.facts.reading import read_all

    say = partial(click.echo, err=True)
    return stacks.environment(project, stack, reader=partial(read_all, say=say), allow=allow, refresh=refresh)


@main.command()
@STACK_OPTION
@PROJECT_OPTION
@LIVE_OPTION
@ALLOW_OPTION
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write; a directory per cluster below it.  [default: rendered/STACK]",
)
@click.option("--cluster", help="Write this cluster's objects only.")
def render(stack: str, project: Path, out: Path | None, cluster: str | None, *, live: bool, allow: bool) -> None:
    """Write the objects of every cluster as YAML.

    The same objects as `pulumi up` makes, in an order that a cluster accepts:

    \b
        kubectl apply --server-side --field-manager=mcwan -f OUT/CLUSTER/00-crds.yaml
        kubectl apply --server-side --field-manager=mcwan -f OUT/CLUSTER

    WANPolicies are guarded: their guard knows a deployment by that field manager.
    Files of an earlier run that are no longer needed are removed; others are left alone.
    """  # noqa: D301 - click reads the backspace
    with mistakes():
        plan = environment(stack, project, live=live, allow=allow).plan()
        if cluster is not None and cluster not in plan.fabric.clusters:
            known = ", ".join(sorted(plan.fabric.clusters))
            raise click.BadParameter(
                f"{cluster!r} is not in Pulumi.{stack}.yaml; clusters there: {known}", param_hint="--cluster"
            )
        directory = out or project / "rendered" / stack
        written = written_to(plan, directory, cluster)
        click.echo(f"{written.objects} objects in {len(written.files)} files below {directory}")
        if written.removed:
            click.echo(f"{len(written.removed)} files of an earlier run removed")
        for note in plan.notes():
            click.echo(f"note: {note}")


@main.command()
@STACK_OPTION
@PROJECT_OPTION
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory to write to.  [default: telemetry/STACK]",
)
def telemetry(stack: str, project: Path, out: Path | None) -> None:
    """Write rules for Prometheus and a dashboard for Grafana.

    They make sense of the metrics of Envoy Gateway's gateways, by export, WAN policy, tunnel, source and destination:

    \b
        OUT/rules.yaml      recording rules and alerts; a rules file of Prometheus, or the spec of a PrometheusRule
        OUT/dashboard.json  shows what those rules record
    """  # noqa: D301 - click reads the backspace
    with mistakes():
        from mcwan.cli.telemetry import write
        from mcwan.telemetry import unmeasured

        context = environment(stack, project, live=False).plan().context
        others = unmeasured(context)
        if len(others) == len(context.clusters):
            raise click.UsageError(f"no cluster of Pulumi.{stack}.yaml has the gateway profile envoy-gateway")
        directory = out or project / "telemetry" / stack
        try:
            written = write(context, directory)
        except OSError as error:
            raise click.ClickException(f"cannot write to {directory}: {error}") from None
        click.echo(f"{' and '.join(written)} in {directory}")
        if others:
            click.echo(f"note: {', '.join(others)}: metrics of these gateways have no exports; left out as sources")


@main.command()
@STACK_OPTION
@PROJECT_OPTION
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
@click.option("--out", type=_PATH, help="Write to this file, not to the terminal.")
def operator(stack: str, project: Path, out: Path | None, **options: Any) -> None:
    """Print what the Pulumi Kubernetes Operator needs to run a stack unattended, as YAML.

    A Stack that is deployed at each commit and interval, and its service account. SECRET/KEY is a Secret in the same
    namespace and a key of it: the values themselves are never written.
    """
    from mcwan.cli.operator import OperatorError, Wanted, objects
    from mcwan.cli.render import dump

    with mistakes(OperatorError):
        from mcwan.stack import read

        _print("# Written by `mcwan operator`\n" + dump(objects(read(project, stack), Wanted(**options))), out)


@main.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, not to the terminal.")
def schema(out: Path | None) -> None:
    """Print the JSON Schema of a stack file, for editors and other programs."""
    from mcwan.cli.schema import stack_schema

    _print(stack_schema(), out)


@main.command()
@click.option("--rules", is_flag=True, help="Print the pages of the rules instead; with --out, to a directory.")
@click.option("--out", type=_PATH, help="Write to this file, not to the terminal.")
def reference(out: Path | None, *, rules: bool) -> None:
    """Print the reference of a stack file's keys, as Markdown."""
    if not rules:
        from mcwan.cli.schema import reference_page

        _print(reference_page(), out)
        return
    from mcwan.cli.rule_pages import pages

    for name, text in pages().items():
        _print(text, out / name if out is not None else None)


def written_to(plan: "Plan", directory: Path, cluster: str | None = None) -> "Written":
    """Render a plan to a directory; what stops that ends the command on one line, with exit code 1."""
    from mcwan.cli.render import write

    try:
        return write(plan, directory, cluster)
    except OSError as error:
        raise click.ClickException(f"cannot write to {directory}: {error}") from None


def _print(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write to {out}: {error}") from None


_ARGUMENTS = {"allow-withdrawals": "allow"}
"""Options that are called otherwise as arguments."""


def _one_of(context: click.Context, *names: str) -> None:
    """Refuse options that exclude each other, if more than one of them was written."""
    given = ParameterSource.COMMANDLINE
    written = [f"--{name}" for name in names if context.get_parameter_source(_ARGUMENTS.get(name, name)) is given]
    if len(written) > 1:
        raise click.UsageError(f"{' and '.join(written)} exclude each other; write one of them")


def _from_here(path: Path) -> str:
    """Give a path from the current directory if it is below that, so that it is the same on every machine."""
    here = Path.cwd()
    return (path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path).as_posix()


@contextmanager
def mistakes(*more: type[Exception]) -> Iterator[None]:
    """Tell an operator's mistakes plainly, and end with exit code 2; `more` are errors that are such mistakes, too."""
    from mcwan.facts.record import RecordError
    from mcwan.model import MistakesError
    from mcwan.stack import StackFileError

    told: tuple[type[Exception], ...] = (StackFileError, RecordError, *more)
    try:
        yield
    except MistakesError as error:
        click.echo(str(error), err=True)
        count = len(error.mistakes)
        click.echo(f"{count} mistake{'s' * (count > 1)}; nothing was done", err=True)
        raise click.exceptions.Exit(2) from None
    except told as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(2) from None


if __name__ == "__main__":
    main()
