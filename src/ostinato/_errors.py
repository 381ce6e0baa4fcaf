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

import dataclasses
import difflib
import importlib
import itertools
import reprlib
from collections.abc import Iterable, Sized
from typing import Any

_MOST_COMPARED, _MOST_CHARACTERS = 1000, 100  # comparing takes time of their product, squared
_MOST_LISTED = 100  # characters of names in a message


class OstinatoError(Exception):
    """Base of every exception that ostinato raises on purpose.

    Its message is never longer than a page: of a longer one, as with a value of a megabyte in what
    another library says, the middle is left out.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(_bounded(part) if isinstance(part, str) else part for part in args))


class ConfigError(OstinatoError, ValueError):
    """A setting, an option or an argument has a value outside its rule."""


class MissingPackageError(ConfigError):
    """An optional package is not installed."""


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


def _bounded(message: str, most: int = 1000) -> str:
    half = most // 2
    return message if len(message) <= most else f"{message[:half]} … {message[-half + 3 :]}"


def shown(value: object, most: int = 60) -> str:
    """Return a value as a message shows it: never whole where it is long.

    Args:
        value: Anything.
        most: Characters that are shown of it.

    Example:
        >>> shown("good"), shown(list(range(1000)))
        ("'good'", '[0, 1, 2, 3, 4, 5, ...] (1,000 values)')
        >>> shown(b"RIFF" + bytes(10**6), most=16)
        "b'RIFF'... (1,000,004 bytes)"
    """
    if isinstance(value, str | bytes | bytearray):
        unit, width = ("characters", 1) if isinstance(value, str) else ("bytes", 4)  # as \x00
        more = f"... ({len(value):,} {unit})" if len(value) > most // width else ""
        return repr(value[: most // width]) + more
    shape = getattr(value, "shape", None)
    if shape:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    try:
        text = _BRIEF.repr(value)
    except Exception:  # as of a number of 5,000 digits
        return f"a {type(value).__name__} that cannot be shown"
    if len(text) > most:
        text = text[:most] + "..."
    if "..." in text and isinstance(value, Sized):
        text += f" ({len(value):,} values)"
    return text


def brief(value: object, most: int = 32) -> str:
    """Return a value as a message quotes it: on one line, of a long one the first characters.

    Args:
        value: Anything that is short to write, or a string of any length.
        most: Characters that are shown of it.

    Example:
        >>> brief("2016-07-01"), brief("x" * 5000, most=4)
        ('2016-07-01', 'xxxx…')
    """
    text = " ".join(str(value)[: 4 * most].split())
    return text if len(text) <= most else f"{text[:most]}…"


def written(settings: Any) -> str:
    """Return the call that makes settings: those not the default, long values cut short.

    Args:
        settings: A dataclass whose settings all have defaults.

    Example:
        >>> @dataclasses.dataclass
        ... class Size:
        ...     width: int = 1
        ...     height: int = 1
        >>> written(Size(height=3))
        'Size(height=3)'
    """
    standard, changed = type(settings)(), []
    for name in (field.name for field in dataclasses.fields(settings) if field.init):
        given, default = (
            repr(value) if dataclasses.is_dataclass(value) else shown(value)
            for value in (getattr(settings, name), getattr(standard, name))
        )
        changed += [f"{name}={given}"] if given != default else []
    return f"{type(settings).__name__}({', '.join(changed)})"


_BRIEF = reprlib.Repr()  # looks at the first few values of a collection alone


def named(names: Iterable[object], most: int = 8) -> str:
    """Return names as a message lists them: each in backticks, of many the first and how many.

    Args:
        names: The names.
        most: How many are listed.

    Example:
        >>> named(["text", "label"]), named(range(100), most=2)
        ('`text`, `label`', '`0`, `1`, … (100 in all)')
    """
    every = [str(name) for name in names]
    cut = [f"`{name[:40]}{'…' * (len(name) > 40)}`" for name in every[:most]]
    ends = itertools.accumulate(map(len, cut))
    cut = [name for name, end in zip(cut, ends, strict=True) if end <= _MOST_LISTED] or cut[:1]
    listed = ", ".join(cut)
    return f"{listed}, … ({len(every)} in all)" if len(every) > len(cut) else listed or "none"


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean `x`?"`` for the nearest choice, ``""`` if none is near.

    Example:
        >>> did_you_mean("lr_rate", ["learning_rate", "epochs"])
        '; did you mean `learning_rate`?'
    """
    some = itertools.islice(choices, _MOST_COMPARED)
    near = difflib.get_close_matches(name[:_MOST_CHARACTERS], list(some), n=1, cutoff=0.5)
    return f"; did you mean `{near[0]}`?" if near else ""


def package_of_extra(package: str, extra: str) -> Any:
    """Import an optional package and return it.

    Raises:
        MissingPackageError: It is not installed; the message says how to.

    Example:
        >>> package_of_extra("nosuchpackage", "audio")
        Traceback (most recent call last):
        ...
        ostinato._errors.MissingPackageError: nosuchpackage is needed and not installed. Install it: \
pip install "ostinato[audio]"
    """
    try:
        return importlib.import_module(package.replace("-", "_"))
    except ImportError:
        raise MissingPackageError(
            f'{package} is needed and not installed. Install it: pip install "ostinato[{extra}]"'
        ) from None
