"""`parkloom instance`: random instances of the capacity problem."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import JsonFlag, facts, reporting, require_new_folder
from data.samples.random_instance import write_instance

app = typer.Typer(add_completion=False)


@app.command()
def instance(
    orders: Annotated[int, typer.Option(min=1, help="Number of orders.")],
    offers: Annotated[int, typer.Option(min=1, help="Number of capacity offers.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")],
    out: Annotated[Path, typer.Option(help="A new or empty folder for the CSV bundle.")],
    load: Annotated[float, typer.Option(min=0.01, help="Work over idle time.")] = 1.2,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="Length of the horizon.")] = 12,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write a random, realistic instance as a CSV bundle, for measurements and tests."""
    with reporting(as_json=as_json) as report:
        require_new_folder(out)
        made = write_instance(out, orders=orders, offers=offers, seed=seed, load=load, weeks=weeks)
        report.show(facts([(name.replace("_", " "), str(value)) for name, value in made.items()]))
        report.line(f"Match it:  parkloom match {out} --out plan")
        report.result({**made, "folder": str(out)})
