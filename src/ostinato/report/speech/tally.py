"""What each recording adds to the figures by which recognisers are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ostinato.metrics.paired import Tally, ratio
from ostinato.metrics.transcription import character_errors, word_errors
from ostinato.report.formatting import checksum
from ostinato.runs.run import Labels
from ostinato.runs.speech import TranscriptPredictions


def of_transcripts(
    predictions: TranscriptPredictions, labels: Labels, names: Sequence[str]
) -> Tally:
    """Return what each recording adds to the error rates, and to those without a mistake.

    Args:
        predictions: The transcripts.
        labels: None that matter.
        names: None that matter.
    """
    references, written = predictions.labels, predictions.predictions
    words, characters = word_errors(references, written), character_errors(references, written)
    rows = np.stack(
        [
            words.total,
            words.units,
            characters.total,
            characters.units,
            words.total == 0,
            np.ones(len(references)),
        ],
        axis=1,
    )
    return Tally.of(
        rows,
        {
            "wer": lambda sums: ratio(sums[..., 0], sums[..., 1]),
            "cer": lambda sums: ratio(sums[..., 2], sums[..., 3]),
            "accuracy": lambda sums: ratio(sums[..., 4], sums[..., 5]),
        },
        binary=("accuracy",),
        examples=checksum(predictions.audio, references, predictions.seconds.tolist()),
    )
