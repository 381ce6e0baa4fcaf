import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import ConfigError, DatasetError
from ostinato.datasets import SeriesTable, read_series
from ostinato.series import Panel, panel_of

H = 4
"""Rows of the future of the panel below."""


def table(rows, **roles):
    """A table of rows (id, time, values by name)."""
    data = {"id": [r[0] for r in rows], "ds": [r[1] for r in rows]}
    names = dict.fromkeys(name for row in rows for name in row[2])
    data |= {name: [r[2].get(name) for r in rows] for name in names}
    return read_series(pa.table(data), target_columns=["y"] if "y" in names else (), **roles)


def sales(future=H, seed=0):
    """Two stores by day, one with a gap, with a known, a past and a static column."""
    rng = np.random.default_rng(seed)
    rows = []
    for name, begin, steps in (("b", 3, 9), ("a", 0, 15)):
        for step in range(steps + future):
            if (name, step) == ("a", 4):
                continue
            day = str(np.datetime64("2024-02-25") + begin + step)
            values = {"promotion": float(rng.integers(2)), "kind": name * 2}
            if step < steps:
                values |= {"y": rng.normal(), "visits": rng.normal()}
            rows.append((name, day, values))
    return table(
        rows, known_columns=["promotion"], past_columns=["visits"], static_columns=["kind"]
    )


def reordered(given, rows):
    groups = {
        group: {name: column[rows] for name, column in getattr(given, group).items()}
        for group in ("values", "known", "past", "static")
    }
    values = groups.pop("values")
    ids, times = given.ids[rows], given.times[rows]
    return SeriesTable.make(times, values, ids=ids, source=given.source, **groups)


def assert_same(one, other, *, but=()):
    for field in dataclasses.fields(Panel):
        if field.name in but:
            continue
        left, right = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("values", "known", "past"):
            np.testing.assert_array_equal(left.offsets, right.offsets)
            np.testing.assert_array_equal(left.values, right.values)
        elif field.name == "static":
            assert {n: c.tolist() for n, c in left.items()} == {
                n: c.tolist() for n, c in right.items()
            }
        else:
            assert np.array_equal(left, right), field.name


def test_series_stand_in_order_with_gaps_as_gaps_and_the_future_apart():
    panel = panel_of(sales())
    assert (panel.ids, panel.frequency.alias, panel.season) == (("a", "b"), "D", 7)
    assert panel.lengths.tolist() == [15, 9]
    assert panel.known.lengths.tolist() == [15 + H, 9 + H]
    assert panel.past.lengths.tolist() == [15, 9]
    assert panel.static["kind"].tolist() == ["aa", "bb"]
    assert panel.starts.astype("datetime64[D]").astype(str).tolist() == ["2024-02-25", "2024-02-28"]
    assert np.flatnonzero(np.isnan(panel.values[0][:, 0])).tolist() == [4]
    assert np.flatnonzero(np.isnan(panel.known[0][:, 0])).tolist() == [4]
    assert not np.isnan(panel.values[1]).any()


def test_every_row_stands_at_its_time():
    given = sales()
    panel = panel_of(given)
    for row, (name, time) in enumerate(zip(given.ids, given.times, strict=True)):
        series = panel.find(name)
        step = int(panel.frequency.positions(panel.starts[series], time))
        assert panel.times(series, step, step + 1)[0] == time
        assert panel.known[series][step, 0] == given.known["promotion"][row]
        if step < panel.lengths[series]:
            assert panel.values[series][step, 0] == given.values["y"][row]
            assert panel.past[series][step, 0] == given.past["visits"][row]


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(random):
    given = sales()
    rows = list(range(len(given)))
    random.shuffle(rows)
    assert_same(panel_of(reordered(given, rows)), panel_of(given))


def test_a_panel_of_all_series_is_the_panels_of_each():
    given = sales()
    whole = panel_of(given)
    for row, name in enumerate(whole.ids):
        part = panel_of(reordered(given, np.flatnonzero(given.ids == name)), "D")
        assert_same(whole.take([row]), part, but=["fingerprint"])


def test_take_repeats_and_reorders():
    panel = panel_of(sales())
    taken = panel.take([1, 0, 1])
    assert taken.ids == ("b", "a", "b")
    for row, source in enumerate([1, 0, 1]):
        np.testing.assert_array_equal(taken.values[row], panel.values[source])
        np.testing.assert_array_equal(taken.known[row], panel.known[source])
        np.testing.assert_array_equal(taken.times(row), panel.times(source))
    assert taken.fingerprint != panel.fingerprint


