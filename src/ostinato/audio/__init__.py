"""Sound to the numbers a network reads: files, resampling, log-mel frames, augmentation."""

from ostinato.audio.augmentation import Augmenter
from ostinato.audio.features import Sounds, features_cached, features_of, levels, rates_of
from ostinato.audio.files import readable, waveform
from ostinato.audio.frontend import Frontend
from ostinato.audio.steps import Normalizer, Steps, packed_steps, steps_of

__all__ = [
    "Augmenter",
    "Frontend",
    "Normalizer",
    "Sounds",
    "Steps",
    "features_cached",
    "features_of",
    "levels",
    "packed_steps",
    "rates_of",
    "readable",
    "steps_of",
    "waveform",
]
