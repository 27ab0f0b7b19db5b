"""`parkloom technology assign`: who answers which demand."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from api.commands.frame import BadInput, JsonFlag, reporting
from api.commands.technology import assign_options as option
from matching.limits import Limits

SECONDS = 60.0


def assign(
    out: option.Out,
    *,
    scores: option.Scores = None,
    provider_load: option.ProviderLoad = None,
    demand_load: option.DemandLoad = None,
    provider_min: option.ProviderMin = None,
    min_score: option.MinScore = None,
    pairs: option.Pairs = None,
    demands: option.Demands = None,
    providers: option.Providers = None,
    ranking: option.Ranking = None,
    candidates: option.Candidates = 200,
    pin: option.Pin = None,
    ban: option.Ban = None,
    small_members: option.SmallMembers = 0,
    overload: option.Overload = 0.0,
    member_charge: option.MemberCharge = 0.0,
    fair: option.Fair = False,
    frontier: option.Frontier = 0,
    seconds: option.Seconds = None,
    work: option.Work = None,
    seed: option.Seed = 1,
    lang: option.Language = "en",
    as_json: JsonFlag = False,
) -> None:
    """Assign providers to demands: the greatest total score, its bound, and why not.

    With --scores: from a bare matrix; OUT is a table of 0 and 1, rows providers, columns demands.
    Otherwise stored demands get consortia; OUT has the columns demand_id, provider_id, role, score.
    What cannot be met is named, and the plan of a relaxed problem says what was given up.
    Ctrl-C keeps the best plan so far.
    """
    # the optimiser takes over a second to load, which --help need not pay
    from api.commands.technology import assign_matrix, assign_teams  # noqa: PLC0415

    with reporting(as_json=as_json) as report:
        if seconds is None and work is None:
            seconds = SECONDS
        limits = Limits(seconds=seconds, work=work, seed=seed)
        loads = {"--provider-load": provider_load, "--demand-load": demand_load}
        if scores is None:
            _refuse_alone({**loads, "--provider-min": provider_min, "--pairs": pairs})
            asked = assign_teams.Asked(
                demands=demands,
                providers=providers,
                ranking=ranking,
                candidates=candidates,
                pins=tuple(pin or ()),
                bans=tuple(ban or ()),
                min_score=min_score,
                small_members=small_members,
                overload=overload,
                member_charge=member_charge,
                fair=fair,
                frontier=frontier,
                lang=lang,
            )
            assign_teams.run(asked, out, limits, report)
            return
        if provider_load is None or demand_load is None:
            raise BadInput("--scores needs --provider-load and --demand-load.")
        files = assign_matrix.Files(
            scores=scores,
            provider_load=provider_load,
            demand_load=demand_load,
            provider_min=provider_min,
        )
        run = partial(assign_matrix.run, min_score=min_score, pairs=pairs, fair=fair)
        run(files, out, limits, report, points=frontier, lang=lang)


def _refuse_alone(given: dict[str, Path | None]) -> None:
    """Refuse options that belong to a bare matrix where none is given."""
    for name, value in given.items():
        if value is not None:
            raise BadInput(f"{name} belongs to --scores: give both or neither.")
