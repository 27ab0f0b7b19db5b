"""The C library: its structures are the named tuples, and it is built from the sources on disk."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from matching.capacity.columns import Columns
from matching.capacity.kernels import build, library
from matching.capacity.kernels.assigning import Assigned, Choices
from matching.capacity.kernels.book import Book, Copy, Journal
from matching.capacity.kernels.search import Moves
from matching.capacity.kernels.workspace import Workspace

STRUCTURES = [
    ("kernels.h", "Columns", Columns),
    ("search.h", "Workspace", Workspace),
    ("search.h", "Book", Book),
    ("search.h", "Copy", Copy),
    ("search.h", "Journal", Journal),
    ("improve.c", "Search", Moves),
    ("assigning.c", "Choices", Choices),
    ("assigning.c", "Assigned", Assigned),
]
KINDS = {"i64": "int", "double": "float"}


def fields_in_c(file: str, name: str) -> list[str]:
    """Return the names of the fields of a structure, in order."""
    text = re.sub(r"/\*.*?\*/", "", (build.FOLDER / file).read_text(), flags=re.DOTALL)
    body = re.search(rf"typedef struct \{{([^{{}}]*)\}} {name};", text)
    assert body is not None, f"{file} has no structure {name}"
    found = []
    for line in body.group(1).split(";"):
        declared = re.sub(r"\b(const|i64|i32|double|Random)\b|\*", " ", line)
        found += [part.strip() for part in declared.split(",") if part.strip()]
    return found


@pytest.mark.parametrize(("file", "name", "values"), STRUCTURES)
def test_a_structure_has_the_fields_of_its_named_tuple(file: str, name: str, values: Any) -> None:
    """Same fields, same order: else a kernel would read another table."""
    assert fields_in_c(file, name) == list(values._fields)


def test_the_library_is_built_from_the_sources_on_disk() -> None:
    """What is loaded says which sources it was compiled from."""
    library.library()

    assert library.is_built()
    assert build.source_digest().encode() in build.LIBRARY.read_bytes()


def test_a_missing_compiler_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a compiler the error says what to install, and the old library stays."""
    library.library()
    before = build.LIBRARY.read_bytes()
    monkeypatch.setenv("CC", "false")

    with pytest.raises(RuntimeError, match="Install the package ziglang, or name a C compiler"):
        build.build()

    assert build.LIBRARY.read_bytes() == before
    assert not list(build.FOLDER.glob("tmp*"))


def test_a_table_that_no_kernel_reads_is_refused() -> None:
    """Other numbers, or numbers that do not lie side by side, would be misread."""
    with pytest.raises(TypeError, match="dense tables"):
        library.pointer_to(np.zeros(3, np.float32))
    with pytest.raises(TypeError, match="dense tables"):
        library.pointer_to(np.zeros((4, 4))[:, ::2])
