"""The demo's home: made anew each time, and never anybody else's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from api.services.errors import BadRequest
from api.settings import Settings

MARK = "demo.json"
FORMAT = "parkloom/demo/v1"


def prepare(settings: Settings, tell: Callable[[str], None]) -> None:
    """Make an empty home for the demo; an earlier demo's is removed after saying so.

    Raises
    ------
    BadRequest
        When the home is not a demo's, or another database is set: nothing is touched.
    """
    if settings.database_url:
        raise BadRequest(
            "The demo starts from nothing and makes its own SQLite database; "
            "PARKLOOM_DATABASE_URL names another one. Unset it for the demo."
        )
    for folder in (settings.home, settings.parties_folder):
        if folder.exists() and not _may_go(folder):
            raise BadRequest(
                f"{folder} is not a demo's folder, so the demo leaves it alone. Set PARKLOOM_HOME "
                "to a new folder.",
                folder=str(folder),
            )
    for folder in (settings.home, settings.parties_folder):
        if folder.exists():
            if any(folder.iterdir()):
                tell(f"Removing the earlier demo in {folder}.")
            shutil.rmtree(folder)
        folder.mkdir(parents=True, mode=0o700)
        (folder / MARK).write_text(json.dumps({"format": FORMAT}) + "\n", "utf-8")


def is_demo(folder: Path) -> bool:
    """Tell whether a folder carries the demo's mark."""
    try:
        mark = json.loads((folder / MARK).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(mark, dict) and mark.get("format") == FORMAT


def _may_go(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    return is_demo(folder) or not any(folder.iterdir())
