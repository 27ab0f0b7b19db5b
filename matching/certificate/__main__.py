"""`python -m matching.certificate FILE DIR`: exit 0 proved, 1 not proved, 2 unreadable."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .bundle import read_bundle
from .document import read_document
from .refusal import NotProved, Unreadable
from .verify import Verdict, verify

PROVED, NOT_PROVED, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a certificate against the bundle of its problem and print what it proves."""
    parser = argparse.ArgumentParser(
        prog="python -m matching.certificate",
        description="Check that a plan is valid, worth what is claimed, and that no plan is worth "
        "more than the bound: exit 0 proved, 1 not proved, 2 unreadable.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="certificate.json")
    parser.add_argument("folder", metavar="DIR", type=Path, help="bundle of the problem")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        verdict = verify(read_document(options.file), read_bundle(options.folder))
    except Unreadable as error:
        return _fail(UNREADABLE, "unreadable", str(error), as_json=options.json)
    except NotProved as error:
        return _fail(NOT_PROVED, error.code, error.message, as_json=options.json)
    if options.json:
        _print(json.dumps({"status": "proved", **verdict._asdict()}, indent=2))
    else:
        _print(_lines(verdict))
    return PROVED


def _lines(verdict: Verdict) -> str:
    least = verdict.computed_bound_fen
    return "\n".join(
        (
            f"problem    {verdict.problem_sha256}",
            f"rules      {', '.join(verdict.rules) or 'none'}",
            f"plan       valid: {verdict.served} of {verdict.orders} orders served",
            f"objective  {verdict.objective_fen} fen",
            f"bound      {verdict.upper_bound_fen} fen: no plan can be worth more"
            + (f" (nor than {least})" if least < verdict.upper_bound_fen else ""),
            f"gap        {verdict.gap_ppm / 10_000:.4f} %",
            "proved",
        )
    )


def _fail(status: int, code: str, message: str, *, as_json: bool) -> int:
    name = "not proved" if status == NOT_PROVED else "unreadable"
    if as_json:
        found = {"status": name, "code": code, "message": message}
        _print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(f"{name}: {code}: {message}" if status == NOT_PROVED else f"{name}: {message}")
    return status


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
