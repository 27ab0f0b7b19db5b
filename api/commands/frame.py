"""What all commands share: output, exit status, tables, Ctrl-C.

Results go to standard output, everything else to standard error. With `--json` standard output
holds exactly one JSON object, also when the command fails.
"""

from __future__ import annotations

import json
import os
import signal
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

from api.services.errors import ServiceError
from data.errors import (
    Conflict,
    DataError,
    NotFound,
    UnsupportedDatabase,
    ValueNotStorable,
    WrongStatus,
)
from data.reference.calendar import check_week0
from ledger.errors import LedgerError, Refusal

if TYPE_CHECKING:
    from api.services.workspace import Workspace
    from api.settings import Settings

T = TypeVar("T")
WIDTH = 80  # of everything that is not a terminal

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


class BadInput(ServiceError):
    """What the user named cannot be used."""

    code = "BAD_INPUT"


class Report:
    """Collects what a command says; prints it for people, or one JSON object for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = console(stderr=False)
        self.err = console(stderr=True)

    def note(self, text: str) -> None:
        """Say something on standard error while working."""
        self.err.print(text, markup=False, soft_wrap=False)

    def step(self, text: str) -> None:
        """Say a step of a longer story on standard error, wrapped behind its number."""
        indent = " " * 3
        wrapped = textwrap.fill(
            text, width=min(self.err.width, WIDTH), subsequent_indent=indent, break_long_words=False
        )
        self.err.print(wrapped, markup=False, soft_wrap=True)

    def show(self, *renderables: RenderableType) -> None:
        """Print for people; silent with `--json`."""
        if not self.as_json:
            for renderable in renderables:
                self._out.print(renderable, markup=False)

    def line(self, text: str) -> None:
        """Print one line for people exactly as it is, never wrapped (it may be copied)."""
        if not self.as_json:
            self._out.print(text, markup=False, soft_wrap=True)

    def result(self, value: Mapping[str, Any]) -> None:
        """Print the result for programs; silent without `--json`."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, indent=2))

    def fail(self, code: str, message: str, params: Mapping[str, Any] | None = None) -> None:
        """Say why the command did nothing."""
        if self.as_json:
            self.result({"error": {"code": code, "message": message, "params": dict(params or {})}})
        self.err.print(f"{code}: {message}", markup=False)


def console(*, stderr: bool) -> Console:
    """Return a console for standard output or standard error, 80 columns without a terminal."""
    found = Console(stderr=stderr, highlight=False, emoji=False)
    if not found.is_terminal:
        return Console(stderr=stderr, highlight=False, emoji=False, width=WIDTH)
    return found


@contextmanager
def reporting(*, as_json: bool) -> Iterator[Report]:
    """Give a report, and turn what goes wrong into a message and an exit status.

    Refusals and bad input end with status 2, a broken log or disk with 1.
    """
    report = Report(as_json=as_json)
    try:
        yield report
    except ServiceError as refused:
        report.fail(refused.code, refused.message, refused.params)
        raise typer.Exit(2) from None
    except Refusal as refused:
        report.fail(refused.code, refused.message, refused.params)
        raise typer.Exit(2) from None
    except NotFound as missing:
        report.fail(
            missing.code, f"{missing}. Check the id; without one, lists show what there is."
        )
        raise typer.Exit(2) from None
    except (Conflict, ValueNotStorable, WrongStatus, UnsupportedDatabase) as refused:
        report.fail(refused.code, str(refused))
        raise typer.Exit(2) from None
    except (LedgerError, DataError) as broken:
        report.fail(getattr(broken, "code", type(broken).__name__), str(broken))
        raise typer.Exit(1) from None
    except OSError as failed:
        report.fail("IO_ERROR", _io_failure(failed))
        raise typer.Exit(1) from None


def _io_failure(failed: OSError) -> str:
    """Say what the system refused and where, and what to do about it."""
    named = [str(one) for one in (failed.filename, failed.filename2) if one is not None]
    if not named:
        return str(failed)
    way_out = _WAYS_OUT.get(type(failed), "Check the path and the disk.")
    return f"{' -> '.join(named)}: {failed.strerror}. {way_out}"


