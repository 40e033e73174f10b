"""The command `ser-repro`: a module a group of commands.

Nothing here, nor the head of those modules, imports more than typer and rich: what a command needs it imports when it
is called, so that `--help` and a mistyped word answer at once.
"""

import logging
import sys

try:
    import typer

    from ser_repro import SerReproError, escaping, plugins
    from ser_repro.cli import audit, claims, corpora, models, study, terminal
except KeyboardInterrupt:  # the moment in which a mistyped command is stopped
    sys.exit(130)

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
                  help="Measure speech-emotion models by the rules of the reproduction study.")
app.add_typer(corpora.app, name="corpora")
for command in (corpora.demo, study.prepare, study.study, study.search, claims.claims, audit.audit, models.train,
                models.predict, models.export):
    app.command()(command)
_STOPPED = 130  # the exit status of a command that Ctrl-C ended
_Mistyped = typer.BadParameter.__base__  # what the parser raises for any fault in a command; typer names only this kind


def main() -> None:
    """Entry point: a problem that the user can mend is one line, and exit status 1 (2 where it was mistyped)."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # there is none where it was closed
        stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    logging.getLogger("ser_repro").handlers = [terminal.Said()]
    try:
        plugins.load()
        status = app(prog_name="ser-repro", standalone_mode=False)
        if status == _STOPPED:
            raise KeyboardInterrupt
        sys.exit(status if isinstance(status, int) else 0)
    except SerReproError as error:
        _fail(str(error), 1)
    except _Mistyped as error:
        if len(sys.argv) == 1 or "Usage:" in error.format_message():  # no arguments: the help
            error.show()
            sys.exit(error.exit_code)
        command = error.ctx.command_path if error.ctx else "ser-repro"
        _fail(f"{error.format_message().strip().rstrip('.')}: `{command} --help` tells what there is.", 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped; start again and it goes on: a training from its last whole epoch.", _STOPPED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}: free some room, or give a "
              "file or folder that can be read and written.", 1)


def _fail(line: str, status: int) -> None:
    print("ser-repro:", escaping.terminal(" ".join(line.splitlines())), file=sys.stderr)
    sys.exit(status)
