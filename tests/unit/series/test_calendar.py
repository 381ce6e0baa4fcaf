import numpy as np
import pandas as pd
import pytest

from ostinato import DatasetError
from ostinato.series.calendar import calendar_features, cycles_of, local_times
from ostinato.series.frequency import Frequency

CYCLES = {
    "s": ["minute", "hour", "day", "week", "month", "year"],
    "min": ["hour", "day", "week", "month", "year"],
    "45min": ["day", "week", "month", "year"],
    "h": ["day", "week", "month", "year"],
    "D": ["week", "month", "year"],
    "B": ["week", "month", "year"],
    "W-SUN": ["year"],
    "MS": ["year"],
    "BME": ["year"],
    "QS": ["year"],
    "YS": [],
    "7": [],
}


LONG = 10**9  # steps, so that every cycle is gone through twice


def features(times, alias, zone=None):
    frequency = Frequency.parse(alias)
    cycles = cycles_of(frequency, LONG)
    found = calendar_features(np.asarray(times, "datetime64[us]"), frequency, cycles, zone)
    names = [f"{wave} of {cycle}" for cycle in cycles for wave in ("sine", "cosine")]
    return dict(zip(names, found.T, strict=True))


@pytest.mark.parametrize("alias", CYCLES)
def test_a_cycle_is_there_if_it_has_several_steps(alias):
    frequency = Frequency.parse(alias)
    cycles = cycles_of(frequency, LONG)
    assert list(cycles) == CYCLES[alias]
    start = 5 if frequency.is_counted else np.datetime64("2024-02-01", "us")
    found = calendar_features(frequency.range(start, 50), frequency, cycles)
    assert (found.shape, found.dtype) == ((50, 2 * len(cycles)), np.float32)
    if cycles:
        assert np.abs(found).max() <= 1
        np.testing.assert_allclose((found**2).reshape(50, -1, 2).sum(2), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("alias", "steps", "expected"),
    [
        *(("h", 47, ()), ("h", 48, ("day",)), ("h", 8640, ("day", "week", "month"))),
        *(("h", 17520, ("day", "week", "month", "year")), ("D", 13, ()), ("D", 14, ("week",))),
        *(("MS", 23, ()), ("MS", 25, ("year",)), ("7", LONG, ())),
    ],
)
def test_a_cycle_is_learnt_from_if_it_was_gone_through_twice(alias, steps, expected):
    assert cycles_of(Frequency.parse(alias), steps) == expected


def test_hours_come_back_each_day_and_tell_one_another_apart():
    times = pd.date_range("2024-01-01", periods=48, freq="h")
    pairs = np.stack([features(times, "h")[f"{w} of day"] for w in ("sine", "cosine")], axis=1)
    np.testing.assert_allclose(pairs[:24], pairs[24:], atol=1e-6)
    assert len(np.unique(pairs[:24].round(5), axis=0)) == 24
    np.testing.assert_allclose(pairs[[0, 6, 12]], [[0, 1], [1, 0], [0, -1]], atol=1e-6)


def test_a_week_begins_on_monday_and_a_month_and_a_year_on_their_first_day():
    found = features(["2024-01-01", "2024-07-01", "2024-09-01"], "D")  # Monday, Monday, Sunday
    np.testing.assert_allclose(found["sine of week"][:2], 0, atol=1e-6)
    np.testing.assert_allclose(found["sine of week"][2], np.sin(2 * np.pi * 6 / 7), atol=1e-6)
    np.testing.assert_allclose(found["cosine of month"], 1, atol=1e-6)
    np.testing.assert_allclose(
        found["cosine of year"][:2], [1, np.cos(2 * np.pi * 182 / 366)], atol=1e-6
    )


@pytest.mark.parametrize("year", [1969, 2023, 2024])
def test_years_of_any_length_are_one_turn(year):
    days = pd.date_range(f"{year}-01-01", f"{year}-12-31", freq="D")
    found = features(days, "D")
    angle = np.unwrap(np.arctan2(found["sine of year"], found["cosine of year"]))
    np.testing.assert_allclose(np.diff(angle), 2 * np.pi / len(days), atol=1e-5)


def test_the_hour_of_a_day_is_the_one_on_the_clocks_of_the_zone():
    midnights = ["2024-01-01T23:00", "2024-07-01T22:00"]  # of Berlin, winter and summer
    found = features(midnights, "h", "Europe/Berlin")
    np.testing.assert_allclose(found["cosine of day"], 1, atol=1e-6)
    assert features(midnights, "h")["cosine of day"][0] < 0.97
    np.testing.assert_array_equal(
        features(midnights, "D", "Europe/Berlin")["sine of week"],
        features(midnights, "D")["sine of week"],
    )  # dates are those of the wall already


def test_local_times_are_those_of_pandas():
    times = pd.date_range("2024-03-30", periods=72, freq="h", tz="UTC")
    for zone in ("America/New_York", "Asia/Kolkata", "+02:00"):
        expected = times.tz_convert(zone).tz_localize(None).to_numpy("datetime64[us]")
        utc = times.tz_localize(None).to_numpy("datetime64[us]")
        np.testing.assert_array_equal(local_times(utc, zone), expected)
    with pytest.raises(DatasetError, match=r"a name as Europe/Berlin.*got `Nowhere`"):
        local_times(utc, "Nowhere")