@given(st.tuples(st.integers(0, 15), st.integers(0, 9)), st.integers(0, 2 * H))
def test_until_shows_nothing_later_than_asked(ends, future):
    given = sales()
    cut = panel_of(given).until(ends, future)
    changed = {}
    for group in ("values", "past", "known"):  # plant other values after the cutoffs
        changed[group] = {}
        for name, column in getattr(given, group).items():
            start = np.array(panel_of(given).starts)[given.codes]
            step = (given.times - start) // np.timedelta64(1, "D")
            last = np.array(ends)[given.codes] + (future if group == "known" else 0)
            is_later = (step >= last) & ~np.isnan(column)
            changed[group][name] = np.where(is_later, column + 99, column)
    planted = SeriesTable.make(
        given.times,
        changed["values"],
        ids=given.ids,
        known=changed["known"],
        past=changed["past"],
        static=given.static,
        source=given.source,
    )
    assert_same(panel_of(planted).until(ends, future), cut, but=["fingerprint"])
    assert cut.lengths.tolist() == list(ends)
    assert cut.known.lengths.tolist() == [
        min(e + future, n + H) for e, n in zip(ends, (15, 9), strict=True)
    ]


def test_until_the_end_keeps_every_value_and_one_number_is_that_of_all():
    panel = panel_of(sales())
    assert_same(panel.until(panel.lengths, H), panel, but=["fingerprint"])
    assert panel.until(100).lengths.tolist() == [15, 9]
    assert panel.until(10).lengths.tolist() == [10, 9]
    assert panel.until([10, 9]).fingerprint != panel.until([9, 9]).fingerprint


def test_until_twice_is_until_the_earlier():
    panel = panel_of(sales())
    assert_same(panel.until([9, 5]).until([4, 9]), panel.until([4, 5]), but=["fingerprint"])


def test_the_future_may_come_with_the_table_or_later_as_a_table_or_a_panel():
    given = sales()
    whole = panel_of(given)
    is_future = np.isnan(given.values["y"])
    history = panel_of(reordered(given, np.flatnonzero(~is_future)))
    assert history.known.lengths.tolist() == [15, 9]
    rest = np.flatnonzero(is_future)[::-1]
    later = SeriesTable.make(
        given.times[rest],
        {},
        ids=given.ids[rest],
        known={"promotion": given.known["promotion"][rest], "other": np.zeros(len(rest))},
    )
    assert_same(history.with_future(later), whole, but=["fingerprint"])
    assert_same(history.with_future(whole), whole, but=["fingerprint"])
    assert_same(history.with_future(given), whole, but=["fingerprint"])
    assert history.with_future(later).fingerprint != history.fingerprint


def test_the_future_changes_nothing_of_the_past_and_other_series_are_left_aside():
    panel = panel_of(sales())
    rows = [
        ("a", "2024-02-25", {"promotion": 7.0}),  # a step of the past
        ("a", "2024-03-11", {"promotion": 8.0}),  # the first of the future: told anew
        ("z", "2024-03-11", {"promotion": 9.0}),  # a series that is not there
    ]
    changed = panel.with_future(table(rows, known_columns=["promotion"]))
    expected = panel.known[0].copy()
    expected[15] = 8.0
    np.testing.assert_array_equal(changed.known[0], expected)
    np.testing.assert_array_equal(changed.known[1], panel.known[1])
    assert changed.ids == panel.ids


def test_a_row_of_the_future_that_is_missing_is_named():
    panel = panel_of(sales())
    panel.check_future(H)
    with pytest.raises(DatasetError, match=r"series a, time 2024-03-15: .*`promotion` .* 5 steps"):
        panel.check_future(H + 1)
    rows = [("b", f"2024-03-{day:02}", {"promotion": 1.0}) for day in (8, 9, 11)]
    history = panel.until([15, 9]).take([1])
    ahead = history.with_future(table(rows, known_columns=["promotion"]))
    ahead.check_future(2)
    for horizon in (3, 4):
        with pytest.raises(DatasetError, match=r"series b, time 2024-03-10: .*Add the row"):
            ahead.check_future(horizon)
    with pytest.raises(DatasetError, match=r"series b, time 2024-03-08: "):
        history.check_future(1)


def test_a_panel_without_known_columns_asks_for_no_future():
    panel_of(table([("a", 1, {"y": 1.0}), ("a", 2, {"y": 1.0})])).check_future(99)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "2024-03-11", {"promo": 1.0})], "no known column `promotion`; did you mean `promo`"),
        ([("b", "2024-03-11 12:00", {"promotion": 1.0})], "series b, time 2024-03-11 12:00:00: .*`D`"),
        ([("b", 5, {"promotion": 1.0})], "of the kind of the series; got 5, and 2024-02-25"),
    ],
)  # fmt: skip
def test_a_future_that_does_not_fit_is_refused(rows, message):
    panel = panel_of(sales())
    future = table(rows, known_columns=[*rows[0][2]])
    with pytest.raises(DatasetError, match=message):
        panel.with_future(future)


