"""The command line: every command and its options. Nothing heavy is imported before it is asked."""

from __future__ import annotations

import atexit
import codecs
import gc
import json
import sys
from typing import Annotated

import typer

from . import __version__
from .commands_inputs import check, geocode, new, warm
from .commands_report import report
from .commands_run import demo, run
from .commands_sites import sites
from .commands_tour import tour
from .commands_whatif import InOrder, whatif

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,  # its tables cut Chinese, which has no spaces to break at
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    help="科普设施覆盖分析：谁在多少分钟内能到达哪类科普设施，哪些乡村落在后面。\n\n"
    "Who reaches which science venue in how many minutes, and which places are left behind.",
)

for command in (run, demo, new, check, geocode, warm):
    app.command()(command)
app.command(cls=InOrder)(whatif)
app.command()(sites)
app.command()(report)
app.command()(tour)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 / version")
    ] = False,
) -> None:
    """科普设施覆盖分析 / coverage of science venues."""


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write a character that a console lacks as JSON does: who reads the answer loses nothing."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def main() -> None:
    """Run the command line; characters that a console lacks are escaped, in messages replaced."""
    codecs.register_error("json", _escaped)
    for stream, errors in ((sys.stdout, "json"), (sys.stderr, "replace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)
    # The last collections of Python would look for cycles among all that is given back anyway:
    # a sixth of the time of a small run.
    atexit.register(gc.freeze)
    app()
