import dataclasses
import gzip
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from ostinato import DatasetError
from ostinato.datasets import REGISTRY, SeriesTable, load_series, read_series

ROWS = [
    {"unique_id": "b", "ds": "2024-01-02", "y": 2.5, "promotion": 1, "visits": 4, "kind": "x"},
    {"unique_id": "b", "ds": "2024-01-01", "y": None, "promotion": 0, "visits": 3, "kind": "x"},
    {"unique_id": "a", "ds": "2024-01-01", "y": -1.0, "promotion": 0, "visits": 2, "kind": "y"},
]
COLUMNS = {"known_columns": ["promotion"], "past_columns": ["visits"], "static_columns": ["kind"]}


def csv_of(path, rows=ROWS, delimiter=","):
    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join("" if v is None else str(v) for v in row.values()) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def gz(path):
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


def jsonl_of(path):
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def parquet_of(path, table=None):
    pyarrow.parquet.write_table(pa.Table.from_pylist(ROWS) if table is None else table, path)
    return path


SOURCES = {
    "csv": lambda folder: csv_of(folder / "a.csv"),
    "csv.gz": lambda folder: gz(csv_of(folder / "a.csv")),
    "tsv": lambda folder: csv_of(folder / "a.tsv", delimiter="\t"),
    "jsonl": lambda folder: jsonl_of(folder / "a.jsonl"),
    "parquet": lambda folder: parquet_of(folder / "a.parquet"),
    "parquet.gz": lambda folder: gz(parquet_of(folder / "a.parquet")),
    "arrow": lambda _: pa.Table.from_pylist(ROWS),
    "pandas": lambda _: pd.DataFrame(ROWS),
    "pandas with times": lambda _: pd.DataFrame(ROWS).assign(ds=lambda t: pd.to_datetime(t.ds)),
    "pandas by time": lambda _: (
        pd.DataFrame(ROWS).assign(ds=lambda t: pd.to_datetime(t.ds)).set_index("ds")
    ),
    "pandas by a time without a name": lambda _: (
        pd.DataFrame(ROWS)
        .assign(ds=lambda t: pd.to_datetime(t.ds))
        .set_index("ds")
        .rename_axis(None)
    ),
    "pandas of some rows": lambda _: pd.DataFrame([ROWS[0], *ROWS]).iloc[1:],
    "polars": lambda _: pl.DataFrame(ROWS),
    "polars with dates": lambda _: pl.DataFrame(ROWS).with_columns(pl.col("ds").str.to_date()),
    "polars with categories": lambda _: pl.DataFrame(ROWS).with_columns(
        pl.col("unique_id", "kind").cast(pl.Categorical)
    ),
    "lists": lambda _: {name: [row[name] for row in ROWS] for name in ROWS[0]},
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_gives_the_same_table(kind, tmp_path):
    table = read_series(SOURCES[kind](tmp_path), **COLUMNS)
    expected = read_series(pa.Table.from_pylist(ROWS), **COLUMNS)
    assert table.fingerprint == expected.fingerprint
    assert table.ids.tolist() == ["b", "b", "a"]
    assert table.times.astype("datetime64[D]").astype(str).tolist() == [r["ds"] for r in ROWS]
    np.testing.assert_array_equal(table.values["y"], [2.5, np.nan, -1.0])
    assert table.known["promotion"].tolist() == [1, 0, 0]
    assert table.past["visits"].tolist() == [4, 3, 2]
    assert table.static["kind"].tolist() == ["x", "x", "y"]
    assert table.zone is None


def test_pandas_is_not_needed_to_read_a_file(tmp_path):
    path = csv_of(tmp_path / "a.csv")
    code = (
        "import sys\n"
        "class NoPandas:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'pandas': raise ImportError(name)\n"
        "sys.meta_path.insert(0, NoPandas())\n"
        "from ostinato.datasets import read_series\n"
        f"print(len(read_series({str(path)!r})), 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "3 False\n"


def one(times, **columns):
    return read_series(pa.table({"ds": times, "y": [1.0] * len(times), **columns}))


def moments(*times):
    return np.array(times, "datetime64[us]").tolist()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["2016-07-01", "2016-07-02"], moments("2016-07-01", "2016-07-02")),
        (["2016-07-01 00:30", "2016-07-01T01:00:00.5"], moments("2016-07-01T00:30", "2016-07-01T01:00:00.5")),
        (["2016-07", "2016-8"], moments("2016-07-01", "2016-08-01")),
        (["2016M07", "2016M12"], moments("2016-07-01", "2016-12-01")),
        (["2016Q1", "2016-Q4"], moments("2016-01-01", "2016-10-01")),
        (["2016/7/1", "2016/7/13"], moments("2016-07-01", "2016-07-13")),
        (["1.7.2016", "13.7.2016"], moments("2016-07-01", "2016-07-13")),
        (["1/7/2016", "13/7/2016"], moments("2016-07-01", "2016-07-13")),
        (["7/1/2016 13:00", "7/13/2016 14:00"], moments("2016-07-01T13", "2016-07-13T14")),
        (["20160701", "20160713"], moments("2016-07-01", "2016-07-13")),
        ([20160731, 20160801], moments("2016-07-31", "2016-08-01")),
        ([20160731, 20160732], [20160731, 20160732]),  # no date: a number
        (["3", "10"], [3, 10]),
        ([3, 10], [3, 10]),
        ([3.0, 10.0], [3, 10]),
        ([" 2016-07-01 ", "2016-07-02"], moments("2016-07-01", "2016-07-02")),
    ],
)  # fmt: skip
def test_times_are_read_in_the_usual_ways(given, expected):
    assert one(given).times.tolist() == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_any_unit_are_read(unit):
    stamps = (
        pa.array([1_700_000_000, 1_700_003_600]).cast(pa.timestamp("s")).cast(pa.timestamp(unit))
    )
    assert one(stamps).times.tolist() == moments("2023-11-14T22:13:20", "2023-11-14T23:13:20")


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["2024-01-01", "soon"], r"time soon: a time in column `ds` must be a date.*got `soon`"),
        (["2024-01-01", "1/31/2024"], r"got `1/31/2024`, and all times must be written in one way"),
        (["1/2/2024", "2/3/2024"], r"must tell day from month; `1/2/2024` and all others"),
        (["1/2/24", "2/13/24"], r"got `1/2/24`"),
        (["2024-01-01", None], "row 2 has none"),
        (["2024-01-01", " "], "row 2 has none"),
        ([1.0, 1.5], "got numbers with fractions"),
        ([1.0, None], "row 2 has none"),
        ([True, False], "must hold dates, timestamps or whole numbers; got bool"),
        (pa.array([1, 1001], pa.timestamp("ns")), "of whole microseconds"),
        (["2024-01-01T00:00+01:00", "2024-01-02"], "all times must be written in one way"),
    ],
)
def test_times_that_cannot_be_read_are_refused(times, message):
    with pytest.raises(DatasetError, match=message):
        one(times)


