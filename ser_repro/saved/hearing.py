"""From samples to what a network is fed, as modules of torch that an exporter can follow: resampling as soxr does it,
frames, mel bands, decibels and MFCCs as librosa defines them. `saved.export` puts them before a network.

They give what `ser_repro.features` gives, to rounding in single precision; a test compares the two.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ser_repro import SerReproError
from ser_repro.features import arrays, sets
from ser_repro.features.descriptors import HOP, N_FFT
from ser_repro.features.fast import banks

_LEAST_POWER, _RANGE_DB = 1e-10, 80.0  # as `features.fast.spectral.decibels` has them
_HALF = {"HQ": 110, "VHQ": 156}  # samples at the lower rate, of soxr's filters to either side: beyond is rounding
_ROUNDING = 1e-7  # of the greatest weight
_LARGEST = 2**20  # weights of a filter between two rates; rates that need more are refused


class Whole(nn.Module):
    """Values of one clip as they come: the features are computed outside the graph, shape (values,) -> (1, values, 1).
    """

    def forward(self, values: Tensor) -> Tensor:
        return values[None, :, None]


class Reduced(nn.Module):
    """Values of one clip as a fitted transformer of scikit-learn hands them on, shape (values,) -> (1, kept, 1).

    Raises
    ------
    SerReproError
        Of a transformer that asks who speaks, or does more than multiply and add.
    """

    def __init__(self, transform, count: int):
        super().__init__()
        if not getattr(transform, "needs_speakers", False):
            offset = transform.transform(np.zeros((1, count)))
            weights = transform.transform(np.eye(count)) - offset
            tried = np.random.default_rng(0).standard_normal((3, count))
            if np.allclose(transform.transform(tried), tried @ weights + offset, rtol=1e-6, atol=1e-6):
                # In double precision, as the package has it: values of one clip differ by orders of magnitude.
                self.register_buffer("weights", torch.from_numpy(weights))
                self.register_buffer("offset", torch.from_numpy(offset))
                return
        raise SerReproError("what comes before the network is no product of a matrix and has no graph: give a network "
                            "on values as they are, or behind a scaler, LDA or PCA")

    def forward(self, values: Tensor) -> Tensor:
        return (values.double()[None] @ self.weights + self.offset).float()[..., None]


class Rounded(nn.Module):
    """A waveform rounded to 16 bits, as training has it, shape (time,) -> (1, 1, time)."""

    def forward(self, samples: Tensor) -> Tensor:
        return (torch.round(samples * 2.0**15).clamp(-32768, 32767) / 2.0**15)[None, None]


@dataclass(frozen=True)
class Filter:
    """soxr's filter between two rates, measured: an impulse in each place of a period is put through it; and, as a clip
    begins in a way of its own, one in each of the first samples.

    Attributes
    ----------
    down, up : int
        So many samples become so many: a period.
    reach : int
        Samples before and after a period that count in it.
    kernel : array of float32, shape (up, reach + down + reach)
    begin : array of float32, shape (first samples at the new rate, samples at the old one that count in them)
    """

    down: int
    up: int
    reach: int
    kernel: np.ndarray
    begin: np.ndarray


def measured(sample_rate: int, rate: int, quality: str = "HQ") -> Filter:
    """The filter of a quality of soxr.

    Raises
    ------
    SerReproError
        If the rates need a filter too large to be a constant.
    """
    import soxr

    down, up = (one // math.gcd(sample_rate, rate) for one in (sample_rate, rate))
    half = _HALF[quality] * max(1, down / up)                                 # at the old rate
    reach = math.ceil(half / down) * down
    if up * (2 * reach + down) > _LARGEST:
        raise SerReproError(f"from {sample_rate} to {rate} Hz takes too large a filter: bring the recordings to "
                            "another rate first")
    at = math.ceil(4000 / min(down, up))                                      # periods: far from both ends
    kernel = np.zeros((up, 2 * reach + down), np.float32)
    for within in range(down):  # what is heard of an impulse a period later is heard a period later
        impulse = np.zeros((2 * at + 1) * down)
        impulse[at * down + within] = 1
        heard = soxr.resample(impulse, sample_rate, rate, quality=quality)
        for place in range(within - reach, down + reach, down):
            first = (at - place // down) * up                                 # where the period in question begins
            kernel[:, place + reach] = heard[first:first + up]
    begun = math.ceil(_HALF[quality] * max(1, up / down))                     # at the new rate
    # Zeros behind each, so that there are that many samples.
    heard = 2 * math.ceil(begun * down / up)
    begin = [soxr.resample(np.eye(1, 2 * heard, place)[0], sample_rate, rate, quality=quality)[:begun]
             for place in range(heard)]
    begin = np.stack(begin, axis=1)
    plain = np.zeros_like(begin)                                              # what the kernel makes of them
    for row in range(begun):
        period, phase = divmod(row, up)
        used = np.arange(heard) - period * down + reach                      # places in the kernel
        there = (used >= 0) & (used < kernel.shape[1])
        plain[row, there] = kernel[phase, used[there]]
    own = np.flatnonzero(np.abs(begin - plain).max(axis=1) > _ROUNDING * np.abs(kernel).max())
    begin = begin[:own[-1] + 1 if len(own) else 0]
    reached = np.flatnonzero(begin.any(axis=0))
    begin = begin[:, :reached[-1] + 1 if len(reached) else 0]
    return Filter(down, up, reach, kernel, np.ascontiguousarray(begin, np.float32))


class Resampled(nn.Module):
    """Samples at another rate, as `librosa.resample` by soxr's high quality gives them, shape (time,) -> (time,)."""

    def __init__(self, sample_rate: int, rate: int):
        super().__init__()
        found = measured(sample_rate, rate)
        self.down, self.up, self.reach = found.down, found.up, found.reach
        self.begun, self.heard = found.begin.shape
        self.register_buffer("kernel", torch.from_numpy(found.kernel)[:, None])
        self.register_buffer("begin", torch.from_numpy(found.begin))
        # Arrays of one value: the exporter takes plain numbers for single precision, and a half is missed.
        self.register_buffer("ratio", torch.tensor([sample_rate / rate], dtype=torch.float64))
        self.register_buffer("one", torch.ones(1, dtype=torch.int64))

    def forward(self, samples: Tensor) -> Tensor:
        count = samples.shape[0]
        length = (count * self.up + self.down - 1) // self.down
        # Behind soxr's last sample librosa puts zeros; of two that are as near, soxr's rounding chooses.
        ends = ((self.one * count).double() / self.ratio + 0.5).floor().long()
        padded = F.pad(samples, (self.reach, self.reach + self.down))
        found = F.conv1d(padded[None, None], self.kernel, stride=self.down)[0].T.reshape(-1)
        begun = self.begin @ F.pad(samples, (0, self.heard))[:self.heard]
        found = torch.cat([begun, F.pad(found, (0, 1))[self.begun:]])[:length]
        return found * (torch.arange(length) < ends)


