"""Search trees that can be stopped: a long one grows in a process of its own.

The solver cannot be told to stop once it runs. So a search that does not end at once goes on in
another process, which is ended when the caller cancels; what was found before it stays.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

from matching.technology.assignment.clock import Clock
from matching.technology.assignment.linear import Answer, Floats, Program, solve_program

FIRST_SECONDS = 1.0  # of a search inside this process: most end here, and a process takes as long
FIRST_NODES = 1
LOOK_SECONDS = 0.05
BYTES_AT_ONCE = 1 << 16


def search(
    program: Program, clock: Clock, *, share: float = 1.0, start: Floats | None = None
) -> Answer:
    """Solve an integer program within a share of what the clock leaves.

    Parameters
    ----------
    start
        Values to start from; they are the answer when there is nothing left to spend.

    Raises
    ------
    RuntimeError
        When the solver fails, here or in its own process.
    """
    if clock.over():
        return Answer(values=start, duals=None, bound=float("inf"), ended="limit", nodes=0)
    seconds, nodes = clock.seconds_left(), clock.work_left()
    seconds = None if seconds is None else share * seconds
    nodes = None if nodes is None else max(1, int(share * nodes))
    seed = clock.limits.seed
    if not clock.may_be_cancelled:
        answer = solve_program(program, seconds=seconds, nodes=nodes, seed=seed, start=start)
        return _counted(answer, clock)
    first = solve_program(
        program,
        seconds=None if seconds is None else min(seconds, FIRST_SECONDS),
        nodes=None if nodes is None else FIRST_NODES,
        seed=seed,
        start=start,
    )
    spent = seconds is not None and seconds <= FIRST_SECONDS
    spent = spent or (nodes is not None and nodes <= FIRST_NODES)
    if first.ended != "limit" or spent:
        return _counted(first, clock)
    clock.spend(first.nodes)
    better = start if first.values is None else first.values
    left = None if seconds is None else seconds - FIRST_SECONDS
    found = in_a_process(program, clock, seconds=left, nodes=nodes, start=better)
    if found is None:
        return replace(first, values=better)
    if found.values is None and found.ended == "limit":
        found = replace(found, values=better)
    return _counted(found, clock)


def _counted(answer: Answer, clock: Clock) -> Answer:
    """Let the clock know of a search, and return its answer."""
    limit = "work" if clock.limits.seconds is None else "seconds"
    clock.spend(answer.nodes, cut_by=limit if answer.ended == "limit" else "")
    return answer


def in_a_process(
    program: Program,
    clock: Clock,
    *,
    seconds: float | None,
    nodes: int | None,
    start: Floats | None,
) -> Answer | None:
    """Return what a process of its own answers; None when the caller cancelled before.

    Raises
    ------
    RuntimeError
        When the process ends without an answer.
    """
    asked = pickle.dumps((program, seconds, nodes, clock.limits.seed, start))
    with subprocess.Popen(  # noqa: S603 - this interpreter and this module
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the caller alone
    ) as child:
        told = None
        try:
            told = _talk(child, asked, clock)
        finally:
            if told is None:
                child.kill()
    if told is None:
        return None
    if not told:
        raise RuntimeError(f"the process of a search ended with {child.returncode} and no answer")
    answer: Answer = pickle.loads(told)  # noqa: S301 - from a process of our own
    return answer


def _talk(child: subprocess.Popen[bytes], asked: bytes, clock: Clock) -> bytes | None:
    """Hand a question to a process and return all that it says; None when cancelled."""
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError):  # then it says nothing, which is seen below
        child.stdin.write(asked)
        child.stdin.close()
    told: list[bytes] = []
    source = child.stdout.fileno()
    while not clock.stopped():
        if not select.select([source], [], [], LOOK_SECONDS)[0]:
            continue
        part = os.read(source, BYTES_AT_ONCE)
        if not part:
            return b"".join(told)
        told.append(part)
    return None


def main() -> None:
    """Answer the one question that stands on standard input."""
    program, seconds, nodes, seed, start = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent
    answer = solve_program(program, seconds=seconds, nodes=nodes, seed=seed, start=start)
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    main()
