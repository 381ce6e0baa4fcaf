"""One IMDB epoch of the tutorial preset's layers, estimated from batches at fixed ranks of length."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ostinato import datasets
from ostinato.bench import Workload, gate, peers
from ostinato.bench.compare import CONTESTANTS, rounded, spread_facts
from ostinato.bench.measure import Plan, Rounds, Spread, interleave, ratios, threads_pinned
from ostinato.bench.peers import Peer
from ostinato.bench.problem import Problem
from ostinato.data.batches import length_buckets
from ostinato.text import encode_cached, fit_cached

NAMES = ("ours", "torch packed", "torch padded")
REVIEWS = 25_000

Row = dict[str, Any]


def measure(workload: Workload, plan: Plan, *, ranks: int, whole: bool) -> tuple[Row, Rounds]:
    """Return a row, and the seconds of an epoch of each contestant in each round.

    Batches are sorted by their longest row and cut into ``ranks`` equal parts; the middle batch
    of each is timed, in turns, and stands for its part. ``whole`` also runs ours on every batch.
    """
    lengths, source = imdb_lengths(workload)
    batches = sorted(_batches(lengths, workload.batch_size), key=lambda batch: batch[0])
    chosen = [batches[int((rank + 0.5) * len(batches) / ranks)] for rank in range(ranks)]
    parts, checks = [], []
    for batch in chosen:
        with threads_pinned(workload.threads):
            problem = Problem.make(workload, batch)
            checks.append(_check(problem))
            made = {name: CONTESTANTS["train"][name](problem) for name in NAMES}
            runs = {name: peer.run for name, peer in made.items() if isinstance(peer, Peer)}
            parts.append(interleave(runs, plan))
    rounds = summed(parts, len(batches) / ranks)
    worst = max(checks, key=lambda check: check.error / check.tolerance)
    row: Row = {
        "workload": {
            **workload.facts(),
            "lengths": source,
            "tokens": sum(lengths),
            "longest": max(lengths),
            "mean_length": round(sum(lengths) / len(lengths), 1),
        },
        "gate": str(worst),
        "peers": {name: _facts(rounds, name, worst) for name in NAMES},
        "left_out": {},
        "batches": len(batches),
        "ranks": [batch[0] for batch in chosen],
    }
    if whole:
        row["every_batch_s"] = rounded(sum(_every_batch(workload, batches)))
    return row, rounds


def imdb_lengths(workload: Workload) -> tuple[list[int], str]:
    """Return the token counts of IMDB's training reviews, or such as they would be, and a name."""
    if not os.environ.get("OSTINATO_DATA"):
        drawn = workload.replace(batch_size=REVIEWS, lengths="imdb")
        return drawn.row_lengths(), "imdb"
    train = datasets.load_texts("imdb")["train"]
    tokenizer = fit_cached(train.fingerprint, train.texts, kind="spacy")
    column = encode_cached(tokenizer, train.fingerprint, train.texts)
    return [max(1, int(length)) for length in column.lengths], "imdb reviews"


def summed(parts: list[Rounds], weight: float) -> Rounds:
    """Return the seconds of a whole epoch, for as many rounds as every part has."""
    whole: Rounds = {}
    for name in parts[0]:
        columns = zip(*(part[name] for part in parts), strict=False)
        whole[name] = [
            None if None in column else weight * sum(one for one in column if one is not None)
            for column in columns
        ]
    return whole


def _batches(lengths: list[int], batch_size: int) -> list[list[int]]:
    rows = length_buckets(lengths, batch_tokens=None, batch_size=batch_size, seed=0, epoch=0)
    return [[lengths[row] for row in batch] for batch in rows]


def _check(problem: Problem) -> gate.Check:
    results = peers.ours(problem).results
    assert results is not None
    return gate.check(results(), peers.reference(problem), problem.workload.dtype)


def _facts(rounds: Rounds, name: str, worst: gate.Check) -> Row:
    seconds = [one for one in rounds[name] if one is not None]
    spread = Spread.of([1e3 * one for one in seconds])
    is_ours = name == "ours"
    ratio = None if is_ours or not worst.passed else Spread.of(ratios(rounds, [name], "ours"))
    return {
        "ms": rounded(spread.median),
        "q1_ms": rounded(spread.q1),
        "q3_ms": rounded(spread.q3),
        "rounds": len(seconds),
        "note": "",
        "gate": worst.as_json() if is_ours else None,
        "ratio": spread_facts(ratio),
    }


def _every_batch(workload: Workload, batches: list[list[int]]) -> Iterator[float]:
    """Yield the seconds of one training step of ours on each batch."""
    plan = Plan(repeats=1, settle_s=0.0, turn_s=0.0)
    with threads_pinned(workload.threads):
        for batch in batches:
            run = peers.ours(Problem.make(workload, batch)).run
            seconds = interleave({"ours": run}, plan, warm_s={"ours": 0.0})["ours"][0]
            yield seconds or 0.0
