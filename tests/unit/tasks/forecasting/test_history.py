"""What a run folder keeps of the series is enough to go on from, to the bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.panels import SEASON, panel

from ostinato import CheckpointError
from ostinato.data.ragged import Ragged
from ostinato.datasets import SeriesTable
from ostinato.series import Panel, SeriesScaling, WindowIndex, WindowReader, panel_of
from ostinato.tasks.forecasting.history import FILE, load_history, save_history

STEPS = 12


def tails(given: Panel, steps: int) -> Panel:
    """The last steps of each series, by slices."""
    begin = np.maximum(given.lengths - steps, 0)
    rows = range(len(given))

    def cut(column: Ragged) -> Ragged:
        kept = [column[row][begin[row] :] for row in rows]
        return Ragged(np.concatenate(kept), np.cumsum([0, *map(len, kept)]))

    return dataclasses.replace(
        given,
        starts=np.array([given.times(row, begin[row], begin[row] + 1)[0] for row in rows]),
        **{name: cut(getattr(given, name)) for name in ("values", "known", "past")},
    )


def assert_same(found: Panel, expected: Panel) -> None:
    """All that a forecast is made from; the file is another source with a digest of its own."""
    for name in ("ids", "targets", "known_names", "past_names", "season", "zone", "frequency"):
        assert getattr(found, name) == getattr(expected, name), name
    np.testing.assert_array_equal(found.starts, expected.starts)
    for name in ("values", "known", "past"):
        one, other = getattr(found, name), getattr(expected, name)
        np.testing.assert_array_equal(one.lengths, other.lengths, err_msg=name)
        np.testing.assert_array_equal(one.values, other.values, err_msg=name)
    assert {name: column.tolist() for name, column in found.static.items()} == {
        name: column.tolist() for name, column in expected.static.items()
    }


def remembered(given: Panel, folder, steps: int = STEPS) -> Panel:
    save_history(folder, given, steps)
    return load_history(folder)


@pytest.mark.parametrize("steps", [1, STEPS, 40, 1000])
@pytest.mark.parametrize("known", [0, 3])
def test_the_last_steps_are_read_as_they_were(steps, known, tmp_path):
    given = panel(targets=("y", "z"), known=known, missing=0.2)
    assert_same(remembered(given, tmp_path, steps), tails(given, steps))


def test_series_without_covariates_and_names_are_read_as_they_were(tmp_path):
    given = panel_of(SeriesTable.make(np.arange(30) * 5, {"y": np.arange(30.0)}))
    found = remembered(given, tmp_path)
    assert_same(found, tails(given, STEPS))
    assert (found.ids, found.frequency.alias) == (("",), "5")
    assert found.times(0)[-1] == 145


def test_rows_known_of_the_future_are_kept(tmp_path):
    given = panel(known=3)
    found = remembered(given, tmp_path)
    assert (found.known.lengths - found.lengths).tolist() == [3, 3, 3]
    found.check_future(3)


@pytest.mark.parametrize("steps", [1, 2, STEPS])
def test_a_series_of_which_one_target_ends_earlier_ends_where_it_ended(steps, tmp_path):
    """With known columns, steps without any value after the last one are the future."""
    given = panel(known=3, targets=("y", "z"))
    given.values.values[given.values.offsets[1:] - 1, 0] = np.nan
    given.past.values[given.past.offsets[1:] - 1] = np.nan
    assert_same(remembered(given, tmp_path, steps), tails(given, steps))


def test_numbers_and_words_as_attributes_keep_their_kind(tmp_path):
    given = panel()
    static = {"size": np.array([1.5, 2.0, np.nan]), "kind": np.array(["a", "", "b"], object)}
    given = dataclasses.replace(given, static=static)
    found = remembered(given, tmp_path).static
    np.testing.assert_array_equal(found["size"], static["size"])
    assert found["kind"].tolist() == ["a", "", "b"]


CALENDARS = {
    "hours": ("2024-03-30T20:30", "h", "Europe/Berlin"),
    "days": ("2024-03-25", "D", None),
    "days of a place": ("2024-03-25", "D", "Europe/Berlin"),
    "days west of UTC": ("2024-03-05", "D", "America/New_York"),
    "weeks": ("2024-01-07", "W-SUN", None),
    "business days": ("2024-03-01", "B", None),
    "months": ("2023-05-01", "MS", "Europe/Berlin"),
    "ends of months": ("2023-10-31", "ME", None),
    "quarters": ("2019-01-01", "QS", None),
}


@pytest.mark.parametrize("name", CALENDARS)
def test_times_go_on_as_they_did(name, tmp_path):
    """Of a place that moves its clocks too; the cut may fall on a short month."""
    start, alias, zone = CALENDARS[name]
    counted = panel([17, 5], with_columns=False)
    given = dataclasses.replace(
        counted,
        frequency=type(counted.frequency).parse(alias),
        starts=np.array([start, start], "datetime64[us]"),
        zone=zone,
    )
    found = remembered(given, tmp_path)
    assert_same(found, tails(given, STEPS))
    for row in range(2):
        begin = len(given.values[row]) - len(found.values[row])
        length = len(found.values[row])
        np.testing.assert_array_equal(
            found.times(row, 0, length + 14), given.times(row, begin, begin + length + 14)
        )


@pytest.mark.parametrize("kind", ["last", "standard", "mean", "none"])
def test_a_window_at_the_end_is_the_same(kind, tmp_path):
    """With a context and a season of steps, which is what is kept."""
    given = panel(targets=("y", "z"), known=3, missing=0.2)
    found = remembered(given, tmp_path, 8 + SEASON)
    scaling = SeriesScaling.fit(given, "none", SEASON)
    series, target = np.divmod(np.arange(6), 2)
    ends = []
    for some in (given, found):
        reader = WindowReader(
            some,
            scaling,
            context=8,
            horizon=3,
            segment=3,
            seasons=(SEASON,),
            window_scaling=kind,
            cycles=(),
        )
        ends.append(reader.take(WindowIndex(series, target, some.lengths[series])))
    for field in dataclasses.fields(ends[0]):
        one, other = (getattr(end, field.name) for end in ends)
        # Measured: 1.2e-7, of sums that begin elsewhere.
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=2e-6, err_msg=field.name)


def damaged(path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def other(path) -> None:
    pq.write_table(pa.table({"a": [1]}), path)


def without_season(path) -> None:
    table = pq.read_table(path)
    told = {k: v for k, v in table.schema.metadata.items() if k != b"season"}
    pq.write_table(table.replace_schema_metadata(told), path)


def of_infinite_values(path) -> None:
    table = pq.read_table(path)
    place = table.column_names.index("values:y")
    values = pa.array([np.inf] * len(table))
    changed = table.set_column(place, "values:y", values)
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)


def without_times(path) -> None:
    table = pq.read_table(path)
    changed = table.drop_columns(["time"]).append_column("time", pa.nulls(len(table)))
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)


@pytest.mark.parametrize(
    "spoil",
    [lambda path: path.unlink(), damaged, other, without_season, of_infinite_values, without_times],
    ids=["missing", "damaged", "another table", "no season", "infinite", "no times"],
)
def test_what_is_no_such_file_is_refused(spoil, tmp_path):
    save_history(tmp_path, panel(), STEPS)
    spoil(tmp_path / FILE)
    with pytest.raises(CheckpointError, match=r"series\.parquet: must hold the last steps"):
        load_history(tmp_path)


def test_rows_that_cost_nothing_are_counted(tmp_path, monkeypatch):
    path = tmp_path / FILE
    pq.write_table(pa.table({"id": [1] * 50_000}), path)
    monkeypatch.setenv("OSTINATO_MAX_ROWS", "49999")
    with pytest.raises(CheckpointError, match=r"at most 49999 rows; got 50000.*OSTINATO_MAX_ROWS"):
        load_history(tmp_path)