BERLIN = pd.date_range("2024-10-26 20:00", periods=12, freq="h", tz="Europe/Berlin")


def test_times_of_a_zone_are_in_utc_and_the_hour_that_stands_twice_there_is_no_duplicate():
    table = read_series(pd.DataFrame({"ds": BERLIN, "y": range(12)}))
    assert table.zone == "Europe/Berlin"
    assert set(np.diff(table.times)) == {np.timedelta64(1, "h")}
    strings = read_series(pd.DataFrame({"ds": [str(t) for t in BERLIN], "y": range(12)}))
    assert strings.zone == "UTC"  # two offsets name no place
    assert strings.times.tolist() == table.times.tolist()
    with pytest.raises(DatasetError, match=r"02:00:00 twice\..*clocks go back"):
        read_series(pd.DataFrame({"ds": BERLIN.tz_localize(None), "y": range(12)}))


def test_one_offset_is_a_zone_and_z_is_utc():
    assert one(["2024-01-01T01:00+0100", "2024-01-01T02:00+0100"]).zone == "+01:00"
    assert one(["2024-01-01T01:00Z", "2024-01-01T02:00Z"]).zone == "UTC"
    assert one(["2024-01-01T01:00-03:30"]).times.tolist() == moments("2024-01-01T04:30")


