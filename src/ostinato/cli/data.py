"""``ostinato data``: list, describe, fetch and find registered data sets."""

from __future__ import annotations

import sys

from cyclopts import App

from ostinato import datasets
from ostinato._errors import DatasetError
from ostinato.cli.console import show
from ostinato.cli.tables import aligned, fitted
from ostinato.datasets.registry import find_dataset

app = App(name="data", help="List, describe, fetch and find data sets.")


@app.command(name="list")
def list_() -> None:
    """List the registered data sets: name, task, how much there is of each, what it is."""
    rows = [
        (one.name, one.kind.verb, *reversed(one.summary_and_size))
        for one in datasets.REGISTRY.values()
    ]
    for line in aligned([("name", "task", "examples", "what"), *rows]):
        show(fitted(line))


@app.command(name="show")
def show_(name: str, /) -> None:
    """Tell all about a data set: task, source, size, licence, citation, checksums, place.

    Args:
        name: Name of a registered data set.
    """
    dataset = find_dataset(name)
    show(f"{dataset.name}: {dataset.description}")
    show(f"  train     ostinato train {dataset.kind.verb} {dataset.name} --out RUN")
    show(f"  source    {dataset.source}")
    show(f"  licence   {dataset.licence}")
    show(f"  citation  {dataset.citation}")
    for file in dataset.files:
        digest = f"sha256 {file.sha256}" if file.sha256 else "its content is checked"
        show(f"  file      {file.name}, {file.size_bytes:,} bytes, {digest}")
    show(f"  place     {_place(dataset.name)}")


@app.command
def get(name: str, /) -> None:
    """Download a data set, check it, and print where it lies.

    Args:
        name: Name of a registered data set.
    """
    show(str(datasets.get(name, progress=sys.stderr.isatty())))


@app.command
def path(name: str, /) -> None:
    """Print where a data set lies on this machine.

    Args:
        name: Name of a registered data set.
    """
    show(str(datasets.locate(name)))


def _place(name: str) -> str:
    try:
        return str(datasets.locate(name))
    except DatasetError:
        return f"not on this machine; run: ostinato data get {name}"
