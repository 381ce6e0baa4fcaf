"""The simple models beside a trained one, as the page lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ostinato._figures import TITLES
from ostinato.report import formatting
from ostinato.runs.run import Run

IN_UNITS = ("rmse", "mae")
"""Those in units of the data, of any size."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A table of the model and the simple models beside it.

    Args:
        split: The split that they were measured on.
        heads: Names of the figures, that by which the model is judged first.
        figures: Their keys in metrics.json.
        rows: Each model's name and figures; the trained one is the last.
    """

    split: str
    heads: tuple[str, ...]
    figures: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]

    @property
    def written(self) -> list[tuple[str, tuple[str, ...]]]:
        """The rows with the figures of a column written alike."""
        columns = [
            _column(name, [values[at] for _, values in self.rows])
            for at, name in enumerate(self.figures)
        ]
        return [
            (title, values)
            for (title, _), values in zip(self.rows, zip(*columns, strict=True), strict=True)
        ]


def beside(run: Run) -> Beside | None:
    """Return the table of a run; None if there is nothing beside it."""
    split = next((split for split in run.figures if split in ("test", "validation")), "")
    ours = run.figures.get(split, {})
    models = {one.title: one.figures.get(split, {}) for one in run.baselines}
    first = run.verdict.figure if run.verdict else ""
    names = [
        name
        for name in dict.fromkeys([first, *TITLES])
        if name in ours and any(name in figures for figures in models.values())
    ]
    if not names:
        return None
    return Beside(
        split=split,
        heads=tuple(_head(name) for name in names),
        figures=tuple(names),
        rows=tuple(
            (title, tuple(figures.get(name) for name in names))
            for title, figures in {**models, "the model": ours}.items()
        ),
    )


def _column(name: str, values: Sequence[float | None]) -> list[str]:
    if name in IN_UNITS:
        return formatting.aligned(values, 4)
    return [formatting.number(value, 4) for value in values]


def _head(name: str) -> str:
    title = TITLES.get(name, name)
    return title[:1].upper() + title[1:]
