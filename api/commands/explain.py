"""`parkloom explain`: why an order is served or refused, what else, and what it would take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from api.commands.explain_words import WORDS
from api.commands.frame import BadInput, JsonFlag, Report, facts, percent, reporting, table
from api.commands.standing import (
    Explained,
    FolderArgument,
    LanguageOption,
    PlanOption,
    RulesOption,
    check_language,
    read_standing,
)
from matching.capacity.explaining.matched import Matched, OtherWay, explain_matched
from matching.capacity.explaining.offers import OfferExplained, explain_offer
from matching.capacity.explaining.repairs import Refused, Repair, Repairer, kinds_left
from matching.explain import money, render
from matching.explain_repairs import kind_name, told

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    folder: FolderArgument,
    plan: PlanOption,
    order: Annotated[str, typer.Option(help="Explain this order.")] = "",
    offer: Annotated[str, typer.Option(help="Explain this offer.")] = "",
    top: Annotated[int, typer.Option(min=1, help="Refused orders to explain, by value.")] = 10,
    rules: RulesOption = None,
    lang: LanguageOption = "en",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Explain one order, one offer, or the most valuable refused orders of a plan.

    What is said to help was planned again and accepted by the exact check.
    """
    with reporting(as_json=as_json) as report:
        check_language(lang)
        if order and offer:
            raise BadInput("--order and --offer: give one of the two.")
        found = read_standing(folder, plan, rules, report)
        if offer:
            _offer(found, offer, lang, report)
        elif order:
            _order(found, order, lang, report)
        else:
            _most_valuable(found, top, lang, report)


def _order(found: Explained, name: str, lang: str, report: Report) -> None:
    if name not in found.standing.orders:
        raise BadInput(f"--order {name}: the bundle has no such order.", order=name)
    reason = found.reasons[name]
    report.line(WORDS[lang]["order"].format(name=name))
    report.show(render(reason, lang))
    if name in found.standing.lines:
        matched = explain_matched(found.standing, name)
        report.show(*_matched_tables(matched, lang), WORDS[lang]["verified"])
        told_json = matched_json(matched)
    else:
        refused = Repairer(found.standing).explain(name, reason)
        report.show(*_refused_tables(found, refused, lang))
        told_json = refused_json(refused, lang)
    head = {
        "order": name,
        "served": name in found.standing.lines,
        "reason": {
            "code": reason.code,
            "params": dict(reason.params),
            "text": render(reason, lang),
        },
    }
    report.result(head | told_json)


def _matched_tables(matched: Matched, lang: str) -> list[RenderableType]:
    words = WORDS[lang]
    sides = [("enterprise", "left"), ("work", "right"), ("transport", "right"), ("sum", "right")]
    paid = table(words["paid"], columns=[(words[name], side) for name, side in sides])
    for enterprise, payment in matched.paid:
        work, moved = (round(part) for part in (payment.processing, payment.transport))
        paid.add_row(enterprise, money(work, lang), money(moved, lang), money(payment.fen, lang))
    sides = [("without", "left"), ("by", "left"), ("loss", "right")]
    ways = table(words["ways"], columns=[(words[name], side) for name, side in sides])
    for way in matched.other_ways:
        by = ", ".join(way.enterprises) or words["refused"]
        if way.loss_fen < 0:
            by += f" ({words['better']})"
        ways.add_row(way.avoided, by, money(way.loss_fen, lang))
    return [paid, ways]


def _refused_tables(found: Explained, refused: Refused, lang: str) -> list[RenderableType]:
    words, shown = WORDS[lang], list[RenderableType]()
    binding = refused.reason.params.get("binding")
    if isinstance(binding, tuple) and binding:
        shown.append(_binding(found, binding, lang))
    if refused.as_it_is is not None:
        gain = money(refused.as_it_is.judged.gain_fen, lang)
        moved = [name for name in refused.as_it_is.served if name != refused.order_id]
        text = words["unchanged" if moved else "beside"]
        return [*shown, text.format(gain=gain, moved=", ".join(moved))]
    tried = ("、" if lang == "zh-CN" else ", ").join(
        kind_name(kind, lang) for kind in kinds_left(refused)
    )
    if not refused.repairs:
        return [*shown, words["none"].format(tried=tried)]
    sides = [("repair", "left"), ("gain", "right"), ("moved", "left")]
    made = table(words["repairs"], columns=[(words[name], side) for name, side in sides])
    for repair in refused.repairs:
        text = told(repair.change.code, repair.change.params, lang)
        made.add_row(text, money(repair.gain_fen, lang), ", ".join(repair.moved) or "-")
    left = [words["tried"].format(tried=tried)] if tried else []
    return [*shown, made, words["verified"], *left]


def _binding(found: Explained, binding: tuple[str, ...], lang: str) -> RenderableType:
    """Show the offer-weeks that the order lacks, their prices, and who has them."""
    words, standing = WORDS[lang], found.standing
    sides = [("offer_heading", "left"), ("week", "right"), ("price", "right"), ("holders", "left")]
    made = table(words["binding"], columns=[(words[name], side) for name, side in sides])
    for item in binding:
        offer, week, millifen = item.rsplit(" ", 2)
        held = sorted(standing.holders.get((standing.offers[offer], int(week)), ()))
        hourly = round(int(millifen) * 60 / 1000)
        made.add_row(offer, week, money(hourly, lang), ", ".join(held) or "-")
    return made


