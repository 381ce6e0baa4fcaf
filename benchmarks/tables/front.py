"""The tables of README: what each task is in a row, and what the one-line swap gives."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from benchmarks.tables.rows import Runs, Words, over_seeds, seconds, table, test_of, walls


class Task(NamedTuple):
    """A row of the table of tasks.

    Args:
        name: Of its words and of its picture.
        command: What trains on a file of one's own.
        case: Which run is shown.
        figure: Which of its figures.
    """

    name: str
    command: str
    case: str
    figure: str


TASKS = (
    Task("classify", "classify reviews.csv", "imdb", "accuracy"),
    Task("tag", "tag names.jsonl", "tag-conll2003", "f1"),
    Task("transcribe", "transcribe recordings/", "speech-fsdd", "accuracy"),
    Task("forecast", "forecast sales.csv --horizon 28", "forecast-sales", "mase"),
    Task("classify-series", "classify-series paths.csv", "classify-series-gestures", "accuracy"),
)
"""In the order of README."""

ENGLISH = {
    "front answer": "an answer",
    "front task": "task, command for your file, one figure with the time of the whole command",
    "front classify": "**[Texts → classes](docs/tutorials/sentiment.md)**, one or several a text",
    "front tag": "**[Words → tags](docs/tutorials/tagging.md)**: names, parts of speech",
    "front transcribe": "**[Sound → text](docs/tutorials/speech.md)**: commands, digits, streams",
    "front forecast": "**[Past → future](docs/tutorials/forecasting.md)**, with intervals",
    "front classify-series": "**[Measurements → classes](docs/how-to/classify-series.md)**, or values",
    "front classify figure": "IMDB: accuracy **{}**, {took}",
    "front tag figure": "CoNLL-2003, with GloVe: F1 of whole names **{}**, {took}",
    "front transcribe figure": "spoken digits (FSDD, voices known): right **{}**, {took}",
    "front forecast figure": "sales of 40 stores (generated): MASE **{}**, seasonal naive {}; {took}",
    "front classify-series figure": "9 gestures (generated): accuracy **{}**, {took}",
    "front alt classify": "A sentence and the probabilities of its classes",
    "front alt tag": "A sentence in which names are marked",
    "front alt transcribe": "A sound wave with the letters that were heard in it",
    "front alt forecast": "A series, its forecast and the interval around it",
    "front alt classify-series": "Two measured curves, and the class of each",
    "front swap": (
        "A training step of an LSTM (2 × 256, 64 texts as long as IMDB's, 2 threads of a CPU) is"
        " **{packed:.0f} times** as fast as torch's on the same packed batch, {padded:.1f} times as"
        " fast as on a padded one, and takes {memory:.0%} of the latter's memory."
    ),
}
CHINESE = {
    "front answer": "模型的回答",
    "front task": "任务、用在自己文件上的命令、一个实测结果（含整条命令的耗时）",
    "front classify": "**[文本 → 类别](docs/zh/tutorials/sentiment.md)**，单标签或多标签",
    "front tag": "**[词 → 标签](docs/tutorials/tagging.md)**：命名实体、词性",
    "front transcribe": "**[声音 → 文字](docs/tutorials/speech.md)**：口令、数字、流式识别",
    "front forecast": "**[过去 → 未来](docs/tutorials/forecasting.md)**，带预测区间",
    "front classify-series": "**[测量序列 → 类别](docs/how-to/classify-series.md)**或数值",
    "front classify figure": "IMDB 准确率 **{}**，{took}",
    "front tag figure": "CoNLL-2003（带 GloVe）实体 F1 **{}**，{took}",
    "front transcribe figure": "口述数字 FSDD（说话人已知）全对的比例 **{}**，{took}",
    "front forecast figure": "40 家门店的销量（生成数据）MASE **{}**，季节朴素预测 {}；{took}",
    "front classify-series figure": "9 种手势（生成数据）准确率 **{}**，{took}",
    "front alt classify": "一句话，以及各个类别的概率",
    "front alt tag": "一句话，其中的实体已标出",
    "front alt transcribe": "一段声波，以及从中听出的字母",
    "front alt forecast": "一条序列、它的预测和预测区间",
    "front alt classify-series": "两条测量曲线，以及各自的类别",
    "front swap": (
        "LSTM 训练一步（2 × 256，64 条长度同 IMDB 的文本，CPU 上 2 个线程）：速度是 torch 处理同一个打包批次的"
        " **{packed:.0f} 倍**，是 torch 处理填充批次的 {padded:.1f} 倍，内存只占后者的 {memory:.0%}。"
    ),
}


def tasks(runs: Runs, say: Words) -> list[str]:
    """Return a row a task: its picture, what it is, its command, a figure and what that took."""
    lines = []
    for name, command, case, key in TASKS:
        rows = over_seeds(case, runs)
        if rows:
            values = [f"{statistics.mean(test_of(row)[key] for row in rows):.3f}"]
            if "seasonal_naive" in test_of(rows[0]):
                values.append(f"{test_of(rows[0])['seasonal_naive'][key]:.3f}")
            took = seconds(walls(runs[case]))
            figure = say(f"front {name} figure").format(*values, took=took)
            picture = f"![{say(f'front alt {name}')}](docs/images/task-{name}.svg)"
            told = (say(f"front {name}"), f"`ostinato train {command} --out RUN`", figure)
            lines.append([picture, "<br>".join(told)])
    return table(("front answer", "front task"), lines, say)


def swap(runs: Runs, say: Words) -> list[str]:
    """Return in a sentence how much faster a training step is than torch's."""
    if not {"imdb-train-lstm", "memory-lstm"} <= runs.keys():
        return [f"*{say('not measured yet')}*"]
    packed, padded = (claim["figure"]["median"] for claim in runs["imdb-train-lstm"][-1]["claims"])
    [memory] = (claim["figure"]["median"] for claim in runs["memory-lstm"][-1]["claims"])
    return [say("front swap").format(packed=packed, padded=padded, memory=memory)]
