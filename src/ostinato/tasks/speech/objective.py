"""Training objective of speech recognition: batches of utterances, CTC loss, error rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato._arrays import Float32s
from ostinato._config import AudioFeatures
from ostinato.audio import Augmenter, Normalizer, Sounds, features_cached, packed_steps
from ostinato.data.batches import unpacked
from ostinato.data.ragged import Ragged
from ostinato.datasets import Recordings
from ostinato.metrics import character_errors, word_errors
from ostinato.models import SpeechNetwork
from ostinato.nn import CTCTargets, GreedyDecoder, ctc_loss, steps_needed
from ostinato.ops import randomness
from ostinato.tasks.speech.alphabet import Alphabet
from ostinato.tasks.speech.recombination import Example, Recombiner
from ostinato.training import Figures

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SpeechSplit:
    """The frames and transcripts of one split of the data.

    Args:
        sounds: Its frames, once for each speed of speed perturbation.
        targets: The symbol ids of each transcript.
        features: Settings of the features of a step.
        normalizer: Normalises frames.
        augmenter: Augments training examples; None for no augmentation.
        separator: Symbol put between joined transcripts, if any.
        recombiner: Makes new training examples of words cut out of others; None for none.
    """

    sounds: Sequence[Sounds]
    targets: Ragged
    features: AudioFeatures
    normalizer: Normalizer
    augmenter: Augmenter | None
    separator: int | None
    recombiner: Recombiner | None = None

    @property
    def lengths(self) -> Rows:
        """Frames of each recording."""
        return self.sounds[0].frames.lengths

    def batch(self, rows: Rows) -> tuple[PackedSequence, CTCTargets]:
        """Return packed steps and transcripts of these rows; augmentation may join several."""
        if self.augmenter is None:
            examples = [self._plain(row) for row in rows]
        else:
            seed = randomness.seed()  # from the generator that a checkpoint keeps
            examples = self._changed(rows, self.augmenter, np.random.default_rng(seed))
        examples.sort(key=lambda example: -len(example[0]))
        steps = packed_steps([frames for frames, _ in examples], self.features)
        return steps, CTCTargets(
            torch.from_numpy(np.concatenate([symbol_ids for _, symbol_ids in examples])),
            torch.tensor([len(symbol_ids) for _, symbol_ids in examples]),
        )

    def _plain(self, row: int) -> tuple[Float32s, Rows]:
        return self.normalizer.all(self.sounds[0].frames[row]), self.targets[row]

    def _changed(
        self, rows: Rows, augmenter: Augmenter, rng: np.random.Generator
    ) -> list[tuple[Float32s, Rows]]:
        def drawn(place: int) -> Example:
            row, speed = rows[place], int(rng.integers(len(self.sounds)))
            return self.sounds[speed].frames[row], self.targets[row]

        groups = augmenter.groups(len(rows), rng)
        mix = augmenter.settings.mix or 0.0
        mixed: Sequence[Example] = ()
        if self.recombiner is not None and mix and rng.random() < mix:
            mixed = self.recombiner.mixed([drawn(place) for place in range(len(rows))], rng)
        examples = []
        for group in groups:
            some = [mixed[place] if mixed else drawn(place) for place in group]
            # of shape (frames, bands)
            frames = augmenter.changed(augmenter.joined([one for one, _ in some], rng), rng)
            frames = augmenter.masked(self.normalizer.all(frames), rng)
            examples.append((frames, self._joined_symbols([symbol_ids for _, symbol_ids in some])))
        return examples

    def _joined_symbols(self, transcripts: Sequence[Rows]) -> Rows:
        pieces = [symbols for symbols in transcripts if len(symbols)]
        if self.separator is not None:
            between = np.array([self.separator])
            pieces = [part for piece in pieces for part in (between, piece)][1:]
        return np.concatenate([np.empty(0, np.int64), *pieces])


@dataclass(frozen=True)
class SpeechObjective:
    """CTC loss a symbol; in evaluation also word and character errors of greedy decoding."""

    alphabet: Alphabet

    @property
    def monitor(self) -> str:
        """The figure that marks the best epoch; error rates of a few recordings are often equal."""
        return "log_likelihood"

    def sums(self, output: PackedSequence, targets: CTCTargets) -> Tensor:
        """Return loss, symbols; errors, words, errors, characters; and 1 where counted: ``(7,)``."""
        loss = ctc_loss(output, targets).sum()  # scalar
        errors = [0] * 4
        if not torch.is_grad_enabled():
            errors = self._errors(output, targets)
        counted = int(not torch.is_grad_enabled())
        symbols = max(int(targets.lengths.sum()), 1)
        return torch.cat([loss[None], loss.new_tensor([symbols, *errors, counted])])

    def figures(self, sums: Tensor) -> Figures:
        """Return loss and log-likelihood (nats a symbol); where counted, ``wer`` and ``cer``."""
        loss, symbols, wrong, words, misspelt, characters, counted = sums.tolist()
        figures = {"loss": loss / symbols, "log_likelihood": -loss / symbols}
        if counted:
            figures["wer"] = wrong / max(words, 1)
            figures["cer"] = misspelt / max(characters, 1)
        return figures

    def _errors(self, output: PackedSequence, targets: CTCTargets) -> list[int]:
        symbol_ids = np.split(targets.symbols.cpu().numpy(), targets.lengths.cpu().cumsum(0)[:-1])
        references = [self.alphabet.decode(symbols.tolist()) for symbols in symbol_ids]
        predictions = []
        for log_probs in unpacked(output.data.float().cpu(), output.batch_sizes):
            greedy = GreedyDecoder()
            places = greedy.push(log_probs) + greedy.finish()
            predictions.append(self.alphabet.decode([place.symbol for place in places]))
        counts = []
        for errors in (word_errors, character_errors):
            found = errors(references, predictions)
            counts += [int(found.total.sum()), int(found.units.sum())]
        return counts


def frames_of(
    splits: Mapping[str, Recordings],
    features: AudioFeatures,
    sample_rate_hz: int,
    speeds: Sequence[float],
) -> dict[str, list[Sounds]]:
    """Return the memory-mapped frames of each split; those of train at every speed."""
    return {
        name: [
            features_cached(split, features, sample_rate_hz, speed=speed)
            for speed in (speeds if name == "train" else (1.0,))
        ]
        for name, split in splits.items()
    }


def splits_of(
    splits: Mapping[str, Recordings],
    sounds: Mapping[str, Sequence[Sounds]],
    alphabet: Alphabet,
    features: AudioFeatures,
    normalizer: Normalizer,
    augmenter: Augmenter,
    network: SpeechNetwork,
) -> dict[str, SpeechSplit]:
    """Return the splits for the training loop; only train is augmented, anew in every epoch."""
    recombiner = Recombiner(network, features, normalizer, alphabet.separator)
    return {
        name: SpeechSplit(
            sounds[name],
            alphabet.encode(split.transcripts or ()),
            features,
            normalizer,
            augmenter if name == "train" else None,
            alphabet.separator,
            recombiner if name == "train" else None,
        )
        for name, split in splits.items()
    }


def too_long(split: SpeechSplit) -> Rows:
    """Return the rows whose transcripts need more steps than their recordings have."""
    targets = split.targets
    needed = steps_needed(
        CTCTargets(torch.from_numpy(targets.values), torch.from_numpy(targets.lengths))
    )
    steps = -(-split.lengths // split.features.subsampling)
    return np.flatnonzero(needed.numpy() > steps)
