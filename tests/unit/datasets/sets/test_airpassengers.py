import gzip
import logging

import numpy as np
import pytest

from ostinato import DatasetError
from ostinato.datasets import load_series
from ostinato.datasets.sets import airpassengers
from ostinato.series import panel_of

MONTHS = np.arange("1949-01", "1961-01", dtype="datetime64[M]")
ROWS = [f"{month}-01,{100 + i}" for i, month in enumerate(MONTHS)]


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The registered data set with made-up passengers."""
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    path = tmp_path / "airpassengers" / "AirPassengers.csv"
    path.parent.mkdir()
    path.write_text("\n".join(['"date","value"', *ROWS]) + "\n")
    return path


def test_the_series_is_monthly_with_a_season_of_a_year(path, caplog):
    with caplog.at_level(logging.INFO, logger="ostinato"):
        table = load_series("airpassengers")
    assert "AirPassengers.csv is not the original file" in caplog.text
    assert (table.source, table.season, table.frequency) == ("airpassengers", 12, "MS")
    panel = panel_of(table)
    assert (panel.ids, panel.targets, panel.lengths.tolist()) == (("",), ("passengers",), [144])
    np.testing.assert_array_equal(panel.values[0][:, 0], 100 + np.arange(144))
    np.testing.assert_array_equal(panel.times(0).astype("datetime64[M]"), MONTHS)


def test_a_compressed_file_is_read_too(path):
    expected = load_series("airpassengers").fingerprint
    path.with_name("AirPassengers.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert load_series("airpassengers").fingerprint == expected


def test_a_file_cut_short_or_not_there_is_refused(path):
    path.write_text("\n".join(["date,value", *ROWS[:-1]]) + "\n")
    with pytest.raises(DatasetError, match=r"must have 144 rows; got 143\. Remove it and fetch it"):
        load_series("airpassengers")
    path.unlink()
    with pytest.raises(DatasetError, match=r"must hold AirPassengers\.csv"):
        airpassengers.read(path.parent)
    with pytest.raises(DatasetError, match="ostinato data get airpassengers"):
        load_series("airpassengers")


@pytest.mark.data
def test_the_real_passengers_are_those_of_box_and_jenkins(caplog):
    with caplog.at_level(logging.INFO, logger="ostinato"):
        panel = panel_of(load_series("airpassengers"))
    assert "not the original" not in caplog.text
    assert panel.values[0][[0, 1, -2, -1], 0].tolist() == [112, 118, 390, 432]
    assert panel.values[0].sum() == 40363
    assert panel.frequency.alias == "MS"
