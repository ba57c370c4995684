"""The `harness` command. Each subcommand is a module of this room, imported when it is called.

Exit status everywhere: 0 it holds, 1 it does not hold, 2 the input or the call is unusable, 3 unknown (4 is of
`reproduce` alone); 130 it was interrupted and 141 nobody read its output any more, as shells have it.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
from typing import TYPE_CHECKING, Any

import click

import harness
from harness.cli import streams
from harness.errors import HarnessError, HostError, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMANDS = {
    "capture": "Capture links of a lab that runs, for other tools.",
    "clean": "Remove what killed runs have left.",
    "console": "Sit down at the console of a machine of a lab that runs.",
    "decode": "Print what was said in captures.",
    "doctor": "Say what this host can do, and how to get what it can't.",
    "history": "Judge what clients of a store recorded.",
    "images": "Build, list and prune what machines boot.",
    "ps": "Say what runs, and what killed runs have left.",
    "reproduce": "Turn what an incident has left into a scenario.",
    "replay": "Ask a boot server again what a machine asked in a capture.",
    "scrub": "Replace addresses, names and secrets in an incident's files.",
    "shell": "Open a shell on a machine of a lab that runs.",
    "topology": "Check topologies and show what they mean.",
}

UNUSABLE = 2
INTERRUPTED = 128 + 2
UNREAD = 128 + 13


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that `harness --help` loads nothing heavy."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's interface
    ) -> click.Context:
        """Read the command line; the help is printed here, too."""
        with _endings():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the subcommand."""
        with _endings():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand that is called. Of what is none, say what was probably meant, as click does elsewhere."""
        near = () if args[0] in COMMANDS else difflib.get_close_matches(args[0], COMMANDS, n=1)
        if near:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}? ({ctx.command_path} --help)")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        """Return the names of the subcommands, in the order of the help page."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's interface
        """Return the subcommand of that name, or None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"harness.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's interface
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(harness.__version__, prog_name="harness")
def group() -> None:
    """Rehearse a bare-metal cloud on one Linux machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; errors of the harness become lines on standard error."""
    streams.open_closed()
    try:
        status = group.main(args=arguments, prog_name="harness", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as unusable:
        click.echo(_line(unusable), err=True)
        return UNUSABLE
    except (SpecError, HostError) as unusable:
        click.echo(str(unusable), err=True)
        return UNUSABLE
    except HarnessError as failure:
        click.echo(str(failure), err=True)
        return 1
    return status if isinstance(status, int) else 0


@contextlib.contextmanager
def _endings() -> Iterator[None]:
    """Turn what ends any command from outside into an exit status, before click takes it for a failure."""
    try:
        yield
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    except OSError as error:
        lost = streams.output_is_lost()
        if lost and isinstance(error, BrokenPipeError):
            raise click.exceptions.Exit(UNREAD) from None
        where = error.filename or ("standard output" if lost else None)
        raise click.ClickException(": ".join(filter(None, (where, error.strerror or str(error))))) from error


def _line(unusable: click.ClickException) -> str:
    """Return what is wrong with a call in one line; the help page, where that is what click has to say."""
    message = unusable.format_message()
    if message.startswith("Usage:"):
        return message
    context = getattr(unusable, "ctx", None)
    own = type(unusable) in {click.ClickException, click.UsageError}
    return f"Error: {message}" + (f" ({context.command_path} --help)" if context and not own else "")
