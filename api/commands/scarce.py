"""`parkloom scarce`: where capacity is scarce, what an hour is worth, what to recruit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from api.commands.frame import JsonFlag, percent, reporting, table
from api.commands.standing import (
    FolderArgument,
    LanguageOption,
    PlanOption,
    RulesOption,
    check_language,
    read_standing,
)
from matching.capacity.explaining.scarcity import (
    MACHINE_DAY_MINUTES,
    Cell,
    Recruit,
    recruits,
    scarce_cells,
)
from matching.explain import money

app = typer.Typer(add_completion=False)

CELLS_SHOWN = 15
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "cells": "What one more hour is worth ({count} of {all} process × park × week)",
        "process": "process",
        "park": "park",
        "week": "week",
        "price": "an hour is worth",
        "used": "used",
        "recruit": "What to recruit: one more machine-day (8 h), tried",
        "offer": "beside",
        "priced": "price there",
        "tried": "an hour brought",
        "note": (
            "Prices are those of the bound: they guide and do not promise. The last column is what "
            "the same short search found with the day less what it found without, by the hour."
        ),
        "nothing": "No capacity is scarce: every price is 0.",
        "untried": "Rules tie the orders together, so no machine-day was tried.",
    },
    "zh-CN": {
        "cells": "每增加一小时的价值（工艺 × 园区 × 周，{all} 项中的 {count} 项）",
        "process": "工艺",
        "park": "园区",
        "week": "周",
        "price": "每小时价值",
        "used": "已用",
        "recruit": "应征集的产能：增加一个机器日（8 小时），已试算",
        "offer": "同类供给",
        "priced": "当地价格",
        "tried": "每小时实得",
        "note": (
            "价格即上界的影子价格，仅供指引，不作承诺。末列为同一短搜索在增加与不增加该机器日时"
            "所得之差，按小时计。"
        ),
        "nothing": "没有稀缺产能：所有价格均为 0。",
        "untried": "规则使订单相互关联，因此未试算机器日。",
    },
}


@app.command()
def scarce(
    folder: FolderArgument,
    plan: PlanOption,
    top: Annotated[int, typer.Option(min=1, max=50, help="Machine-days to try.")] = 5,
    rules: RulesOption = None,
    lang: LanguageOption = "en",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show what one more hour is worth by process, park and week, and what to recruit."""
    with reporting(as_json=as_json) as report:
        check_language(lang)
        standing = read_standing(folder, plan, rules, report).standing
        cells = [cell for cell in scarce_cells(standing) if cell.fen_per_hour > 0]
        tried = recruits(standing, top=top) if not standing.problem.rules else ()
        if cells:
            report.show(_cells(cells, lang))
            report.show(*([_recruits(tried, lang), WORDS[lang]["note"]] if tried else []))
            report.show(*([] if tried else [WORDS[lang]["untried"]]))
        else:
            report.show(WORDS[lang]["nothing"])
        report.result(
            {
                "cells": [_cell_json(cell) for cell in cells],
                "recruit": [_recruit_json(one) for one in tried],
            }
        )


def _cells(cells: Sequence[Cell], lang: str) -> RenderableType:
    words = WORDS[lang]
    shown = cells[:CELLS_SHOWN]
    sides = [
        ("process", "left"),
        ("park", "left"),
        ("week", "right"),
        ("price", "right"),
        ("used", "right"),
    ]
    made = table(
        words["cells"].format(count=len(shown), all=len(cells)),
        columns=[(words[name], side) for name, side in sides],
    )
    for cell in shown:
        used = percent(cell.used_minutes / cell.idle_minutes)
        hourly = money(round(cell.fen_per_hour), lang)
        made.add_row(cell.process, cell.park_id, str(cell.week), hourly, used)
    return made


def _recruits(tried: Sequence[Recruit], lang: str) -> RenderableType:
    words = WORDS[lang]
    sides = [
        ("process", "left"),
        ("park", "left"),
        ("week", "right"),
        ("offer", "left"),
        ("priced", "right"),
        ("tried", "right"),
    ]
    made = table(words["recruit"], columns=[(words[name], side) for name, side in sides])
    for one in tried:
        cell = one.cell
        made.add_row(
            cell.process,
            cell.park_id,
            str(cell.week),
            cell.offer_id,
            money(round(cell.dearest_fen_per_hour), lang),
            money(round(one.fen_per_hour), lang),
        )
    return made


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {
        "process": cell.process,
        "park": cell.park_id,
        "week": cell.week,
        "idle_minutes": cell.idle_minutes,
        "used_minutes": cell.used_minutes,
        "fen_per_hour": float(cell.fen_per_hour),
        "dearest_offer": cell.offer_id,
        "dearest_fen_per_hour": float(cell.dearest_fen_per_hour),
    }


def _recruit_json(one: Recruit) -> dict[str, Any]:
    return _cell_json(one.cell) | {
        "machine_day_minutes": MACHINE_DAY_MINUTES,
        "with_day_fen": one.with_day_fen,
        "without_fen": one.without_fen,
        "tried_fen_per_hour": float(one.fen_per_hour),
    }
