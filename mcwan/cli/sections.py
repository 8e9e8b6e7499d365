"""A group of commands whose help lists them by what they are for, and that tells wrong usage on one line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click


class Sections(click.Group):
    """A group whose help has a section per title; commands stand in the order of the sections."""

    def __init__(self, *args: object, sections: Mapping[str, tuple[click.Command, ...]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.sections = sections
        for commands in sections.values():
            for command in commands:
                self.add_command(command)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command; output that cannot be written ends it on a line, with exit code 1."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            click.echo(f"Error: cannot write to the terminal: {error.strerror or error}", err=True)
            raise SystemExit(1) from None

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments of the group itself."""
        with _on_one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the arguments of a command, and run it."""
        with _on_one_line():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own name
        """Give the names in the order of help."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections; all names are as wide, so that the sections line up."""
        width = max(map(len, self.commands))
        room = formatter.width - width - 6
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{one.name:<{width}}", one.get_short_help_str(room)) for one in commands if not one.hidden]
                )
        del ctx


@contextmanager
def _on_one_line() -> Iterator[None]:
    """Tell wrong usage as other mistakes: what is wrong, and the remedy; that is the help if no other is told."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        said = " ".join(error.format_message().split()).removesuffix(".")
        if error.ctx is not None and ";" not in said and "Did you mean" not in said:
            said = f"{said}; see {error.ctx.command_path} --help"
        raise _WrongUsageError(said) from None


class _WrongUsageError(click.ClickException):
    exit_code = click.UsageError.exit_code
