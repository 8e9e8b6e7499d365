"""`mcwan graph`: a picture of a fabric."""

from pathlib import Path

import click

from mcwan.cli.options import ALLOW_OPTION, PATH, one_of, stack_options
from mcwan.cli.running import environment, mistakes


@click.command()
@stack_options
@ALLOW_OPTION
@click.option(
    "--from", "earlier", metavar="PLAN", type=PATH, help="Mark what changes: a file of mcwan plan --output json."
)
@click.option("--export", "exports", metavar="NAME", multiple=True, help="Draw this export only; may be repeated.")
@click.option(
    "--by",
    type=click.Choice(["auto", "export", "policy"]),
    default="auto",
    show_default=True,
    help="Draw each export, or only how much goes by each WAN policy; auto: by policy for more than 30 exports.",
)
@click.option(
    "-o",
    "--output",
    "--format",
    "form",
    type=click.Choice(["svg", "png", "mermaid", "dot"]),
    help="In which form.  [default: what FILE's name says, else mermaid]",
)
@click.option("--out", metavar="FILE", type=PATH, help="Write to this file: .svg, .png, .mmd or .dot.")
@click.pass_context
def graph(
    context: click.Context,
    /,
    stack: str,
    project: Path,
    earlier: Path | None,
    exports: tuple[str, ...],
    by: str,
    form: str | None,
    out: Path | None,
    *,
    allow: bool,
) -> None:
    """Draw a fabric: who imports what, by which WAN policy it travels, and which cluster answers.

    Colours and lines are WAN policies. With --from, what an update changes is marked: + new, - goes, ~ changes.
    SVG and PNG are drawn by Graphviz, whose `dot` has to be there; Mermaid, which GitHub and GitLab show in Markdown,
    and dot need no program.
    """
    one_of(context, "from", "stack")
    one_of(context, "from", "allow-withdrawals")
    from mcwan.rules.sources import SourceError

    with mistakes(SourceError):
        from mcwan.cli import graph as drawing

        chosen = form or (drawing.SUFFIXES.get(out.suffix) if out is not None else "mermaid")
        named = drawing.SUFFIXES.get(out.suffix) if out is not None else None
        if named is not None and named != chosen:
            raise click.UsageError(f"--out {out}: named as {named}, but --output is {chosen}; write one of them")
        if chosen is None:
            raise click.UsageError(
                f"--out {out}: of no known form; write --output, or end it in .svg, .png, .mmd or .dot"
            )
        if chosen == "png" and out is None:
            raise click.UsageError("--output png needs a file; write --out FILE")
        if earlier is not None:
            views = drawing.of_changes(earlier)
        else:
            views = drawing.of_stack(environment(stack, project, live=False, allow=allow).plan())
        found = drawing.drawing(views, exports, by)
    drawing.write(drawing.written(found, chosen), out)