_WAYS_OUT: Mapping[type[OSError], str] = {
    FileNotFoundError: "Check the path; a folder to write to must exist.",
    PermissionError: "Name another place, or change who may use this one.",
    NotADirectoryError: "A part of the path is a file; name another place.",
    IsADirectoryError: "This is a folder; name a file.",
}


def read_settings() -> Settings:
    """Return the settings that the environment gives.

    Raises
    ------
    BadInput
        When a variable cannot be used.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - as in `opened`

    from api.settings import Settings  # noqa: PLC0415

    try:
        return Settings()
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = "_".join(("PARKLOOM", *map(str, first["loc"]))).upper()
        raise BadInput(
            f"{name}: {first['msg']}, got {first['input']!r}. Correct or unset it.", variable=name
        ) from None


@contextmanager
def opened() -> Iterator[Workspace]:
    """Open the installation that the settings name and close it again."""
    # Imported when an installation is opened: a witness has none, and the database's libraries
    # take longer to load than all that a witness is.
    from api.services.workspace import open_workspace  # noqa: PLC0415

    workspace = open_workspace(read_settings())
    try:
        yield workspace
    finally:
        workspace.close()


def table(title: str | None = None, *, columns: Sequence[tuple[str, str]]) -> Table:
    """Return an empty table; each column is (heading, "left" or "right")."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, side in columns:
        made.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    return made


def facts(rows: Sequence[tuple[str, str]], title: str | None = None) -> Table:
    """Return a two-column table of names and values."""
    made = Table(title=title, title_justify="left", box=None, show_header=False, pad_edge=False)
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(name, value)
    return made


def read_input(path: Path, *, most: int) -> bytes:
    """Return the bytes of a file that the user names, at most `most`.

    Raises
    ------
    BadInput
        When it cannot be read, or is longer.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as failed:
        raise BadInput(f"Cannot read {path}: {failed.strerror}.", file=str(path)) from None
    if len(data) > most:
        raise BadInput(f"{path}: expected at most {most:,} bytes, got more.", file=str(path))
    return data


def require_new_folder(folder: Path) -> None:
    """Refuse a folder to write to that holds something already. Raises BadInput."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is not an empty folder; name another.", folder=str(folder))


def make_out_folder(out: Path) -> None:
    """Make the folder for results; called before the work, lest it is lost for want of a place.

    Raises
    ------
    BadInput
        When it is a file, cannot be made, or may not be written to.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"--out {out}: this is a file; name a folder.", out=str(out))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as failed:
        raise BadInput(
            f"--out {out}: the folder cannot be made: {failed.strerror}. Name another.",
            out=str(out),
        ) from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise BadInput(
            f"--out {out}: you may not write to this folder. Name another.", out=str(out)
        )


def monday(text: str) -> date | None:
    """Return the Monday that a text names; None for an empty text. Raises BadInput."""
    if not text:
        return None
    try:
        return check_week0(date.fromisoformat(text))
    except ValueError as wrong:
        raise BadInput(f"--week0 {text}: {wrong}", week0=text) from None


def percent(share: float | None) -> str:
    """Write a share 0..1 as a percentage with one decimal."""
    return "-" if share is None else f"{100 * share:.1f} %"


def interruptible(work: Callable[[Callable[[], bool]], T]) -> tuple[T, bool]:
    """Run `work(cancelled)` in a thread; Ctrl-C makes `cancelled()` true.

    Returns
    -------
    What `work` returned, and whether Ctrl-C was pressed. A second Ctrl-C stops at once.
    """
    stop = threading.Event()
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work(stop.is_set))
        except BaseException as caught:  # noqa: BLE001 - raised again below, in the main thread
            failure.append(caught)

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    thread = threading.Thread(target=run, name="work", daemon=True)
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, interrupt) if in_main_thread else None
    try:
        thread.start()
        while thread.is_alive():
            thread.join(timeout=0.1)
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, before)
    if failure:
        raise failure[0]
    return result[0], stop.is_set()
