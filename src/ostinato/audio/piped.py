"""Sound that comes through a pipe: raw samples, or a wav with its header."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ostinato._errors import DatasetError, shown
from ostinato.audio.lengths import is_known
from ostinato.audio.mpeg import header_at

logger = logging.getLogger("ostinato")

Samples = npt.NDArray[np.float32]

CHUNK = 0.1  # seconds of sound taken at a time, at most
_HEAD = 12  # bytes that tell what comes
_OTHERS = {
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"ID3": "mp3",
    b"FORM": "aiff",
    b".snd": "au",
    b"caff": "caf",
    b"RF64": "RF64",
    b"RIFX": "RIFX",
    b"riff": "W64",
    b"NIST_1A": "NIST",
    b"\x1aE\xdf\xa3": "webm",
    b"#!AMR": "AMR",
    b"0&\xb2u": "wma",
    b"\xff\xf1": "AAC",
    b"\xff\xf9": "AAC",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
}
_FULL = {("<i2"): 32768.0, ("<i4"): 2147483648.0, ("u1"): 128.0}
_TYPES = {
    (1, 8): "u1",
    (1, 16): "<i2",
    (1, 24): "i3",
    (1, 32): "<i4",
    (3, 32): "<f4",
    (3, 64): "<f8",
}


@dataclass(frozen=True)
class Form:
    """How samples follow each other in a stream.

    Args:
        rate_hz: Samples a second of each channel; None where the stream does not tell.
        channels: Channels side by side.
        type: ``<i2``, ``<i4``, ``i3`` of three bytes, ``u1``, ``<f4`` or ``<f8``.
        length: Bytes of sound; None until the end.
    """

    rate_hz: int | None = None
    channels: int = 1
    type: str = "<i2"
    length: int | None = None

    @property
    def width(self) -> int:
        """Bytes of a sample of all channels."""
        return self.channels * (3 if self.type == "i3" else np.dtype(self.type).itemsize)

    def decoded(self, data: bytes) -> Samples:
        """Return whole samples in [-1, 1], channels mixed to one."""
        if self.type == "i3":
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            values = wide.view("<i4")[:, 0] / 2147483648.0
        else:
            values = np.frombuffer(data, self.type)
            if self.type == "u1":
                values = values - 128.0
            values = values / _FULL.get(self.type, 1.0)
        mixed: Samples = values.astype(np.float32)
        if self.channels > 1:
            mixed = mixed.reshape(-1, self.channels).mean(axis=1, dtype=np.float32)
        return mixed


def form_of(stream: io.BufferedIOBase) -> tuple[Form, bytes]:
    r"""Return how the samples of a stream stand, and those bytes of it that were read.

    Args:
        stream: At its start; raw samples are taken for 16-bit, little-endian, of one channel.

    Raises:
        DatasetError: It is a file of another kind, or a wav that cannot be read as it comes.

    Example:
        >>> form_of(io.BytesIO(bytes(4)))
        (Form(rate_hz=None, channels=1, type='<i2', length=None), b'\x00\x00\x00\x00')
    """
    head = stream.read(_HEAD)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _form_of_wav(stream), b""
    kind = next((name for magic, name in _OTHERS.items() if head.startswith(magic)), None)
    if kind is None and head[4:8] == b"ftyp":
        kind = "mp4"
    if kind is None and len(head) > 1 and head.isascii() and _is_printed(head):
        raise _refused(f"text, {shown(head.decode('ascii'))}")  # such as names of files
    frame = header_at(memoryview(head), 0)
    if frame is not None:
        head += stream.read(max(0, frame.length + 4 - len(head)))
        after = header_at(memoryview(head), frame.length)
        if after is not None and after.kind == frame.kind:
            kind = "mp3"
    if kind is None:
        return Form(), head
    raise _refused(f"{kind} data")


def _form_of_wav(stream: io.BufferedIOBase) -> Form:
    """Read the header of a wav up to its samples."""
    form = None
    while len(chunk := stream.read(8)) == 8:
        length = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data" and form is not None:
            return Form(*form, length if is_known(length) else None)
        if length > 1 << 24:
            break
        body = stream.read(length + length % 2)
        if chunk[:4] == b"fmt " and len(body) >= 16:
            tag, bits = int.from_bytes(body[:2], "little"), int.from_bytes(body[14:16], "little")
            if tag == 0xFFFE and len(body) >= 26:  # extensible: the tag stands further on
                tag = int.from_bytes(body[24:26], "little")
            channels, rate = (
                int.from_bytes(body[2:4], "little"),
                int.from_bytes(body[4:8], "little"),
            )
            if (tag, bits) not in _TYPES or not channels:
                raise _refused(f"a wav of {bits} bits with the format {tag}")
            if int.from_bytes(body[12:14], "little") != channels * bits // 8:
                raise _refused(
                    "a wav whose bits, channels and bytes of a sample contradict each other"
                )
            form = (rate, channels, _TYPES[tag, bits])
    raise _refused("a wav whose header is not whole")


def _is_printed(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in head)


def _refused(got: str) -> DatasetError:
    return DatasetError(
        "standard input: the sound must be a wav of whole numbers or floats, or raw 16-bit samples of one "
        f"channel; got {got}. Decode it before: ffmpeg -i - -f wav -c:a pcm_s16le -"
    )


def chunks(stream: io.BufferedReader, form: Form, begun: bytes, rate_hz: int) -> Iterator[Samples]:
    """Yield the samples of a stream as they come, channels mixed to one.

    Args:
        stream: After what `form_of` read of it.
        form: How the samples stand.
        begun: The bytes that were read.
        rate_hz: Samples a second.

    Returns:
        The samples; what is left of one in the end is left out.
    """
    most = max(1, int(CHUNK * rate_hz)) * form.width
    left = form.length
    rest = begun
    while left is None or left > 0:
        data = rest + stream.read1(most if left is None else min(most, left))
        if len(data) == len(rest):
            break
        if left is not None:
            left -= len(data) - len(rest)
        whole = len(data) - len(data) % form.width
        rest = data[whole:]
        if whole:
            yield form.decoded(data[:whole])
    whole = len(rest) - len(rest) % form.width
    if whole:
        yield form.decoded(rest[:whole])
    if whole < len(rest):
        logger.warning(
            "the stream ended in the middle of a sample; raw samples must be 16-bit, little-endian"
        )
