import numpy as np
import pytest

from ostinato import DatasetError
from ostinato.datasets import load_series
from ostinato.datasets.sets import etth1
from ostinato.series import panel_of

HOURS = np.datetime64("2016-07-01T00", "h") + np.arange(17420)


def lines(count):
    head = "date," + ",".join(etth1.TARGETS)
    return [head] + [
        f"{str(hour).replace('T', ' ')}:00:00," + ",".join(str(i + 0.1 * k) for k in range(7))
        for i, hour in enumerate(HOURS[:count])
    ]


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The registered data set with made-up numbers."""
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    path = tmp_path / "etth1" / "ETTh1.csv"
    path.parent.mkdir()
    path.write_text("\n".join(lines(17420)) + "\n")
    return path


def test_the_split_is_of_12_4_and_4_months_of_30_days_and_nothing_comes_after(path):
    table = load_series("etth1")
    assert (table.source, table.season, table.standardised) == ("etth1", 24, True)
    panel = panel_of(table)
    assert (panel.ids, panel.targets) == (("",), etth1.TARGETS)
    assert (panel.frequency.alias, panel.lengths.tolist()) == ("h", [14400])
    borders = panel.frequency.positions(panel.starts[0], list(panel.borders))
    assert borders.tolist() == [8640, 11520]
    np.testing.assert_allclose(
        panel.values[0], np.arange(14400)[:, None] + 0.1 * np.arange(7), rtol=1e-12
    )


def test_a_file_cut_short_or_not_there_is_refused(path):
    path.write_text("\n".join(lines(17000)) + "\n")
    with pytest.raises(DatasetError, match=r"must have 17420 rows; got 17000\. Remove it"):
        load_series("etth1")
    path.unlink()
    with pytest.raises(DatasetError, match=r"must hold ETTh1\.csv"):
        etth1.read(path.parent)


@pytest.mark.data
def test_the_real_file_has_the_published_mean_and_deviation_of_train():
    table = load_series("etth1")
    oil = table.values["OT"][: etth1.VALIDATION_BEGINS]
    assert (round(oil.mean(), 2), round(oil.std(), 2)) == (17.13, 9.18)
    panel = panel_of(table)
    assert panel.lengths.tolist() == [14400]
    assert not np.isnan(panel.values.values).any()
