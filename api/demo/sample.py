"""The sample park as of today: the files that ship, dated anew once their weeks have passed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from data.exporters.workbook import content_bytes
from data.importers.workbook import read_workbook
from data.reference.calendar import next_week0
from data.samples import SAMPLE_PARK, SAMPLE_WEEK0, SAMPLE_WORKBOOKS


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFiles:
    """Where the files of the sample park lie, and the Monday of their week 0."""

    folder: Path
    week0: date

    @property
    def directory(self) -> Path:
        """Parks, organisations, lenders as lists."""
        return self.folder / "directory"

    @property
    def bundle(self) -> Path:
        """What the service centre holds, as a CSV bundle."""
        return self.folder / "centre-bundle"

    @property
    def workbooks(self) -> list[Path]:
        """Forms that factories filled in."""
        return sorted((self.folder / "workbooks").glob("*.xlsx"))

    @property
    def technology(self) -> Path:
        """Technology demands and research teams, as JSON lines and on a form."""
        return self.folder / "technology"

    @property
    def documents(self) -> list[Path]:
        """Orders between firms as UBL."""
        return sorted((self.folder / "ubl").glob("*.xml"))


def write_sample(folder: Path, *, now_ms: int) -> SampleFiles:
    """Copy the sample park into a new or empty folder.

    Its forms name real weeks. When those have begun, the same hours are written under the weeks
    from next Monday on: nobody can sell last month's capacity.
    """
    shutil.copytree(SAMPLE_PARK, folder, dirs_exist_ok=True)
    week0 = max(SAMPLE_WEEK0, next_week0(now_ms))
    if week0 != SAMPLE_WEEK0:
        for form in SAMPLE_WORKBOOKS.glob("*.xlsx"):
            content = read_workbook(form, week0=SAMPLE_WEEK0).required()
            (folder / "workbooks" / form.name).write_bytes(
                content_bytes(replace(content, week0=week0))
            )
    return SampleFiles(folder=folder, week0=week0)
