"""The tables of speech recognition: error rates, speeds, and plain torch beside ours."""

from __future__ import annotations

import statistics

from benchmarks.tables.rows import (
    Runs,
    Words,
    command,
    other_seeds,
    quartiles,
    seconds,
    table,
    test_of,
    walls,
)

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


def error_rates(runs: Runs, say: Words) -> list[str]:
    """Return how well speech is recognised, and how long training takes."""
    lines = []
    for case in ("speech-fsdd", "speech-fsdd-stream"):
        if case in runs:
            row = runs[case][0]
            figure = f"**{test_of(row)['accuracy']:.4f}**"
            figure += other_seeds(case, runs, say, "accuracy")
            lines.append([say(case), figure, seconds(walls(runs[case])), f"`{command(row)}`"])
    speakers = {
        name: runs[case][0] for name in SPEAKERS if (case := f"speech-fsdd-without-{name}") in runs
    }
    if speakers:
        each = {name: test_of(row)["accuracy"] for name, row in speakers.items()}
        listed = ", ".join(f"{name} {value:.3f}" for name, value in each.items())
        figure = f"**{statistics.mean(each.values()):.4f}** ({listed})"
        first = next(iter(speakers))
        typed = command(speakers[first]).replace(first, "NAME")
        lines.append([say("speech-speakers"), figure, "–", f"`{typed}`"])
    if "demo-transcribe" in runs:
        rows = runs["demo-transcribe"]
        figure = f"**{test_of(rows[0])['cer']:.4f}**"
        typed = "`ostinato demo transcribe`"
        lines.append([say("demo-transcribe"), figure, seconds(walls(rows)), typed])
    sides = (("", "run"), ("-as-they-are", "as_they_are"), ("-stream", "stream"))
    for suffix, side in sides if "speech" in runs else ():
        figures = runs["speech"][0]["connected"][side]["greedy"]
        interval = f"{figures['wer_low']:.4f}–{figures['wer_high']:.4f}"
        figure = f"**{figures['wer']:.4f}** ({interval})"
        lines.append([say(f"speech-connected{suffix}"), figure, "–", _SCRIPT])
    names = ("measured", "figure", "time", "command")
    return table(names, lines, say)


def speeds(runs: Runs, say: Words) -> list[str]:
    """Return how fast trained recognisers are, with quartiles."""
    lines = []
    if "speech" in runs:
        row = runs["speech"][0]
        factors = row["real_time_factor"]
        shown = {"rtf-offline": "offline", "rtf-one": "one_by_one", "rtf-stream": "streaming"}
        lines = [[say(name), quartiles(factors[key], 4)] for name, key in shown.items()]
        lines.append([say("beam"), quartiles(row["beam_to_greedy"], 2)])
        lines.append([say("beam-connected"), quartiles(row["beam_to_greedy_connected"], 2)])
    return table(("measured", "figure"), lines, say)


def peers(runs: Runs, say: Words) -> list[str]:
    """Return the speed of our network beside the same in plain torch."""
    lines = []
    for cell in ("gru", "lstm"):
        row = runs.get(f"speech-peer-{cell}", [None])[-1]
        for task, name in (("train", "training step"), ("infer", "inference")):
            if row is not None:
                sides = [f"{row[task][side]['median']:,.0f}" for side in ("torch", "ours")]
                ratio = quartiles(row[task]["ratio"], 1)
                lines.append([f"{say(name)}, {cell.upper()}", *sides, ratio])
    names = ("steps a second", "torch", "ostinato", "ratio (quartiles)")
    return table(names, lines, say)


_SCRIPT = "`python -m benchmarks.speech RUN STREAM`"
