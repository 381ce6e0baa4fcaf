"""How good a recogniser is on a split, and what the report shows of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.utils.rnn import pack_sequence

from ostinato import audio
from ostinato._arrays import Float32s
from ostinato.datasets import Recordings
from ostinato.metrics import character_errors, transcription_metrics, word_errors, worst_first
from ostinato.nn import CTCTargets, ctc_loss
from ostinato.runs.speech import write_transcripts
from ostinato.tasks.speech.baselines import chance_z
from ostinato.tasks.speech.decoding import Decoding
from ostinato.tasks.speech.transcriber import Transcriber
from ostinato.tasks.unseen import unseen_figures
from ostinato.tasks.verdict import Compared
from ostinato.training import Figures

WORD_ERRORS = Compared("wer", "word error rate", lower_is_better=True)
PICTURED = 12  # recordings the report shows, the worst ones
PICTURED_SECONDS = 15.0  # of each
ENVELOPE = 400  # pairs of lowest and highest sample in a picture


def measure(
    transcriber: Transcriber,
    examples: Recordings,
    decoding: Decoding,
    *,
    split: str,
    seen: Sequence[str],
    run: Path | None,
) -> Figures:
    """Return the figures of a split; write ``predictions.parquet`` if there is a run."""
    transcripts = examples.transcripts or []
    targets = transcriber.alphabet.encode(transcripts)
    answers: list[dict[str, Any]] = [{}] * len(examples)
    loss = seconds = 0.0
    start, beside = time.perf_counter(), 0.0
    for output in transcriber.log_probs(examples):
        answers[output.place] = transcriber.answer(output, decoding)
        seconds += output.seconds
        paused = time.perf_counter()
        loss += _loss(output.log_probs, targets[output.place])
        beside += time.perf_counter() - paused
    spent = time.perf_counter() - start - beside
    predictions = [answer["text"] for answer in answers]
    if run:
        pictures = _pictures(transcriber, examples, _worst(transcripts, answers))
        write_transcripts(run, split=split, recordings=examples, answers=answers, pictures=pictures)
    figures = transcription_metrics(transcripts, predictions, speakers=examples.speakers)
    figures["chance_z"] = chance_z(transcripts, predictions)
    figures["loss"] = loss / max(len(targets.values), 1)
    figures["real_time_factor"] = spent / seconds

    def without(rows: npt.NDArray[np.int64]) -> float:
        return word_errors(
            [transcripts[row] for row in rows], [predictions[row] for row in rows]
        ).rate

    keys = examples.keys if len(seen) else transcripts
    return figures | unseen_figures("wer", keys, seen, without)


def failure(figures: Figures) -> str | None:
    """Return how a recogniser plainly fails, in a sentence; None if it does not.

    Args:
        figures: Its figures on a split.

    Example:
        >>> failure({"words": 9, "deletions": 9, "insertions": 0, "wer": 1.0})[:31]
        'Every transcript is empty: the '
    """
    if figures["words"] and figures["deletions"] == figures["words"] and not figures["insertions"]:
        return (
            "Every transcript is empty: the network says nothing, as all do before they find where the "
            "symbols are."
        )
    return None


def _loss(log_probs: Float32s, symbols: npt.NDArray[np.int64]) -> float:
    targets = CTCTargets(torch.tensor(symbols), torch.tensor([len(symbols)]))
    return float(ctc_loss(pack_sequence([torch.from_numpy(log_probs)]), targets))


def _worst(transcripts: Sequence[str], answers: Sequence[dict[str, Any]]) -> list[int]:
    errors = character_errors(transcripts, [answer["text"] for answer in answers])
    confidence = np.array([answer["confidence"] for answer in answers])
    return [int(row) for row in worst_first(errors, confidence)[:PICTURED]]


def _pictures(
    transcriber: Transcriber, examples: Recordings, rows: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """Return waveform, frames and probabilities of some recordings, their first seconds."""
    split = examples.take(rows)
    sounds = audio.features_of(split, transcriber.features, transcriber.sample_rate_hz)
    frames = int(PICTURED_SECONDS / transcriber.features.hop)
    pictures = {}
    for place, log_probs, length, _ in transcriber.log_probs(split):
        rate, samples = audio.waveform(split.audio[place], split.sample_rate_hz)
        steps = log_probs[: frames // transcriber.features.subsampling]
        pictures[rows[place]] = {
            "seconds_shown": min(length, PICTURED_SECONDS),
            "waveform": _envelope(samples[: int(PICTURED_SECONDS * rate)]),
            "frames": sounds.frames[place][:frames],
            "probabilities": np.exp(steps),
        }
    return pictures


def _envelope(samples: Float32s) -> Float32s:
    """Return lowest and highest sample of each of some hundred stretches, ``(stretches, 2)``."""
    parts = np.array_split(samples, min(ENVELOPE, len(samples)))
    return np.array([(part.min(), part.max()) for part in parts], np.float32)
