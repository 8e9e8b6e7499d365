"""`mcwan telemetry`: write rules for Prometheus and a dashboard."""

from pathlib import Path

import click

from mcwan.cli.options import DIRECTORY, stack_options
from mcwan.cli.running import environment, mistakes, unwritten


@click.command()
@stack_options
@click.option(
    "--out",
    type=DIRECTORY,
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
            raise click.UsageError(
                f"no cluster of Pulumi.{stack}.yaml has the gateway profile envoy-gateway; see theirs"
            )
        directory = out or project / "telemetry" / stack
        try:
            written = write(context, directory)
        except OSError as error:
            raise unwritten(directory, error) from None
        click.echo(f"{' and '.join(written)} in {directory}")
        if others:
            click.echo(f"note: {', '.join(others)}: metrics of these gateways have no exports; left out as sources")
