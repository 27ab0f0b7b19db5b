"""The options of `parkloom technology assign`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Option(help="The plan as TSV, see below.")]
Scores = Annotated[
    Path | None, typer.Option(help="Scores (.npy): rows providers, columns demands.")
]
ProviderLoad = Annotated[
    Path | None,
    typer.Option(help="Most demands of each provider (.npy); one number stands for all."),
]
DemandLoad = Annotated[
    Path | None, typer.Option(help="How many providers each demand takes (.npy), or one number.")
]
ProviderMin = Annotated[
    Path | None, typer.Option(help="Least demands of each provider (.npy); 0 without it.")
]
MinScore = Annotated[
    float | None, typer.Option(help="What the scores of every demand must sum to at least.")
]
Pairs = Annotated[Path | None, typer.Option(help="With --scores: TSV of demand, provider, score.")]
Demands = Annotated[
    Path | None, typer.Option(help="Demands (JSON lines) instead of the stored ones.")
]
Providers = Annotated[
    Path | None, typer.Option(help="Providers (JSON lines) instead of the stored ones.")
]
Ranking = Annotated[
    Path | None, typer.Option(help="Scores as `technology rank` writes them; else lexical.")
]
Candidates = Annotated[int, typer.Option(min=1, help="Ranked providers of a demand.")]
Pin = Annotated[
    list[str] | None, typer.Option(help="DEMAND:PROVIDER that must be; may be repeated.")
]
Ban = Annotated[list[str] | None, typer.Option(help="DEMAND:PROVIDER that must not be.")]
SmallMembers = Annotated[
    int, typer.Option(min=0, help="Teams of at most so many people are small.")
]
Overload = Annotated[
    float, typer.Option(min=0, help="Score that a small team's further project costs.")
]
MemberCharge = Annotated[
    float, typer.Option(min=0, help="Score that each member beyond the first costs.")
]
Fair = Annotated[
    bool, typer.Option("--fair", help="Ask for the greatest floor that all can reach.")
]
Frontier = Annotated[
    int, typer.Option(min=0, max=50, help="Points of the frontier: what floors cost.")
]
Seconds = Annotated[
    float | None, typer.Option(min=0.1, help="Seconds of searching; 60, or none beside --work.")
]
Work = Annotated[
    int | None,
    typer.Option(min=0, help="Nodes of search trees: a limit without a clock, always the same."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all randomness.")]
Language = Annotated[str, typer.Option(help="en or zh-CN.")]
