"""`python -m ledger.verification FILE (--policy FILE | --key VKEY) --registrar VKEY`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger.errors import NotVerified
from ledger.log.note import ED25519, Verifier, parse_vkey
from ledger.log.policy import Policy
from ledger.log.policy_file import POLICY_BYTES_MAX, parse_policy
from ledger.verification import report
from ledger.verification.certificate import BYTES_MAX, Certificate, from_json
from ledger.verification.fields import Unreadable
from ledger.verification.verify import Trust, verify

PROVED, NOT_PROVED, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one certificate file and print what is proved and what is not.

    Returns
    -------
    0 proved; 1 not proved, with a code and a reason; 2 the file, the policy or a key cannot be
    read.
    """
    options = _parser().parse_args(arguments)
    try:
        trust = _trust(options)
        certificate = _read(options.file)
    except NotVerified as problem:
        return _fail(options.json, UNREADABLE, problem.code, problem.message)
    except (OSError, ValueError) as problem:
        return _fail(options.json, UNREADABLE, "UNREADABLE", str(problem))
    try:
        verdict = verify(certificate, trust)
    except NotVerified as problem:
        return _fail(options.json, NOT_PROVED, problem.code, problem.message)
    if options.json:
        _print(json.dumps(report.to_json(verdict), ensure_ascii=False, indent=2))
    else:
        _print(f"proved: {report.proved_line(verdict)}")
        _print(f"not proved: {report.not_proved_line(verdict)}")
        for index, name, value in verdict.disclosed:
            shown = json.dumps(value, ensure_ascii=False)
            _print(f"disclosed: entry {index} {name} = {shown}")
    return PROVED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ledger.verification",
        description="Check a certificate of an order offline: exit 0 proved, 1 not proved, "
        "2 unreadable.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="certificate file")
    trusted = parser.add_mutually_exclusive_group(required=True)
    trusted.add_argument(
        "--policy",
        metavar="FILE",
        type=Path,
        help="policy file (C2SP tlog-policy): the log, its witnesses and the quorum",
    )
    trusted.add_argument(
        "--key",
        metavar="VKEY",
        help="the log's public key alone, name+id+base64: no witness is asked for",
    )
    parser.add_argument(
        "--registrar", required=True, metavar="VKEY", help="the registrar's public root key"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _trust(options: argparse.Namespace) -> Trust:
    root = _key(options.registrar).public_key
    if options.policy is None:
        return Trust(registrar_root=root, log_keys=(_key(options.key),))
    return Trust(registrar_root=root, policy=_policy(options.policy))


def _policy(path: Path) -> Policy:
    if path.stat().st_size > POLICY_BYTES_MAX:
        raise Unreadable(f"{path} has more than {POLICY_BYTES_MAX:,} bytes")
    return parse_policy(path.read_bytes())


def _key(text: str) -> Verifier:
    verifier = parse_vkey(text.strip())
    if verifier.type != ED25519:
        raise ValueError(f"key {verifier.name} is not a plain Ed25519 key (type 0x01)")
    return verifier


def _read(path: Path) -> Certificate:
    if path.stat().st_size > BYTES_MAX:
        raise Unreadable(f"{path} has more than {BYTES_MAX:,} bytes")
    return from_json(path.read_bytes())


def _fail(as_json: bool, status: int, code: str, message: str) -> int:  # noqa: FBT001 (an option)
    name = "not proved" if status == NOT_PROVED else "unreadable"
    if as_json:
        _print(json.dumps({"status": name, "code": code, "message": message}, ensure_ascii=False))
    else:
        _print(f"{name}: {code}: {message}")
    return status


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
