"""ETTh1: load and oil temperature of an electricity transformer, hourly, July 2016 to June 2018.

The split is the usual one of 12, 4 and 4 months of 30 days; what comes after them is used by nobody,
and left out.
"""

from __future__ import annotations

from pathlib import Path

from ostinato._kinds import SERIES
from ostinato.datasets.dataset import Dataset
from ostinato.datasets.readers.series.tables import read_series
from ostinato.datasets.records.series import SeriesTable
from ostinato.datasets.sets.official import files_of, read_splits, served

TARGETS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
_MONTH = 30 * 24
VALIDATION_BEGINS, TEST_BEGINS, TEST_ENDS = 12 * _MONTH, 16 * _MONTH, 20 * _MONTH
"""Rows at which the splits begin, counted from 0, and before which the last one ends."""

_SPLITS = {
    "all": served(
        "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/"
        "1d16c8f4f943005d613b5bc962e9eeb06058cf07/ETT-small/ETTh1.csv",
        sha256="f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
        size_bytes=2589657,
        rows=17420,
    )
}


def read(folder: Path) -> SeriesTable:
    """Read the 20 months of the usual split: one series with seven targets.

    Args:
        folder: Folder with ``ETTh1.csv``, plain or compressed.

    Raises:
        DatasetError: The file is missing, truncated or damaged.
    """

    def read_file(path: Path) -> SeriesTable:
        return read_series(path, target_columns=TARGETS)

    table = read_splits("etth1", _SPLITS, folder, read_file)["all"]
    return SeriesTable.make(
        table.times[:TEST_ENDS],
        {name: column[:TEST_ENDS] for name, column in table.values.items()},
        source="etth1",
        borders=(table.times[VALIDATION_BEGINS], table.times[TEST_BEGINS]),
        season=24,
        frequency="h",
        standardised=True,
    )


DATASET = Dataset(
    name="etth1",
    description="ETTh1: six loads and the oil temperature of a transformer, hourly; 14,400 hours used",
    source="https://github.com/zhouhaoyi/ETDataset",
    licence="CC BY-ND 4.0",
    citation=(
        "Zhou, Zhang, Peng, Zhang, Li, Xiong and Zhang (2021): Informer: Beyond Efficient Transformer "
        "for Long Sequence Time-Series Forecasting. AAAI 2021, pages 11106-11115. "
        "doi:10.1609/aaai.v35i12.17325"
    ),
    languages=("zxx",),
    kind=SERIES,
    read=read,
    **files_of(_SPLITS),
)
