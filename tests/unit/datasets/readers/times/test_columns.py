"""Times come back as they were written, in every way that is read; what is no time is refused."""

from __future__ import annotations

import calendar
import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato import DatasetError
from ostinato.datasets import read_series
from ostinato.datasets.readers.tables.typed_columns import MISSING
from ostinato.datasets.readers.times.whole_numbers import times_of_numbers

DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d"),
    *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y-%b-%d"),
    *("%Y年%m月%d日", "%Y.%m.%d"),
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
NO_CLOCK = "%Y%m%d"


def times_of(written, **columns):
    table = read_series(pa.table({"ds": written, "y": [1.0] * len(written), **columns}))
    return table.times.tolist(), table.zone


seconds = st.integers(0, 4 * 10**9).map(
    lambda n: datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=n)
)


@given(st.lists(seconds, min_size=1, max_size=5, unique=True), st.sampled_from(DAYS), st.data())
@settings(max_examples=40, deadline=None)
def test_dates_are_read_as_they_were_written(moments, day, data):
    form = day + data.draw(st.sampled_from(("",) if day == NO_CLOCK else CLOCKS))
    known = datetime.datetime(1999, 7, 31, 23, 59, 58)  # tells day from month
    written = [moment.strftime(form) for moment in [known, *moments]]
    expected = [datetime.datetime.strptime(text, form) for text in written]
    if len(set(expected)) == len(expected):
        if data.draw(st.booleans()):
            written = [text.replace(" 0", " ").lower() for text in written]
        assert times_of(written) == (expected, None)


@given(st.integers(1950, 2050), st.integers(1, 12), st.sampled_from(DAYS), st.data())
@settings(max_examples=50, deadline=None)
def test_a_day_that_is_not_on_the_calendar_is_refused_with_its_row(year, month, form, data):
    last = calendar.monthrange(year, month)[1]
    known = datetime.date(year, 3, 15).strftime(form)
    stand_in = datetime.date(year, month, 28)  # the months all have
    day = data.draw(st.integers(last + 1, 32))
    parts = {"%d": f"{day:02}", "%m": f"{month:02}", "%Y": f"{year}"}
    written = form
    for part in ("%b", "%B"):
        written = written.replace(part, stand_in.strftime(part))
    for part, text in parts.items():
        written = written.replace(part, text)
    if form == "%Y%m%d" and day == 32:
        return  # of two numbers one cannot be told from what is counted
    with pytest.raises(DatasetError, match="row 2"):
        times_of([known, written])


@given(
    st.integers(1980 * 12, 2100 * 12 - 100),
    st.integers(1, 40),
    st.sampled_from([pd.array, lambda ints: pd.array(ints).astype("float64"), lambda ints: [str(n) for n in ints]]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_months_written_as_numbers_are_months(first, count, kind):
    months = (np.arange(first, first + count) - 1970 * 12).astype("datetime64[M]")
    numbers = [int(str(month).replace("-", "")) for month in months]
    expected = months.astype("datetime64[us]").tolist()
    assert times_of(kind(numbers)) == (expected, None)


@given(
    st.lists(seconds.filter(lambda t: t.year >= 1980), min_size=1, unique=True, max_size=5),
    st.sampled_from(["s", "ms", "us", "ns"]),
)
@settings(max_examples=40, deadline=None)
def test_seconds_since_1970_and_their_parts_are_times_in_utc(moments, unit):
    stamps = np.array(moments, "datetime64[us]").astype(f"datetime64[{unit}]").astype(np.int64)
    assert times_of(stamps) == (moments, "UTC")
    assert times_of([str(stamp) for stamp in stamps]) == (moments, "UTC")


@pytest.mark.parametrize("form", ["%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"])
def test_dates_with_a_time_of_day_may_be_numbers(form):
    hours = pd.date_range("2023-12-31 20:00", periods=9, freq="h")
    numbers = [int(hour.strftime(form)) for hour in hours]
    assert times_of(numbers) == (hours.to_pydatetime().tolist(), None)


@pytest.mark.parametrize("first", [0, 1, 1995, 20_160_731, 202_301, 300_000_000])
def test_what_is_counted_stays_so(first):
    numbers = np.arange(first, first + 99)
    found, zone = times_of_numbers(numbers, "ds", "a.csv")
    assert (found.tolist(), zone) == (numbers.tolist(), None)


def weeks(last):
    return [year * 100 + week for year in (2022, 2023) for week in range(1, last + 1)]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (weeks(52), "look like a year and a week"),
        ([year * 10 + q for year in (2022, 2023) for q in (1, 2, 3, 4)], "a year and a quarter"),
        ([*range(20240101, 20240130), 20240230], "row 30: .*YYYYMMDD.*got 20240230"),
        ([*range(202201, 202213), *range(202301, 202314)], "row 25: .*YYYYMM, .*got 202313"),
        ([1_700_000_000 * 10**9 + 1], "whole microseconds"),
    ],
)
def test_numbers_that_are_nearly_dates_are_refused(numbers, message):
    with pytest.raises(DatasetError, match=message):
        times_of(numbers)


