"""Samples in, log-mel frames out, in chunks of any size."""

from __future__ import annotations

import numpy as np

from ostinato._arrays import Float32s
from ostinato._config import AudioFeatures
from ostinato._errors import ConfigError, package_of_extra

FULL_SCALE = 32768.0  # Kaldi's frames are of 16-bit samples


class Frontend:
    """Turn the samples of one recording into log-mel frames, as they come.

    The frames do not depend on how the samples are cut into chunks, to the bit: a stream gives what
    the whole recording gives.

    Args:
        settings: Bands, window and hop.
        sample_rate_hz: Rate of the frames' filters.
        input_rate_hz: Rate of the samples; if it is another, they are resampled.
        speed: Play them this many times faster.

    Raises:
        ConfigError: The packages of the extra ``audio`` are missing, or the bands are too many.

    Example:
        >>> frontend = Frontend(AudioFeatures(), sample_rate_hz=8000, input_rate_hz=8000)
        >>> frontend.push(np.zeros(800, np.float32)).shape, frontend.finish().shape
        ((9, 40), (1, 40))

    Source: Kaldi's compute-fbank-feats, https://kaldi-asr.org/doc/feat.html, by kaldi-native-fbank;
    resampling by soxr.
    """

    def __init__(
        self,
        settings: AudioFeatures,
        *,
        sample_rate_hz: int,
        input_rate_hz: int,
        speed: float = 1.0,
    ) -> None:
        kaldi = package_of_extra("kaldi-native-fbank", "audio")
        options = kaldi.FbankOptions()
        options.frame_opts.samp_freq = sample_rate_hz
        options.frame_opts.frame_length_ms = 1000 * settings.window
        options.frame_opts.frame_shift_ms = 1000 * settings.hop
        options.frame_opts.dither = 0.0
        options.frame_opts.snip_edges = False
        options.mel_opts.num_bins = settings.bands
        self._bands, self._rate = settings.bands, sample_rate_hz
        self._shortest = int(sample_rate_hz * settings.hop)
        try:
            self._fbank = kaldi.OnlineFbank(options)
        except (RuntimeError, ValueError) as error:
            raise _too_many(settings, sample_rate_hz) from error
        self._resampler = None
        if input_rate_hz * speed != sample_rate_hz:
            self._resampler = package_of_extra("soxr", "audio").ResampleStream(
                input_rate_hz * speed, sample_rate_hz, 1, dtype="float32"
            )
        self._samples = self._frames = 0

    def push(self, samples: Float32s) -> Float32s:
        """Take the next samples and return the frames that they complete.

        Shape:
            samples: ``(samples,)`` in [-1, 1].
            output: ``(frames, bands)``; often no frame.
        """
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(np.ascontiguousarray(samples))
        return self._push(samples)

    def finish(self) -> Float32s:
        """Return the frames that had waited for more samples; at least one if there was none."""
        rest = np.zeros(0, np.float32)
        if self._resampler is not None:
            rest = self._resampler.resample_chunk(rest, last=True)
        lacking = max(0, self._shortest - self._samples - len(rest))
        early = self._push(np.concatenate([rest, np.zeros(lacking, np.float32)]))
        self._fbank.input_finished()
        return np.concatenate([early, self._new_frames()])

    def _push(self, samples: Float32s) -> Float32s:
        self._samples += len(samples)
        if len(samples):
            self._fbank.accept_waveform(self._rate, samples * FULL_SCALE)
        return self._new_frames()

    def _new_frames(self) -> Float32s:
        start, self._frames = self._frames, self._fbank.num_frames_ready
        if start == self._frames:
            return np.empty((0, self._bands), np.float32)
        frames = np.stack([self._fbank.get_frame(i) for i in range(start, self._frames)])
        self._fbank.pop(self._frames - start)
        return frames


def _too_many(settings: AudioFeatures, sample_rate_hz: int) -> ConfigError:
    return ConfigError(
        f"AudioFeatures: bands must be fewer at {sample_rate_hz} Hz and a window of {settings.window} s, each "
        f"with a frequency of the spectrum in it; got {settings.bands}."
    )
