"""What is measured of a clip in every frame: mel, MFCC, chroma, contrast, tonnetz and the rest.

librosa defines them. `Reference` asks librosa for each; `Fast` gives the same numbers, sharing one spectrum among them,
keeping filterbanks from clip to clip, and with compiled loops for the medians and peaks (`kernels`). Both take the
defaults of librosa 0.11 where a method's arguments say nothing: a periodic Hann window as long as the FFT, frames
centred, zeros beyond the ends.
"""

import functools
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import scipy.fft
import scipy.sparse
import torch

from ser_repro import SerReproError
from ser_repro.features import kernels, resampling
from ser_repro.features.compiled import librosa
from ser_repro.features.sets import one_channel

N_FFT, HOP = 2048, 512
TONNETZ_BINS = 36  # an octave, of the constant-Q transform under tonnetz
TONNETZ_OCTAVES = 7
SHORTEST_TONNETZ = 64  # samples: below, nothing is left to halve for the lowest octave
SHORTEST_HARMONIC = 3 * HOP  # samples: of two or three frames SciPy's median filter gives what memory holds by chance
MEDIAN = 31  # frames and bins, of the median filters that part harmonic from percussive


class Reference:
    """Descriptors of one clip, straight from librosa.

    Parameters
    ----------
    samples : array of float32, shape (time,), or callable(near=...) -> array
        One channel, full scale is 1; or what gives them when they are asked for, for the first time, exact or near
        (see `resampling`).
    sample_rate : int
        In Hz.
    n_fft, hop : int
        In samples.

    Raises
    ------
    SerReproError
        If there is no sample, more than one channel, or a value that is no number.
    """

    def __init__(self, samples: np.ndarray | Callable[[bool], np.ndarray], sample_rate: int, n_fft: int = N_FFT,
                 hop: int = HOP):
        if not callable(samples):
            samples = self.samples = one_channel(samples)
        self._given = samples
        self.sample_rate, self.n_fft, self.hop = sample_rate, n_fft, hop

    @classmethod
    def of(cls, samples: Sequence, sample_rate: int, n_fft: int, hop: int) -> list["Reference"]:
        """Descriptors of several clips of one rate."""
        return [cls(one, sample_rate, n_fft, hop) for one in samples]

    def _ask(self, near: bool) -> np.ndarray:
        return self._given(near=near) if callable(self._given) else self._given

    @functools.cached_property
    def samples(self) -> np.ndarray:
        return self._ask(near=False)

    @property
    def _stft(self) -> dict:
        return {"n_fft": self.n_fft, "hop_length": self.hop}

    @staticmethod
    def resampled(samples: np.ndarray, sample_rate: int, rate: int, near: bool = False) -> np.ndarray:
        """Samples at another rate, in Hz, by soxr's high quality, librosa's default; always exact."""
        return librosa.resample(samples, orig_sr=sample_rate, target_sr=rate, res_type="soxr_hq")

    def _quietly(self, function, **arguments):
        with warnings.catch_warnings():  # of frames longer than the clip, and of silence, which has no tuning
            warnings.simplefilter("ignore", UserWarning)
            return function(**arguments)

    def mel(self, n_mels: int = 128, filter_rate: int | None = None) -> np.ndarray:
        """Power in mel bands, shape (n_mels, time).

        Parameters
        ----------
        filter_rate : int, optional
            Rate in Hz that the filterbank is made for; by default the clip's, as it should be.
        """
        return self._quietly(librosa.feature.melspectrogram, y=self.samples, sr=filter_rate or self.sample_rate,
                             n_mels=n_mels, **self._stft)

    def mfcc(self, n: int) -> np.ndarray:
        """First n mel-frequency cepstral coefficients of 128 bands, shape (n, time)."""
        return self._quietly(librosa.feature.mfcc, y=self.samples, sr=self.sample_rate, n_mfcc=n, **self._stft)

    def chroma(self) -> np.ndarray:
        """Energy in 12 pitch classes, each frame's greatest 1, shape (12, time)."""
        return self._quietly(librosa.feature.chroma_stft, y=self.samples, sr=self.sample_rate, **self._stft)

    def contrast(self) -> np.ndarray:
        """Peaks over valleys in 7 bands, dB, shape (7, time)."""
        return self._quietly(librosa.feature.spectral_contrast, y=self.samples, sr=self.sample_rate, **self._stft)

    def tonnetz(self, harmonic: bool = False) -> np.ndarray:
        """Tonal centroids of the constant-Q chroma, shape (6, time).

        Parameters
        ----------
        harmonic : bool
            Of the harmonic part alone.

        Raises
        ------
        SerReproError
            If the clip has less than `SHORTEST_TONNETZ` samples, or `SHORTEST_HARMONIC`.
        """
        self._long_enough(harmonic)
        samples = self._quietly(librosa.effects.harmonic, y=self.samples) if harmonic else self.samples
        return self._quietly(librosa.feature.tonnetz, y=samples, sr=self.sample_rate)

    def _long_enough(self, harmonic: bool) -> None:
        shortest = SHORTEST_HARMONIC if harmonic else SHORTEST_TONNETZ
        if len(self.samples) < shortest:
            raise SerReproError(f"a clip of {len(self.samples)} samples is too short for tonnetz"
                                f"{' of its harmonic part' if harmonic else ''}: give at least {shortest}.")

    def zero_crossings(self) -> np.ndarray:
        """Share of samples at which the sign changes, shape (1, time)."""
        return librosa.feature.zero_crossing_rate(self.samples, frame_length=self.n_fft, hop_length=self.hop)

    def rms(self) -> np.ndarray:
        """Root mean square, shape (1, time)."""
        return librosa.feature.rms(y=self.samples, frame_length=self.n_fft, hop_length=self.hop)

    def rolloff(self) -> np.ndarray:
        """Frequency below which 85 % of the magnitude lies, Hz, shape (1, time)."""
        return self._quietly(librosa.feature.spectral_rolloff, y=self.samples, sr=self.sample_rate, **self._stft)

    def flatness(self) -> np.ndarray:
        """Geometric over arithmetic mean of the power, shape (1, time)."""
        return self._quietly(librosa.feature.spectral_flatness, y=self.samples, **self._stft)

    def bandwidth(self) -> np.ndarray:
        """Spread of the spectrum around its centroid, Hz, shape (1, time)."""
        return self._quietly(librosa.feature.spectral_bandwidth, y=self.samples, sr=self.sample_rate, **self._stft)


