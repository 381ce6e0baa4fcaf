"""Write the tables of README and docs from the rows that the scripts of this folder measured.

    python benchmarks/table.py            # rewrite what stands between the markers
    python benchmarks/table.py --check    # change nothing; exit 1 if a page is not up to date

A page names a table by two comments, ``<!-- results:NAME -->`` and ``<!-- /results:NAME -->``, and
what stands between them is replaced. Of each case the newest run counts; the repeats of one run
become a median with its range.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import kernel_table
import series_table
import speech_table
from facts import RESULTS, ROOT

from cells import (
    Row,
    Runs,
    Words,
    command,
    costs,
    other_seeds,
    quartiles,
    seconds,
    table,
    test_of,
    walls,
)

PAGES = ("README.md", "README.zh-CN.md", "docs/benchmarks.md")
MARKED = re.compile(r"(<!-- results:([\w-]+) -->\n).*?(<!-- /results:\2 -->)", re.DOTALL)

CHINESE = {
    **kernel_table.CHINESE,
    **speech_table.CHINESE,
    **series_table.CHINESE,
    "beside a bag of words": "{}（词袋模型 {}）",
    "chosen by validation (epoch)": "验证集所选（轮次）",
    "case": "用例",
    "command": "命令",
    "commit": "提交",
    "date": "日期",
    "epoch": "第 {} 轮",
    "figure": "数值",
    "processors": "个逻辑处理器",
    "measured": "测量项",
    "network": "网络",
    "not measured yet": "尚未测量。",
    "of texts unseen in train": "；去掉训练集中也有的文本后 {:.4f}（n = {:,}）",
    "peak memory": "内存峰值",
    "processor": "处理器",
    "other seeds": "（随机种子 {}：{}）",
    "seconds an epoch": "秒/轮",
    "test accuracy": "测试准确率",
    "time": "耗时",
    "uncommitted changes": "含未提交改动",
    "validation accuracy": "验证准确率",
    "validation loss": "验证损失",
    "versions": "版本",
    "demo": "内置演示：测试准确率",
    "encode-cached": "再次编码全部 50,000 篇 IMDB 影评（有缓存）",
    "encode-cold": "读取、切分并编码全部 50,000 篇 IMDB 影评（无缓存）",
    "help": "`ostinato --help`",
    "import": "`import ostinato`（不计导入 torch 的时间）",
    "imdb": "IMDB，默认设置：测试准确率",
    "imdb-off": "同上，不用原生内核",
    "chnsenticorp": "ChnSentiCorp，默认设置：测试准确率",
    "f1": "实体 F1",
    "accuracy": "准确率",
    "tag-conll2003": "CoNLL-2003 命名实体，testb，带词向量",
    "tag-conll2003-plain": "同上，不带词向量",
    "tag-ewt-upos": "UD English-EWT 通用词性，测试集",
    "tag-ewt-xpos": "UD English-EWT 细词性，测试集",
    "tag-resume": "中文简历命名实体，测试集",
    "words a second": "词/秒",
    "CRF, share of the step": "CRF 占训练步的比例",
}
ENGLISH = {
    **kernel_table.ENGLISH,
    **speech_table.ENGLISH,
    **series_table.ENGLISH,
    "beside a bag of words": "{} (bag of words {})",
    "of texts unseen in train": "; without the texts that also stand in train {:.4f} (n = {:,})",
    "other seeds": " (seeds {}: {})",
    "epoch": "epoch {}",
    "not measured yet": "Not measured yet.",
    "demo": "bundled demo: test accuracy",
    "encode-cached": "encode all 50,000 IMDB reviews again, from the cache",
    "encode-cold": "read, tokenise and encode all 50,000 IMDB reviews, no cache",
    "help": "`ostinato --help`",
    "import": "`import ostinato`, beyond importing torch",
    "imdb": "IMDB, defaults: test accuracy",
    "imdb-off": "the same without the native kernels",
    "chnsenticorp": "ChnSentiCorp, defaults: test accuracy",
    "f1": "span F1",
    "tag-conll2003": "CoNLL-2003 named entities, testb, with vectors",
    "tag-conll2003-plain": "the same without vectors",
    "tag-ewt-upos": "UD English-EWT universal parts of speech, test",
    "tag-ewt-xpos": "UD English-EWT treebank parts of speech, test",
    "tag-resume": "Chinese Resume named entities, test",
}


def newest_runs(rows: Iterable[Row]) -> Runs:
    """Return of each case the rows of its newest run, from its repeat 0 on."""
    runs: Runs = {}
    for row in sorted(rows, key=lambda row: row["time"]):
        if row["repeat"] == 0:
            runs[row["case"]] = []
        runs.setdefault(row["case"], []).append(row)
    return runs


def read_rows(folder: Path) -> list[Row]:
    """Read every row of the results files but those of ``kernels.py --quick`` and ``many.py``."""
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]
    return [row for row in rows if "case" in row and not row.get("quick")]


def defaults(runs: Runs, say: Words) -> list[str]:
    """Return the table of what the issue asks for: one line a figure."""
    lines = []
    for case in ("imdb", "imdb-off", "chnsenticorp", "demo"):
        if case in runs:
            lines.append([say(case), _accuracies(case, runs, say), *costs(runs[case])])
    if {"import-ostinato", "import-torch"} <= runs.keys():
        ours, base = (walls(runs[f"import-{name}"]) for name in ("ostinato", "torch"))
        beyond = max(statistics.median(ours) - statistics.median(base), 0.0)
        typed = runs["import-ostinato"][0]["command"]
        lines.append([say("import"), seconds([beyond]), seconds(ours), "–", f"`{typed}`"])
    if "help" in runs:
        lines.append([say("help"), seconds(walls(runs["help"])), *costs(runs["help"])])
    for case in ("encode-cold", "encode-cached"):
        if case in runs:
            inside = [float(row["printed"].split(" s ")[0]) for row in runs[case]]
            lines.append([say(case), seconds(inside), *costs(runs[case])])
    head = [say(name) for name in ("measured", "figure", "time", "peak memory", "command")]
    return table(head, lines, say)


def tutorial(runs: Runs, say: Words) -> list[str]:
    """Return what gates and directions buy: test accuracy after each epoch of the old tutorial."""
    names = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM", "bilstm": "BiLSTM"}
    shown = {label: f"tutorial-{name}" for name, label in names.items()}
    shown = {label: case for label, case in shown.items() if case in runs}
    count = max((len(runs[case][0]["epochs"]) for case in shown.values()), default=0)
    lines = []
    for label, case in shown.items():
        row = runs[case][0]
        by_epoch = [f"{epoch['test']['accuracy']:.4f}" for epoch in row["epochs"]]
        best = f"{test_of(row)['accuracy']:.4f} ({row['metrics']['best_epoch']})"
        spent = [epoch["seconds"] for row in runs[case] for epoch in row["epochs"]]
        by_epoch += ["–"] * (count - len(by_epoch))
        lines.append([label, *by_epoch, best, seconds(spent)])
    head = [say("network"), *(say("epoch").format(n + 1) for n in range(count))]
    head += [say("chosen by validation (epoch)"), say("seconds an epoch")]
    return table(head, lines, say) + _commands(runs[case][0] for case in shown.values())


def max_length(runs: Runs, say: Words) -> list[str]:
    """Return what shortening long texts costs and saves on IMDB, by validation films."""
    cases = {int(case.rsplit("-", 1)[1]): case for case in runs if "-max-length-" in case}
    lines = []
    for length, case in sorted(cases.items()):
        row = runs[case][0]
        best = row["epochs"][row["metrics"]["best_epoch"] - 1]
        figures = [f"{best['validation'][name]:.4f}" for name in ("accuracy", "loss")]
        lines.append([str(length), *figures, *costs(runs[case])])
    names = (
        "max_length",
        "validation accuracy",
        "validation loss",
        "time",
        "peak memory",
        "command",
    )
    return table([say(name) for name in names], lines, say)


def kernels(runs: Runs, say: Words) -> list[str]:
    """Return the kernels against their peers, and what that was measured on."""
    rows = kernel_table.kernel_rows(runs)
    shown = table(kernel_table.head(say), kernel_table.lines(rows, say), say)
    for note in kernel_table.notes(rows, say):
        shown += ["", note]
    return shown


def kernels_summary(runs: Runs, say: Words) -> list[str]:
    """Return a few cases of the kernels, the worst among them; the whole is in docs."""
    few = ("imdb-train-", "train-", "tagging-128-", "infer-one-128-", "step-", "memory-")
    return kernels({case: rows for case, rows in runs.items() if case.startswith(few)}, say)


def flair(runs: Runs, say: Words) -> list[str]:
    """Return what `convert` does for a tagger that somebody else wrote."""
    lines = []
    for row in (rows[-1] for rows in runs.values() if rows[-1].get("measure") == "flair"):
        for task in ("train", "predict"):
            found = row[task]
            ratio = "{median:.2f} ({q1:.2f}–{q3:.2f})".format(**found["ratio"])
            ours, before = (f"{found[name]['ms']:.0f} ms" for name in ("ours", "torch"))
            lines.append([row["model"], say(task), before, ours, ratio, f"{found['bound']:.1f}"])
    names = ("model", "task", "torch", "converted", "ratio (quartiles)", "bound")
    return table([say(name) for name in names], lines, say)


TAGGING = {
    "tag-conll2003": "f1",
    "tag-conll2003-plain": "f1",
    "tag-ewt-upos": "accuracy",
    "tag-ewt-xpos": "accuracy",
    "tag-resume": "f1",
}
"""The cases of sequence labelling, and the figure of each."""


def tagging(runs: Runs, say: Words) -> list[str]:
    """Return how well sentences of the benchmark sets are tagged, and how long that takes."""
    lines = []
    for case, name in TAGGING.items():
        if case not in runs:
            continue
        row = runs[case][0]
        figure = f"{say(name)} **{test_of(row)[name]:.4f}**" + other_seeds(case, runs, say, name)
        lines.append([say(case), figure, *costs(runs[case])])
    names = ("measured", "figure", "time", "peak memory", "command")
    return table([say(name) for name in names], lines, say)


def tagging_flair(runs: Runs, say: Words) -> list[str]:
    """Return the words a second of our tagger and of Flair's, of the same sizes."""
    lines, versions = [], set()
    for precision in ("float32", "bfloat16"):
        row = runs.get(f"tagging-flair-{precision}", [None])[-1]
        if row is None:
            continue
        versions.add(row["flair"])
        for task in ("train", "predict")[: 2 if precision == "float32" else 1]:
            speeds = [f"{row[task][side]['median']:,.0f}" for side in ("flair", "ours")]
            label = say(task) + ("" if precision == "float32" else f", {precision}")
            lines.append([label, *speeds, quartiles(row[task]["ratio"], 1)])
        if precision == "float32":
            lines.append(
                [
                    say("CRF, share of the step"),
                    "–",
                    "–",
                    quartiles(row["crf_share"], 3),
                ]
            )
    names = ("words a second", f"Flair {', '.join(versions)}", "ostinato", "ratio (quartiles)")
    return table([say(name) for name in names], lines, say)


