import numpy as np
import pytest

from ostinato.datasets import load_series
from ostinato.datasets.sets import sales
from ostinato.series import panel_of


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sales")
    sales.write(folder)
    return panel_of(sales.read(folder))


def history(panel, name):
    values = panel.values[panel.find(name)][:, 0]
    return values[~np.isnan(values)]


def test_the_same_file_is_written_each_time(tmp_path, panel):
    sales.write(tmp_path)
    first = (tmp_path / "sales.csv").read_bytes()
    sales.write(tmp_path)
    assert (tmp_path / "sales.csv").read_bytes() == first
    assert panel_of(load_series("sales")).values.values.shape == panel.values.values.shape


def test_every_store_ends_on_the_last_day_and_its_plans_go_on(panel):
    assert len(panel) == sales.STORES
    assert panel.ids[:2] == ("store-1", "store-2")
    assert panel.frequency.alias == "D"
    for row in range(len(panel)):
        assert panel.times(row)[-1] == sales.LAST_DAY
    assert (panel.known.lengths - panel.lengths == sales.PLANNED).all()
    panel.check_future(sales.PLANNED)


def test_units_are_counts_with_gaps(panel):
    units = panel.values.values[~np.isnan(panel.values.values)]
    assert (units >= 0).all()
    assert (units == np.round(units)).all()
    missing = np.array([np.isnan(row).sum() for row in panel.values])
    assert 0 < (missing > 0).sum() < sales.STORES / 2


def test_stores_differ_in_age_and_size_and_some_sell_nothing_on_many_days(panel):
    assert panel.lengths.max() == sales.DAYS
    assert (panel.lengths < 2 * 365).sum() >= 5
    means = [history(panel, name).mean() for name in panel.ids]
    assert max(means) > 100 * min(means)
    zeros = np.array([(history(panel, name) == 0).mean() for name in panel.ids])
    assert (zeros[-sales.INTERMITTENT :] > 0.3).all()
    assert (zeros[: -sales.INTERMITTENT] < 0.05).all()
    assert set(panel.static["region"]) <= set(sales.REGIONS)
    assert set(panel.static["kind"]) == set(sales.WEEKS)


def test_a_promotion_about_doubles_what_is_sold(panel):
    promotion = panel.known_names.index("promotion")
    for row in range(sales.STORES - sales.INTERMITTENT):
        units, known = panel.values[row][:, 0], panel.known[row]
        is_on = known[: len(units), promotion] == 1
        assert 0.1 < is_on.mean() < 0.4
        ratio = np.nanmean(units[is_on]) / np.nanmean(units[~is_on])
        assert 1.5 < ratio < 3.5


def test_what_is_expected_beats_last_week_by_far():
    rng = np.random.default_rng(0)
    errors = {"expected": [], "last week": []}
    for number in range(sales.STORES - sales.INTERMITTENT):
        store = sales.make_store(number, rng)
        units = rng.poisson(store.expected)[: -sales.PLANNED]
        scale = np.abs(units[7:-28] - units[:-35]).mean()
        ahead = units[-28:]
        for name, forecast in (
            ("expected", store.expected[: -sales.PLANNED][-28:]),
            ("last week", np.tile(units[-35:-28], 4)),
        ):
            errors[name].append(np.abs(ahead - forecast).mean() / scale)
    assert np.mean(errors["expected"]) < 0.4 * np.mean(errors["last week"])


def test_a_week_has_the_shape_of_its_kind_and_a_year_of_its_region():
    for number, kind in enumerate(sales.WEEKS):
        store = sales.make_store(number, np.random.default_rng(number))
        assert store.kind == kind
        plain = store.expected / np.where(store.promotion, 1e9, 1)
        quiet = store.promotion == 0
        weekday = (store.days.astype(int) + 3) % 7
        means = np.array([plain[quiet & (weekday == day)].mean() for day in range(7)])
        assert np.corrcoef(means, sales.WEEKS[kind])[0, 1] > 0.95