def test_midnights_of_a_place_that_moves_its_clocks_are_dates():
    days = pd.date_range("2024-03-29", periods=5, tz="Europe/Berlin")
    table = one([str(day) for day in days])
    assert table.times.tolist() == days.tz_localize(None).to_numpy("datetime64[us]").tolist()
    assert table.zone is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1.5", "two", "x"], r"series a, time 2: the target column `y` must hold numbers; got `two`"),
        (["ja", "1", "0"], r"got `ja`. Write words as numbers, such as 1 for yes and 0 for no, leave"),
        (["1x", "1", "0"], r"got `1x`. Correct it, leave"),
        (["1,000", "2", "3"], r"series a, time 1: .*got `1,000`"),
        ([[1], [2], [3]], r"the target column `y` must hold numbers; got list"),
        ([1.0, np.inf, 2.0], r"series a, time 2: the target column `y` must hold finite numbers; got inf"),
        (["1", "2", "-Infinity"], r"series b, time 1: .*finite numbers; got -inf"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_by_series_time_column_and_value(values, message):
    with pytest.raises(DatasetError, match=message):
        read_series(pa.table({"id": ["a", "a", "b"], "ds": [1, 2, 1], "y": values}))


def test_mixed_values_of_json_lines_name_the_first_that_is_no_number(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"ds": 1, "y": 1.5}\n{"ds": 2, "y": "many"}\n')
    with pytest.raises(
        DatasetError, match=r"a\.jsonl: time 2: .*`y` must hold numbers; got `many`"
    ):
        read_series(path)


@pytest.mark.parametrize("word", ["", "NaN", "nan", "null", "NA", "N/A", "None", " "])
def test_missing_values_stay_missing_in_a_file(word, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"ds,y\n1,2\n2,{word}\n3,+1e1\n")
    np.testing.assert_array_equal(read_series(path).values["y"], [2, np.nan, 10])


def test_truth_is_one_and_zero_typed_or_written():
    for column in ([True, False, None], ["True", "false", ""]):
        table = read_series(
            pa.table({"ds": [1, 2, 3], "y": [1, 2, 3], "k": column}), known_columns=["k"]
        )
        np.testing.assert_array_equal(table.known["k"], [1, 0, np.nan])


def test_a_static_column_is_numbers_if_all_its_values_are():
    data = {"ds": [1, 1], "id": ["a", "b"], "y": [1, 2], "n": ["3", ""], "w": ["NA", "x"]}
    data |= {"day": pa.array([1, 2], pa.date32()), "list": [[1], [2]]}
    table = read_series(pa.table(data), static_columns=["n", "w", "day"])
    np.testing.assert_array_equal(table.static["n"], [3.0, np.nan])
    assert table.static["w"].tolist() == ["NA", "x"]
    assert table.static["day"].tolist() == ["1970-01-02", "1970-01-03"]
    with pytest.raises(DatasetError, match="static column `list` must hold strings or numbers"):
        read_series(pa.table(data), static_columns=["list"])


def test_columns_are_found_by_usual_names_or_as_the_only_one_left():
    data = {"Date": [1, 2], "passengers": [3, 4]}
    assert read_series(pa.table(data)).values["passengers"].tolist() == [3, 4]
    data |= {"other": [5, 6]}
    with pytest.raises(DatasetError, match="a target column must be named or have a usual name"):
        read_series(pa.table(data))
    table = read_series(pa.table(data), target_columns=["other", "passengers"])
    assert list(table.values) == ["other", "passengers"]
    assert read_series(pa.table(data), target_columns="other").values["other"].tolist() == [5, 6]


def test_rows_of_the_future_need_no_target():
    table = read_series(
        pa.table({"ds": [1], "price": [2], "promotion": [1]}), known_columns=["price"]
    )
    assert (table.values, list(table.known)) == ({}, ["price"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_columns": ["Y"]}, r"no target column `Y`\. The columns are"),
        ({"known_columns": ["promo"]}, "no known column `promo`; did you mean `promotion`"),
        ({"past_columns": ["visit"]}, "no past column `visit`; did you mean `visits`"),
        ({"static_columns": ["sort"]}, "no static column `sort`"),
        ({"time_column": "when"}, "no time column `when`"),
        ({"id_column": "store"}, "no id column `store`"),
        ({"target_columns": ["y"], "known_columns": ["y"]}, "`y` must have one role"),
        ({"id_column": "kind", "static_columns": ["kind"]}, "`kind` must have one role"),
    ],
)
def test_wrong_columns_are_refused(options, message):
    with pytest.raises(DatasetError, match=f"the pyarrow table: .*{message}"):
        read_series(pa.Table.from_pylist(ROWS), **options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (3, "as a file or as a table of pandas, polars or Arrow .*; got int"),
        (pd.DataFrame({"ds": [1, "x"], "y": [1, 2]}), "columns have one type each"),
        (pa.table({"ds": [], "y": []}), "must have rows; it has none"),
        (pa.table({"ds": [1], "y": [1], "id": [""]}), "an id in column `id`; row 1 has none"),
        (
            pa.table({"ds": [1], "y": [1], "id": [[1]]}),
            "id column `id` must hold strings or numbers",
        ),
    ],
)
def test_what_is_no_table_of_series_is_refused(source, message):
    with pytest.raises(DatasetError, match=message):
        read_series(source)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "ds,y\n1,2,3\n", "a row must have 2 fields.*got 3 in line 2"),
        ("a.csv", "ds,y,y\n1,2,3\n", "`y` must be there once"),
        ("a.csv", "ds,y\n", "must have rows; it has none"),
        ("a.csv", "", "it is empty"),
        ("a.parquet", "no parquet", "must be a whole Parquet file"),
        ("a.xlsx", "x", r"format must be one of \.csv.*got `\.xlsx`"),
        ("a.txt", "x", r"format must be one of \.csv.*got `\.txt`"),
        ("a.jsonl", "[1]\n", "line 1 must be one JSON object"),
    ],
)
def test_broken_files_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_series(tmp_path / name)