class MFCC(nn.Module):
    """Mel-frequency cepstral coefficients, shape (time,) -> (n, frame)."""

    def __init__(self, n: int, sample_rate: int, n_fft: int, hop: int, n_mels: int = 128):
        super().__init__()
        self.n_fft, self.hop = n_fft, hop
        self.register_buffer("window", torch.from_numpy(banks.hann(n_fft).astype(np.float32)))
        self.register_buffer("bank", torch.from_numpy(banks.mel_bank(sample_rate, n_fft, n_mels)))
        waves = np.cos(np.pi / n_mels * np.outer(np.arange(n), np.arange(n_mels) + 0.5)) * np.sqrt(2 / n_mels)
        waves[0] /= np.sqrt(2)
        self.register_buffer("waves", torch.from_numpy(waves.astype(np.float32)))

    def forward(self, samples: Tensor) -> Tensor:
        half = self.n_fft // 2
        # Real and imaginary part apart: the exporter knows no complex numbers.
        spectrum = torch.stft(F.pad(samples, (half, half))[None], self.n_fft, self.hop, window=self.window,
                              center=False, return_complex=False)
        power = spectrum.pow(2).sum(-1)[0]                                    # (bin, frame)
        level = 10 / math.log(10) * torch.log((self.bank @ power).clamp(min=_LEAST_POWER))
        return self.waves @ torch.maximum(level, level.max() - _RANGE_DB)


