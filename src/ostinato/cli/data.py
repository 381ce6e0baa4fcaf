"""``ostinato data``: list, fetch and find registered data sets."""

from __future__ import annotations

import sys

from cyclopts import App

from ostinato import datasets
from ostinato._errors import DatasetError
from ostinato.cli.console import show

app = App(name="data", help="List, fetch and find data sets.")


@app.command(name="list")
def list_() -> None:
    """List the registered data sets: task, source, size, licence, citation, checksums, place."""
    for dataset in datasets.REGISTRY.values():
        show(f"{dataset.name}: {dataset.description}")
        show(f"  task      {dataset.kind.verb}")
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
