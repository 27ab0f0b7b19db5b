"""Effects of keys that replace keys, and of a log that follows another one."""

from ledger.claims.effects.base import Step
from ledger.claims.key_states import LogKeyState, LogOpenedState, Sm3RootState
from ledger.claims.refusals import (
    KeyExists,
    KeyMismatch,
    LogKeyDiffers,
    LogOpenedTwice,
    Sm3RootMisplaced,
    WrongParty,
)
from ledger.claims.state import KeyState
from ledger.errors import KeyUnknown
from ledger.log.signing import key_id
from ledger.values.kinds import parse_public_key


def key_rotated(step: Step) -> None:
    """End a key and let a new one stand for the same user with the same duty."""
    old, kid = step.text("replaces"), step.subject
    known = KeyState.load(step.state, old)
    if known is None:
        raise KeyUnknown(f"Key {old} is not enrolled.", kid=old)
    if known.party != step.text("party"):
        raise WrongParty(
            f"Key {old} belongs to party {known.party}, not {step.text('party')}.",
            party=step.text("party"),
            expected=known.party,
        )
    _check_new(step, kid)
    if step.number("valid_from") >= step.number("valid_to"):
        raise KeyMismatch(f"Key {kid} would be valid until before it begins.", kid=kid)
    KeyState.from_json({**known.to_json(), "revoked": step.index}).save(step.state, old)
    KeyState(
        party=known.party,
        user=known.user,
        duty=known.duty,
        public_key=step.text("public_key"),
        valid_from=step.number("valid_from"),
        valid_to=step.number("valid_to"),
        index=step.index,
    ).save(step.state, kid)


def log_key_rotated(step: Step) -> None:
    """Let another key sign the log's checkpoints, beside the old one for a while."""
    known = LogKeyState.load(step.state, LogKeyState.CURRENT)
    old = step.text("replaces")
    if known is not None and known.kid != old:
        raise LogKeyDiffers(
            f"The log's key is {known.kid} since entry {known.index}; the body replaces {old}.",
            expected=known.kid,
            got=old,
        )
    if key_id(parse_public_key(step.body["replaced_key"])) != old:
        raise KeyMismatch(f"Key {old} is not the name of the replaced key.", kid=old)
    _check_new(step, step.subject)
    LogKeyState(
        kid=step.subject,
        public_key=step.text("public_key"),
        replaced_key=step.text("replaced_key"),
        overlap_until=step.number("overlap_until"),
        index=step.index,
    ).save(step.state, LogKeyState.CURRENT)


def log_sm3_root(step: Step) -> None:
    """Note the day's SM3 root; whoever has the entries computes it again (`ledger.log.sm3`)."""
    known = Sm3RootState.load(step.state, Sm3RootState.CURRENT)
    day = step.text("day")
    if day != step.today.isoformat() or step.number("covers") > step.index:
        raise Sm3RootMisplaced(
            f"A root of {day} over {step.number('covers')} entries cannot be entry {step.index} "
            f"of {step.today}.",
            day=day,
            covers=step.number("covers"),
        )
    if known is not None and known.day >= day:
        raise Sm3RootMisplaced(
            f"Entry {known.index} states the SM3 root of {known.day} already; one a day.",
            day=day,
            covers=step.number("covers"),
        )
    Sm3RootState(day=day, covers=step.number("covers"), index=step.index).save(
        step.state, Sm3RootState.CURRENT
    )


def log_opened(step: Step) -> None:
    """Cite the log that this one follows, once."""
    known = LogOpenedState.load(step.state, LogOpenedState.CURRENT)
    if known is not None:
        raise LogOpenedTwice(
            f"Entry {known.index} says already that this log follows {known.previous}.",
            entry=known.index,
        )
    LogOpenedState(
        previous=step.text("previous"),
        size=step.number("size"),
        root=step.text("root"),
        index=step.index,
    ).save(step.state, LogOpenedState.CURRENT)


def _check_new(step: Step, kid: str) -> None:
    """Require that a new key is named rightly and known to nobody yet."""
    if key_id(parse_public_key(step.body["public_key"])) != kid:
        raise KeyMismatch(f"Key {kid} is not the name of the public key in the body.", kid=kid)
    known = KeyState.load(step.state, kid)
    if known is not None or kid in (step.text("registrar"), step.text("replaces")):
        raise KeyExists(
            f"Key {kid} is in use already. Make a new key.",
            kid=kid,
            entry=known.index if known else -1,
        )
