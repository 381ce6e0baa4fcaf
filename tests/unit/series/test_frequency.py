import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError
from ostinato.series.frequency import Frequency
from ostinato.series.inference import infer_frequency

DATED = (
    *("us", "ms", "s", "10s", "min", "5min", "15min", "h", "6h", "D", "2D", "W-SUN", "W-WED", "2W-MON"),
    *("MS", "2MS", "ME", "QS", "QS-FEB", "QE", "QE-NOV", "YS", "YS-APR", "YE", "YE-JUN"),
    *("B", "2B", "BMS", "BME", "SME"),
)  # fmt: skip
frequencies = pytest.mark.parametrize("alias", DATED)


def grid(alias, count=60, start="2019-12-05"):
    """Times as pandas makes them, and as we hold them."""
    return pd.date_range(start, periods=count, freq=alias).to_numpy().astype("datetime64[us]")


@frequencies
def test_times_are_those_of_pandas(alias):
    times = grid(alias)
    frequency = Frequency.parse(alias)
    np.testing.assert_array_equal(frequency.range(times[0], 60), times)
    np.testing.assert_array_equal(frequency.at(times[20], np.arange(-20, 40)), times)
    assert frequency.shift(times[30], -7) == times[23]


@frequencies
def test_positions_are_the_way_back(alias):
    times = grid(alias)
    frequency = Frequency.parse(alias)
    np.testing.assert_array_equal(frequency.positions(times[20], times), np.arange(-20, 40))
    starts = times[[0, 5, 10]]
    np.testing.assert_array_equal(frequency.positions(starts, times[[9, 9, 9]]), [9, 4, -1])


@frequencies
def test_what_is_inferred_from_a_grid_is_its_frequency_and_parses_to_itself(alias):
    times = grid(alias)
    expected = {"us": "us", "SME": None, "2B": None}.get(alias, alias)
    if expected is not None:
        assert infer_frequency([times], [""], "here").alias == expected
    assert Frequency.parse(alias).alias == alias


@pytest.mark.parametrize("alias", DATED[1:])  # every time is whole microseconds from another
def test_a_time_off_the_grid_is_refused(alias):
    times = grid(alias)
    wrong = times.copy()
    wrong[7] += np.timedelta64(1, "us")
    with pytest.raises(DatasetError, match=rf"a\.csv: .* whole steps of `{alias}` .*01\."):
        Frequency.parse(alias).positions(times[0], wrong, "a.csv")


@given(
    st.sampled_from([a for a in DATED if a not in ("SME", "2B", "us", "2W-MON")]),
    st.lists(st.integers(0, 59), min_size=40, max_size=60, unique=True),
)
def test_gaps_do_not_change_what_is_inferred(alias, kept):
    times = grid(alias)[np.sort(kept)]
    assert infer_frequency([times], [""], "here").alias == alias


def test_short_series_count_together_and_those_of_one_time_do_not_matter():
    days = grid("D")
    series = [days[:2], days[40:41], days[10:12], days[[20, 22]]]
    assert infer_frequency(series, list("abcd"), "here").alias == "D"
    with pytest.raises(DatasetError, match="must have two times; series a has one"):
        infer_frequency([days[:1], days[5:6]], ["a", "b"], "here")


def test_the_step_of_counted_times_is_the_one_seen_most_often():
    assert infer_frequency([np.array([0, 5, 10, 20])], [""], "here").alias == "5"
    five = Frequency.parse("5")
    assert five.range(3, 3).tolist() == [3, 8, 13]
    assert five.positions(3, [13, -2]).tolist() == [2, -1]
    assert five.shift(3, 2) == 13
    with pytest.raises(DatasetError, match="whole steps of `5` after the first; got 14"):
        five.positions(3, [13, 14])


def test_days_without_a_weekend_between_them_are_days():
    assert infer_frequency([grid("D", 5, "2024-01-01")], [""], "here").alias == "D"  # Monday on
    assert infer_frequency([grid("D", 8, "2024-01-01")], [""], "here").alias == "D"


def test_months_on_any_day_of_the_month_are_months_and_go_on_so():
    fifteenth = np.array(["2023-11-15", "2023-12-15", "2024-02-15"], "datetime64[us]")
    monthly = infer_frequency([fifteenth], [""], "here")
    assert monthly.alias == "MS"
    assert monthly.positions(fifteenth[0], fifteenth).tolist() == [0, 1, 3]
    later = monthly.range(np.datetime64("2023-11-30T06:00", "us"), 5)
    assert later.astype(str).tolist()[2:4] == [
        "2024-01-30T06:00:00.000000",
        "2024-02-29T06:00:00.000000",
    ]


def test_four_weeks_are_no_month():
    times = np.datetime64("2024-01-01", "us") + np.arange(12) * np.timedelta64(28, "D")
    assert infer_frequency([times], [""], "here").alias == "4W-MON"


@pytest.mark.parametrize(
    ("alias", "season"),
    [
        *[("h", 24), ("2h", 12), ("7h", 1), ("30min", 48), ("15min", 96), ("5min", 288)],
        *[("min", 60), ("10s", 360), ("7min", 1), ("D", 7), ("2D", 1), ("B", 5), ("W-SUN", 52)],
        *[("2W-SUN", 26), ("MS", 12), ("ME", 12), ("2MS", 6), ("5MS", 1), ("QS", 4), ("QE-NOV", 4)],
        *[("YS", 1), ("1", 1), ("12", 1), ("BME", 12), ("2B", 1)],
    ],
)
def test_seasons_by_default(alias, season):
    assert Frequency.parse(alias).season == season


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *[("H", "h"), ("T", "min"), ("15T", "15min"), ("M", "ME"), ("Q", "QE"), ("A", "YE")],
        *[("Y", "YE"), ("AS", "YS"), ("W", "W-SUN"), ("1D", "D"), ("QS-JAN", "QS")],
        *[("YE-DEC", "YE"), ("Q-NOV", "QE-NOV"), (7, "7"), (" d ", "D")],
    ],
)
def test_older_and_longer_spellings_are_understood(old, new):
    assert Frequency.parse(old).alias == new


@pytest.mark.parametrize(
    "alias", ["", "x", "0", "0D", "-1D", "D-SUN", "W-JAN", "MS-JAN", "QS-SUN", "1.5h"]
)
def test_what_is_no_frequency_is_refused(alias):
    with pytest.raises(ConfigError, match=f"an alias of pandas such as D, h, .*got `{alias}`"):
        Frequency.parse(alias)


@pytest.mark.parametrize(
    ("alias", "is_of_days"),
    [
        ("h", False),
        ("6h", False),
        ("24h", True),
        ("D", True),
        ("MS", True),
        ("B", True),
        ("1", False),
    ],
)
def test_steps_of_a_day_or_longer_are_dates(alias, is_of_days):
    assert Frequency.parse(alias).is_of_days == is_of_days


def test_only_other_calendars_need_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    for alias in ("15min", "D", "W-SUN", "MS", "QE", "YS-APR", "3"):
        Frequency.parse(alias)
    with pytest.raises(ConfigError, match=r"pandas is needed.*ostinato\[series\]"):
        Frequency.parse("B")
