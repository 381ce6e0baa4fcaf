import numpy as np
import pytest

from ostinato import DatasetError
from ostinato.datasets import SeriesTable
from ostinato.datasets.records.series import format_time

DAYS = np.array(["2024-01-01", "2024-01-02", "2024-01-01", "2024-01-02"], "datetime64[us]")


def make(times=DAYS, values=None, **changes):
    facts = {
        "ids": ["b", "b", "a", "a"],
        "known": {"promotion": [0, 1, 0, 1]},
        "past": {"visits": [1.0, np.nan, 3.0, 4.0]},
        "static": {"kind": ["x", "x", "y", "y"], "area": [5, 5, 7, 7]},
        "source": "sales.csv",
    }
    return SeriesTable.make(times, values or {"y": [1.0, 2.0, np.nan, 4.0]}, **(facts | changes))


def shuffled(rows):
    table = make()
    groups = ("values", "known", "past", "static")
    columns = {g: {n: c[rows] for n, c in getattr(table, g).items()} for g in groups}
    values = columns.pop("values")
    return make(table.times[rows], values, ids=table.ids[rows], **columns)


def test_the_fingerprint_is_that_of_the_content_whatever_the_order_of_rows_and_the_source():
    assert shuffled([3, 0, 2, 1]).fingerprint == make().fingerprint
    assert make(source="other.csv").fingerprint == make().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"values": {"y": [1.0, 2.0, np.nan, 5.0]}},
        {"values": {"z": [1.0, 2.0, np.nan, 4.0]}},
        {"ids": ["b", "b", "c", "c"]},
        {"times": DAYS + np.timedelta64(1, "D")},
        {"known": {}},
        {"known": {}, "past": {"promotion": [0, 1, 0, 1], "visits": [1, np.nan, 3, 4]}},
        {"static": {"kind": ["x", "x", "z", "z"], "area": [5, 5, 7, 7]}},
        {"zone": "Europe/Berlin"},
        {"season": 7},
        {"frequency": "D"},
        {"borders": (DAYS[0], DAYS[1])},
        {"standardised": True},
    ],
)
def test_another_content_has_another_fingerprint(changes):
    assert make(**changes).fingerprint != make().fingerprint


def test_rows_are_ordered_by_series_and_time_and_numbers_in_ids_count_as_numbers():
    table = SeriesTable.make([2, 1, 1, 1], {"y": np.arange(4)}, ids=["s10", "s10", "s9", "s"])
    assert table.names == ("s", "s9", "s10")
    assert table.codes.tolist() == [2, 2, 1, 0]
    assert table.order.tolist() == [3, 2, 1, 0]


def test_ids_that_differ_by_zeros_alone_are_two():
    assert SeriesTable.make([1, 1], {"y": [1, 2]}, ids=["s01", "s1"]).names == ("s01", "s1")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": ["b", "b", "b", "a"]}, r"once in series b; got 2024-01-01 twice\. Remove one"),
        ({"values": {"y": [1, -np.inf, 1, 1]}}, r"series b, time 2024-01-02: .*`y`.*; got -inf"),
        ({"known": {"k": [1, 1, 1, np.inf]}}, r"series a, time 2024-01-02: .*known column `k`"),
        ({"past": {"p": [np.inf, 1, 1, 1]}}, r"series b, time 2024-01-01: .*past column `p`"),
        (
            {"static": {"k": ["x", "y", "z", "z"]}},
            r"series b, time 2024-01-02: .*`k` .* got y after x",
        ),
        ({"static": {"k": [1, np.nan, 2, 2]}}, r"static column `k` .* got nan after 1\.0"),
        ({"values": {"y": [1, 2]}}, r"target column `y` .* each of the 4 times; got shape \(2,\)"),
        ({"ids": ["a"]}, r"each of the 4 times; got shape \(1,\)"),
        ({"times": []}, "must have rows; it has none"),
        ({"times": [0.5, 1.0, 2.0, 3.0]}, "datetime64 or whole numbers; got float64"),
        ({"times": np.array(["2024-01-01", "NaT"] * 2, "M8[us]")}, "row 2 has none"),
    ],
)
def test_a_wrong_table_is_refused_by_series_time_and_column(changes, message):
    with pytest.raises(DatasetError, match=rf"sales\.csv: .*{message}"):
        make(**changes)


def test_a_table_without_a_number_to_learn_from_is_refused_and_one_of_the_future_is_not():
    with pytest.raises(DatasetError, match="a column to forecast; got none"):
        SeriesTable.make([1], {})
    assert SeriesTable.make([1], {}, known={"k": [1]}).values == {}


def test_an_attribute_that_is_missing_throughout_is_missing():
    table = make(static={"area": [np.nan, np.nan, 7, 7]})
    assert np.isnan(table.static["area"]).tolist() == [True, True, False, False]


def test_the_hour_that_stands_twice_is_explained_where_no_zone_is_known():
    times = np.array(["2024-10-27T02:00", "2024-10-27T02:00"], "datetime64[us]")
    with pytest.raises(DatasetError, match=r"2024-10-27 02:00:00 twice\..*clocks go back"):
        SeriesTable.make(times, {"y": [1, 2]})
    with pytest.raises(
        DatasetError, match=r"twice\. Remove one of the rows, or name .*--id-column"
    ) as told:
        SeriesTable.make(times, {"y": [1, 2]}, zone="UTC")
    assert "clocks" not in str(told.value)


@pytest.mark.parametrize(
    ("time", "expected"),
    [("2024-01-01T05:06:07.000008", "2024-01-01 05:06:07.000008"), ("2024-01-01", "2024-01-01")],
)
def test_a_time_is_written_as_short_as_it_is(time, expected):
    assert format_time(np.datetime64(time, "us")) == expected
