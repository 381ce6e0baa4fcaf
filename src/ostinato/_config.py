"""Settings: frozen dataclasses that every task shares, checked once, saved whole.

A settings class is the single definition of its options: the estimators take it as a parameter,
``config.json`` holds it, and the command line makes its options from the fields and the docstring.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from numbers import Real
from operator import ge, gt, lt
from typing import Any, Literal, TypeVar, Union

from ostinato._errors import ConfigError, did_you_mean, shown, written

WIDTH = 128  # units of a recurrent layer, where neither user nor task has said
LOOKAHEAD = 0.3  # seconds, for a network of one direction
SettingsT = TypeVar("SettingsT", bound="Settings")


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """Abstract base of the settings classes: checked when made, never changed afterwards."""

    def __post_init__(self) -> None:
        check_types(self, type(self).__name__)

    __repr__ = written

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001 scikit-learn's signature
        """Return the fields by name, as scikit-learn's ``clone`` and ``get_params`` expect."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def replace(self: SettingsT, **changes: Any) -> SettingsT:
        """Return a copy with some fields changed; an unknown name is refused with the nearest one."""
        check_names(changes, self.get_params(), type(self).__name__)
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, kw_only=True, repr=False)
class Recurrent(Settings):
    """The recurrent stack.

    Args:
        cell: Recurrent cell: plain RNN, GRU or LSTM.
        hidden_size: Units of each layer in each direction; none for the task's own number, else 128.
        num_layers: Layers stacked on each other.
        bidirectional: Read each sequence in both directions.
        dropout: Probability of dropping a unit between layers.
        nonlinearity: Activation of the plain RNN; the other cells have their own.

    Raises:
        ConfigError: A value is outside its rule.

    Example:
        >>> Recurrent(cell="gru", hidden_size=64).num_layers
        1
    """

    cell: Literal["rnn", "gru", "lstm"] = "lstm"
    hidden_size: int | None = None
    num_layers: int = 1
    bidirectional: bool = True
    dropout: float = 0.0
    nonlinearity: Literal["tanh", "relu"] = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("Recurrent", "hidden_size", self.hidden_size, low=1)
        check_range("Recurrent", "num_layers", self.num_layers, low=1)
        check_range("Recurrent", "dropout", self.dropout, low=0, below=1)

    @property
    def width(self) -> int:
        """Units of each layer in each direction."""
        return WIDTH if self.hidden_size is None else self.hidden_size

    @property
    def output_size(self) -> int:
        """Features of the output at a step: the units of both directions, if there are two."""
        return self.width * (2 if self.bidirectional else 1)


@dataclass(frozen=True, kw_only=True, repr=False)
class Characters(Settings):
    """How a word is read letter by letter.

    Args:
        reader: A bidirectional LSTM, a convolution with a maximum over the word, or "none"; None for
            what fits the data.
        embedding_size: Features of a character.
        hidden_size: Units of the LSTM in each direction; the convolution has twice as many filters.

    Raises:
        ConfigError: A value is outside its rule.

    Example:
        >>> Characters(reader="convolution").hidden_size
        96
    """

    reader: Literal["recurrent", "convolution", "none"] | None = None
    embedding_size: int = 48
    hidden_size: int = 96

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("embedding_size", "hidden_size"):
            check_range("Characters", name, getattr(self, name), low=1)


