"""`mcwan schema`: the JSON Schema of a stack file."""

from pathlib import Path

import click

from mcwan.cli.options import FILE
from mcwan.cli.running import print_to


@click.command()
@click.option("--out", type=FILE, help="Write to this file, not to the terminal.")
def schema(out: Path | None) -> None:
    """Print the JSON Schema of a stack file, for editors and other programs."""
    from mcwan.cli.schema import stack_schema

    print_to(stack_schema(), out)
