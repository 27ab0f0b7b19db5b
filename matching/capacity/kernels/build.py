"""Compile the kernels: C sources of this folder to one shared library beside them.

The compiler is clang as the package `ziglang` carries it, so that an installation needs no
compiler of its own; `CC` names another one. It is asked for once, when the product is installed,
and again when a source has changed.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = FOLDER / ("kernels.dll" if sys.platform == "win32" else "kernels.so")
# no contraction and no reassociation: the same plan from the same seed on every machine
FLAGS = ("-std=c11", "-O3", "-fPIC", "-shared", "-ffp-contract=off", "-fvisibility=hidden")
WARNINGS = ("-Wall", "-Wextra", "-Werror")


def sources() -> tuple[Path, ...]:
    """Return the C files, sorted."""
    return tuple(sorted(FOLDER.glob("*.c")))


def source_digest() -> str:
    """Return SHA-256, in hex, of the sources and of how they are compiled."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for path in (*sources(), *sorted(FOLDER.glob("*.h"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build() -> Path:
    """Compile the library and put it in its place in one step; return where it is.

    Raises
    ------
    RuntimeError
        When there is no compiler, or it reports an error.
    """
    handle, name = tempfile.mkstemp(suffix=LIBRARY.suffix, dir=FOLDER)
    os.close(handle)
    made = Path(name)
    digest = f'-DSOURCE_DIGEST="{source_digest()}"'
    files = [str(path) for path in sources()]
    command = [*_compiler(), *FLAGS, *WARNINGS, digest, "-o", str(made), *files, "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            raise RuntimeError(
                f"the kernels do not compile ({shlex.join(command[:3])} ...):\n{done.stderr}\n"
                "Install the package ziglang, or name a C compiler in CC."
            )
        made.chmod(0o755)
        made.replace(LIBRARY)
    finally:
        made.unlink(missing_ok=True)
    return LIBRARY


def _compiler() -> list[str]:
    named = os.environ.get("CC")
    return shlex.split(named) if named else [sys.executable, "-m", "ziglang", "cc"]


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
