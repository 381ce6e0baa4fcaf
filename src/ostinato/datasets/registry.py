"""The registered data sets: what there is, where it lies, and how to fetch it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ostinato._errors import ConfigError, DatasetError, did_you_mean
from ostinato.datasets.cache import cached, home
from ostinato.datasets.dataset import Dataset, File
from ostinato.datasets.files import reason
from ostinato.datasets.sets import (
    airpassengers,
    chnsenticorp,
    conll2003,
    etth1,
    fsdd,
    gestures,
    imdb,
    keywords,
    morse,
    resume_ner,
    sales,
    samples,
    samples_tag,
    ud_english_ewt,
)

_MODULES = (
    *(imdb, chnsenticorp, samples),
    *(conll2003, ud_english_ewt, resume_ner, samples_tag),
    *(fsdd, morse, keywords),
    gestures,
    *(airpassengers, etth1, sales),
)
REGISTRY: dict[str, Dataset] = {module.DATASET.name: module.DATASET for module in _MODULES}


def find_dataset(name: str) -> Dataset:
    """Return the registered data set of that name.

    Args:
        name: Name in the registry.

    Raises:
        ConfigError: There is none; the nearest name is offered.

    Example:
        >>> find_dataset("imdb").files[0].name
        'aclImdb_v1.tar.gz'
    """
    if name not in REGISTRY:
        hint = did_you_mean(name, REGISTRY) or "."
        raise ConfigError(
            f"Data set: the name must be one of {', '.join(REGISTRY)}; got `{name}`{hint}"
        )
    return REGISTRY[name]


def locate(name: str) -> Path:
    """Return the folder in which a registered data set lies.

    Looked in are ``$OSTINATO_DATA/<name>``, then ``datasets/<name>`` of `ostinato.datasets.home`.
    A generated data set is written into the cache.

    Args:
        name: Name in the registry.

    Raises:
        ConfigError: There is no such name.
        DatasetError: It is in neither place.

    Example:
        >>> sorted(path.name for path in locate("samples").iterdir())
        ['test.jsonl', 'train.jsonl', 'validation.jsonl']
    """
    dataset = find_dataset(name)
    if dataset.generate is not None:
        return cached("generated", f"{name}-{dataset.version}", dataset.generate)
    folders = _folders(name)
    for folder in folders:
        if dataset.is_present(folder):
            return folder
    places = " nor ".join(str(folder) for folder in folders)
    raise DatasetError(
        f"Data set {name}: its files must be on this machine; they are not in {places}. "
        f"Fetch them: ostinato data get {name}."
    )


def get(name: str, *, progress: bool = False) -> Path:
    """Fetch a registered data set from its owner, unless it is on this machine already.

    Args:
        name: Name in the registry.
        progress: Show a progress bar on standard error.

    Returns:
        The folder in which it lies. A file is there whole, with the right checksum, or not at all.

    Raises:
        ConfigError: There is no such name.
        DatasetError: A file could not be fetched, or has another checksum.

    Example:
        >>> get("samples") == locate("samples")
        True
    """
    dataset = find_dataset(name)
    if dataset.generate is not None or any(map(dataset.is_present, _folders(name))):
        return locate(name)
    folder = _folders(name)[-1]
    for file in dataset.files:
        _fetch(name, file, folder, progress=progress)
    return folder


def _folders(name: str) -> list[Path]:
    chosen = os.environ.get("OSTINATO_DATA")
    own = [Path(chosen).expanduser() / name] if chosen else []
    return [*own, home() / "datasets" / name]


def _fetch(name: str, file: File, folder: Path, *, progress: bool) -> None:
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    fetcher = pooch.create(
        path=folder,
        base_url="",
        registry={file.name: f"sha256:{file.sha256}" if file.sha256 else None},
        urls={file.name: file.url},
        retry_if_failed=2,
    )
    try:
        fetcher.fetch(file.name, progressbar=progress)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"Data set {name}: {file.name} could not be downloaded: {reason(error)}. "
            f"Download it yourself from {file.url} and put it into {folder}."
        ) from error
