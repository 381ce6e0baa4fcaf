"""The tables of time series: errors beside the seasonal naive, neuralforecast beside ours, sequences."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from benchmarks.tables.rows import (
    MEASURED,
    Row,
    Runs,
    Words,
    costs,
    over_seeds,
    quartiles,
    table,
    test_of,
)

FORECASTS = {
    "forecast-airpassengers": ("smape", 2),
    "forecast-etth1-96": ("mse", 4),
    "forecast-etth1-720": ("mse", 4),
    "forecast-etth1-ot-24": ("mse", 4),
    "forecast-etth1-ot-168": ("mse", 4),
    "forecast-sales": ("mase", 3),
    "demo-forecast": ("mase", 3),
}
"""The cases, the figure of each and its digits."""

CHINESE = {
    "forecast-airpassengers": "AirPassengers，最后 12 个月：sMAPE",
    "forecast-etth1-96": "ETTh1 多变量，回看 96 步，预测 96 步：标准化 MSE",
    "forecast-etth1-720": "同上，预测 720 步",
    "forecast-etth1-ot-24": "ETTh1 仅油温，预测 24 步：标准化 MSE",
    "forecast-etth1-ot-168": "同上，预测 168 步",
    "forecast-sales": "生成的 40 家门店日销量，最后 28 天：MASE",
    "demo-forecast": "内置演示，同一销量数据：MASE",
    "classify-series-gestures": "生成的手势序列，9 类：测试准确率",
    "over seeds": "{}（{} 个种子：{}–{}）",
    "seasonal naive": "季节朴素",
    "coverage of 80, 95 %": "80%、95% 区间的覆盖率",
    "windows a second": "窗口/秒",
    "training, direct": "训练，直接多步（每小时一步，与对方相同）",
    "training, segment": "训练，逐段（默认方法）",
    "network, direct": "仅网络（窗口已切好），直接多步",
    "network, segment": "仅网络（窗口已切好），逐段",
}
ENGLISH = {
    "forecast-airpassengers": "AirPassengers, last 12 months: sMAPE",
    "forecast-etth1-96": "ETTh1, all columns, look-back 96, horizon 96: standardised MSE",
    "forecast-etth1-720": "the same, horizon 720",
    "forecast-etth1-ot-24": "ETTh1, oil temperature alone, horizon 24: standardised MSE",
    "forecast-etth1-ot-168": "the same, horizon 168",
    "forecast-sales": "generated sales of 40 stores by day, last 28 days: MASE",
    "demo-forecast": "bundled demo, the same sales: MASE",
    "classify-series-gestures": "generated gestures, 9 classes: test accuracy",
    "over seeds": "{} ({} seeds: {}–{})",
    "training, direct": "training, direct: a step an hour, as theirs",
    "training, segment": "training, segment by segment, the default",
    "network, direct": "the network alone, windows ready, direct",
    "network, segment": "the same, segment by segment",
}


def forecasts(runs: Runs, say: Words) -> list[str]:
    """Return the errors of forecasts beside those of the seasonal naive, and what they take."""
    lines = []
    for case, (figure, digits) in FORECASTS.items():
        rows = over_seeds(case, runs)
        if rows:
            naive = f"{test_of(rows[0])['seasonal_naive'][figure]:.{digits}f}"
            coverage = ", ".join(
                f"{100 * statistics.mean(test_of(row)[f'coverage_{level}'] for row in rows):.1f} %"
                for level in (80, 95)
            )
            found = _mean(rows, figure, digits, say)
            lines.append([say(case), found, naive, coverage, *costs(runs[case])])
    names = (*MEASURED[:2], "seasonal naive", "coverage of 80, 95 %", *MEASURED[2:])
    return table(names, lines, say)


def speeds(runs: Runs, say: Words) -> list[str]:
    """Return the training windows a second of our network and of neuralforecast's."""
    lines, versions = [], set()
    for method in ("direct", "segment"):
        rows = runs.get(f"series-peer-{method}", [])
        for row, task in itertools.product(rows[-1:], ("training", "network")):
            versions.add(row["neuralforecast"])
            sides = [f"{row[task][side]['median']:,.0f}" for side in ("theirs", "ours")]
            ratio = quartiles(row[task]["ratio"], 1)
            lines.append([say(f"{task}, {method}"), *sides, ratio])
    theirs = " ".join(["neuralforecast", *sorted(versions)])
    return table(("windows a second", theirs, "ostinato", "ratio (quartiles)"), lines, say)


def sequences(runs: Runs, say: Words) -> list[str]:
    """Return how well sequences of numbers are classified, and what that takes."""
    case = "classify-series-gestures"
    rows, lines = over_seeds(case, runs), []
    if rows:
        lines.append([say(case), _mean(rows, "accuracy", 4, say), *costs(runs[case])])
    return table(MEASURED, lines, say)


def _mean(rows: Sequence[Row], figure: str, digits: int, say: Words) -> str:
    """Return the mean of a figure, with its range if there are several seeds."""
    values = [test_of(row)[figure] for row in rows]
    mean = f"**{statistics.mean(values):.{digits}f}**"
    if len(values) == 1:
        return mean
    ends = (f"{end:.{digits}f}" for end in (min(values), max(values)))
    return say("over seeds").format(mean, len(values), *ends)
