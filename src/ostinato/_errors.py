"""Every exception of ostinato.

::

    OstinatoError
    ├── ConfigError      (ValueError)                a setting, option or argument is wrong
    ├── ShapeError       (ValueError, RuntimeError)  a tensor does not fit
    ├── DatasetError     (ValueError)                a file, column, text or label is wrong
    ├── CheckpointError  (RuntimeError)              a run folder cannot be written, read or continued
    ├── TrainingError    (RuntimeError)              training cannot go on
    │   └── StoppedError                             it was asked to stop, and everything is saved
    └── NativeError      (RuntimeError)              the native library refused a call

A message is one sentence or two: where, what was expected, what was given, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OstinatoError(Exception):
    """Base of every exception that ostinato raises on purpose."""


class ConfigError(OstinatoError, ValueError):
    """A setting, an option or an argument has a value outside its rule."""


class ShapeError(OstinatoError, ValueError, RuntimeError):
    """A tensor's rank, size, dtype or device does not fit; also a torch-style RuntimeError."""


class DatasetError(OstinatoError, ValueError):
    """A file, a column, a text or a label cannot be used as data."""


class CheckpointError(OstinatoError, RuntimeError):
    """A run folder cannot be written, read or continued."""


class TrainingError(OstinatoError, RuntimeError):
    """Training cannot go on, for example because the loss is no longer finite."""


class StoppedError(TrainingError):
    """Training was asked to stop; its checkpoint is complete and can be resumed."""


class NativeError(OstinatoError, RuntimeError):
    """The native library refused a call."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean `x`?"`` for the nearest choice, ``""`` if none is near.

    Example:
        >>> did_you_mean("lr_rate", ["learning_rate", "epochs"])
        '; did you mean `learning_rate`?'
    """
    near = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.5)
    return f"; did you mean `{near[0]}`?" if near else ""


def missing_extra(package: str, extra: str) -> ConfigError:
    """Return the error that says how to install an optional package.

    Example:
        >>> str(missing_extra("soxr", "audio"))
        'soxr is needed and not installed. Install it: pip install "ostinato[audio]"'
    """
    return ConfigError(
        f'{package} is needed and not installed. Install it: pip install "ostinato[{extra}]"'
    )
