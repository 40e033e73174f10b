"""The descriptors of several clips at once, on torch: for a GPU, where there is one.

Spectra, mel bands, harmonic parts and constant-Q filters of all clips of a lot go through the device together. Decoding
and resampling, and what is small, stay with `Fast`: soxr's rounding is all that is left of digital silence, so another
filter would give another chroma there. Without a GPU it is the slower way to the same numbers.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from ser_repro.features.descriptors import HOP, N_FFT, SHORTEST_HARMONIC
from ser_repro.features.fast import banks, constant_q, spectral
from ser_repro.features.fast.descriptors import MEDIAN, Fast, unframed

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # Apple's GPUs have no double precision
_AT_ONCE = 2**24  # values that medians are taken of at a time


@functools.lru_cache(16)
def _window(n_fft: int) -> torch.Tensor:
    return torch.from_numpy(banks.hann(n_fft)).to(DEVICE)


@functools.lru_cache(16)
def _mel_bank(rate: int, n_fft: int, n_mels: int) -> torch.Tensor:
    return torch.from_numpy(banks.mel_bank(rate, n_fft, n_mels)).to(DEVICE)


def _reflected(count: int) -> torch.Tensor:
    """For each of `count` rows those of the window around it, edges mirrored; shape (count, MEDIAN)."""
    place = (torch.arange(count)[:, None] + torch.arange(MEDIAN) - MEDIAN // 2) % (2 * count)
    return torch.where(place < count, place, 2 * count - 1 - place)


def _framed(samples: np.ndarray, n_fft: int, hop: int) -> torch.Tensor:
    """Frames around every `hop`-th sample, zeros beyond the ends; shape (1 + time // hop, n_fft), a view."""
    return F.pad(torch.from_numpy(samples).to(DEVICE), (n_fft // 2, n_fft // 2)).unfold(0, n_fft, hop)


class Group:
    """What is computed together of clips of one rate.

    Parameters
    ----------
    given : sequence of arrays, or of callables, as `Fast` takes them
    """

    def __init__(self, given: Sequence[np.ndarray | Callable], sample_rate: int, n_fft: int, hop: int):
        self.given, self.sample_rate, self.n_fft, self.hop = given, sample_rate, n_fft, hop
        self._mel: dict = {}

    @functools.cached_property
    def samples(self) -> list[np.ndarray]:
        return [one(near=False) if callable(one) else one for one in self.given]

    @functools.cached_property
    def spectra(self) -> tuple[torch.Tensor, ...]:
        """Complex spectrum of each clip, shape (time, n_fft / 2 + 1)."""
        frames = [_framed(one, self.n_fft, self.hop) for one in self.samples]
        found = torch.fft.rfft(torch.cat(frames).double() * _window(self.n_fft)).to(torch.complex64)
        return found.split([len(one) for one in frames])

    def mel(self, n_mels: int, filter_rate: int) -> list[np.ndarray]:
        wanted = (n_mels, filter_rate)
        if wanted not in self._mel:
            power = torch.cat(self.spectra).abs()**2
            found = (power @ _mel_bank(filter_rate, self.n_fft, n_mels).T).cpu().numpy()
            ends = np.cumsum([len(one) for one in self.spectra])[:-1]
            self._mel[wanted] = [np.ascontiguousarray(one.T) for one in np.split(found, ends)]
        return self._mel[wanted]

    @property
    def plain(self) -> "Group":
        """Of librosa's own frames."""
        return self if (self.n_fft, self.hop) == (N_FFT, HOP) else self._reframed

    @functools.cached_property
    def _reframed(self) -> "Group":
        return Group(self.samples, self.sample_rate, N_FFT, HOP)

    @functools.cached_property
    def harmonic(self) -> tuple["Group", dict[int, int]]:
        """Of the harmonic parts, and what place each clip has in it; those too short for one are left out."""
        usable = [i for i, one in enumerate(self.samples) if len(one) >= SHORTEST_HARMONIC]
        parts = _harmonic([self.plain.spectra[i] for i in usable], [len(self.samples[i]) for i in usable])
        return Group(parts, self.sample_rate, N_FFT, HOP), {i: place for place, i in enumerate(usable)}


class Batched(Fast):
    """`Fast`, of a clip whose group is computed on the device together.

    Parameters
    ----------
    group, place : Group, int
        By default the clip is alone.
    """

    def __init__(self, samples, sample_rate: int, n_fft: int = N_FFT, hop: int = HOP, *, group: Group | None = None,
                 place: int = 0):
        super().__init__(samples, sample_rate, n_fft, hop)
        self.group, self.place = group or Group([self._given], sample_rate, n_fft, hop), place

    @classmethod
    def of(cls, samples: Sequence, sample_rate: int, n_fft: int, hop: int) -> list["Batched"]:
        group = Group(samples, sample_rate, n_fft, hop)
        return [cls._member(group, place) for place in range(len(samples))]

    @classmethod
    def _member(cls, group: Group, place: int) -> "Batched":
        return cls(group.given[place], group.sample_rate, group.n_fft, group.hop, group=group, place=place)

    @functools.cached_property
    def spectrum(self) -> np.ndarray:
        return self.group.spectra[self.place].cpu().numpy().T

    def mel(self, n_mels: int = 128, filter_rate: int | None = None) -> np.ndarray:
        return self.group.mel(n_mels, filter_rate or self.sample_rate)[self.place]

    @functools.cached_property
    def _reframed(self) -> "Batched":
        return self._member(self.group.plain, self.place)

    @functools.cached_property
    def _harmonic(self) -> "Batched":
        group, places = self.group.harmonic
        return self._member(group, places[self.place])

    def _constant_q(self) -> np.ndarray:
        tuning = spectral.tuning(self.magnitude, self.sample_rate, N_FFT, constant_q.BINS)
        return constant_q.transform(self.samples, self.sample_rate, tuning, _filtered)


def _filtered(bank: constant_q.Bank, samples: np.ndarray, hop: int) -> np.ndarray:
    """Of samples at the bank's rate, shape (wavelets, time)."""
    spectrum = torch.fft.rfft(_framed(samples, bank.n_fft, hop).double())[:, bank.bins].to(torch.complex64)
    return (torch.from_numpy(bank.weights.toarray()).to(DEVICE) @ spectrum.T).cpu().numpy()


def _harmonic(spectra: list[torch.Tensor], lengths: list[int]) -> list[np.ndarray]:
    """Samples of the harmonic part of clips, as `librosa.effects.harmonic` computes it, power 2.

    Parameters
    ----------
    spectra : list of Tensor of complex64, shape (time, bins)
    lengths : list of int
        Of the clips, in samples.
    """
    if not spectra:
        return []
    counts, spectrum = [len(one) for one in spectra], torch.cat(spectra)
    firsts = np.cumsum([0, *counts])[:-1]
    # Magnitudes by way of NumPy and parts of complex numbers by themselves: rounding then is that of librosa.
    size, parts = torch.from_numpy(np.abs(spectrum.cpu().numpy())).to(DEVICE), torch.view_as_real(spectrum)
    in_time = torch.cat([first + _reflected(count) for first, count in zip(firsts, counts, strict=True)]).to(DEVICE)
    in_frequency = _reflected(size.shape[1]).to(DEVICE)
    kept = []
    step = max(1, _AT_ONCE // (MEDIAN * size.shape[1]))
    for i in range(0, len(size), step):
        here = size[i:i + step]
        x, y = size[in_time[i:i + step]].median(dim=1).values, here[:, in_frequency].median(dim=2).values
        z = torch.maximum(x, y)
        a, b = (x / z)**2, (y / z)**2
        mask = torch.where(z < torch.finfo(z.dtype).tiny, 0.5, a / (a + b))
        phase = torch.where(here[..., None] > 0, parts[i:i + step] / here[..., None], parts.new_tensor([1, 0]))
        kept.append((here * mask)[..., None] * phase)
    kept = torch.view_as_complex(torch.cat(kept)).cpu().numpy()
    return [unframed(part, length) for part, length in zip(np.split(kept, firsts[1:]), lengths, strict=True)]
