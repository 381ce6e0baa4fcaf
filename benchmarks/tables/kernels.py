"""The table of the kernels, from the rows that `benchmarks.kernels` measured."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.cases.kernels import CASES
from benchmarks.tables.rows import Row, Runs, Words, table

ENGLISH = {
    "train": "training step",
    "infer": "inference",
    "step": "one streamed step",
    "best of": "best of {}",
    "both directions": ", both directions",
    "kernel epoch": "one epoch of IMDB, estimated",
    "first-call": "first call on a new shape",
    "memory": "peak memory, training step",
    "share": "best matrix product",
    "kernel input": ", input {}",
    "kernel batch": ", batch of {}",
    "lengths": ", lengths {}",
    "lengths imdb": ", lengths like IMDB's",
    "lengths imdb reviews": ", lengths of IMDB",
    "at least": "{}",
    "at most": "at most {}",
    "outcome aim": "aim",
    "outcome must": "must",
    "outcome no": "**no**",
    "outcome not measured": "not measured",
    "outcome refused": "**wrong results**",
    "kernel threads": "{} threads",
    "kernel thread": "1 thread",
    "figure of kernels": "measured (quartiles)",
    "ours taken": "ours",
    "comma": ", ",
    "measured with": "Measured on {}: {}.",
}
CHINESE = {
    "train": "训练一步",
    "infer": "推理",
    "step": "流式一步",
    "best of": "{} 中最快者",
    "both directions": "，双向",
    "kernel epoch": "IMDB 一轮（估计）",
    "first-call": "新形状的首次调用",
    "memory": "内存峰值，训练一步",
    "share": "最快的矩阵乘法",
    "kernel input": "，输入 {}",
    "kernel batch": "，批量 {}",
    "lengths": "，长度 {}",
    "lengths imdb": "，长度同 IMDB",
    "lengths imdb reviews": "，IMDB 的长度",
    "at least": "{}",
    "at most": "至多 {}",
    "outcome aim": "达到目标",
    "outcome must": "达到底线",
    "outcome no": "**未达到**",
    "outcome not measured": "未测",
    "outcome refused": "**结果有误**",
    "kernel threads": "{} 个线程",
    "kernel thread": "1 个线程",
    "figure of kernels": "实测（四分位数）",
    "ours taken": "ostinato",
    "comma": "，",
    "no native library": "未用本地库",
    "measured with": "测于 {}：{}。",
    "workload": "任务",
    "peer": "对手",
    "must": "底线",
    "aim": "目标",
    "met": "结果",
    "ours, warm": "ostinato，同形状再次调用",
    "ours float32": "ostinato，float32",
    "ours, equal lengths": "ostinato，等长",
}


HEAD = ("workload", "peer", "must", "aim", "figure of kernels", "ours taken", "met")


def every_case(runs: Runs, say: Words) -> list[str]:
    """Return the kernels against their peers, and what that was measured on."""
    rows = kernel_rows(runs)
    shown = table(HEAD, lines(rows, say), say)
    for note in notes(rows, say):
        shown += ["", note]
    return shown


def kernel_rows(runs: Runs) -> list[Row]:
    """Return the newest row of each case of the kernels, in the order of the cases."""
    order = {name: place for place, name in enumerate(CASES)}
    rows = [rows[-1] for rows in runs.values() if "claims" in rows[-1]]
    return sorted(rows, key=lambda row: (order.get(row["case"], len(order)), row["case"]))


def lines(rows: list[Row], say: Words) -> list[list[str]]:
    """Return the cells of the table: a line for each figure that something is asked of."""
    return [
        [
            describe(row, say),
            against(claim, say),
            _bound(claim, "must", say),
            _bound(claim, "aim", say),
            _figure(claim),
            _taken(row),
            say(f"outcome {claim['outcome']}"),
        ]
        for row in rows
        for claim in row["claims"]
    ]


def notes(rows: list[Row], say: Words) -> Iterator[str]:
    """Yield a line for each machine, version and commit that rows were measured with."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        dirty = f" ({say('uncommitted changes')})" if row["dirty"] else ""
        facts = [
            f"{row['cpu']}, {row['cpus']} {say('processors')}",
            row["instruction_set"] or say("no native library"),
            f"torch {row['torch']}, oneDNN {row['onednn']}, ONNX Runtime {row['onnxruntime']}",
            f"`{row['commit'] or '–'}`{dirty}",
            row["time"][:10],
        ]
        groups.setdefault("; ".join(facts), []).append(row["case"])
    for circumstances, cases in groups.items():
        names = ", ".join(f"`{case}`" for case in cases)
        yield say("measured with").format(circumstances, names)


def describe(row: Row, say: Words) -> str:
    """Return the workload of a row in words."""
    workload = row["workload"]
    kind = "kernel epoch" if row["measure"] == "epoch" else row["measure"]
    if row["measure"] not in ("epoch", "memory", "first-call"):
        kind = workload["mode"]
    comma = say("comma")
    text = f"{say(kind)}{comma}{workload['cell'].upper()} {workload['num_layers']} × "
    text += str(workload["hidden_size"])
    text += say("both directions") if workload["bidirectional"] else ""
    text += say("kernel input").format(workload["input_size"])
    text += say("kernel batch").format(workload["batch_size"])
    if workload["mode"] != "step":
        named = say(f"lengths {workload['lengths']}")
        is_named = named != f"lengths {workload['lengths']}"
        text += named if is_named else say("lengths").format(workload["lengths"])
    if workload["dtype"] != "float32":
        text += comma + workload["dtype"]
    threads = workload["threads"]
    return text + comma + say("kernel thread" if threads == 1 else "kernel threads").format(threads)


def against(claim: Row, say: Words) -> str:
    """Return whom a figure is measured against."""
    if claim["kind"] == "share":
        return say("share")
    names = [name for name in claim["against"] if not name.endswith("spinning")]
    shown = ", ".join(say(name) for name in names)
    return say("best of").format(shown) if len(names) > 1 else shown


def _bound(claim: Row, name: str, say: Words) -> str:
    return say("at most" if claim["kind"] == "cost" else "at least").format(f"{claim[name]:g}")


def _taken(row: Row) -> str:
    """Return what ours took, with its unit."""
    ours = row["peers"]["ours"]
    if row["measure"] == "memory":
        return f"{ours['peak_mib']:,.0f} MiB"
    ms = ours["ms"]
    return f"{ms / 1e3:,.0f} s" if ms >= 10_000 else f"{ms:,.{3 if ms < 1 else 1}f} ms"


def _figure(claim: Row) -> str:
    figure = claim["figure"]
    if figure is None:
        return "–"
    least = min(figure.values())
    median, q1, q3 = (
        f"{figure[key]:.{2 if least >= 0.1 else 3}f}" for key in ("median", "q1", "q3")
    )
    return f"{median} ({q1}–{q3})"
