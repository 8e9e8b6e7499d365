"""`mcwan completion`: what a shell needs to complete commands, options, stacks and services."""

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what completes mcwan's commands in a shell.

    \b
        bash: mcwan completion bash > ~/.local/share/bash-completion/completions/mcwan
        zsh:  mcwan completion zsh > ~/.zfunc/_mcwan     (fpath+=~/.zfunc before compinit)
        fish: mcwan completion fish > ~/.config/fish/completions/mcwan.fish
    """  # noqa: D301 - click reads the backspace
    from click.shell_completion import get_completion_class

    from mcwan.cli.main import main

    made = get_completion_class(shell)
    if made is None:
        raise click.ClickException(f"{shell}: this version of click cannot complete in it")
    click.echo(made(main, {}, "mcwan", "_MCWAN_COMPLETE").source())
