"""Measure trained recognisers of spoken digits: connected digits, speed, beam search, streams.

    ostinato train transcribe fsdd --out runs/digits
    ostinato train transcribe fsdd --no-bidirectional --out runs/digits-stream
    python -m benchmarks.speech runs/digits runs/digits-stream --results FILE

Connected digits are three to seven recordings of the official test split, one after another, with up
to 0.3 s of silence before and after each, and white noise over all of it, 20 dB below the speech. The
recordings are brought to the same power first, so that the noise is 20 dB below each of them: as they
are, some are 30 dB softer than others and would lie below the noise. Both are measured.
Speeds are of one thread, from files to text, over recordings that lie in the page cache; those that
are compared take turns. It prints a row of JSON and appends it to the file that ``--results`` names.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
import torch

import ostinato
from benchmarks import facts
from benchmarks.peers.sides import spread
from ostinato._native.library import status
from ostinato.audio import waveform
from ostinato.datasets import Recordings
from ostinato.metrics import transcription_metrics
from ostinato.tasks import SpeechRecognizer

COUNT = 300
SNR_DB = 20.0
POWER = np.float32(0.05)  # root of the mean square
CHUNK = 0.1
BEAM_WIDTH = 16

Sounds = list[npt.NDArray[np.float32]]


def main() -> None:
    """Measure, print the row, append it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a bidirectional recogniser of fsdd")
    parser.add_argument("stream", type=Path, help="one of one direction")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--results", type=Path, default=None, help="file to append the row to")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    whole, stream = SpeechRecognizer.load(arguments.run), SpeechRecognizer.load(arguments.stream)
    test = ostinato.datasets.load_recordings("fsdd")["test"]
    sounds, said, rate = connected(test, is_even=True)
    as_they_are, _, _ = connected(test, is_even=False)
    row = {
        "case": "speech",
        "repeat": 0,
        "measure": "speech",
        "settings": {"run": whole.settings(), "stream": stream.settings()},
        "test": {"run": whole.metrics_["test"], "stream": stream.metrics_["test"]},
        "connected": {
            "n": len(sounds),
            "seconds": sum(map(len, sounds)) / rate,
            "run": errors(whole, sounds, said, rate),
            "stream": errors(stream, sounds, said, rate),
            "as_they_are": errors(whole, as_they_are, said, rate),
        },
        **speeds(whole, stream, test, sounds, rate, arguments.rounds),
        "rounds": arguments.rounds,
        "threads": 1,
        "instruction_set": status().instruction_set,
        **facts.stamp("src", "native"),
    }
    print(facts.append(row, arguments.results))


def connected(test: Recordings, *, is_even: bool) -> tuple[Sounds, list[str], int]:
    """Return joined recordings in noise, what is said in them, and their rate."""
    rng = np.random.default_rng(0)
    read = [waveform(sound) for sound in test.audio]
    (rate,) = {rate for rate, _ in read}
    if is_even:
        read = [(rate, POWER * sound / np.sqrt(np.mean(sound**2))) for rate, sound in read]
    sounds, said = [], []
    for _ in range(COUNT):
        rows = rng.integers(0, len(read), rng.integers(3, 8))
        pieces = [np.zeros(int(rng.uniform(0, 0.3) * rate), np.float32)]
        for row in rows:
            pieces += [read[row][1], np.zeros(int(rng.uniform(0, 0.3) * rate), np.float32)]
        speech = np.concatenate([read[row][1] for row in rows])
        noise = rng.standard_normal(sum(map(len, pieces))).astype(np.float32)
        level = np.sqrt(np.mean(speech**2) / 10 ** (SNR_DB / 10))
        sounds.append(np.concatenate(pieces) + np.float32(level) * noise)
        said.append(" ".join((test.transcripts or [])[row] for row in rows))
    return sounds, said, rate


def errors(model: SpeechRecognizer, sounds: Sounds, said: list[str], rate: int) -> dict[str, Any]:
    """Return the figures of a recogniser on connected digits, greedily and by beam search."""
    return {
        name: transcription_metrics(said, model.predict(sounds, sample_rate_hz=rate, **options))
        for name, options in {"greedy": {}, "beam": {"beam_width": BEAM_WIDTH}}.items()
    }


def speeds(
    whole: SpeechRecognizer,
    stream: SpeechRecognizer,
    test: Recordings,
    sounds: Sounds,
    rate: int,
    rounds: int,
) -> dict[str, Any]:
    """Return real-time factors, and how many times greedy search's time the beam takes."""
    seconds = sum(len(waveform(sound)[1]) for sound in test.audio) / rate
    joined = np.concatenate(sounds[:50])
    heard: list[str] = []

    def hear() -> None:
        session = stream.stream(rate)
        step = int(CHUNK * rate)
        for start in range(0, len(joined), step):
            session.push(joined[start : start + step])
        heard.append(session.finish()["text"])

    tasks: dict[str, tuple[Callable[[], object], float]] = {
        "offline": (lambda: whole.predict(test.audio), seconds),
        "one_by_one": (lambda: [whole.predict([sound]) for sound in test.audio], seconds),
        "beam": (lambda: whole.predict(test.audio, beam_width=BEAM_WIDTH), seconds),
        "streaming": (hear, len(joined) / rate),
        "offline_long": (lambda: whole.predict(sounds, sample_rate_hz=rate), 0.0),
        "beam_long": (
            lambda: whole.predict(sounds, sample_rate_hz=rate, beam_width=BEAM_WIDTH),
            0.0,
        ),
    }
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for task, _ in tasks.values():
        task()
    for _ in range(rounds):
        for name, (task, _) in tasks.items():
            start = time.perf_counter()
            task()
            taken[name].append(time.perf_counter() - start)
    assert heard[-1] == stream.predict([joined], sample_rate_hz=rate)[0]
    factors = {
        name: spread([value / length for value in taken[name]])
        for name, (_, length) in tasks.items()
        if length
    }
    ratios = {
        name: spread([a / b for a, b in zip(taken[beam], taken[greedy], strict=True)])
        for name, beam, greedy in (
            ("beam_to_greedy", "beam", "offline"),
            ("beam_to_greedy_connected", "beam_long", "offline_long"),
        )
    }
    return {"real_time_factor": factors, **ratios}


if __name__ == "__main__":
    main()
