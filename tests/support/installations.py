"""Installations for tests: made from nothing in a folder, empty or with a small park in it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from api.services import imports
from api.services.workspace import Workspace, initialise
from api.settings import Settings
from data.samples import SAMPLE_BUNDLE, SAMPLE_WEEK0
from tests.support.enrolments import ROOT_VKEY

ORIGIN = "park.example/ledger"


def settings_of(folder: Path, database_url: str = "") -> Settings:
    """Return the settings of an installation in a folder, whatever the environment says."""
    return Settings(home=folder / "home", database_url=database_url, origin=ORIGIN)


def installation(folder: Path, database_url: str = "") -> Workspace:
    """Return a new, empty installation, opened."""
    return initialise(settings_of(folder, database_url), registrar_vkey=ROOT_VKEY)


def sample_bundle_zip() -> bytes:
    """Return the sample park's bundle as one file: 120 offers, 200 orders."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(SAMPLE_BUNDLE.iterdir()):
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return packed.getvalue()


def populated(folder: Path, database_url: str = "") -> Workspace:
    """Return a new installation that holds the sample park's offers and orders."""
    workspace = installation(folder, database_url)
    imports.import_path(workspace, SAMPLE_BUNDLE, week0=SAMPLE_WEEK0)
    return workspace
