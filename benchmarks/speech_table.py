"""The tables of speech recognition: error rates, speeds, and plain torch beside ours."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

Row = dict[str, Any]
Runs = dict[str, list[Row]]
Say = Callable[[str], str]

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")

CHINESE = {
    "demo-transcribe": "内置摩尔斯电码演示：10 dB 噪声下的字符错误率",
    "speech-fsdd": "FSDD 官方测试集：整段全对的比例",
    "speech-fsdd-stream": "同上，单向（可流式）",
    "speech-speakers": "FSDD 留一说话人，平均",
    "speech-connected": "连读数字，20 dB 噪声：词错误率",
    "speech-connected-as-they-are": "同上，各录音保持原有音量（相差 30 dB）",
    "speech-connected-stream": "同上，单向（可流式）",
    "rtf-offline": "实时率，离线，一个线程",
    "rtf-one": "同上，每次一段录音",
    "rtf-stream": "实时率，流式，每次 0.1 秒",
    "beam": "宽度 16 的束搜索与贪心解码的总时间之比，单个数字",
    "beam-connected": "同上，连读数字",
    "training step": "训练一步",
    "inference": "推理",
    "steps a second": "步/秒",
    "ratio (quartiles)": "倍数（四分位）",
}
ENGLISH = {
    "demo-transcribe": "bundled Morse code: character error rate at 10 dB",
    "speech-fsdd": "FSDD, official test: recordings without a mistake",
    "speech-fsdd-stream": "the same in one direction, for streams",
    "speech-speakers": "FSDD, a speaker left out: mean",
    "speech-connected": "connected digits in noise at 20 dB: word error rate",
    "speech-connected-as-they-are": "the same, recordings as loud as they are, which differs by 30 dB",
    "speech-connected-stream": "the same in one direction, for streams",
    "rtf-offline": "real-time factor, offline, one thread",
    "rtf-one": "the same, a recording a call",
    "rtf-stream": "real-time factor, streaming, 0.1 s a chunk, one thread",
    "beam": "beam search of width 16, times the whole of greedy: single digits",
    "beam-connected": "the same, connected digits",
}


def error_rates(runs: Runs, say: Say) -> list[list[str]]:
    """Return measured, figure, time, and command of each trained recogniser."""
    lines = []
    for case in ("speech-fsdd", "speech-fsdd-stream"):
        if case in runs:
            figure = f"**{test(runs[case][0])['accuracy']:.4f}**" + _seeds(case, runs)
            lines.append([say(case), figure, _minutes(runs[case]), _command(runs[case][0])])
    speakers = {
        name: runs[case][0] for name in SPEAKERS if (case := f"speech-fsdd-without-{name}") in runs
    }
    if speakers:
        each = {name: test(row)["accuracy"] for name, row in speakers.items()}
        figure = f"**{statistics.mean(each.values()):.4f}** (" + ", ".join(
            f"{name} {value:.3f}" for name, value in each.items()
        )
        command = _command(next(iter(speakers.values()))).replace(next(iter(speakers)), "NAME")
        lines.append([say("speech-speakers"), figure + ")", "–", command])
    if "demo-transcribe" in runs:
        rows = runs["demo-transcribe"]
        figure = f"**{test(rows[0])['cer']:.4f}**"
        lines.append([say("demo-transcribe"), figure, _minutes(rows), "`ostinato demo transcribe`"])
    sides = (("", "run"), ("-as-they-are", "as_they_are"), ("-stream", "stream"))
    for suffix, side in sides:
        if "speech" in runs:
            figures = runs["speech"][0]["connected"][side]["greedy"]
            interval = f"{figures['wer_low']:.4f}–{figures['wer_high']:.4f}"
            figure = f"**{figures['wer']:.4f}** ({interval})"
            lines.append([say(f"speech-connected{suffix}"), figure, "–", _SCRIPT])
    return lines


_SCRIPT = "`python benchmarks/speech.py RUN STREAM`"


def speeds(runs: Runs, say: Say) -> list[list[str]]:
    """Return measured and figure of each speed, with quartiles."""
    if "speech" not in runs:
        return []
    row = runs["speech"][0]
    factors = row["real_time_factor"]
    return [
        *(
            [say(name), quartiles(factors[key], 4)]
            for name, key in (
                ("rtf-offline", "offline"),
                ("rtf-one", "one_by_one"),
                ("rtf-stream", "streaming"),
            )
        ),
        [say("beam"), quartiles(row["beam_to_greedy"], 2)],
        [say("beam-connected"), quartiles(row["beam_to_greedy_connected"], 2)],
    ]


def peers(runs: Runs, say: Say) -> list[list[str]]:
    """Return steps a second of plain torch and of ours, and their ratio."""
    lines = []
    for cell in ("gru", "lstm"):
        for task, name in (("train", "training step"), ("infer", "inference")):
            row = runs.get(f"speech-peer-{cell}", [None])[-1]
            if row is not None:
                sides = [f"{row[task][side]['median']:,.0f}" for side in ("torch", "ours")]
                ratio = quartiles(row[task]["ratio"], 1)
                lines.append([f"{say(name)}, {cell.upper()}", *sides, ratio])
    return lines


def test(row: Row) -> dict[str, Any]:
    """Return the figures of the test part."""
    found: dict[str, Any] = row["metrics"]["test"]
    return found


def quartiles(spread: dict[str, float], digits: int) -> str:
    """Return a median with its quartiles."""
    median, q1, q3 = (f"{spread[name]:.{digits}f}" for name in ("median", "q1", "q3"))
    return f"{median} ({q1}–{q3})"


def _seeds(case: str, runs: Runs) -> str:
    others = [runs[f"{case}-seed-{n}"][0] for n in (1, 2) if f"{case}-seed-{n}" in runs]
    if not others:
        return ""
    return " (" + ", ".join(f"{test(row)['accuracy']:.4f}" for row in others) + ")"


def _minutes(rows: Sequence[Row]) -> str:
    walls = [row["wall_s"] for row in rows]
    spread = f" ({min(walls):.0f}–{max(walls):.0f})" if len(walls) > 1 else ""
    return f"{statistics.median(walls):.0f} s{spread}"


def _command(row: Row) -> str:
    return f"`{row['command'].replace('{out}', 'runs/' + row['case'])}`"
