"""What differs between runs: settings in force, data, and where they were trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from ostinato.report import formatting
from ostinato.report.comparison.compared import SettingRow
from ostinato.runs.run import Run

FINGERPRINT = 12  # characters that are shown


def setting_rows(runs: Sequence[Run]) -> tuple[SettingRow, ...]:
    """Return what is not the same in all runs, in groups.

    Args:
        runs: The runs.
    """
    groups = {
        "settings": [_settings(run) for run in runs],
        "data": [_data(run) for run in runs],
        "environment": [
            {"ostinato": run.version, **dict(formatting.flatten(dict(run.environment)))}
            for run in runs
        ],
        "training": [_training(run) for run in runs],
    }
    rows = []
    for group, tables in groups.items():
        for name in dict.fromkeys(name for one in tables for name in one):
            values = tuple(one.get(name, formatting.NOT_KNOWN) for one in tables)
            if len(set(values)) > 1:
                rows.append(SettingRow(group=group, name=name, values=values))
    return tuple(rows)


def _settings(run: Run) -> dict[str, str]:
    """Return the settings in force, those marked that the data decided."""
    given = dict(formatting.flatten(dict(run.given)))
    return {
        name: value + " (by the data)" * (given.get(name, value) != value)
        for name, value in formatting.flatten(dict(run.settings))
    }


def _data(run: Run) -> dict[str, str]:
    return {
        **{f"column of {role}": column for role, column in run.columns.items()},
        **{
            split.name: f"{split.n:,} of {_called(split.source)} ({split.fingerprint[:FINGERPRINT]})"
            for split in run.splits
        },
    }


def _called(source: str) -> str:
    """Return a source without its folders, which are long: a fingerprint tells whether data are the same."""
    path = PurePath(source)
    return path.name if path.is_absolute() else source


def _training(run: Run) -> dict[str, str]:
    return {
        "best epoch": formatting.number(run.totals.get("best_epoch")),
        "time": formatting.duration(run.totals.get("train_seconds")),
        "peak memory": formatting.size(run.totals.get("peak_memory_bytes")),
    }
