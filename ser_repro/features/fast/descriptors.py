"""The descriptors that librosa defines, in less time: one spectrum for all of them, filterbanks kept."""

import functools

import numpy as np
import scipy.fft
import torch

from ser_repro.features.descriptors import HOP, N_FFT, Descriptors
from ser_repro.features.fast import banks, constant_q, resampling, spectral

MEDIAN = 31  # frames and bins, of the median filters that part harmonic from percussive


def unframed(spectrum: np.ndarray, length: int) -> np.ndarray:
    """Samples of a spectrum of librosa's own frames, shape (time, bins), as `librosa.istft` gives them: its rounding,
    too, for that is all there is where a clip is digitally silent."""
    from ser_repro.features.fast import kernels

    return kernels.overlap_add(scipy.fft.irfft(spectrum), banks.hann(N_FFT), HOP, length)


class Fast(Descriptors):
    """Descriptors of one clip on the processor. The loops of `kernels` are compiled, which only harmonic parts need."""

    @staticmethod
    def resampled(samples: np.ndarray, sample_rate: int, rate: int, near: bool = False) -> np.ndarray:
        return (resampling.near if near else resampling.exact)(samples, sample_rate, rate)

    @functools.cached_property
    def spectrum(self) -> np.ndarray:
        """Complex spectrum, shape (n_fft / 2 + 1, time)."""
        frames = banks.frames(self.samples, banks.hann(self.n_fft), self.hop)
        return torch.fft.rfft(torch.from_numpy(frames)).to(torch.complex64).numpy().T

    @functools.cached_property
    def magnitude(self) -> np.ndarray:
        return np.abs(self.spectrum)

    @functools.cached_property
    def power(self) -> np.ndarray:
        return self.magnitude**2

    @functools.cached_property
    def _single(self) -> np.ndarray:
        """Complex spectrum from an FFT in single precision, shape (time, n_fft / 2 + 1).

        Good for mel bands, where rounding stays rounding: librosa's is in double precision. Not for tuning, where it
        could tip a peak into the next hundredth of a semitone.
        """
        frames = banks.frames(self._ask(near=True), banks.hann(self.n_fft).astype(np.float32), self.hop)
        return torch.fft.rfft(torch.from_numpy(frames)).numpy()

    def mel(self, n_mels: int = 128, filter_rate: int | None = None) -> np.ndarray:
        return banks.mel_powers(self._single, filter_rate or self.sample_rate, self.n_fft, n_mels)

    @functools.cached_property
    def _mel_db(self) -> np.ndarray:
        return spectral.decibels(self.mel())

    def mfcc(self, n: int) -> np.ndarray:
        return scipy.fft.dct(self._mel_db, axis=0, norm="ortho")[:n]

    def chroma(self) -> np.ndarray:
        tuning = spectral.tuning(self.power, self.sample_rate, self.n_fft, 12)
        return spectral.normalised(banks.chroma_bank(self.sample_rate, self.n_fft, tuning) @ self.power, np.inf)

    def contrast(self) -> np.ndarray:
        return spectral.contrast(self.magnitude, self.sample_rate, self.n_fft)

    @property
    def _plain(self) -> "Fast":
        """Of librosa's own frames, which it takes under tonnetz whatever those of the set are."""
        return self if (self.n_fft, self.hop) == (N_FFT, HOP) else self._reframed

    @functools.cached_property
    def _reframed(self) -> "Fast":
        return Fast(self.samples, self.sample_rate)

    @functools.cached_property
    def _harmonic(self) -> "Fast":
        """Of the harmonic part of the samples."""
        from ser_repro.features.fast import kernels

        by_frame = np.ascontiguousarray(self._plain.magnitude.T)
        along_time = kernels.running_median(by_frame, MEDIAN)
        along_frequency = kernels.running_median(np.ascontiguousarray(self._plain.magnitude), MEDIAN).T
        kept = kernels.harmonic_part(along_time, np.ascontiguousarray(along_frequency), by_frame,
                                     self._plain.spectrum.T)
        return Fast(unframed(kept, len(self.samples)), self.sample_rate)

    def tonnetz(self, harmonic: bool = False) -> np.ndarray:
        self._long_enough(harmonic)
        own = self._harmonic if harmonic else self._plain
        return constant_q.tonnetz(constant_q.chroma(np.abs(own._constant_q())))

    def _constant_q(self) -> np.ndarray:
        tuning = spectral.tuning(self.magnitude, self.sample_rate, N_FFT, constant_q.BINS)
        return constant_q.transform(self.samples, self.sample_rate, tuning)

    def zero_crossings(self) -> np.ndarray:
        return spectral.zero_crossings(self.samples, self.n_fft, self.hop)

    def rms(self) -> np.ndarray:
        return spectral.rms(self.samples, self.n_fft, self.hop)

    def rolloff(self) -> np.ndarray:
        return spectral.rolloff(self.magnitude, self.sample_rate, self.n_fft)

    def flatness(self) -> np.ndarray:
        return spectral.flatness(self.magnitude)

    def bandwidth(self) -> np.ndarray:
        return spectral.bandwidth(self.magnitude, self.sample_rate, self.n_fft)
