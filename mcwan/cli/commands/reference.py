"""`mcwan reference`: the reference of keys and the pages of rules."""

from pathlib import Path

import click

from mcwan.cli.options import PATH
from mcwan.cli.running import print_to


@click.command()
@click.option("--rules", is_flag=True, help="Print the pages of the rules instead; with --out, to a directory.")
@click.option("--out", type=PATH, help="Write to this file, not to the terminal.")
def reference(out: Path | None, *, rules: bool) -> None:
    """Print the reference of a stack file's keys, as Markdown."""
    if not rules:
        from mcwan.cli.schema import reference_page

        print_to(reference_page(), out)
        return
    from mcwan.cli.rule_pages import pages

    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.ClickException(f"cannot write to {out}: {error.strerror or error}") from None
    for name, text in pages().items():
        print_to(text, out / name if out is not None else None)
