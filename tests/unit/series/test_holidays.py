"""Holidays are those of the package, on the day that a clock there shows, and refused where they cannot be told."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato._errors import ConfigError
from ostinato.series import Frequency
from ostinato.series.calendar import local_times
from ostinato.series.holidays import check_holidays, holiday_features

holidays = pytest.importorskip("holidays")

DAYS = np.datetime64("2019-12-30", "D") + np.arange(1500)


@given(
    st.sampled_from(["DE", "DE-BY", "CN", "US-CA"]),
    st.sampled_from(["D", "h", "B"]),
    st.sampled_from([None, "Europe/Berlin", "Asia/Shanghai"]),
    st.lists(st.integers(0, 1490), min_size=1, max_size=8, unique=True).map(sorted),
    st.integers(0, 23),
)
def test_a_day_is_a_holiday_if_the_package_says_so(region, alias, zone, rows, hour):
    frequency = Frequency.parse(alias)
    times = DAYS[rows].astype("datetime64[us]") + np.timedelta64(hour, "h")
    country, _, part = region.partition("-")
    known = holidays.country_holidays(country, subdiv=part or None)
    shown = local_times(times, zone) if zone and not frequency.is_of_days else times
    days = shown.astype("datetime64[D]").tolist()
    expected = [
        [float(day + np.timedelta64(shift, "D").item() in known) for shift in (1, 0, -1)]
        for day in days
    ]
    assert holiday_features(times, frequency, region, zone).tolist() == expected


def test_without_a_region_there_are_no_features():
    assert holiday_features(DAYS, Frequency.parse("D"), None).shape == (1500, 0)
    assert holiday_features(DAYS[:0], Frequency.parse("D"), "DE").shape == (0, 3)


@pytest.mark.parametrize(
    ("region", "alias", "message"),
    [
        ("XQ", "D", "must be the code of a country, such as DE, .* got 'XQ'"),
        ("de", "D", "did you mean `DE`"),
        ("GER", "D", "did you mean `DE`"),
        ("china", "D", "did you mean `CN`"),
        ("united states", "D", "did you mean `US`"),
        ("DE-ZZ", "D", "holidays of DE can be those of `BB`, .* or DE alone"),
        ("DE", "MS", "need steps of a day or less; got steps of `MS`"),
        ("DE", "W-SUN", "need steps of a day or less"),
        ("DE", "2D", "need steps of a day or less"),
        ("DE", "1", "got counted steps"),
    ],
)
def test_what_cannot_be_told_is_refused(region, alias, message):
    with pytest.raises(ConfigError, match=message) as error:
        check_holidays(region, Frequency.parse(alias))
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize("alias", ["D", "h", "15min", "B"])
def test_steps_of_a_day_or_less_can_be_told(alias):
    check_holidays("DE-BY", Frequency.parse(alias))


def test_a_region_that_the_installed_release_does_not_know_is_told():
    with pytest.raises(ConfigError, match="'DE-QQ' are not known to the installed package"):
        holiday_features(DAYS, Frequency.parse("D"), "DE-QQ")


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(
        ConfigError, match=r"holidays is needed .* pip install \"ostinato\[series\]\""
    ):
        check_holidays("DE", Frequency.parse("D"))
