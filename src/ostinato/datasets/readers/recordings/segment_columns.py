"""Which columns of a manifest tell what part of a file a recording is, by their names and units."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ostinato._arrays import is_missing
from ostinato._errors import DatasetError, named
from ostinato.datasets.records.segments import Segment, segmented

logger = logging.getLogger("ostinato")

_KINDS = {
    **dict.fromkeys(("start", "begin", "onset", "offset"), "start"),
    **dict.fromkeys(("stop", "end"), "stop"),
    **dict.fromkeys(("duration", "dur"), "duration"),
}
_SECONDS = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), 1e-3),
}
_NAME = re.compile(
    r"(?:(?:audio|segment|seg|clip|utterance|utt|time)_)?(start|begin|onset|offset|stop|end|duration|dur)"
    r"(?:_(?:time|offset))?"
    rf"(?:_({'|'.join(filter(None, _SECONDS))}|samples?|frames?))?"
)
_CHANNELS = ("channel", "channel_id", "channel_selector")


class SegmentColumn(NamedTuple):
    """A column that tells where a recording begins or ends, or how long it is.

    Args:
        name: What it is called.
        unit: Seconds that 1 in it stands for.
    """

    name: str
    unit: float


def segment_columns(names: Sequence[str], where: str) -> dict[str, SegmentColumn]:
    """Return the columns of ``start``, ``stop`` and ``duration``, as far as they are there.

    Their names may be written in any way, with a unit: ``offset``, ``StartTime``, ``end_ms``. Beside a
    column ``onset``, an ``offset`` is the end.

    Args:
        names: Columns there are.
        where: File for messages.

    Raises:
        DatasetError: Two columns tell the same, or one counts samples.

    Example:
        >>> found = segment_columns(["path", "startTime", "duration [ms]"], "a list")
        >>> [(kind, one.name, one.unit) for kind, one in found.items()]
        [('start', 'startTime', 1.0), ('duration', 'duration [ms]', 0.001)]
    """
    found: dict[str, list[SegmentColumn]] = {}
    plain = {name: _plain(name) for name in names}
    for name, written in plain.items():
        match = _NAME.fullmatch(written)
        if match is None:
            continue
        word, unit = match[1], match[2] or ""
        kind = "stop" if word == "offset" and "onset" in plain.values() else _KINDS[word]
        if unit in _SECONDS:
            found.setdefault(kind, []).append(SegmentColumn(name, _SECONDS[unit]))
        elif kind != "duration":
            raise DatasetError(
                f"{where}: where a recording begins and ends must be told in seconds or milliseconds; "
                f"the column `{name[:60]}` counts {unit}. Write seconds, or rename it if it is something else."
            )
    for kind in ("start", "stop"):
        if len(found.get(kind, ())) > 1:
            raise DatasetError(
                f"{where}: one column must tell the {kind} of a recording; got "
                f"{named([one.name for one in found[kind]])}. Rename those that are something else."
            )
    return {kind: max(columns, key=lambda one: one.unit) for kind, columns in found.items()}


def _plain(name: str) -> str:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:80])
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def row_segments(
    files: Sequence[Path],
    columns: Mapping[str, SegmentColumn],
    values: Mapping[str, Sequence[Any]],
    where: str,
    *,
    is_own: bool = False,
) -> list[Path | Segment]:
    """Return the file, or the part of it, that each row tells; how they are told is logged.

    Args:
        files: The file of each row.
        columns: What `segment_columns` found.
        values: The values of each of these, by ``start``, ``stop`` and ``duration``.
        where: File for messages.
        is_own: Whether rows hold their own sound, which is a whole recording.

    Raises:
        DatasetError: A value is no length of time, or they contradict each other.
    """
    if columns and is_own:
        tell_whole(columns, where)
    if not columns or is_own:
        return list(files)
    listed = [f"`{one.name}`" + ("" if one.unit == 1 else " (ms)") for one in columns.values()]
    logger.info(
        "%s: a recording is a part of its file, by %s, in seconds.", where, ", ".join(listed)
    )
    times = {
        kind: [_scaled(value, columns[kind].unit) for value in given]
        for kind, given in values.items()
    }
    if list(times) == ["duration"] and all(_is_whole(value) for value in times["duration"]):
        logger.warning(
            "%s: every duration is whole seconds; what a file has beyond is left out. Rename `%s` if it "
            "is rounded.",
            *(where, columns["duration"].name),
        )
    return segmented(files, times.get("start"), times.get("stop"), times.get("duration"), where)


def _scaled(value: Any, unit: float) -> Any:
    if unit == 1 or is_missing(value) or isinstance(value, bool):
        return value
    try:
        return float(value) * unit
    except (TypeError, ValueError, OverflowError):
        return value


def _is_whole(value: Any) -> bool:
    try:
        return float(value).is_integer() and float(value) > 0
    except (TypeError, ValueError, OverflowError):
        return False


def tell_unread(
    names: Sequence[str], read: Mapping[str, str], where: str, *, what: str = "columns"
) -> None:
    """Log which columns are read and which are not, and what that means for one of channels.

    Args:
        names: Columns there are.
        read: Those that are read, by what they tell.
        where: File for the messages.
        what: What they are called there.
    """
    rest = [name for name in names if name not in read.values()]
    if rest:
        listed = ", ".join(f"{kind} `{name[:60]}`" for kind, name in read.items())
        logger.info("%s: %s read: %s; not read: %s.", where, what, listed, named(rest))
    of_channels = [name for name in rest if _plain(name) in _CHANNELS]
    if of_channels:
        logger.warning(
            "%s: `%s` is not read: all channels of a file are mixed to one. If they are of several "
            "speakers, write each to a file of its own.",
            *(where, of_channels[0]),
        )


def tell_whole(columns: Mapping[str, SegmentColumn], where: str) -> None:
    """Log that recordings whose samples stand in the rows themselves are taken whole.

    Args:
        columns: What `segment_columns` found.
        where: File for the message.
    """
    logger.warning(
        "%s: the rows hold their own sound, so it is taken whole; %s is not read.",
        *(where, named([one.name for one in columns.values()])),
    )


def tell_repeated(audio: Sequence[Path | Segment], texts: Sequence[str] | None, where: str) -> None:
    """Log how many rows name a whole file that another row names with another text.

    Args:
        audio: The file of each row, or the part of it.
        texts: What is said in each.
        where: File for the message.
    """
    transcripts: dict[Path, set[str]] = {}
    for sound, text in zip(audio, texts or (), strict=False):
        if isinstance(sound, Path):
            transcripts.setdefault(sound, set()).add(text)
    several = [path for path, of_one in transcripts.items() if len(of_one) > 1]
    if several:
        logger.warning(
            "%s: %d files stand in several rows with other texts, and each time the whole file is heard; "
            "the first is %s. If parts are meant, add columns start and stop, in seconds.",
            *(where, len(several), several[0].name),
        )
