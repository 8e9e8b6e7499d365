"""`mcwan sdwan`: the SD-WAN's own configuration, and what changes in it."""

from pathlib import Path

import click

from mcwan.cli.options import DIRECTORY, output_option, stack_options
from mcwan.cli.running import environment, mistakes, unwritten

_TARGETS = ("linux", "frr", "cisco", "json")


@click.group(invoke_without_command=True, subcommand_metavar="[diff OLD NEW]")
@stack_options
@click.option("--target", type=click.Choice(_TARGETS), help="The system to configure; json is a plain form for others.")
@click.option("--site", "sites", metavar="CLUSTER", multiple=True, help="For this site only; may be given again.")
@click.option("--out", type=DIRECTORY, help="Write files below this directory, not to the terminal.")
@click.pass_context
def sdwan(
    context: click.Context, stack: str, project: Path, target: str | None, sites: tuple[str, ...], out: Path | None
) -> None:
    """Write the SD-WAN's configuration, from the same WAN policies.

    It tells packets by WAN port, in both directions, and sends them by the WAN policy's tunnel. `mcwan:sdwan` in the
    stack file says what the target calls tunnels and sites. The same stack gives the same bytes.

    \b
        linux  OUT/SITE/{nftables.conf,routes.sh,sysctl.conf}
        frr    OUT/SITE/{frr.conf,nftables.conf,sysctl.conf}
        cisco  OUT/policy.cli, OUT/vmanage.json (API), OUT/main.tf.json (Terraform)
        json   OUT/sdwan.json, described by schemas/sdwan.schema.json
    """  # noqa: D301 - click reads the backspace
    if context.invoked_subcommand is not None:
        if target or sites or out:
            raise click.UsageError("diff has no --target, --site or --out; it compares two files")
        return
    if target is None:
        raise click.UsageError(f"Missing option '--target'; choose from: {', '.join(_TARGETS)}")
    with mistakes():
        from mcwan import sdwan as side
        from mcwan.cli.sdwan import text, write
        from mcwan.rules.words import many

        form = side.form(environment(stack, project, live=False).fabric)
        known = [site.name for site in form.sites]
        for site in sites:
            if site not in known:
                told = f"{site!r} is not in Pulumi.{stack}.yaml; clusters there: {', '.join(known)}"
                raise click.BadParameter(told, param_hint="--site")
        wanted: side.Target = target  # type: ignore[assignment] # click has checked it
        if out is None:
            click.echo(text(side.files(form, wanted, sites)), nl=False)
        else:
            try:
                found, removed = write(form, wanted, sites, out)
            except OSError as error:
                raise unwritten(out, error) from None
            click.echo(f"{many(len(found), 'file')} below {out}")
            if removed:
                click.echo(f"{many(removed, 'file')} of an earlier run removed")
        for note in side.notes(form, wanted):
            click.echo(f"note: {note}", err=True)


@sdwan.command()
@click.argument("old")
@click.argument("new")
@output_option()
def diff(old: str, new: str, form: str) -> None:
    """Say what changes on the SD-WAN's side between two stack files.

    OLD and NEW are stack files, or what `mcwan sdwan --target json` wrote; `-` is standard input:

    \b
        git show HEAD:Pulumi.prod.yaml | mcwan sdwan diff - Pulumi.prod.yaml
    """  # noqa: D301 - click reads the backspace
    from mcwan.cli.sdwan import FormError, read, told
    from mcwan.sdwan import changes

    with mistakes(FormError):
        click.echo(told(changes(*read(old, new)), form), nl=False)