# ---- fast --------------------------------------------------------------------------------------------------------

_window = functools.lru_cache(16)(lambda n_fft: librosa.filters.get_window("hann", n_fft))
# Tuning is told in hundredths of a bin, so there are no more than a hundred of each of these.
_chroma_bank = functools.lru_cache(128)(lambda rate, n_fft, tuning: librosa.filters.chroma(sr=rate, n_fft=n_fft,
                                                                                           tuning=tuning))


@functools.lru_cache(16)
def _mel_bank(rate: int, n_fft: int, n_mels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each mel band the first bin that counts and the first that does not any more, and the weights in between."""
    bank = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels)
    counts = bank > 0
    first = counts.argmax(axis=1)
    end = np.where(counts.any(axis=1), bank.shape[1] - counts[:, ::-1].argmax(axis=1), first)
    return first, end, np.concatenate([row[a:b] for row, a, b in zip(bank, first, end, strict=True)])


def unframed(spectrum: np.ndarray, length: int) -> np.ndarray:
    """Samples of a spectrum of librosa's own frames, shape (time, bins), as `librosa.istft` gives them: its rounding,
    too, for that is all there is where a clip is digitally silent."""
    return kernels.overlap_add(scipy.fft.irfft(spectrum), _window(N_FFT), HOP, length)


class Fast(Reference):
    """The same descriptors, faster: one spectrum for all of them, filterbanks kept, loops compiled."""

    @staticmethod
    def resampled(samples: np.ndarray, sample_rate: int, rate: int, near: bool = False) -> np.ndarray:
        return (resampling.near if near else resampling.exact)(samples, sample_rate, rate)

    @functools.cached_property
    def spectrum(self) -> np.ndarray:
        """Complex spectrum, shape (n_fft / 2 + 1, time)."""
        frames = kernels.frames(self.samples, _window(self.n_fft), self.hop)
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
        frames = kernels.single_frames(self._ask(near=True), _window(self.n_fft).astype(np.float32), self.hop)
        return torch.fft.rfft(torch.from_numpy(frames)).numpy()

    def mel(self, n_mels: int = 128, filter_rate: int | None = None) -> np.ndarray:
        return kernels.band_powers(self._single, *_mel_bank(filter_rate or self.sample_rate, self.n_fft, n_mels))

    @functools.cached_property
    def _mel_db(self) -> np.ndarray:
        return librosa.power_to_db(self.mel())

    def mfcc(self, n: int) -> np.ndarray:
        return librosa.feature.mfcc(S=self._mel_db, n_mfcc=n)

    def chroma(self) -> np.ndarray:
        tuning = _tuning(self.power, self.sample_rate, self.n_fft, 12)
        return librosa.util.normalize(_chroma_bank(self.sample_rate, self.n_fft, tuning) @ self.power, norm=np.inf,
                                      axis=-2)

    def contrast(self) -> np.ndarray:
        return librosa.feature.spectral_contrast(S=self.magnitude, sr=self.sample_rate, **self._stft)

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
        by_frame = np.ascontiguousarray(self._plain.magnitude.T)
        along_time = kernels.running_median(by_frame, MEDIAN)
        along_frequency = kernels.running_median(np.ascontiguousarray(self._plain.magnitude), MEDIAN).T
        kept = kernels.harmonic_part(along_time, np.ascontiguousarray(along_frequency), by_frame,
                                     self._plain.spectrum.T)
        return Fast(unframed(kept, len(self.samples)), self.sample_rate)

    def tonnetz(self, harmonic: bool = False) -> np.ndarray:
        self._long_enough(harmonic)
        own = self._harmonic if harmonic else self._plain
        chroma = librosa.feature.chroma_cqt(C=np.abs(own._constant_q()), sr=self.sample_rate)
        return librosa.feature.tonnetz(chroma=chroma, sr=self.sample_rate)

    def _constant_q(self) -> np.ndarray:
        """Constant-Q transform, shape (252, time), as `librosa.cqt` computes it under `chroma_cqt`."""
        tuning = _tuning(self.magnitude, self.sample_rate, N_FFT, TONNETZ_BINS)
        halvings = _halvings(self.sample_rate, tuning)
        samples, hop = self.samples, HOP >> halvings
        if halvings:
            samples = _lowered(samples, 2**halvings)
        banks, scale = _constant_q_banks(self.sample_rate / 2**halvings, tuning)
        octaves = []
        for octave, bank in enumerate(banks):
            octaves.append(self._octave(samples, hop, *bank))
            if octave < len(banks) - 1:
                hop //= 2
                samples = _lowered(samples, 2)
        length = min(octave.shape[1] for octave in octaves)
        stack = np.concatenate([octave[:, :length] for octave in reversed(octaves)])
        stack /= scale
        return stack

    def _octave(self, samples: np.ndarray, hop: int, bank: scipy.sparse.csr_matrix, bins: slice,
                n_fft: int) -> np.ndarray:
        """Filters of an octave, of samples at its rate, shape (filters, time)."""
        frames = kernels.frames(samples, np.ones(n_fft), hop)
        return bank.dot(scipy.fft.rfft(frames)[:, bins].astype(np.complex64).T)

    def rolloff(self) -> np.ndarray:
        return librosa.feature.spectral_rolloff(S=self.magnitude, sr=self.sample_rate, **self._stft)

    def flatness(self) -> np.ndarray:
        return librosa.feature.spectral_flatness(S=self.magnitude)

    def bandwidth(self) -> np.ndarray:
        return librosa.feature.spectral_bandwidth(S=self.magnitude, sr=self.sample_rate, **self._stft)


def _tuning(spectrum: np.ndarray, sample_rate: int, n_fft: int, bins_per_octave: int) -> float:
    """Deviation from A = 440 Hz in bins, as `librosa.estimate_tuning` finds it."""
    frequencies = librosa.fft_frequencies(sr=sample_rate, n_fft=n_fft)
    low, high = np.searchsorted(frequencies, [150.0, min(4000.0, sample_rate / 2)])
    pitch, size = kernels.peaks(np.ascontiguousarray(spectrum.T), max(low, 1), min(high, len(spectrum) - 1),
                                np.float32(0.1), (float(sample_rate), float(n_fft)))
    if not len(pitch):
        return 0.0
    return float(librosa.pitch_tuning(pitch[size >= np.median(size)], bins_per_octave=bins_per_octave))


@functools.lru_cache(128)
def _constant_q_frequencies(tuning: float) -> np.ndarray:
    fmin = librosa.note_to_hz("C1") * 2.0 ** (tuning / TONNETZ_BINS)
    return librosa.interval_frequencies(n_bins=TONNETZ_BINS * TONNETZ_OCTAVES, fmin=fmin, intervals="equal",
                                        bins_per_octave=TONNETZ_BINS, sort=True)


@functools.lru_cache(128)
def _halvings(sample_rate: int, tuning: float) -> int:
    """How often librosa halves the rate before it begins: as long as the highest filter stays well below."""
    _, cutoff = librosa.filters.wavelet_lengths(freqs=_constant_q_frequencies(tuning), sr=sample_rate, gamma=0)
    by_rate = max(0, int(np.ceil(np.log2(sample_rate / 2 / cutoff)) - 1) - 1)
    twos = (HOP & -HOP).bit_length() - 1
    return min(by_rate, max(0, twos - TONNETZ_OCTAVES + 1))


@functools.lru_cache(128)
def _constant_q_banks(rate: float, tuning: float):
    """Filters of each octave from the top, their bins and length of FFT, and what the transform is divided by.

    Halving the rate for each octave makes their filters alike: they are built again only where rounding makes one a
    sample longer.
    """
    freqs = _constant_q_frequencies(tuning)
    lengths, _ = librosa.filters.wavelet_lengths(freqs=freqs, sr=rate, gamma=0)
    alpha = lengths * freqs / rate  # that is, Q
    banks, known = [], {}
    for octave in range(TONNETZ_OCTAVES):
        part = slice(len(freqs) - TONNETZ_BINS * (octave + 1), len(freqs) - TONNETZ_BINS * octave)
        own, _ = librosa.filters.wavelet_lengths(freqs=freqs[part], sr=rate / 2**octave, gamma=0, alpha=1 / alpha[part])
        edges = (*np.floor(-own // 2), *np.ceil(own // 2))
        if edges not in known:
            known[edges] = _octave_bank(freqs[part], rate / 2**octave, 1 / alpha[part])
        bank, bins, n_fft = known[edges]
        banks.append((bank * np.float32(np.sqrt(2.0**octave)), bins, n_fft))
    return banks, np.sqrt(lengths)[:, None]


def _octave_bank(freqs: np.ndarray, rate: float, alpha: np.ndarray) -> tuple[scipy.sparse.csr_matrix, slice, int]:
    """Wavelets of an octave in the frequency domain; of each, the least values that sum to 1 % are left out.

    Returns
    -------
    bank : sparse matrix of complex64, shape (wavelets, bins)
    bins : slice
        Bins that are not left out of all.
    n_fft : int
    """
    basis, lengths = librosa.filters.wavelet(freqs=freqs, sr=rate, gamma=0, alpha=alpha)
    n_fft = basis.shape[1]
    basis *= lengths[:, None] / float(n_fft)
    basis = scipy.fft.fft(basis, n=n_fft, axis=1)[:, :n_fft // 2 + 1]
    size = np.abs(basis)
    ranked = np.sort(size, axis=1)
    enough = np.argmin(np.cumsum(ranked / size.sum(axis=1, keepdims=True), axis=1) < 0.01, axis=1)
    basis[size < ranked[np.arange(len(ranked)), enough][:, None]] = 0
    kept = np.flatnonzero(basis.any(axis=0))
    bins = slice(kept[0], kept[-1] + 1)
    return scipy.sparse.csr_matrix(basis[:, bins].astype(np.complex64)), bins, n_fft


def _lowered(samples: np.ndarray, times: int) -> np.ndarray:
    """Samples at so many times lower a rate, of the same power."""
    found = resampling.exact(samples, times, 1)
    found /= np.sqrt(1 / times)  # in double precision, as librosa: in digital silence little but rounding is left
    return found