def test_a_file_that_is_not_there_is_told_with_the_nearest(tmp_path):
    csv_of(tmp_path / "sales.csv")
    with pytest.raises(DatasetError, match=r"did you mean `sales\.csv`"):
        load_series(tmp_path / "sale.csv")
    with pytest.raises(DatasetError, match=r"airpasenger.*did you mean `airpassengers`"):
        load_series("airpasenger")


def test_a_data_set_of_something_else_is_refused_with_its_task():
    with pytest.raises(
        DatasetError, match=r"one series table; got one of .*train classify samples"
    ):
        load_series("samples")


def test_targets_of_a_registered_data_set_may_be_chosen(monkeypatch):
    whole = SeriesTable.make([1, 2], {"a": [1, 2], "b": [3, 4]}, source="loads", season=5)
    dataset = dataclasses.replace(REGISTRY["sales"], name="loads", read=lambda _: whole)
    monkeypatch.setitem(REGISTRY, "loads", dataset)
    monkeypatch.setattr("ostinato.datasets.loading.splits.locate", lambda _: None)
    assert load_series("loads").fingerprint == whole.fingerprint
    chosen = load_series("loads", target_columns=["b"], past_columns=["a"])
    again = SeriesTable.make([1, 2], {"b": [3, 4]}, past={"a": [1, 2]}, source="loads", season=5)
    assert chosen.fingerprint == again.fingerprint != whole.fingerprint
    assert (list(chosen.values), list(chosen.past), chosen.season) == (["b"], ["a"], 5)
    assert list(load_series("loads", past_columns=["b"]).values) == ["a"]
    with pytest.raises(DatasetError, match=r"different ones of a, b; got `c`"):
        load_series("loads", target_columns=["c"])
    with pytest.raises(DatasetError, match=r"different ones of a, b; got `a`"):
        load_series("loads", target_columns=["a"], past_columns=["a"])
    with pytest.raises(DatasetError, match="id, time, known and static columns are known"):
        load_series("loads", known_columns=["a"])


