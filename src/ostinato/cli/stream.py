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


def listen(
    estimator: Estimator,
    inputs: tuple[str, ...],
    sample_rate_hz: int | None,
    options: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Write what is said on standard input as it is heard, and in the end the words.

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
    form, begun = form_of(stream)
    rate = _rate(form, sample_rate_hz, estimator)
    session = estimator.stream(rate, threshold=options.get("threshold"))
    shown = ""
    try:
        for samples in chunks(stream, form, begun, rate):
            text = session.push(samples)
            if text != shown:
                if as_json:
                    show_json({"text": text, "final": False})
                else:
                    sys.stdout.write(text[len(shown) :])
                sys.stdout.flush()
                shown = text
    finally:  # an interrupted stream ends here: what was heard is said
        answer = session.finish()
        if as_json:
            show_json({**answer, "final": True})
        else:
            show(answer["text"][len(shown) :])
        _tell_end(answer, session.latency)


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
