"""A group of commands whose help lists them by what they are for, and that tells wrong usage on one line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

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
            click.echo(f"cannot write to the terminal: {error.strerror or error}", err=True)
            raise SystemExit(1) from None

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments of the group itself."""
        with in_one_form():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the arguments of a command, and run it."""
        with in_one_form():
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
def in_one_form() -> Iterator[None]:
    """Tell what click ends a command with as a file's mistakes are told: what is wrong and the remedy, no word before.

    Of wrong usage the remedy is the help if no other is told.
    """
    try:
        yield
    except (click.exceptions.NoArgsIsHelpError, _ToldError):
        raise
    except click.ClickException as error:
        said = error.format_message()
        if isinstance(error, click.UsageError):
            said = " ".join(said.split()).removesuffix(".")
            if error.ctx is not None and ";" not in said and "Did you mean" not in said:
                said = f"{said}; see {error.ctx.command_path} --help"
            raise _WrongUsageError(said) from None
        raise _ToldError(said) from None


class _ToldError(click.ClickException):
    """Click's own begins with `Error:`, and shows control characters of what was typed."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it to standard error."""
        from mcwan.model.mistakes import printable

        click.echo("\n".join(map(printable, self.message.split("\n"))), file=file, err=True)


class _WrongUsageError(_ToldError):
    exit_code = click.UsageError.exit_code