WIDE = {"ds": [1, 2, 3, 4], "a": [None, 2.0, None, 4.0], "b": [1.0, None, None, None]}


def rows_of(table):
    rows = zip(table.ids.tolist(), table.times.tolist(), table.values["y"].tolist(), strict=True)
    return sorted(rows, key=str)


def test_a_wide_table_is_the_long_one_turned():
    long = {"unique_id": ["a", "a", "b"], "ds": [2, 4, 1], "y": [2.0, 4.0, 1.0]}
    wide = read_series(pa.table(WIDE), wide=True)
    assert wide.fingerprint == read_series(pa.table(long)).fingerprint
    chosen = read_series(pa.table(WIDE), wide=True, target_columns=["b"])
    assert rows_of(chosen) == [("b", 1, 1.0)]


def test_a_column_of_a_wide_table_without_a_value_stays_a_series():
    table = read_series(pa.table(WIDE | {"c": pa.nulls(4, pa.float64())}), wide=True)
    assert table.names == ("a", "b", "c")
    assert np.isnan(table.values["y"][table.codes == 2]).tolist() == [True] * 4


def test_known_and_past_columns_of_a_wide_table_are_those_of_every_series():
    data = WIDE | {"holiday": [0, 1, 0, 1], "rain": [1.0, 2.0, 3.0, 4.0]}
    table = read_series(pa.table(data), wide=True, known_columns=["holiday"], past_columns=["rain"])
    assert table.names == ("a", "b")
    for code in (0, 1):
        assert table.known["holiday"][table.codes == code].tolist() == [0, 1, 0, 1]
        assert table.past["rain"][table.codes == code].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"id_column": "a"}, "has no id and no static columns"),
        ({"static_columns": ["a"]}, "has no id and no static columns"),
        ({"target_columns": ["a"], "known_columns": ["a"]}, "`a` must have one role"),
        ({"known_columns": ["a", "b"]}, "a column a series; got none"),
    ],
)
def test_a_wide_table_refuses_what_only_a_long_one_has(options, message):
    with pytest.raises(DatasetError, match=message):
        read_series(pa.table(WIDE), wide=True, **options)


def test_a_wide_table_names_the_column_that_is_not_numeric():
    with pytest.raises(DatasetError, match=r"time 2: the column `c` must hold numbers; got `x`"):
        read_series(pa.table({"ds": [1, 2], "c": ["1", "x"]}), wide=True)


ITEMS = {
    "store": ["a", "a", "a/b", "a"],
    "item": ["b/c", "b/c", "c", "d"],
    "ds": [1, 2, 1, 1],
    "y": [1.0, 2.0, 3.0, 4.0],
}


def test_several_id_columns_are_joined_so_that_no_two_become_one(caplog):
    with caplog.at_level("INFO"):
        table = read_series(ITEMS, id_column=["store", "item"])
    assert rows_of(table) == [
        *(("a/b\\/c", 1, 1.0), ("a/b\\/c", 2, 2.0)),
        *(("a/d", 1, 4.0), ("a\\/b/c", 1, 3.0)),
    ]
    assert "the id of a series is `store` and `item`, joined by `/`" in caplog.text


def test_an_id_column_may_be_an_attribute_too():
    table = read_series(ITEMS, id_column=["store", "item"], static_columns=["store"])
    assert table.static["store"].tolist() == ITEMS["store"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["store", "itme"], "no id column `itme`"),
        (["store", "store"], "got `store` twice"),
        (["store", "gone"], "an id in column `gone`; row 2 has none"),
    ],
)
def test_several_id_columns_that_are_wrong_are_refused(columns, message):
    with pytest.raises(DatasetError, match=message):
        read_series(ITEMS | {"gone": ["x", None, "y", "z"]}, id_column=columns)


