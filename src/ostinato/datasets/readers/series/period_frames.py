"""Tables of pandas and polars as Arrow takes them: a series with its index, periods as times, lazy ones."""

from __future__ import annotations

from typing import Any


def with_moments(source: Any) -> Any:
    """Return a table whose periods are the times at which they begin; a series as a table.

    Args:
        source: A table or a series of pandas, a table of polars, lazy or not, or anything else, which is
            returned as it is.

    Example:
        >>> import pandas as pd
        >>> year = pd.Series([1.0, 2.0], pd.period_range("2024-01", periods=2, freq="M"))
        >>> with_moments(year).index[1].isoformat(), with_moments([1])
        ('2024-02-01T00:00:00', [1])
    """
    library, kind = type(source).__module__.partition(".")[0], type(source).__name__
    if library == "polars" and kind == "LazyFrame":
        return source.collect()
    if library != "pandas":
        return source
    frame = (
        source.to_frame("y" if source.name is None else source.name) if kind == "Series" else source
    )
    if _is_of_periods(getattr(frame, "index", None)):
        frame = frame.to_timestamp()
    periods = [name for name in frame.columns if _is_of_periods(frame[name])]
    frame = frame.copy(deep=False) if periods else frame
    for name in periods:
        frame[name] = frame[name].dt.to_timestamp()
    return frame


def _is_of_periods(column: Any) -> bool:
    return type(getattr(column, "dtype", None)).__name__ == "PeriodDtype"