def machine(runs: Runs, say: Words) -> list[str]:
    """Return what the figures of whole commands were measured on, and when."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for case, rows in sorted(runs.items()):
        if "claims" in rows[-1]:
            continue  # its own table says so
        groups.setdefault(_machine(rows[-1], say), []).append(case)
    lines = []
    for (cpu, versions, commit), cases in groups.items():
        dates = sorted(row["time"][:10] for case in cases for row in runs[case])
        period = dates[0] if dates[0] == dates[-1] else f"{dates[0]} – {dates[-1]}"
        lines.append([cpu, versions, commit, period, ", ".join(cases)])
    head = [say(name) for name in ("processor", "versions", "commit", "date", "case")]
    return table(head, lines, say)


def _machine(row: Row, say: Words) -> tuple[str, str, str]:
    isa = f" ({', '.join(row['isa'])})" if row["isa"] else ""
    cpu = f"{row['cpu']}, {row['cpus']} {say('processors')}{isa}"
    versions = f"ostinato {row['ostinato']}, torch {row['torch']}, Python {row['python']}"
    dirty = f" ({say('uncommitted changes')})" if row["dirty"] else ""
    return cpu, versions, f"`{row['commit'] or '–'}`{dirty}"


def _accuracies(case: str, runs: Runs, say: Words) -> str:
    row = runs[case][0]
    if case == "demo":
        printed = dict(line.split(":", 1) for line in row["printed"])
        bag = next(line for name, line in printed.items() if name.endswith("bag of words")).split()[
            -1
        ]
        return say("beside a bag of words").format(f"{test_of(row)['accuracy']:.4f}", bag)
    figure = f"**{test_of(row)['accuracy']:.4f}**"
    figure += other_seeds(case, runs, say, "accuracy")
    if "accuracy_unseen" in test_of(row):
        unseen = (test_of(row)["accuracy_unseen"], test_of(row)["n_unseen"])
        figure += say("of texts unseen in train").format(*unseen)
    return figure


def _commands(rows: Iterable[Row]) -> list[str]:
    """Return a block with the command of each row, marked as not run by the tests."""
    commands = [f"$ {command(row)}" for row in rows]
    if not commands:
        return []
    return ["", "<!-- not run: needs the data and hours -->", "```console", *commands, "```"]


TABLES: dict[str, Callable[[Runs, Words], list[str]]] = {
    "defaults": defaults,
    "flair": flair,
    "forecasting": series_table.forecasts,
    "forecasting-speed": series_table.speeds,
    "kernels": kernels,
    "kernels-summary": kernels_summary,
    "machine": machine,
    "max-length": max_length,
    "series-classification": series_table.sequences,
    "speech": speech_table.error_rates,
    "speech-speed": speech_table.speeds,
    "speech-torch": speech_table.peers,
    "tagging": tagging,
    "tagging-flair": tagging_flair,
    "tutorial": tutorial,
}


def rewritten(page: str, runs: Runs, words: dict[str, str]) -> str:
    """Return a page with its tables made anew."""

    def made(match: re.Match[str]) -> str:
        if match[2] not in TABLES:
            raise SystemExit(f"there is no table {match[2]}; there are {', '.join(TABLES)}")
        lines = TABLES[match[2]](runs, Words(words))
        return match[1] + "\n" + "\n".join(lines) + "\n\n" + match[3]

    return MARKED.sub(made, page)


def main() -> int:
    """Rewrite the pages, or with ``--check`` only tell which are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if outdated")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the rows")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the pages")
    arguments = parser.parse_args()
    runs = newest_runs(read_rows(arguments.results))
    outdated = []
    for name in PAGES:
        path = arguments.root / name
        old = path.read_text("utf-8")
        new = rewritten(old, runs, CHINESE if "zh-CN" in name else ENGLISH)
        if new != old:
            outdated.append(name)
            if not arguments.check:
                path.write_text(new, "utf-8")
    if outdated:
        state = (
            "not up to date; run: python benchmarks/table.py" if arguments.check else "rewritten"
        )
        print(f"{', '.join(outdated)}: {state}")
    return int(bool(outdated) and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
