"""What every body has in common."""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.claims.drafts import Draft, make_draft
from ledger.log.canonical import JsonObject, JsonValue
from ledger.values.bodies import SCHEMA_VERSION
from ledger.values.consent import EventType
from ledger.values.disclosures import Salts, digest, disclose, with_decoys


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a body says about its own submission.

    Parameters
    ----------
    origin
        The log it is for; it can be entered into no other.
    idem
        Request id, 32 hex digits. The same body under the same id gets the same receipt.
    expires_ms
        UTC milliseconds after which it may no longer be entered.
    """

    origin: str
    idem: str
    expires_ms: int


def draft_of(
    frame: Frame,
    event: EventType,
    *,
    subject: str,
    fields: Mapping[str, JsonValue],
    private: Mapping[str, object] | None = None,
    salts: Salts | None = None,
    summary: str = "",
) -> Draft:
    """Return the draft of one event. Fields that are None are left out.

    Parameters
    ----------
    private
        Values that enter as salted digests, by disclosure name.
    salts
        Gives the salt of each of them; needed where `private` is not empty.
    """
    texts: tuple[str, ...] = ()
    decoys: tuple[str, ...] = ()
    digests: list[JsonValue] = []
    if private:
        if salts is None:
            raise ValueError(f"{event} has private fields; give `salts` for them")
        texts = tuple(disclose(name, value, salts(name)) for name, value in private.items())
        committed, decoys = with_decoys(map(digest, texts), salts)
        digests.extend(committed)
    body: JsonObject = {
        "v": SCHEMA_VERSION,
        "log": frame.origin,
        "type": event.value,
        "subject": subject,
        "idem": frame.idem,
        "exp": frame.expires_ms,
        "sd": digests,
    }
    body.update({name: value for name, value in fields.items() if value is not None})
    return make_draft(body, texts, decoys, summary=summary)
