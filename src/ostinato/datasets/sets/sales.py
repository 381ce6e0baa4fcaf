"""Bundled series: generated sales of stores by day, with two seasons, trends, promotions and prices.

What is expected of a day is a product: level of the store, trend, day of the week, time of the year,
promotion and price. What is sold is a count around it, a little more scattered than Poisson's. Some stores
are young, some sell nothing on many days, some were closed for a while (there are no rows) or did not
count (no value). Promotions and prices go on for some weeks after the last sales, as plans do.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._kinds import SERIES
from ostinato.datasets.dataset import GENERATED, Dataset
from ostinato.datasets.readers.series.tables import read_series
from ostinato.datasets.records.series import SeriesTable

#: Raised with every change of what is generated.
VERSION = 1
STORES = 40
INTERMITTENT = 6
"""Stores that sell nothing on most or many days, the last ones."""

DAYS = 1096
"""Days of the oldest stores, up to the last one with sales."""

PLANNED = 56
"""Days after it for which promotions and prices are known."""

LAST_DAY = np.datetime64("2024-12-31")
REGIONS = ("north", "east", "south", "west")
WEEKS = {
    "city": (1.0, 0.95, 1.0, 1.05, 1.25, 1.35, 0.5),
    "mall": (0.75, 0.75, 0.8, 0.9, 1.2, 1.7, 1.3),
    "village": (0.9, 0.95, 1.05, 1.0, 1.3, 1.45, 0.25),
}
"""Sales by day of the week, Monday first, of the kinds of stores."""

_SEED = 1
_DISPERSION = 60.0  # variance of a count: mean + mean**2 / dispersion
_ELASTICITY = -1.5


@dataclass(frozen=True)
class Store:
    """A store and its days.

    Args:
        name: Its id.
        region: Where it is, which shifts the time of the year.
        kind: What it is, which makes its week.
        days: Its days, with those that are planned.
        expected: Mean units of each day.
        promotion: 1 on the days of a promotion, else 0.
        price: Price of each day.
    """

    name: str
    region: str
    kind: str
    days: npt.NDArray[np.datetime64]
    expected: npt.NDArray[np.float64]
    promotion: npt.NDArray[np.int64]
    price: npt.NDArray[np.float64]


def make_store(number: int, rng: np.random.Generator, stores: int = STORES) -> Store:
    """Draw a store.

    Args:
        number: Its place, from 0; the last ones sell little.
        rng: Where chance comes from.
        stores: How many there are.

    Example:
        >>> store = make_store(0, np.random.default_rng(0))
        >>> store.name, store.days.shape == store.expected.shape
        ('store-1', True)
    """
    kind = tuple(WEEKS)[number % len(WEEKS)]
    place = rng.integers(len(REGIONS))
    age = DAYS if number % 4 else int(rng.integers(200, 700))
    days = np.arange(LAST_DAY - age + 1, LAST_DAY + PLANNED + 1)
    time = np.arange(len(days))
    is_small = number >= stores - INTERMITTENT
    level = rng.uniform(0.2, 0.7) if is_small else float(np.exp(rng.uniform(3.0, 6.0)))
    trend = np.exp(rng.uniform(-0.15, 0.35) * time / 365.25)
    week = np.array(WEEKS[kind])[(days.astype(np.int64) + 3) % 7]
    of_year = 2 * np.pi * (days.astype(np.int64) / 365.25 - 0.1 * place)
    year = np.exp(0.3 * np.sin(of_year) + 0.1 * np.cos(2 * of_year))
    promotion = _promotions(len(days), rng)
    price = _prices(len(days), rng)
    lift = rng.uniform(1.9, 2.6) ** promotion
    usual = float(np.median(price))
    expected = level * trend * week * year * lift * (price / usual) ** _ELASTICITY
    return Store(f"store-{number + 1}", REGIONS[place], kind, days, expected, promotion, price)


def write(folder: Path, stores: int = STORES) -> None:
    """Write ``sales.csv``.

    Args:
        folder: An existing folder.
        stores: How many stores.
    """
    rng = np.random.default_rng(_SEED)
    with (folder / "sales.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["store", "date", "units", "promotion", "price", "region", "kind"])
        for number in range(stores):
            store = make_store(number, rng, stores)
            rate = store.expected * rng.gamma(_DISPERSION, 1 / _DISPERSION, len(store.days))
            units = rng.poisson(rate).astype(object)
            units[-PLANNED:] = ""
            is_open = np.ones(len(units), bool)
            if number % 10 == 3:  # closed for some weeks
                first = int(rng.integers(50, 150))
                is_open[first : first + int(rng.integers(7, 30))] = False
            if number % 10 == 6:  # not counted on some days
                units[rng.choice(len(units) - PLANNED - 30, 12, replace=False)] = ""
            for day in np.flatnonzero(is_open):
                row = (store.days[day], units[day], store.promotion[day], f"{store.price[day]:.2f}")
                table.writerow([store.name, *row, store.region, store.kind])


def read(folder: Path) -> SeriesTable:
    """Read the generated stores.

    Args:
        folder: Folder written by `write`.
    """
    return read_series(
        folder / "sales.csv",
        id_column="store",
        time_column="date",
        target_columns=("units",),
        known_columns=("promotion", "price"),
        static_columns=("region", "kind"),
    )


def _promotions(count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return 1 on the days of promotions: three to seven days in a row, a quarter of all days."""
    promotion = np.zeros(count, np.int64)
    day = int(rng.integers(0, 20))
    while day < count:
        length = int(rng.integers(3, 8))
        promotion[day : day + length] = 1
        day += length + int(rng.integers(5, 26))
    return promotion


def _prices(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a price that changes every few weeks, a few per cent up or down."""
    price, usual, day = np.empty(count), rng.uniform(2.0, 9.0), 0
    while day < count:
        length = int(rng.integers(20, 60))
        price[day : day + length] = round(usual * np.exp(rng.uniform(-0.12, 0.12)), 2)
        day += length
    return price


DATASET = Dataset(
    name="sales",
    description="Generated sales of stores by day, with two seasons, trends, promotions and prices; 40 series",
    languages=("zxx",),
    kind=SERIES,
    read=read,
    generate=write,
    version=VERSION,
    **GENERATED,
)
