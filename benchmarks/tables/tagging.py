"""The tables of sequence labelling: figures, and Flair's tagger beside ours and converted."""

from __future__ import annotations

from benchmarks.tables.rows import (
    MEASURED,
    Runs,
    Words,
    costs,
    other_seeds,
    quartiles,
    table,
    test_of,
)

TAGGING = {
    "tag-conll2003": "f1",
    "tag-conll2003-plain": "f1",
    "tag-ewt-upos": "accuracy",
    "tag-ewt-xpos": "accuracy",
    "tag-resume": "f1",
}
"""The cases of sequence labelling, and the figure of each."""


CHINESE = {
    "f1": "实体 F1",
    "accuracy": "准确率",
    "tag-conll2003": "CoNLL-2003 命名实体，testb，带词向量",
    "tag-conll2003-plain": "同上，不带词向量",
    "tag-ewt-upos": "UD English-EWT 通用词性，测试集",
    "tag-ewt-xpos": "UD English-EWT 细词性，测试集",
    "tag-resume": "中文简历命名实体，测试集",
    "words a second": "词/秒",
    "CRF, share of the step": "CRF 占训练步的比例",
    "model": "模型",
    "task": "任务",
    "converted": "替换后",
    "bound": "上限",
}
ENGLISH = {
    "f1": "span F1",
    "tag-conll2003": "CoNLL-2003 named entities, testb, with vectors",
    "tag-conll2003-plain": "the same without vectors",
    "tag-ewt-upos": "UD English-EWT universal parts of speech, test",
    "tag-ewt-xpos": "UD English-EWT treebank parts of speech, test",
    "tag-resume": "Chinese Resume named entities, test",
}


def figures(runs: Runs, say: Words) -> list[str]:
    """Return how well sentences of the benchmark sets are tagged, and how long that takes."""
    lines = []
    for case, name in TAGGING.items():
        if case not in runs:
            continue
        row = runs[case][0]
        figure = f"{say(name)} **{test_of(row)[name]:.4f}**" + other_seeds(case, runs, say, name)
        lines.append([say(case), figure, *costs(runs[case])])
    return table(MEASURED, lines, say)


def speeds(runs: Runs, say: Words) -> list[str]:
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
            share = quartiles(row["crf_share"], 3)
            lines.append([say("CRF, share of the step"), "–", "–", share])
    names = ("words a second", f"Flair {', '.join(versions)}", "ostinato", "ratio (quartiles)")
    return table(names, lines, say)


def converted(runs: Runs, say: Words) -> list[str]:
    """Return what `convert` does for a tagger that somebody else wrote."""
    lines = []
    for row in (rows[-1] for rows in runs.values() if rows[-1].get("measure") == "flair"):
        for task in ("train", "predict"):
            found = row[task]
            ratio = "{median:.2f} ({q1:.2f}–{q3:.2f})".format(**found["ratio"])
            ours, before = (f"{found[name]['ms']:.0f} ms" for name in ("ours", "torch"))
            lines.append([row["model"], say(task), before, ours, ratio, f"{found['bound']:.1f}"])
    names = ("model", "task", "torch", "converted", "ratio (quartiles)", "bound")
    return table(names, lines, say)
