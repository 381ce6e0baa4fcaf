"""Samples as people have them: channels first or last, floats or integers, and what is no sound."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt

from ostinato._arrays import plain
from ostinato._errors import DatasetError, shown

logger = logging.getLogger("ostinato")

MOST_CHANNELS = 64
"""Channels of an array at most; the axis of one that is longer is that of the samples."""
LOUDEST = 100.0
"""The largest sample; full scale is 1, and nothing that was recorded is a hundred times as loud."""
RATES_HZ = (1000, 1_000_000)
"""The lowest and the highest rate of samples, from the poorest telephone to what hears bats."""


def samples_of(array: npt.NDArray[Any], where: str) -> npt.NDArray[np.float32]:
    """Return an array of sound as floats in [-1, 1], samples first.

    Args:
        array: ``(samples,)``, ``(samples, channels)`` or, as torchaudio has it, ``(channels, samples)``:
            floats, or integers of 16 or 32 bits; those of 16 bits also as floats or in 32.
        where: How messages call it.

    Raises:
        DatasetError: It has too many channels, a sample that is not finite, or one far beyond full scale.

    Example:
        >>> samples_of(np.array([[0, 16384, -32768]], np.int16), "a call").tolist()
        [[0.0], [0.5], [-1.0]]
    """
    array = _scaled(_samples_first(array, where), where)
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise DatasetError(
            f"{where}: every sample must be a finite number of 32 bits; got another at sample "
            f"{int(np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(1))[0])}."
        )
    check_loudness(array, where)
    return np.ascontiguousarray(array)


def check_loudness(samples: npt.NDArray[np.float32], where: str) -> None:
    """Raise DatasetError for samples far beyond full scale.

    Args:
        samples: Finite samples.
        where: Where they are, for the message.

    Example:
        >>> check_loudness(np.array([1e38], np.float32), "a.wav")
        Traceback (most recent call last):
        ...
        ostinato._errors.DatasetError: a.wav: samples must lie in [-1, 1], give or take; got one of \
1e+38. Divide them by their full scale (32768 of 16-bit values), or leave the recording out.
    """
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > LOUDEST:
        raise DatasetError(
            f"{where}: samples must lie in [-1, 1], give or take; got one of {peak:.4g}. "
            "Divide them by their full scale (32768 of 16-bit values), or leave the recording out."
        )


def check_rate(rate_hz: int, where: str) -> None:
    """Raise DatasetError for a rate at which no sound is recorded.

    Args:
        rate_hz: Samples a second.
        where: Where that was told, for the message.

    Example:
        >>> check_rate(1, "a.wav")
        Traceback (most recent call last):
        ...
        ostinato._errors.DatasetError: a.wav: sound must have 1,000 to 1,000,000 samples a second; got \
1. Correct the rate, or leave the recording out.
    """
    low, high = RATES_HZ
    if not low <= rate_hz <= high:
        raise DatasetError(
            f"{where}: sound must have {low:,} to {high:,} samples a second; got {rate_hz:,}. "
            "Correct the rate, or leave the recording out."
        )


def rate_of_samples(rate_hz: Any, where: str) -> int:
    """Return a rate that was given from Python as a whole number.

    Args:
        rate_hz: Samples a second: a whole number of any type.
        where: What it is the rate of, for messages.

    Raises:
        DatasetError: It is no whole number, or none at which sound is recorded.

    Example:
        >>> rate_of_samples(np.float64(8000), "a call")
        8000
    """
    rate = plain(rate_hz)
    is_number = isinstance(rate, int | float) and not isinstance(rate, bool)
    if not is_number or not np.isfinite(rate) or rate != int(rate):
        raise DatasetError(
            f"{where}: the rate of sound must be a whole number of samples a second; got "
            f"{shown(rate_hz)}. Correct it."
        )
    check_rate(int(rate), where)
    return int(rate)


def _samples_first(array: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    """Return an array with the samples first; where both axes are short, the longer one is theirs."""
    if array.ndim == 1 or not len(array):
        return array
    if min(array.shape) > MOST_CHANNELS:
        raise DatasetError(
            f"{where}: an array must be (samples, channels) or (channels, samples) of at most "
            f"{MOST_CHANNELS} channels; got the shape {array.shape}. Give one recording at a time."
        )
    return array if len(array) >= array.shape[1] else array.T


def _scaled(array: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    """Return samples in [-1, 1]; whole numbers of 16 bits are known also as floats or in 32 bits."""
    full = -float(np.iinfo(np.int16).min)
    if array.dtype.kind == "i" and not _is_of_16_bits(array):
        scaled: npt.NDArray[Any] = array.astype(np.float32) / -float(np.iinfo(array.dtype).min)
        return scaled
    peak = float(np.abs(array).max(initial=0.0))
    if not 1 < peak <= full or (array % 1 != 0).any():
        return array
    logger.warning(
        "%s: the samples are whole numbers up to %d; they are taken for 16-bit integers.",
        *(where, peak),
    )
    return array / full


def _is_of_16_bits(array: npt.NDArray[Any]) -> bool:
    """Return whether 32-bit integers hold 16-bit ones: small, and not those of 24 bits moved up."""
    peak = max(int(array.max(initial=0)), -int(array.min(initial=0)))
    return array.dtype.itemsize == 4 and 1 < peak <= 1 << 15 and bool((array % 256).any())