def test_a_series_begins_with_its_first_value_and_ends_with_its_last():
    rows = [("a", step, {"y": 1.0 if 2 <= step < 5 else None, "k": 1.0}) for step in range(9)]
    bare = panel_of(table(rows))
    assert (bare.starts.tolist(), bare.lengths.tolist()) == ([2], [3])
    known = panel_of(table(rows, known_columns=["k"]))
    assert (known.lengths.tolist(), known.known.lengths.tolist()) == ([3], [7])
    whole = panel_of(table(rows), whole=True)
    assert (whole.starts.tolist(), whole.lengths.tolist()) == ([0], [9])
    days = pd.date_range("2024-01-31", periods=4, freq="ME").astype(str)
    ends = [("a", day, {"y": None if n == 0 else 1.0}) for n, day in enumerate(days)]
    panel = panel_of(table(ends))
    assert panel.times(0).astype("datetime64[D]").astype(str).tolist() == list(
        days[-len(panel.times(0)) :]
    )


@given(
    st.lists(st.lists(st.sampled_from([None, 1.0, 2.0]), min_size=9, max_size=9), min_size=1, max_size=4),
    st.booleans(),
)  # fmt: skip
def test_long_and_wide_tables_give_the_same_series(columns, with_rows):
    days = pd.date_range("2024-01-01", periods=9)
    wide = pd.DataFrame(
        {"ds": days, **{f"s{n}": pd.Series(c, dtype=float) for n, c in enumerate(columns)}}
    )
    long = wide.melt("ds", var_name="unique_id", value_name="y")
    if not with_rows:  # of a series without a value its rows alone tell
        is_empty = long.groupby("unique_id")["y"].transform("count") == 0
        long = long[long["y"].notna() | is_empty]
    one, other = (
        panel_of(read_series(long), "D"),
        panel_of(read_series(wide, wide=True), "D"),
    )
    assert_same(one, other, but=["fingerprint"])


def test_a_series_without_any_value_keeps_its_steps():
    rows = [("a", step, {"y": 1.0, "k": 1.0}) for step in range(3)]
    rows += [("b", step, {"y": None, "k": 1.0}) for step in range(4)]
    assert panel_of(table(rows, known_columns=["k"])).lengths.tolist() == [3, 4]


def test_several_targets_stand_side_by_side():
    data = {"ds": [2, 1], "u": [1.0, 2.0], "v": [3.0, None]}
    panel = panel_of(read_series(pa.table(data), target_columns=["v", "u"]))
    assert panel.targets == ("v", "u")
    np.testing.assert_array_equal(panel.values[0], [[np.nan, 2.0], [3.0, 1.0]])


def zoned(times, **columns):
    return read_series(pd.DataFrame({"ds": times, "y": np.arange(len(times)), **columns}))


def test_clocks_that_are_moved_make_no_gap_of_hours_and_none_of_days():
    for begin in ("2024-03-30", "2024-10-26"):
        hours = pd.date_range(begin, periods=72, freq="h", tz="Europe/Berlin")
        panel = panel_of(zoned(hours))
        assert (panel.frequency.alias, panel.lengths.tolist()) == ("h", [72])
        assert not np.isnan(panel.values.values).any()
        days = pd.date_range(begin, periods=9, freq="D", tz="Europe/Berlin")
        panel = panel_of(zoned(days))
        assert (panel.frequency.alias, panel.lengths.tolist()) == ("D", [9])
        expected = days.tz_localize(None).to_numpy("datetime64[us]")
        np.testing.assert_array_equal(panel.times(0), expected)
    months = pd.date_range("2024-01-01", periods=14, freq="MS", tz="America/New_York")
    assert panel_of(zoned(months)).frequency.alias == "MS"
    assert panel_of(zoned(months), "MS").lengths.tolist() == [14]


