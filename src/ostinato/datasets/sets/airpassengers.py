"""AirPassengers: passengers of airlines by month, 1949 to 1960, in thousands."""

from __future__ import annotations

from pathlib import Path

from ostinato._kinds import SERIES
from ostinato.datasets.dataset import Dataset
from ostinato.datasets.readers.series.tables import read_series
from ostinato.datasets.records.series import SeriesTable
from ostinato.datasets.sets.official import files_of, read_splits, served

_SPLITS = {
    "all": served(
        "https://raw.githubusercontent.com/selva86/datasets/"
        "c943fa8851270387c44d26efb0f9c0aac1559e11/AirPassengers.csv",
        sha256="f2c862a9f593454ffc2e561294af64ee76fa2b91fca806d9925327b57fc2a40b",
        size_bytes=2320,
        rows=144,
    )
}


def read(folder: Path) -> SeriesTable:
    """Read the series, in thousands of passengers.

    Args:
        folder: Folder with ``AirPassengers.csv``, plain or compressed.

    Raises:
        DatasetError: The file is missing, truncated or damaged.
    """
    table = read_splits("airpassengers", _SPLITS, folder, read_series)["all"]
    return SeriesTable.make(
        table.times,
        {"passengers": table.values["value"]},
        source="airpassengers",
        season=12,
        frequency="MS",
    )


DATASET = Dataset(
    name="airpassengers",
    description="Airline passengers by month, 1949 to 1960, in thousands; one series of 144",
    source="https://github.com/selva86/datasets",
    licence="none stated; published in 1970 and in use everywhere",
    citation=(
        "Box and Jenkins (1970): Time Series Analysis: Forecasting and Control, series G. Holden-Day."
    ),
    languages=("zxx",),
    kind=SERIES,
    read=read,
    **files_of(_SPLITS),
)
