"""``ostinato predict --stream``: speech on standard input, text while it is spoken."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from typing import Any, cast

from ostinato._errors import ConfigError
from ostinato.audio.piped import Form, chunks, form_of
from ostinato.cli.console import say, show, show_json
from ostinato.datasets.records.waves import check_rate
from ostinato.tasks import Estimator, SpeechRecognizer

PAUSE = 1.0  # seconds of sound without a new symbol, after which a line ends


def listen(
    estimator: Estimator,
    inputs: tuple[str, ...],
    sample_rate_hz: int | None,
    options: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Write what is said on standard input as it is heard, a line up to each pause.

    Args:
        estimator: A recogniser of one direction.
        inputs: What else was given on the command line: nothing may be.
        sample_rate_hz: Rate of the samples; none for that of train's recordings.
        options: What was asked of the search: nothing may be, but for a threshold.
        as_json: Write a line of JSON for each change, and one with all words in the end.

    Raises:
        ConfigError: The model cannot stream, or what a stream cannot do was asked.
    """
    if not isinstance(estimator, SpeechRecognizer):
        raise ConfigError(f"--stream: the run must be of a recogniser; it is {estimator.task}.")
    if inputs:
        raise ConfigError(
            f"--stream: the sound must come on standard input; got `{inputs[0]}`. "
            "Leave one of the two out."
        )
    others = [name for name in options if name != "threshold"]
    if others:
        raise ConfigError(
            "--stream: takes the likeliest symbol of each step as it comes, and nothing else; got "
            f"--{others[0].replace('_', '-')}. Leave it out, or give files."
        )
    estimator.stream(estimator.sample_rate_hz_)  # one that cannot says so before it waits for sound
    stream = cast("io.BufferedReader", sys.stdin.buffer)
    if stream.isatty():
        raise ConfigError(
            "--stream: the sound must come through a pipe; standard input is the keyboard. As in: arecord "
            f"-q -t raw -f S16_LE -c 1 -r {estimator.sample_rate_hz_} | ostinato predict RUN --stream"
        )
    say("Listening on standard input, until the sound ends or Ctrl-C comes.")
    form, begun = form_of(stream)
    rate = _rate(form, sample_rate_hz, estimator)
    session = estimator.stream(rate, threshold=options.get("threshold"))
    written: _Changes | _Lines = _Changes() if as_json else _Lines()
    try:
        for samples in chunks(stream, form, begun, rate):
            written.hear(session.push(samples), len(samples) / rate)
    finally:  # an interrupted stream ends here: what was heard is said
        answer = session.finish()
        written.end(answer)
        _tell_end(answer, session.latency)


class _Lines:
    """Text as it is heard; a line ends where nothing is said for a while."""

    def __init__(self) -> None:
        self.shown, self.quiet, self.is_open = "", 0.0, False

    def hear(self, text: str, seconds: float) -> None:
        """Write what is new in the text of all sound, after so many seconds more of it."""
        new = text[len(self.shown) :]
        if new:
            sys.stdout.write(new if self.is_open else new.lstrip())
            self.shown, self.quiet, self.is_open = text, 0.0, True
        else:
            self.quiet += seconds
            if not self.is_open or self.quiet < PAUSE:
                return
            sys.stdout.write("\n")
            self.is_open = False
        sys.stdout.flush()

    def end(self, answer: Mapping[str, Any]) -> None:
        """Write what the end of the sound made of it."""
        self.hear(answer["text"], 0.0)
        if self.is_open or not self.shown:
            show("")


class _Changes:
    """A line of JSON for each change of the text."""

    def __init__(self) -> None:
        self.shown = ""

    def hear(self, text: str, seconds: float) -> None:
        """Write the text if it has changed."""
        if text != self.shown:
            show_json({"text": text, "final": False})
            sys.stdout.flush()
            self.shown = text

    def end(self, answer: Mapping[str, Any]) -> None:
        """Write the answer."""
        show_json({**answer, "final": True})


def _tell_end(answer: Mapping[str, Any], latency: Mapping[str, float]) -> None:
    """Say whether any sound came, and what a word waited for."""
    if not answer["seconds"]:
        say("standard input: no sound came")
    say(
        f"latency: {latency['lookahead']:.3f} s of sound ahead, "
        f"{latency['compute']:.4f} s of work for a chunk, at most {latency['compute_max']:.4f} s"
    )


def _rate(form: Form, asked: int | None, estimator: SpeechRecognizer) -> int:
    """Return the rate of the samples: that of a header, of the option, or of train's recordings."""
    if form.rate_hz is not None and asked not in (None, form.rate_hz):
        raise ConfigError(
            f"--sample-rate-hz: must be that of the wav on standard input, {form.rate_hz}; got {asked}. "
            "Leave it out."
        )
    shown = (form.rate_hz, asked, estimator.recordings_hz_)
    rate = next((one for one in shown if one is not None), None)
    if rate is None:
        rate = estimator.sample_rate_hz_
        say(
            f"standard input: raw samples are taken for {rate} Hz, the rate of most training recordings; give "
            "--sample-rate-hz if it is another"
        )
    check_rate(rate, "standard input")
    return rate