@pytest.mark.parametrize("sep", ["/", "-"])
@pytest.mark.parametrize("form", ["%m{}%d{}%Y", "%d{}%m{}%Y"])
def test_first_days_of_months_cannot_be_told_from_days_of_january(sep, form):
    months = pd.date_range("2014-01-01", periods=12, freq="MS").strftime(form.format(sep, sep))
    with pytest.raises(DatasetError, match="must tell day from month"):
        times_of(list(months))


def offsets(times):
    return [str(time) for time in times]


@pytest.mark.parametrize("hour", range(0, 24, 5))
@pytest.mark.parametrize("step", ["D", "12h"])
def test_a_clock_that_is_kept_to_is_read_as_it_shows_the_time(hour, step):
    start = pd.Timestamp("2024-03-20") + pd.Timedelta(hours=hour)
    shown = pd.date_range(start, periods=30, freq=step)
    written = offsets(shown.tz_localize("Europe/Berlin", nonexistent="shift_forward"))
    assert times_of(written) == (shown.to_pydatetime().tolist(), None)


@given(st.integers(0, 8000), st.integers(2, 60), st.sampled_from(["h", "30min", "15min"]))
@settings(max_examples=40, deadline=None)
def test_hours_are_those_of_utc_wherever_the_clock_is_moved(first, count, step):
    start = pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(hours=first)
    local = pd.date_range(start, periods=count, freq=step).tz_convert("America/New_York")
    found, zone = times_of(offsets(local))
    assert zone is not None
    assert found == local.tz_convert("UTC").tz_localize(None).to_pydatetime().tolist()


@given(st.lists(st.decimals(-(10**7), 10**7, places=2), min_size=2, max_size=9))
@settings(max_examples=40, deadline=None)
def test_numbers_with_decimal_commas_are_read_as_they_were_written(values):
    plain = [f"{value:.2f}".replace(".", ",") for value in values]
    parted = [f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in values]
    for written in (plain, parted):
        table = read_series(pa.table({"ds": range(len(values)), "y": written}))
        assert table.values["y"].tolist() == [float(value) for value in values]


@pytest.mark.parametrize(
    "values", [["1,000", "2"], ["1,5", "2.5"], ["1,5", "2,5,5"], ["1,234.5", "2,5"]]
)
def test_commas_that_may_part_off_thousands_are_refused(values):
    with pytest.raises(DatasetError, match="must hold numbers"):
        read_series(pa.table({"ds": [1, 2], "y": values}))


@pytest.mark.parametrize("word", MISSING)
def test_what_stands_for_a_missing_value_is_missing(word):
    table = read_series(pa.table({"ds": [1, 2, 3], "y": ["1,5", word.upper(), "2"]}))
    np.testing.assert_array_equal(table.values["y"], [1.5, np.nan, 2])


@given(st.integers(0, 10**9), st.sampled_from(["day", "clock", "hour", "month"]))
@settings(max_examples=30, deadline=None)
def test_times_in_several_columns_are_joined(first, kind):
    start = np.datetime64("1995-01-01T00") + np.timedelta64(first % 200_000, "h")
    hours = pd.date_range(start, periods=40, freq="h" if kind in ("clock", "hour") else "MS")
    parts = {"year": hours.year, "month": hours.month}
    if kind == "clock":
        parts = {"Date": hours.strftime("%Y-%m-%d"), "Time": hours.strftime("%H:%M")}
    if kind in ("day", "hour"):
        parts["day"] = hours.day
    if kind == "hour":
        parts["hour"] = hours.hour
    if kind in ("day", "month"):
        hours = hours.normalize()
    table = read_series(pd.DataFrame({**parts, "y": 1.0}))
    assert table.times.tolist() == hours.to_pydatetime().tolist()
    assert list(table.values) == ["y"]


