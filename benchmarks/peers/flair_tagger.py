"""Time a model that somebody else wrote, Flair's SequenceTagger, before and after `convert`.

    pip install . flair==0.15.1
    python -m benchmarks.peers.flair_tagger            # the tagger with a softmax
    python -m benchmarks.peers.flair_tagger --crf      # with a conditional random field
    python -m benchmarks.peers.flair_tagger --quick    # few rounds; such a row makes no table

The tagger learns parts of speech on sentences of UD English-EWT, from the folder that OSTINATO_DATA
names, or on made-up ones. Characters and words are embedded by layers that are trained with it, so
that nothing is downloaded. Two taggers with the same weights, one of them converted, take the same
batches in turns: a training step as Flair's trainer does it, and a prediction. First their scores,
losses, gradients and tags are compared. The recurrent layers are timed alone too, on what they are
given in those batches: what they take of a step bounds what faster ones can gain.

It prints a row of JSON and appends it to the file that ``--results`` names.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import itertools
import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flair
import torch
from flair.data import Dictionary, Sentence
from flair.embeddings import CharacterEmbeddings, OneHotEmbeddings, StackedEmbeddings
from flair.models import SequenceTagger
from flair.training_utils import store_embeddings
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from benchmarks import facts
from benchmarks.peers.sides import Row, spread
from ostinato._native.library import status
from ostinato.bench.measure import Plan, Rounds, Spread, interleave, ratios, seconds_of
from ostinato.nn import convert

BATCH_SIZE, HIDDEN_SIZE = 32, 256
GOLD, PREDICTED = "upos", "predicted"
TOLERANCES = {"scores": 1e-5, "loss": 1e-5, "gradients": 1e-4}
"""Largest difference between the two taggers, relative to the largest value of the tensor.

The largest measured on EWT after 20 steps, one thread, LSTM with and without CRF, GRU and RNN, ours
on oneDNN or torch's kernels: scores 2.4e-7, loss 2.2e-7, gradients 1.0e-6. All tags must be
equal.
"""

Tagged = list[tuple[str, str]]
"""A sentence: words and their parts of speech."""


@dataclass(frozen=True)
class Side:
    """A tagger with its own copy of the batches, because Flair writes into sentences."""

    tagger: SequenceTagger
    batches: list[list[Sentence]]
    optimizer: torch.optim.Optimizer

    def train(self) -> None:
        """Take a training step on each batch, as Flair's ModelTrainer does."""
        self.tagger.train()
        for number, batch in enumerate(self.batches):
            torch.manual_seed(number)  # the same dropout on both sides
            self.optimizer.zero_grad()
            loss, _ = self.tagger.forward_loss(batch)
            loss.backward()
            store_embeddings(batch, "none")
            nn.utils.clip_grad_norm_(self.tagger.parameters(), 5.0)
            self.optimizer.step()

    def predict(self) -> None:
        """Tag each batch."""
        self.tagger.eval()
        for batch in self.batches:
            self.tagger.predict(batch, mini_batch_size=BATCH_SIZE, label_name=PREDICTED)