def test_the_future_of_a_zone_is_told_in_any_zone_but_not_without():
    days = pd.date_range("2024-03-28", periods=6, freq="D", tz="Europe/Berlin")
    frame = pd.DataFrame({"ds": days, "y": [1.0, 2, 3, None, None, None], "k": range(6)})
    whole = panel_of(read_series(frame, known_columns=["k"]))
    history = panel_of(read_series(frame.iloc[:3], known_columns=["k"]))
    for ahead in (days, days.tz_convert("Asia/Tokyo"), days.tz_localize(None)):
        later = read_series(frame.assign(ds=ahead)[["ds", "k"]].iloc[3:], known_columns=["k"])
        assert_same(history.with_future(later), whole, but=["fingerprint"])
    hours = pd.date_range("2024-03-28", periods=6, freq="h", tz="Europe/Berlin")
    hourly = panel_of(read_series(frame.assign(ds=hours).iloc[:3], known_columns=["k"]))
    plain = frame.assign(ds=hours.tz_localize(None))[["ds", "k"]]
    with pytest.raises(DatasetError, match="must have a time zone if the series have one"):
        hourly.with_future(read_series(plain, known_columns=["k"]))


def dated(name, alias, count, start="2024-01-01"):
    return [(name, str(day), {"y": 1.0}) for day in pd.date_range(start, periods=count, freq=alias)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (dated("a", "D", 20) + dated("b", "h", 9), r"series b, time 2024-01-01 01:00:00: .*steps of `D`"),
        (dated("a", "D", 20) + dated("b", "W", 7), r"one frequency, which is `D` .*series b, which .*01-07"),
        (dated("a", "D", 99) + dated("b", "MS", 7), r"one frequency, which is `D` .*series b, which"),
        (dated("a", "h", 200) + dated("b", "D", 8), r"one frequency, which is `h` .*series b, which"),
        (dated("a", "MS", 9) + dated("b", "D", 3), r"series b, time 2024-01-02: .*steps of `MS`"),
        ([("a", 1, {"y": 1.0}), ("b", 9, {"y": 1.0})], r"two times; series a has one.*--frequency"),
        ([("a", t, {"y": 1.0}) for t in (0, 1, 2, 10**9)], r"far more steps than rows; got 1,000,000,001 for 4"),
    ],
)  # fmt: skip
def test_series_that_do_not_fit_together_are_refused(rows, message):
    with pytest.raises(DatasetError, match=message):
        panel_of(table(rows))


def test_series_with_gaps_or_of_few_steps_are_not_taken_for_coarser_ones():
    sparse = [
        ("b", str(np.datetime64("2024-01-01") + d), {"y": 1.0}) for d in (0, 2, 9, 11, 30, 33, 35)
    ]
    panel = panel_of(table(dated("a", "D", 40) + sparse))
    assert panel.lengths.tolist() == [40, 36]
    assert panel_of(table(dated("a", "D", 40) + dated("b", "W", 4))).lengths.tolist() == [40, 22]
    given = panel_of(table(dated("a", "D", 40) + dated("b", "W", 7)), "D")
    assert given.lengths.tolist() == [40, 43]


def test_a_frequency_that_is_given_is_kept_to():
    with pytest.raises(DatasetError, match=r"series a, time 2024-01-02: .*steps of `W-SUN`"):
        panel_of(table(dated("a", "D", 20)), "W")
    with pytest.raises(DatasetError, match="of counted times a number; got `D` and times as 1"):
        panel_of(table([("a", 1, {"y": 1.0})]), "D")
    with pytest.raises(DatasetError, match=r"an alias such as D or MS.*got `1`"):
        panel_of(table(dated("a", "D", 2)), "1")
    with pytest.raises(ConfigError, match="got `often`"):
        panel_of(table(dated("a", "D", 2)), "often")
    assert panel_of(table(dated("a", "D", 1)), "D").lengths.tolist() == [1]


def test_a_table_of_the_future_alone_is_no_panel():
    with pytest.raises(DatasetError, match="must be a target column; got none"):
        panel_of(SeriesTable.make([1], {}, known={"k": [1.0]}))


def test_what_the_data_set_says_is_kept():
    given = SeriesTable.make([1, 2], {"y": [1, 2]}, season=5, borders=(1, 2), standardised=True)
    panel = panel_of(given)
    assert (panel.season, panel.borders, panel.standardised) == (5, (1, 2), True)


def test_an_id_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(DatasetError, match="no series `store7`; did you mean `store-7`"):
        panel_of(table(dated("store-7", "D", 3) + dated("x", "D", 3))).find("store7")


def test_many_series_and_rows_are_put_on_their_grids_at_once():
    series, steps = 2000, 50
    rng = np.random.default_rng(0)
    rows = rng.permutation(series * steps)
    ids = np.array([f"s{i}" for i in range(series)], object)[rows // steps]
    y = rows.astype(float)
    panel = panel_of(SeriesTable.make(rows % steps, {"y": y}, ids=ids))
    np.testing.assert_array_equal(panel.values.values[:, 0], np.arange(series * steps))
