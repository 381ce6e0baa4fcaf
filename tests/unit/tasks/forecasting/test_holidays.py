"""Holidays are inputs of a forecaster: learnt, kept with the model, and never missing in silence."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pyarrow as pa
import pytest

import ostinato
from ostinato import ConfigError, Forecaster, Recurrent, Training
from ostinato.series.holidays import _days

holidays = pytest.importorskip("holidays")

DAYS = np.arange("2022-01-01", "2024-12-12", dtype="datetime64[D]")


def shop() -> dict[str, np.ndarray]:
    """Sales of a shop that is shut on holidays and sells twice as much the day before."""
    known = holidays.country_holidays("DE", years=range(2020, 2026))
    shut = np.isin(DAYS, np.array(sorted(known), "datetime64[D]"))
    before = np.append(shut[1:], False) & ~shut
    return {
        "ds": DAYS,
        "y": np.where(shut, 0.0, np.where(before, 20.0, 10.0)) + 0.1 * (DAYS.astype(int) % 7),
    }


def made(**settings) -> Forecaster:
    training = Training(epochs=16, batch_size=64, learning_rate=2e-2)
    recurrent = Recurrent(cell="gru", hidden_size=16, bidirectional=False)
    chosen = {
        "recurrent": recurrent,
        "training": training,
        "horizon": 21,
        "context": 14,
        **settings,
    }
    return Forecaster(method="direct", holidays="DE", head_dropout=0.0, **chosen)


def test_what_holidays_do_is_learnt_and_kept_with_the_model(tmp_path, monkeypatch):
    model = made().fit(shop(), out=tmp_path / "run")
    said = model.predict()
    days = said["ds"].to_numpy().astype("datetime64[D]").astype(str)
    middle = dict(zip(days, said["median"].to_pylist(), strict=True))
    assert middle["2024-12-25"] < 5 < 8 < middle["2024-12-18"] < 12 < middle["2024-12-24"]
    loaded = ostinato.load(tmp_path / "run")
    assert loaded.predict() == said
    _days.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ConfigError, match="holidays is needed and not installed"):
        ostinato.load(tmp_path / "run").predict()


def test_holidays_that_no_step_of_train_has_are_told(caplog):
    few = {"ds": DAYS[6:80], "y": np.arange(74) % 7.0}  # from Epiphany to before Easter
    with caplog.at_level(logging.WARNING, "ostinato"):
        made(horizon=7, training=Training(epochs=1)).fit(few)
    assert "no holiday of DE lies in train" in caplog.text


@pytest.mark.parametrize(
    ("zone", "is_told"), [("UTC", True), ("Europe/Berlin", False), (None, False)]
)
def test_days_that_begin_as_in_utc_are_told(zone, is_told, caplog):
    hours = np.arange("2024-12-20", "2025-01-03", dtype="datetime64[h]").astype("datetime64[us]")
    times = pa.array(hours, pa.timestamp("us", zone))
    table = pa.table({"ds": times, "y": np.arange(len(hours)) % 24.0})
    with caplog.at_level(logging.WARNING, "ostinato"):
        made(horizon=7, training=Training(epochs=1)).fit(table)
    assert ("times are in UTC" in caplog.text) == is_told


def test_series_that_have_no_days_are_refused():
    with pytest.raises(
        ConfigError, match="holidays need steps of a day or less; got counted steps"
    ):
        made().fit({"ds": np.arange(90), "y": np.arange(90) % 7.0})
