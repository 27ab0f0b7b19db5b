"""The effect of a state root: its cover and its totals are checked, its place is kept."""

from ledger.claims.effects.base import Step
from ledger.claims.refusals import RootCovers, RuleVersionRefused, TotalsDiffer
from ledger.claims.state import RootState
from ledger.claims.totals import load_totals
from ledger.log.canonical import JsonValue


def state_root(step: Step) -> None:
    """Check what the state itself tells of a root; the map's root is compared on replay."""
    covers, last = step.number("covers"), RootState.load(step.state, RootState.handle)
    if covers != step.index or (last is not None and last.index == step.index - 1):
        raise RootCovers(
            f"The state root covers {covers} entries; {step.index} stand before it, and the last "
            f"root is entry {last.index if last else 'none'}. Enter one over all of them, and "
            "only when entries have arrived.",
            covers=covers,
            entries=step.index,
        )
    if step.number("rules") != step.rule_version:
        raise RuleVersionRefused(
            f"The state root says rule version {step.number('rules')}; the entry is of "
            f"{step.rule_version}.",
            version=step.number("rules"),
        )
    known: list[JsonValue] = [one.to_json() for one in load_totals(step.state)]
    if step.body["totals"] != known:
        raise TotalsDiffer(
            f"The state root states the totals {step.body['totals']}; the entries before it add "
            f"up to {known}."
        )
    RootState(index=step.index).save(step.state, RootState.handle)