def _offer(found: Explained, name: str, lang: str, report: Report) -> None:
    if name not in found.standing.offers:
        raise BadInput(f"--offer {name}: the bundle has no such offer.", offer=name)
    explained, words = explain_offer(found.standing, name), WORDS[lang]
    rows = [
        (words["utilisation"], percent(float(explained.utilisation))),
        (words["works_for"], ", ".join(explained.orders) or words["nobody"]),
    ]
    title = words["offer"].format(
        name=name,
        enterprise=explained.enterprise_id,
        process=explained.process,
        rate=money(explained.rate_fen_per_hour, lang),
    )
    names = ("week", "idle", "used", "price")
    weeks = table(columns=[(words[name], "right") for name in names])
    for week in explained.weeks:
        hours = (f"{minutes / 60:,.1f}" for minutes in (week.idle_minutes, week.used_minutes))
        weeks.add_row(str(week.week), *hours, money(week.fen_per_hour, lang))
    report.show(title, facts(rows), weeks, _win_text(explained, lang))
    report.result(offer_json(explained))


def _win_text(explained: OfferExplained, lang: str) -> str:
    words, won = WORDS[lang], explained.nearly_won
    if won is None:
        if explained.utilisation == 1:
            return words["sold_out"]
        return words["no_win"].format(count=explained.contenders)
    as_now = won.rate_fen_per_hour == explained.rate_fen_per_hour
    return words["already" if as_now else "nearly"].format(
        order=won.order_id,
        rate=money(won.rate_fen_per_hour, lang),
        hours=f"{won.minutes / 60:,.1f}",
        gain=money(won.judged.gain_fen, lang),
    )


def _most_valuable(found: Explained, top: int, lang: str, report: Report) -> None:
    """Explain the refused orders of most value, one line each."""
    standing, words = found.standing, WORDS[lang]
    refused = [one for one in standing.problem.orders if one.order_id not in standing.lines]
    refused.sort(key=lambda one: (-one.value_fen, one.order_id))
    repairer, told_json = Repairer(standing), list[dict[str, Any]]()
    sides = [("order_heading", "left"), ("value", "right"), ("repair", "left"), ("gain", "right")]
    made = table(
        words["summary"].format(count=min(top, len(refused))),
        columns=[(words[name], side) for name, side in sides],
    )
    for order in refused[:top]:
        reason = found.reasons[order.order_id]
        one = repairer.explain(order.order_id, reason)
        told_json.append({"order": order.order_id, "reason": reason.code} | refused_json(one, lang))
        text, gain = words["nothing"], "-"
        if one.as_it_is is not None:
            text, gain = words["as_it_is"], money(one.as_it_is.judged.gain_fen, lang)
        elif one.repairs:
            best = one.repairs[0]
            text = told(best.change.code, best.change.params, lang)
            gain = money(best.gain_fen, lang)
        made.add_row(order.order_id, money(order.value_fen, lang), text, gain)
    report.show(made)
    report.result({"refused": len(refused), "explained": told_json})


def matched_json(matched: Matched) -> dict[str, Any]:
    """Return what `--json` prints of a served order; exact amounts are texts."""
    cost, runner_up = matched.cost, matched.runner_up
    return {
        "value_fen": matched.value_fen,
        "worth_fen": matched.worth_fen,
        "processing_fen": str(cost.processing),
        "transport_fen": str(cost.transport),
        "carbon_fen": str(cost.carbon),
        "tardiness_fen": cost.tardy_fen,
        "bonus_fen": cost.bonus_fen,
        "paid": [{"enterprise": name, "fen": payment.fen} for name, payment in matched.paid],
        "other_ways": [_way_json(way) for way in matched.other_ways],
        "runner_up": None if runner_up is None else _way_json(runner_up),
    }


def _way_json(way: OtherWay) -> dict[str, Any]:
    return {
        "without": way.avoided,
        "enterprises": list(way.enterprises),
        "found": bool(way.lines),
        "loss_fen": way.loss_fen,
    }


def refused_json(refused: Refused, lang: str) -> dict[str, Any]:
    """Return what `--json` prints of a refused order beside its reason."""
    as_it_is = refused.as_it_is
    return {
        "as_it_is_gain_fen": None if as_it_is is None else as_it_is.judged.gain_fen,
        "repairs": [_repair_json(repair, lang) for repair in refused.repairs],
        "tried": list(refused.tried),
    }


def _repair_json(repair: Repair, lang: str) -> Mapping[str, Any]:
    return {
        "code": repair.change.code,
        "params": dict(repair.change.params),
        "text": told(repair.change.code, repair.change.params, lang),
        "size_ppm": repair.change.size_ppm,
        "gain_fen": repair.gain_fen,
        "makes_room": list(repair.moved),
    }


def offer_json(explained: OfferExplained) -> dict[str, Any]:
    """Return what `--json` prints of an offer."""
    won = explained.nearly_won
    return {
        "offer": explained.offer_id,
        "enterprise": explained.enterprise_id,
        "process": explained.process,
        "rate_fen_per_hour": explained.rate_fen_per_hour,
        "utilisation": float(explained.utilisation),
        "orders": list(explained.orders),
        "contenders": explained.contenders,
        "weeks": [
            {
                "week": week.week,
                "idle_minutes": week.idle_minutes,
                "used_minutes": week.used_minutes,
                "fen_per_hour": week.fen_per_hour,
            }
            for week in explained.weeks
        ],
        "nearly_won": None
        if won is None
        else {
            "order": won.order_id,
            "rate_fen_per_hour": won.rate_fen_per_hour,
            "minutes": won.minutes,
            "gain_fen": won.judged.gain_fen,
        },
    }
