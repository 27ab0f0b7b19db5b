"""`parkloom demo`: the main job end to end."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.frame import JsonFlag, interruptible, read_settings, reporting
from api.commands.plans import solving_bar
from api.demo import home, story
from api.demo.summary import figures, summary

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of matching.")] = 20.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the matching.")] = 1,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Play the main job end to end on the sample park, from nothing.

    Makes PARKLOOM_HOME (an earlier demo's is removed, anything else is left alone) and, beside
    it, the parties' key files. Ctrl-C during the matching goes on with the best plan so far.
    """
    with reporting(as_json=as_json) as report:
        settings = read_settings()
        home.prepare(settings, report.note)
        outcome, interrupted = interruptible(
            lambda cancelled: story.play(
                settings,
                report.step,
                seconds=seconds,
                seed=seed,
                watch=lambda: solving_bar(report.err),
                cancelled=cancelled,
            )
        )
        if interrupted:
            report.note("Ctrl-C ended the matching early: the plan is the best one found by then.")
        report.show("", *summary(outcome), "")
        report.line("Start the server on what the demo left:  parkloom serve")
        report.result(figures(outcome))
        if outcome.verified.status != 0 or outcome.tampered.status != 1:
            raise typer.Exit(1)
