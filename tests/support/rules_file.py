"""Rules written as the JSON file that `data.importers.rules` reads."""

from __future__ import annotations

import json
from pathlib import Path

from data.exporters.bundle import decimal_text
from data.exporters.plan import write_plan
from matching.capacity.rules import Ban, Pin, Rules


def write_rules(path: Path, rules: Rules) -> None:
    """Write a JSON file, and beside it the plans that it names, `<stem>-agreed.csv` and so on."""
    loaded = _parts(rules)
    plans = {
        "agreed": tuple(line for one in rules.agreed for line in one.lines),
        "given": rules.given,
    }
    for kind, lines in plans.items():
        beside = path.with_name(f"{path.stem}-{kind}.csv")
        if not lines:
            continue
        write_plan(beside, lines)
        names = [one.order_id for one in rules.agreed]
        loaded[kind] = beside.name if kind == "given" else {"plan": beside.name, "orders": names}
    path.write_text(json.dumps(loaded, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _parts(rules: Rules) -> dict[str, object]:
    """Return the rules that there are, apart from plans."""
    minimum, cap = rules.sme_minimum, rules.carbon_cap
    parts: dict[str, object] = {
        "pins": [_pin(pin) for pin in rules.pins],
        "bans": [_ban(ban) for ban in rules.bans],
        "approved": [
            {"order": one.order_id, "enterprises": sorted(one.enterprises)}
            for one in rules.approved
        ],
        "frozen_weeks": rules.frozen and rules.frozen.weeks,
        "keep_penalty_fen": rules.keep and rules.keep.penalty_fen,
        "local_bonus_fen_per_hour": rules.local_first and rules.local_first.bonus_fen_per_hour,
        "enterprise_share_bps": rules.enterprise_share and rules.enterprise_share.most_bps,
        "sme_minimum": minimum
        and {"minutes": minimum.minutes, "enterprises": sorted(minimum.enterprises)},
        "carbon_cap_g": cap and decimal_text(cap.grams),
        "must_serve": sorted(rules.must_serve),
    }
    return {name: value for name, value in parts.items() if value is not None and value != []}


def _pin(pin: Pin) -> dict[str, object]:
    step = {} if pin.step is None else {"step": pin.step}
    return {"order": pin.order_id, **step, "offer": pin.offer_id}


def _ban(ban: Ban) -> dict[str, object]:
    if ban.offer_id is not None:
        return {"order": ban.order_id, "offer": ban.offer_id}
    return {"order": ban.order_id, "enterprise": ban.enterprise_id}