@dataclass(frozen=True, kw_only=True, repr=False)
class AudioFeatures(Settings):
    """How sound becomes the numbers that a network reads: log-mel filterbanks.

    Args:
        sample_rate_hz: Rate to which all sound is brought; none for that of the training recordings,
            at most 16,000.
        bands: Mel bands.
        window: Length of a frame in seconds.
        hop: Seconds from one frame to the next.
        context: Frames that a step of the network sees: the one in its middle, as many before it and
            after it; an odd number.
        subsampling: Frames from one step to the next.
        normalization: Levels are told from the mean of the whole utterance, or from that of what has
            been heard so far, as a stream needs; none for the one that fits the recurrent stack.
        lookahead: Seconds that a network of one direction hears on before it says what was said; none
            for 0.3 in one direction, else 0. After the end it hears as much of nothing.

    Raises:
        ConfigError: A value is outside its rule.

    Example:
        >>> AudioFeatures(bands=80).hop
        0.01
    """

    sample_rate_hz: int | None = None
    bands: int = 40
    window: float = 0.025
    hop: float = 0.01
    context: int = 5
    subsampling: int = 2
    normalization: Literal["utterance", "running"] | None = None
    lookahead: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("AudioFeatures", "sample_rate_hz", self.sample_rate_hz, low=1000)
        for name in ("context", "subsampling"):
            check_range("AudioFeatures", name, getattr(self, name), low=1)
        check_range("AudioFeatures", "bands", self.bands, low=4)
        check_range("AudioFeatures", "hop", self.hop, low=0.001)
        check_range("AudioFeatures", "window", self.window, low=self.hop)
        check_range("AudioFeatures", "lookahead", self.lookahead, low=0)
        if self.context % 2 == 0:
            raise ConfigError(f"AudioFeatures: context must be odd; got {self.context}.")

    def fitted_to(self, recurrent: Recurrent) -> AudioFeatures:
        """Return the same with what is not set as the recurrent stack needs it."""
        both = recurrent.bidirectional
        return self.replace(
            normalization=self.normalization or ("utterance" if both else "running"),
            lookahead=(0.0 if both else LOOKAHEAD) if self.lookahead is None else self.lookahead,
        )

    @property
    def step(self) -> float:
        """Seconds from one step of the network to the next."""
        return self.hop * self.subsampling

    @property
    def lookahead_steps(self) -> int:
        """Steps that the network hears on before it says what was said."""
        return round((self.lookahead or 0.0) / self.step)


@dataclass(frozen=True, kw_only=True, repr=False)
class AudioAugmentation(Settings):
    """How training recordings are changed each time they are seen, so that few serve as many.

    Those that are none are set to what suits the data, by `SpeechRecognizer`.

    Args:
        speed: Recordings are also played slower and faster by this share; 0 for never.
        filter_db: Some frequencies get louder and others softer by up to this, as by another
            microphone; 0 for never.
        gain_db: They get louder or softer by up to this.
        noise: Share of the examples to which noise is added.
        snr_db: Least signal to noise of these; it goes up to 30 dB more.
        masks: Masks of bands and as many of time in an example; 0 for no mask.
        mask_bands: Widest mask of bands.
        mask_time: Longest mask of time in seconds; at most a fifth of the example.
        join: Share of the examples that are made of two to five recordings, one after another, and
            of the others, how many get a pause before and after.
        pause: Longest pause in seconds.
        mix: Share of the batches whose recordings are cut between words, as soon as the network hears
            where, and put together anew.

    Raises:
        ConfigError: A value is outside its rule.

    Example:
        >>> AudioAugmentation(join=0.0).speed
        0.15

    Source: speed: Ko et al. 2015, https://www.isca-archive.org/interspeech_2015/ko15_interspeech.html;
    masks: Park et al. 2019, https://arxiv.org/abs/1904.08779; filters: Nam et al. 2022,
    https://arxiv.org/abs/2107.13260.
    """

    speed: float = 0.15
    filter_db: float | None = None
    gain_db: float = 6.0
    noise: float = 0.4
    snr_db: float = 10.0
    masks: int | None = None
    mask_bands: int | None = None
    mask_time: float | None = None
    join: float | None = None
    pause: float | None = None
    mix: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("AudioAugmentation", "speed", self.speed, low=0, below=1)
        for name in ("filter_db", "gain_db", "masks", "mask_bands", "mask_time", "pause"):
            check_range("AudioAugmentation", name, getattr(self, name), low=0)
        for name in ("noise", "join", "mix"):
            check_range("AudioAugmentation", name, getattr(self, name), low=0, below=1.000001)


@dataclass(frozen=True, kw_only=True, repr=False)
class Training(Settings):
    """How a model is trained.

    Args:
        epochs: Passes over the training data; none for as many as the task finds right for their size.
        batch_tokens: Most tokens in a batch, and without batch_size at most 1/400 of the training
            data, so that small data get enough steps, but 16 sequences; none for the task's own number,
            or no such limit where batch_size is given.
        batch_size: Most sequences in a batch; none for the task's own number, or no such limit.
        optimizer: AdamW or Adam.
        learning_rate: Learning rate, the highest one of a one-cycle schedule; none for the task's own.
        schedule: One-cycle (warm up, then down to nothing) or constant learning rate.
        weight_decay: Decoupled weight decay of AdamW.
        max_grad_norm: Gradients are scaled down to this norm; none to leave them alone.
        patience: Stop after this many epochs without a better validation figure; none for the task's
            own number where the epochs are its own too, else to go on.
        precision: Arithmetic of the forward pass: float32, or bfloat16 by autocast.
        seed: Seed of the split, the initial weights, the batches and dropout.
        checkpoint_steps: Steps between two checkpoints; one is also written after every epoch.

    Raises:
        ConfigError: A value is outside its rule.

    Example:
        >>> Training(epochs=2, batch_size=32).optimizer
        'adamw'
    """

    epochs: int | None = None
    batch_tokens: int | None = None
    batch_size: int | None = None
    optimizer: Literal["adamw", "adam"] = "adamw"
    learning_rate: float | None = None
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    weight_decay: float = 0.01
    max_grad_norm: float | None = 1.0
    patience: int | None = None
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0
    checkpoint_steps: int = 200

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "batch_tokens", "batch_size", "patience", "checkpoint_steps"):
            check_range("Training", name, getattr(self, name), low=1)
        for name in ("learning_rate", "max_grad_norm"):
            check_range("Training", name, getattr(self, name), above=0)
        check_range("Training", "weight_decay", self.weight_decay, low=0)
        check_range("Training", "seed", self.seed, low=0, below=2**32)


