"""Write the capacity certificate of a plan: one certificate, one file, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from data.exporters.files import write_bytes
from matching.capacity.certificate import Certificate

FORMAT = "parkloom/capacity-certificate/v1"


def write_certificate(path: Path, certificate: Certificate) -> None:
    """Write `certificate.json` as `docs/spec/capacity.md`, section 7, has it."""
    write_bytes(path, certificate_bytes(certificate))


def certificate_bytes(certificate: Certificate) -> bytes:
    """Return the file: a key a line, and a line for each row of plan, prices and proofs."""
    parts = {
        "format": _text(FORMAT),
        "problem_sha256": _text(certificate.problem_sha256),
        "rules": _text(certificate.rules),
        "objective_fen": _text(certificate.objective_fen),
        "upper_bound_fen": _text(certificate.upper_bound_fen),
        "gap_ppm": _text(certificate.gap_ppm),
        "seed": _text(certificate.seed),
        "scale": _text(certificate.scale),
        "cells": _text(certificate.cells),
        "plan": _rows(astuple(line) for line in certificate.plan),
        "prices": _rows(astuple(price) for price in certificate.prices),
        "proofs": _rows(certificate.proofs),
    }
    lines = ",\n".join(f"{_text(key)}:{value}" for key, value in parts.items())
    return f"{{\n{lines}\n}}\n".encode()


def _rows(rows: Iterable[object]) -> str:
    text = ",\n".join(map(_text, rows))
    return f"[\n{text}\n]" if text else "[]"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
