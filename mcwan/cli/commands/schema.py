"""`mcwan schema`: the JSON Schema of a stack file."""

from pathlib import Path

import click

from mcwan.cli.options import FILE
from mcwan.cli.running import print_to


@click.command()
@click.option("--sdwan", is_flag=True, help="Print that of `mcwan sdwan --target json` instead.")
@click.option("--out", type=FILE, help="Write to this file, not to the terminal.")
def schema(out: Path | None, *, sdwan: bool) -> None:
    """Print the JSON Schema of a stack file, for editors and other programs."""
    if sdwan:
        from mcwan.sdwan.schema import schema as form_schema

        print_to(form_schema(), out)
        return
    from mcwan.cli.schema import stack_schema

    print_to(stack_schema(), out)