def main() -> None:
    """Check, measure, print the row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crf", action="store_true", help="a conditional random field on top")
    parser.add_argument("--cell", choices=("RNN", "GRU", "LSTM"), default="LSTM")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batches", type=int, default=4, help="batches of 32 sentences a call")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 2 batches")
    parser.add_argument("--results", type=Path, default=None, help="file to append the row to")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.batches = 3, 2
    logging.getLogger("flair").setLevel(logging.WARNING)
    flair.device = torch.device("cpu")
    torch.set_num_threads(arguments.threads)
    print(facts.append(measure(arguments), arguments.results))


def measure(arguments: argparse.Namespace) -> Row:
    """Return the row."""
    corpus, source = read_corpus()
    chosen = random.Random(0).sample(corpus, arguments.batches * BATCH_SIZE)
    before, after = make_sides(corpus, chosen, crf=arguments.crf, cell=arguments.cell)
    conversion = convert(after.tagger)
    gate = check(before, after)
    sides = {"torch": before, "ours": after}
    contestants: dict[str, Callable[[], object]] = {}
    for mode in ("train", "predict"):
        for name, side in sides.items():
            contestants[f"{mode} {name}"] = getattr(side, mode)
            for layer, calls in recorded(side).items():
                alone = layer_alone(calls, train=mode == "train")
                contestants[f"{mode} {name} {layer}"] = alone
    # Turns of no length: one call of each a round, so that both sides take the same steps.
    plan = Plan(repeats=arguments.rounds, fewest=arguments.rounds, turn_s=0.0)
    rounds = interleave(contestants, plan)
    lengths = [len(sentence) for sentence in chosen]
    return {
        "case": f"flair-{arguments.cell.lower()}{'-crf' if arguments.crf else ''}",
        "repeat": 0,
        "quick": arguments.quick,
        "measure": "flair",
        "model": f"SequenceTagger, {arguments.cell} of 2 × {HIDDEN_SIZE}, "
        + ("CRF" if arguments.crf else "softmax"),
        "sentences": source,
        "batch_size": BATCH_SIZE,
        "batches": arguments.batches,
        "rounds": arguments.rounds,
        "mean_length": round(sum(lengths) / len(lengths), 1),
        "longest": max(lengths),
        "converted": dict(conversion.converted),
        "left": dict(conversion.left),
        "gate": gate,
        **{mode: figures(rounds, mode, gate, arguments.batches) for mode in ("train", "predict")},
        "threads": arguments.threads,
        "flair": flair.__version__,
        "instruction_set": status().instruction_set,
        **facts.stamp("src", "native"),
    }


# The sentences -----------------------------------------------------------------------------------


def read_corpus() -> tuple[list[Tagged], str]:
    """Return the training sentences of UD English-EWT, or made-up ones, and what they are."""
    folder = os.environ.get("OSTINATO_DATA")
    if not folder:
        return list(made_up(4000)), "made up"
    corpus: list[Tagged] = []
    paths = sorted((Path(folder) / "ud-english-ewt").glob("*train*.conllu.gz"))
    if not paths:
        raise SystemExit("OSTINATO_DATA must hold ud-english-ewt/*train*.conllu.gz; it does not.")
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for filled, group in itertools.groupby(lines, key=lambda line: line != "\n"):
                fields = [line.split("\t") for line in group if filled and line[0] != "#"]
                # Whole numbers alone: 1-2 is a contraction of words, 1.1 a word that is not there.
                words = [(field[1], field[3]) for field in fields if field[0].isdigit()]
                if words:
                    corpus.append(words)
    return corpus, "UD English-EWT, train"


def made_up(count: int) -> Iterator[Tagged]:
    """Yield sentences as long as those of English-EWT, of words whose last letter is their tag."""
    draw = random.Random(0)
    letters = "etaoinshrdlu"
    words = ["".join(draw.choices(letters, k=draw.randint(1, 9))) for _ in range(3000)]
    for _ in range(count):
        length = min(80, max(1, round(draw.lognormvariate(2.5, 0.8))))
        yield [(word, word[-1].upper()) for word in draw.choices(words, k=length)]


def make_sentences(chosen: Sequence[Tagged]) -> list[list[Sentence]]:
    """Return Flair's sentences, in batches."""
    sentences = []
    for words in chosen:
        sentence = Sentence([word for word, _ in words])
        for token, (_, tag) in zip(sentence, words, strict=True):
            token.add_label(GOLD, tag)
        sentences.append(sentence)
    return [sentences[at : at + BATCH_SIZE] for at in range(0, len(sentences), BATCH_SIZE)]


# The taggers -------------------------------------------------------------------------------------


