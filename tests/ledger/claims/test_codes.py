"""Every code of the record's refusals is reached by a test, and names one class."""

from pathlib import Path

from ledger.claims import refusals
from ledger.claims.effects import EFFECTS
from ledger.errors import Refusal
from ledger.values.consent import EventType

HERE = Path(__file__).parent


def kinds() -> list[type[Refusal]]:
    found = vars(refusals).values()
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, Refusal)]


def test_every_code_is_reached_by_a_test() -> None:
    pages = (*HERE.glob("test_refusals_*.py"), *HERE.glob("test_roots*.py"))
    text = "".join(path.read_text("utf-8") for path in pages)
    own = [kind for kind in kinds() if kind is not Refusal]
    assert len(own) > 40
    assert [kind.code for kind in own if f'"{kind.code}"' not in text] == []


def test_codes_are_distinct_and_documented() -> None:
    own = [kind for kind in kinds() if kind.__module__ == refusals.__name__]
    assert len({kind.code for kind in own}) == len(own)
    assert all(kind.__doc__ for kind in own)


def test_every_event_has_its_effect() -> None:
    assert set(EFFECTS) == set(EventType)