M4 = '"V1","V2","V3","V4","V5"\n"Y1","5","6","7",""\n"Y2","","","9","10"\n"Y3","1","","3",""\n'
M5 = "id,item_id,store_id,d_9,d_10,d_11\nA_1,A,1,3,0,2\nB_1,B,1,,4,\n"
TURNED = [("Y1", 1, 5.0), ("Y1", 2, 6.0), ("Y1", 3, 7.0), ("Y2", 3, 9.0), ("Y2", 4, 10.0)]
TURNED += [("Y3", 1, 1.0), ("Y3", 3, 3.0)]


def test_a_row_of_m4_is_a_series_and_blanks_at_its_ends_are_no_steps(tmp_path, caplog):
    (tmp_path / "a.csv").write_text(M4)
    with caplog.at_level("INFO"):
        table = read_series(tmp_path / "a.csv")
    assert rows_of(table) == TURNED
    assert "each row is a series: id column `V1`, 4 steps from `V2` to `V5`" in caplog.text
    assert rows_of(read_series(tmp_path / "a.csv", id_column="V1", rows=True)) == TURNED


def test_a_row_of_m5_is_a_series_whose_other_columns_are_attributes_or_told(tmp_path, caplog):
    (tmp_path / "a.csv").write_text(M5)
    with caplog.at_level("INFO"):
        table = read_series(tmp_path / "a.csv", static_columns=["item_id"])
    rows = [("A_1", 10, 0.0), ("A_1", 11, 2.0), ("A_1", 9, 3.0), ("B_1", 10, 4.0)]
    assert rows_of(table) == rows
    assert table.static["item_id"].tolist() == ["A", "A", "A", "B"]
    assert "not read: `store_id`" in caplog.text
    joined = read_series(tmp_path / "a.csv", id_column=["store_id", "item_id"])
    assert joined.names == ("1/A", "1/B")


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["2024-01-31", "2024-02-01", "2024-02-02"], "2024-01-31"),
        (["2024-01", "2024-02", "2024-03"], "2024-01-01"),
        (["31.01.2024", "01.02.2024", "02.02.2024"], "2024-01-31"),
        (["202312", "202401", "202402"], "2023-12-01"),
        (["Jan 2024", "Feb 2024", "Mar 2024"], "2024-01-01"),
    ],
)
def test_columns_called_by_dates_are_steps_at_these(names, first):
    data = {"Page": [4, 3]} | dict(zip(names, [[1, 2], [3, None], [5, 6]], strict=True))
    table = read_series(pa.table(data))
    assert table.times.min() == np.datetime64(first)
    assert table.whole_ids
    assert [(n, y) for n, _, y in rows_of(table)] == [
        *(("3", 2.0), ("3", 6.0), ("4", 1.0), ("4", 3.0), ("4", 5.0))
    ]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.float32(), pa.float64()])
def test_ids_that_are_whole_numbers_are_answered_as_these(kind):
    days = ["2024-01-01", "2024-01-02"] * 2
    ids = pa.array([10, 10, 9, 9], pa.int64()).cast(kind)
    table = read_series(pa.table({"unique_id": ids, "ds": days, "y": [1.0, 2, 3, 4]}))
    assert (table.names, table.whole_ids) == (("9", "10"), True)


def test_other_numbers_as_ids_stay_words():
    data = {"unique_id": [0.5, 0.5], "ds": ["2024-01-01", "2024-01-02"], "y": [1.0, 2.0]}
    table = read_series(pa.table(data))
    assert (table.names, table.whole_ids) == (("0.5",), False)


def test_a_row_without_a_value_stays_a_series():
    table = read_series({"id": ["a", "b"], "d_1": [1, None], "d_2": [2, None], "d_3": [3, None]})
    assert table.names == ("a", "b")
    assert np.isnan(table.values["y"][table.codes == 1]).tolist() == [True] * 3


F = {"id": [1, 2], "f1": [1, 2], "f2": [3, 4], "f3": [5, 6]}