def make_sides(
    corpus: Sequence[Tagged], chosen: Sequence[Tagged], *, crf: bool, cell: str, steps: int = 20
) -> tuple[Side, Side]:
    """Return two sides with the same weights, after some steps of training."""
    counts = Counter(word for words in corpus for word, _ in words)
    letters = Counter("".join(counts))
    tags = sorted({tag for words in corpus for _, tag in words})
    torch.manual_seed(0)
    embeddings = [
        CharacterEmbeddings(dictionary(letters)),
        OneHotEmbeddings(dictionary(word for word, count in counts.items() if count >= 3)),
    ]
    tagger = SequenceTagger(
        embeddings=StackedEmbeddings(embeddings),
        tag_dictionary=dictionary(tags, add_unk=False),
        tag_type=GOLD,
        use_crf=crf,
        rnn_type=cell,
        hidden_size=HIDDEN_SIZE,
    )
    sides = []
    for one in (copy.deepcopy(tagger), tagger):
        optimizer = torch.optim.SGD(one.parameters(), lr=0.1)
        sides.append(Side(one, make_sentences(chosen), optimizer))
    before, after = sides
    for _ in range(-(-steps // len(before.batches))):
        before.train()
    after.tagger.load_state_dict(before.tagger.state_dict())
    return before, after


def dictionary(items: Any, *, add_unk: bool = True) -> Dictionary:
    """Return a dictionary of Flair's."""
    result = Dictionary(add_unk=add_unk)
    for item in items:
        result.add_item(item)
    return result


# The gate ----------------------------------------------------------------------------------------


def check(before: Side, after: Side) -> Row:
    """Return by how much the two taggers differ, and whether that is within the tolerances."""
    found = [dict(computed(side)) for side in (before, after)]
    errors: dict[str, float] = dict.fromkeys(TOLERANCES, 0.0)
    for name, right in found[0].items():
        kind = name.split(" ")[0]
        largest = right.abs().max().clamp_min(1e-30)
        error = float((found[1][name] - right).abs().max() / largest)
        errors[kind] = max(errors[kind], error if error == error else float("inf"))
    pairs = list(zip(tags_of(before), tags_of(after), strict=True))
    differing = sum(one != other for one, other in pairs)
    passed = not differing and all(errors[kind] <= TOLERANCES[kind] for kind in TOLERANCES)
    gold = [token.get_label(GOLD).value for batch in before.batches for s in batch for token in s]
    right = sum(one == tag for (one, _), tag in zip(pairs, gold, strict=True))
    return {
        "passed": passed,
        **{kind: float(f"{error:.2g}") for kind, error in errors.items()},
        "tags": len(pairs),
        "tags_differ": differing,
        "tags_right": right,
    }


def computed(side: Side) -> Iterator[tuple[str, Tensor]]:
    """Yield the scores in evaluation, and loss and gradients in training, for each batch."""
    for number, batch in enumerate(side.batches):
        side.tagger.eval()
        ordered = sorted(batch, key=len, reverse=True)
        with torch.no_grad():
            scores = side.tagger.forward(*side.tagger._prepare_tensors(ordered))
        yield f"scores {number}", scores[0] if side.tagger.use_crf else scores
        store_embeddings(batch, "none")
        side.tagger.train()
        torch.manual_seed(number)
        side.tagger.zero_grad()
        loss, _ = side.tagger.forward_loss(batch)
        loss.backward()
        store_embeddings(batch, "none")
        yield f"loss {number}", loss.detach()
        for name, parameter in side.tagger.named_parameters():
            if parameter.grad is not None:
                yield f"gradients {number} {name}", parameter.grad.clone()


def tags_of(side: Side) -> list[str]:
    """Return the predicted tag of each token."""
    side.predict()
    return [
        token.get_label(PREDICTED).value
        for batch in side.batches
        for sentence in batch
        for token in sentence
    ]


# The recurrent layers alone ----------------------------------------------------------------------

Calls = list[tuple[nn.Module, PackedSequence]]


def recorded(side: Side) -> dict[str, Calls]:
    """Return the calls of each recurrent layer in the batches, by the last part of its name."""
    calls: dict[str, Calls] = {}
    hooks = []
    for name, module in side.tagger.named_modules():
        if isinstance(module, nn.RNNBase):
            own = calls.setdefault(name.rpartition(".")[2], [])

            def record(module: nn.Module, inputs: Any, own: Calls = own) -> None:
                packed = inputs[0]
                data = packed.data.detach().requires_grad_()
                own.append((module, packed._replace(data=data)))

            hooks.append(module.register_forward_pre_hook(record))
    side.predict()
    for hook in hooks:
        hook.remove()
    return calls


def layer_alone(calls: Calls, *, train: bool) -> Callable[[], None]:
    """Return a function that makes the calls again, with their backward in training."""

    def run() -> None:
        with torch.set_grad_enabled(train):
            for module, packed in calls:
                output, _ = module(packed)
                if train:
                    output.data.backward(torch.ones_like(output.data))

    return run


# The figures -------------------------------------------------------------------------------------


def figures(rounds: Rounds, mode: str, gate: Row, batches: int) -> Row:
    """Return the milliseconds a batch of both, their ratio, and what the layers take of them."""
    row: Row = {"ratio": None, "bound": None}
    layers = [name.split(" ")[2] for name in rounds if name.startswith(f"{mode} torch ")]
    for side in ("torch", "ours"):
        whole = f"{mode} {side}"
        parts = {layer: f"{whole} {layer}" for layer in layers}
        row[side] = {
            **milliseconds(rounds, whole, batches),
            "recurrent": {
                layer: {
                    **milliseconds(rounds, part, batches),
                    "share": round(1 / Spread.of(ratios(rounds, [whole], part)).median, 3),
                }
                for layer, part in parts.items()
            },
        }
    share = sum(facts_of["share"] for facts_of in row["torch"]["recurrent"].values())
    row["bound"] = round(1 / (1 - share), 2) if share < 1 else None
    if gate["passed"]:
        row["ratio"] = spread(ratios(rounds, [f"{mode} torch"], f"{mode} ours"))
    return row


def milliseconds(rounds: Rounds, name: str, batches: int) -> Row:
    """Return the median and the quartiles of the milliseconds a batch."""
    found = spread([1e3 * seconds / batches for seconds in seconds_of(rounds, name)])
    return {"ms": found["median"], "q1_ms": found["q1"], "q3_ms": found["q3"]}


if __name__ == "__main__":
    main()