def test_a_month_that_is_a_known_column_is_no_time():
    frame = pd.DataFrame({"year": [2023, 2024], "month": [1, 2], "y": [1.0, 2.0]})
    assert read_series(frame, time_column="year", known_columns=["month"]).times.tolist() == [
        2023,
        2024,
    ]


@pytest.mark.parametrize(
    "written",
    [
        "2020年2月30日",
        "2020.02.30",
        "2020-02-30T06:00",
        "30/02/2020 6:00 a.m.",
        "2020年13月",
        "2020年2月x日",
    ],
)
def test_message_quotes_a_time_as_it_was_written(written):
    with pytest.raises(DatasetError) as error:
        times_of([written, written])
    assert f"`{written}`" in str(error.value)


def test_message_quotes_an_ambiguous_time_as_it_was_written():
    with pytest.raises(DatasetError, match="tell day from month") as error:
        times_of(["01/02/2020 6:00 a.m.", "02/03/2020 6:00 a.m."])
    assert "`01/02/2020 6:00 a.m.`" in str(error.value)


CHINESE_CLOCKS = ("上午", "下午")


def chinese(moment):
    half, hour = CHINESE_CLOCKS[moment.hour >= 12], moment.hour % 12 or 12
    return f"{moment.year}年{moment.month}月{moment.day}日 {half}{hour}点{moment.minute:02}分{moment.second:02}秒"


SPOKEN = {
    "half": chinese,
    "digits": lambda t: f"{t:%Y/%m/%d} {CHINESE_CLOCKS[t.hour >= 12]} {t.hour % 12 or 12}:{t:%M:%S}",
    "24": lambda t: f"{t:%Y年%m月%d日%H时%M分%S秒}",
    "weekday": lambda t: f"{t:%A, %d %B %Y %H:%M:%S}",
    "full": lambda t: f"{t:%Y-%m-%d %H:%M:%S}".translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789-:"}),
    "p.m.": lambda t: f"{t:%Y-%m-%d} {t.hour % 12}:{t:%M:%S} a.m." if t.hour < 12 else f"{t:%Y-%m-%d %I:%M:%S p.m.}",
    "offset": lambda t: f"{t:%Y-%m-%d %H:%M:%S},250000 +0000",
}  # fmt: skip


@given(st.lists(seconds, min_size=1, max_size=6, unique=True), st.sampled_from(sorted(SPOKEN)))
@settings(max_examples=60, deadline=None)
def test_clocks_are_read_as_people_write_them(moments, form):
    later = datetime.timedelta(microseconds=250_000 * (form == "offset"))
    expected = [moment + later for moment in moments]
    zone = "+00:00" if form == "offset" else None
    assert times_of([SPOKEN[form](moment) for moment in moments]) == (expected, zone)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["2020年1月1日 下午3点", "2020年1月1日 下午4点半"], ["15:00", "16:30"]),
        (["2020年1月1日13时", "2020年1月1日 14时整"], ["13:00", "14:00"]),
        (["2020年1月1日 中午12点", "2020年1月1日 晚上8点"], None),
        (["2020年1月1日 中午12:10", "2020年1月1日 晚上8:15"], ["12:10", "20:15"]),
        (["2020年1月1日 凌晨1点", "2020年1月1日 上午0:30"], ["01:00", "00:30"]),
        (["1/1/2020 3PM", "1/1/2020 4 p.m."], ["15:00", "16:00"]),
    ],
)
def test_hours_without_minutes(written, expected):
    if expected is None:
        expected = ["12:00", "20:00"]
    assert times_of(written)[0] == [
        datetime.datetime.fromisoformat(f"2020-01-01T{clock}") for clock in expected
    ]


@pytest.mark.parametrize("time", ["2020年1月1日 晚上12点", "2020-01-01 13:00 PM", "13时", "24:00"])
def test_a_clock_that_may_be_another_is_refused(time):
    with pytest.raises(DatasetError, match=f"got `{time}`"):
        times_of([time])