class Mean(nn.Module):
    """Time means, shape (values, frame) -> (1, values, 1)."""

    def forward(self, values: Tensor) -> Tensor:
        return values.mean(1)[None, :, None]


class Standardised(nn.Module):
    """Frames less their mean, by their deviation over the whole clip, cut or padded to so many: shape (values, frame)
    -> (1, values, keep)."""

    def __init__(self, keep: int):
        super().__init__()
        self.keep = keep

    def forward(self, values: Tensor) -> Tensor:
        values = values.double()  # a runtime may add up thousands one by one
        apart = values - values.mean()
        deviation = apart.pow(2).mean().sqrt()
        apart = torch.where(deviation > 0, apart / deviation.clamp(min=1e-30), values).float()
        return F.pad(apart, (0, self.keep))[None, :, :self.keep]


class Probabilities(nn.Module):
    """A network behind what stands before it: samples or values of one clip -> (classes,)."""

    def __init__(self, before: nn.Module, network: nn.Module):
        super().__init__()
        self.before, self.network = before, network

    def forward(self, given: Tensor) -> Tensor:
        x = self.before(given)
        # A tensor made of the length: what follows the network sees it as one.
        out = self.network(x, torch.ones(1, dtype=torch.int64) * x.shape[-1])
        return (out[0] if isinstance(out, tuple) else out).softmax(1)[0]


def takes(what: int | str, sample_rate: int) -> tuple[str, int]:
    """What a graph takes of a clip, and the rate in Hz of the samples that that is or is computed of.

    "samples" of one channel, full scale 1, shape (time,); or, for features that have no graph, their "values", shape
    (values,). Parameters are those of `front`.
    """
    if arrays.is_waveform(what):
        return "samples", sample_rate if what == arrays.NATIVE else int(what)
    known = sets.get(what).definition
    in_graph = _is_mfcc_means(known) or (known.get("kind") == "frames" and known["keep"] is not None)
    return "samples" if in_graph else "values", sample_rate


def _is_mfcc_means(definition: dict) -> bool:
    return definition.get("kind") == "means" and [name for name, _ in definition["parts"]] == ["mfcc"]


def front(what: int | str, sample_rate: int, transform=None) -> nn.Module:
    """What stands before a network.

    Parameters
    ----------
    what : int or str
        A rate in Hz or "native" (a waveform), or the name of a feature set: what `card["input"]["what"]` says.
    sample_rate : int
        Of the clips that trained, Hz.
    transform : fitted transformer of scikit-learn, optional
        That the clips' values go through.

    Raises
    ------
    SerReproError
        As `Reduced`, and of a transformer whose values are computed in the graph.
    """
    if takes(what, sample_rate)[0] == "values":
        return Whole() if transform is None else Reduced(transform, len(sets.get(what).values))
    if transform is not None:
        raise SerReproError(f"a transformer behind {what} has no graph: give a network without one")
    if arrays.is_waveform(what):
        return Rounded()
    known = sets.get(what).definition
    if not _is_mfcc_means(known):
        return nn.Sequential(MFCC(known["mfcc"], sample_rate, N_FFT, HOP), Standardised(known["keep"]))
    rate = known["sample_rate"]
    resampled = [] if rate == sample_rate else [Resampled(sample_rate, rate)]
    return nn.Sequential(*resampled, MFCC(known["parts"][0][1], rate, known["n_fft"], known["hop"]), Mean())