def test_what_may_be_steps_is_asked_for_and_not_guessed():
    with pytest.raises(DatasetError, match=r"if each row is a series and `f1` to `f3`.*--rows"):
        read_series(F)
    assert rows_of(read_series(F, rows=True)) == [
        *(("1", 1, 1.0), ("1", 2, 3.0), ("1", 3, 5.0)),
        *(("2", 1, 2.0), ("2", 2, 4.0), ("2", 3, 6.0)),
    ]
    with pytest.raises(DatasetError, match="if each row is a series"):  # steps of two columns d_
        read_series({"id": ["a", "a"], "d_1": [1, 2], "d_2": [1, 2], "d_3": [1, 2]})


def test_a_table_with_times_is_none_of_series_a_row():
    table = read_series(
        {"ds": [1, 2], "y": [3.0, 4.0], "d_1": [1, 2], "d_2": [1, 2], "d_3": [1, 2]}
    )
    assert rows_of(table) == [("", 1, 3.0), ("", 2, 4.0)]


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (F, {"wide": True}, "got that each column is one, too"),
        (F, {"known_columns": ["f1"]}, "with a series a row, columns are ids, .*got `f1`"),
        (F, {"target_columns": ["f1"]}, "with a series a row, columns are ids, .*got `f1`"),
        (F | {"id": [1, 1]}, {}, "an id must stand in one row; got `1` in 2"),
        ({"id": ["a"], "y": [1]}, {}, "there must be columns of its steps"),
        ({"d_1": [1], "d_2": [1]}, {}, "there must be a column of ids"),
        (F | {"f2": ["3", "x"]}, {}, r"series 2, column `f2`: .* must hold numbers; got `x`"),
        (F | {"id": [1, None]}, {}, "an id in column `id`; row 2 has none"),
    ],
)
def test_what_is_no_table_of_a_series_a_row_is_refused(data, options, message):
    with pytest.raises(DatasetError, match=message):
        read_series(pa.table(data), rows=True, **options)


def test_numbers_of_all_steps_are_written_alike(tmp_path):
    (tmp_path / "a.csv").write_text("id;d_1;d_2;d_3\na;1,5;1,25;2\nb;1,125;3;?\n")
    table = read_series(tmp_path / "a.csv")
    assert table.values["y"].tolist() == [1.5, 1.25, 2.0, 1.125, 3.0]
    (tmp_path / "b.csv").write_text("id,d_1,d_2,d_3\na,1,2,3\nb,1,x,3\n")
    with pytest.raises(DatasetError, match=r"series b, column `d_2`.*got `x`"):
        read_series(tmp_path / "b.csv")


def test_the_delimiter_and_the_encoding_are_taken_as_told(tmp_path, caplog):
    (tmp_path / "a.csv").write_bytes("店#ds#y\n北#1#2\n".encode("gb18030"))
    how = {"delimiter": "#", "encoding": "gb18030"}
    for read in (read_series, load_series):
        assert rows_of(read(tmp_path / "a.csv", id_column="店", **how)) == [("北", 1, 2.0)]
    with pytest.raises(DatasetError, match="form"):
        load_series("sales", delimiter=";")
    with caplog.at_level("INFO"):
        read_series({"ds": [1], "y": [1.0]}, delimiter=";")
    assert "it is no file; the delimiter `;` is not used" in caplog.text


@pytest.mark.parametrize("freq", ["D", "M", "Q", "Q-MAR", "W", "h"])
def test_periods_are_the_times_at_which_they_begin(freq):
    periods = pd.period_range("2020-01-06", periods=30, freq=freq)
    y = pd.Series(np.arange(30.0), periods)
    expected = periods.to_timestamp().to_pydatetime().tolist()
    for table in (y, y.to_frame("y"), pd.DataFrame({"ds": periods, "y": y.to_numpy()})):
        read = read_series(table)
        assert (read.times.tolist(), list(read.values)) == (expected, ["y"])
        assert read.values["y"].tolist() == y.tolist()


def test_a_lazy_table_is_one():
    table = pl.DataFrame({"ds": [1, 2], "y": [3.0, 4.0]})
    assert read_series(table.lazy()).values["y"].tolist() == [3, 4]
