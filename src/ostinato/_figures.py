"""Figures as people read them: names, numbers, times, each of a width that is known."""

from __future__ import annotations

TITLES = {
    "accuracy": "accuracy",
    "f1": "F1",
    "f1_macro": "F1, mean of classes",
    "precision": "precision",
    "recall": "recall",
    "wer": "WER",
    "cer": "CER",
    "mase": "MASE",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R2",
    "loss": "loss",
}
"""Figures that are listed for people, by their names in metrics.json."""


def figure(value: float, largest: float | None = None) -> str:
    """Write a figure in nine characters at most: a small one with four decimals, else less.

    Args:
        value: The figure.
        largest: The largest of its column, whose decimals it has then.

    Example:
        >>> [figure(value) for value in (0.91, -12.3456, 38.188, 8123.4, 551482.3, 3e12, float("nan"))]
        ['0.9100', '-12.346', '38.188', '8,123.4', '551,482', '3.000e+12', 'nan']
    """
    for limit, decimals in ((10, 4), (100, 3), (1_000, 2), (10_000, 1), (999_999, 0)):
        if (abs(value) if largest is None else largest) < limit:
            return f"{value:,.{decimals}f}"
    return next(text for text in (f"{value:.{n}e}" for n in (3, 2, 1)) if len(text) <= 9)


def duration(seconds: float) -> str:
    """Write a time span in its two largest units.

    Args:
        seconds: The time.

    Example:
        >>> duration(4.21), duration(252), duration(7500)
        ('4.2 s', '4 min 12 s', '2 h 5 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