@given(
    st.integers(1970, 2100),
    st.integers(1, 53),
    st.sampled_from(["{}-W{:02}", "{}W{:02}", "W{1} {0}", "{}年第{}周"]),
)
@settings(max_examples=60, deadline=None)
def test_weeks_are_those_of_iso_8601(year, week, form):
    text = form.format(year, week)
    try:
        monday = datetime.datetime.fromisocalendar(year, week, 1)
    except ValueError:
        with pytest.raises(DatasetError, match=f"no `{text}`"):
            times_of([text])
    else:
        assert times_of([text]) == ([monday], None)
        if form.startswith("{}-W"):
            sunday = monday + datetime.timedelta(6)
            assert times_of([f"{text}-7"]) == ([sunday], None)


@given(
    st.lists(seconds, min_size=1, max_size=5, unique=True),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y年%m月%d日"]),
    st.sampled_from(["24:00", "24:00:00"]),
)
@settings(max_examples=40, deadline=None)
def test_24_00_is_midnight_of_the_next_day(moments, form, midnight):
    days = sorted({datetime.datetime.combine(moment.date(), datetime.time()) for moment in moments})
    clock = "%H:%M" if midnight == "24:00" else "%H:%M:%S"
    noon = datetime.datetime(1999, 7, 31, 12)
    written = [
        noon.strftime(f"{form} {clock}"),
        *(f"{day.strftime(form)} {midnight}" for day in days),
    ]
    assert times_of(written)[0] == [noon, *(day + datetime.timedelta(1) for day in days)]


def test_24_00_is_the_same_time_as_the_midnight_after_it():
    with pytest.raises(DatasetError, match="2020-01-02 twice"):
        times_of(["2020-01-01 24:00", "2020-01-02 00:00"])


@given(
    st.integers(1969 * 12, 2029 * 12),
    st.integers(3, 40),
    st.sampled_from([1, 3]),
    st.sampled_from(["%b-%y", "%B %y"]),
)
@settings(max_examples=40, deadline=None)
def test_months_with_a_year_of_two_digits_are_months(first, count, step, form):
    months = np.arange(first, min(first + count * step, 2030 * 12), step) - 1970 * 12
    months = months.astype("datetime64[M]").astype("datetime64[us]").tolist()
    assert times_of([month.strftime(form) for month in months]) == (months, None)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (["Jan-20"], "a month or a day of it"),
        (["Jan-20", "Jan-21", "Jan-22"], "a month or a day of it"),
        ([f"Jan-{day:02}" for day in range(1, 32)], "a month or a day of it"),
        ([f"{month}-{day:02}" for month in ("Jan", "Feb") for day in range(1, 29)], "a day of it"),
        (["Jan-45", "Feb-45"], "of 2045 or 1945"),
        (["20-Jan", "20-Feb"], "must be a date"),
    ],
)
def test_months_that_may_be_days_are_refused(written, message):
    with pytest.raises(DatasetError, match=message):
        times_of(written)


FIRSTS = ("Q3 2016", "2016Q3", "2016/Q3", "2016年第3季度", "2016年三季度", "2016-07", "07/2016")


@pytest.mark.parametrize("written", [*FIRSTS, "2016 M7"])
def test_quarters_and_months_begin_with_their_first_day(written):
    assert times_of([written]) == ([datetime.datetime(2016, 7, 1)], None)


@given(st.text(min_size=1, max_size=40).map(lambda text: f"x{text}"), st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_messages_are_short_however_long_a_value_is(text, times):
    long = pa.table({"unique_id": [text * times], "ds": [text * times], "y": [1.0]})
    with pytest.raises(DatasetError) as error:
        read_series(long)
    assert len(str(error.value)) <= 330
    with pytest.raises(DatasetError) as error:
        read_series(long.set_column(1, "ds", pa.array([1])).set_column(2, "y", long["ds"]))
    assert len(str(error.value)) <= 300


def test_parts_of_a_time_may_have_chinese_names():
    day = {"日期": ["2020年1月1日"] * 2, "时间": ["13时", "14时"], "数值": [1.0, 2.0]}
    parts = {"年": [2020] * 2, "月": [1, 1], "日": [1, 1], "时": [13, 14], "数值": [1.0, 2.0]}
    for written in (day, parts):
        hours = [time.hour for time in read_series(pd.DataFrame(written)).times.tolist()]
        assert hours == [13, 14]
