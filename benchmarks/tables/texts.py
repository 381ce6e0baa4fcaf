"""The tables of text classification and of the commands around it: accuracy, time, memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from benchmarks.tables.rows import (
    MEASURED,
    Row,
    Runs,
    Words,
    command,
    costs,
    other_seeds,
    seconds,
    table,
    test_of,
    walls,
)

CHINESE = {
    "beside a bag of words": "{}（词袋模型 {}）",
    "chosen by validation (epoch)": "验证集所选（轮次）",
    "epoch": "第 {} 轮",
    "network": "网络",
    "of texts unseen in train": "；去掉训练集中也有的文本后 {:.4f}（n = {:,}）",
    "seconds an epoch": "秒/轮",
    "validation accuracy": "验证准确率",
    "validation loss": "验证损失",
    "demo": "内置演示：测试准确率",
    "encode-cached": "再次编码全部 50,000 篇 IMDB 影评（有缓存）",
    "encode-cold": "读取、切分并编码全部 50,000 篇 IMDB 影评（无缓存）",
    "help": "`ostinato --help`",
    "import": "`import ostinato`（不计导入 torch 的时间）",
    "imdb": "IMDB，默认设置：测试准确率",
    "imdb-off": "同上，不用原生内核",
    "chnsenticorp": "ChnSentiCorp，默认设置：测试准确率",
}
ENGLISH = {
    "beside a bag of words": "{} (bag of words {})",
    "of texts unseen in train": "; without the texts that also stand in train {:.4f} (n = {:,})",
    "epoch": "epoch {}",
    "demo": "bundled demo: test accuracy",
    "encode-cached": "encode all 50,000 IMDB reviews again, from the cache",
    "encode-cold": "read, tokenise and encode all 50,000 IMDB reviews, no cache",
    "help": "`ostinato --help`",
    "import": "`import ostinato`, beyond importing torch",
    "imdb": "IMDB, defaults: test accuracy",
    "imdb-off": "the same without the native kernels",
    "chnsenticorp": "ChnSentiCorp, defaults: test accuracy",
}


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
    return table(MEASURED, lines, say)


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
    head = ["network", *(say("epoch").format(n + 1) for n in range(count))]
    head += ["chosen by validation (epoch)", "seconds an epoch"]
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
    names = ("max_length", "validation accuracy", "validation loss", *MEASURED[2:])
    return table(names, lines, say)


def _accuracies(case: str, runs: Runs, say: Words) -> str:
    row = runs[case][0]
    if case == "demo":
        bag = row["metrics"]["baselines"]["bag_of_words"]["test"]
        shares = (f"{figures['accuracy']:.4f}" for figures in (test_of(row), bag))
        return say("beside a bag of words").format(*shares)
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