def check_names(given: Mapping[str, object], known: Mapping[str, object], where: str) -> None:
    """Raise ConfigError, offering the nearest name, unless every ``given`` name is ``known``."""
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"; it has {', '.join(sorted(known)) or 'none'}."
            raise ConfigError(f"{where}: unknown setting `{name}`{hint}")


def check_range(
    where: str,
    name: str,
    value: float | None,
    *,
    low: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Raise ConfigError unless ``value`` is None or within every bound that is given."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Real) or not abs(value) < inf:
        raise ConfigError(f"{where}: {name} must be a number; got {shown(value)}.")
    bounds = (("at least", low, ge), ("above", above, gt), ("below", below, lt))
    rules = [(word, bound, fits(value, bound)) for word, bound, fits in bounds if bound is not None]
    if not all(holds for _, _, holds in rules):
        rule = " and ".join(f"{word} {bound:g}" for word, bound, _ in rules)
        raise ConfigError(f"{where}: {name} must be {rule}; got {shown(value)}.")


def check_types(settings: object, where: str) -> None:
    """Raise ConfigError unless every field of a dataclass holds a value of its type.

    Numbers of numpy become Python's own, lists tuples, and a choice in capitals what it is called.
    """
    hints = typing.get_type_hints(type(settings))
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]  # any dataclass instance
        if not field.init:
            continue
        given, hint = getattr(settings, field.name), hints[field.name]
        value = _settled(given, hint)
        if not _fits(value, hint):
            near = did_you_mean(value, choices_of(hint)) if isinstance(value, str) else ""
            raise ConfigError(
                f"{where}: {field.name} must be {_describe(hint)}; got {shown(value)}{near or '.'}"
            )
        if value is not given:
            object.__setattr__(settings, field.name, value)


def _settled(value: Any, hint: Any) -> Any:
    """Return what a value means for a type: a scalar as Python's, a choice as it is spelt."""
    kinds = [typing.get_origin(part) for part in (hint, *typing.get_args(hint))]
    if isinstance(value, list) and tuple in kinds:
        return tuple(_settled(item, Any) for item in value)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str) and not _fits(value, hint):
        return choice_of(value, choices_of(hint)) or value
    return value


def choice_of(value: str, choices: Iterable[str]) -> str | None:
    """Return the one of some choices that a word means, whatever its case; None if none.

    Args:
        value: What was written.
        choices: What there is.

    Example:
        >>> choice_of("LSTM", ("rnn", "gru", "lstm")), choice_of("lstn", ("lstm",))
        ('lstm', None)
    """
    return next((choice for choice in choices if choice.lower() == value.lower()), None)


def choices_of(hint: Any) -> list[str]:
    """Return the words that a type allows; none if it allows others."""
    if typing.get_origin(hint) is Literal:
        return [str(choice) for choice in typing.get_args(hint)]
    return [choice for part in typing.get_args(hint) for choice in choices_of(part)]


def _fits(value: object, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return value in typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in typing.get_args(hint))
    if hint in (int, float):
        kinds = (int,) if hint is int else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and abs(value) < inf
    return isinstance(value, origin or hint)


def _describe(hint: Any) -> str:
    origin = typing.get_origin(hint)
    if origin is Literal:
        return " or ".join(repr(choice) for choice in typing.get_args(hint))
    if origin in (Union, types.UnionType):
        return " or ".join(_describe(part) for part in typing.get_args(hint))
    if hint is type(None):
        return "None"
    return {int: "a whole number", float: "a number", str: "a string", bool: "True or False"}.get(
        hint, getattr(hint, "__name__", str(hint))
    )
