"""Resampling: as soxr's high quality, librosa's default, does it; exactly, or in less time and good to rounding.

soxr's filter is measured: impulses are put through it. `near` then applies what it answers to blocks of the clip, in
the frequency domain, all blocks in one transform (overlap-save).
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch

HALF = 110  # samples at the lower rate, of the filter to either side: beyond is rounding (of soxr 1.0)
BLOCK = 2600  # samples at the higher rate that a transform takes, about: it then stays in the cache
LARGEST = 2**14  # samples of a block; rates that need a larger one are left to soxr


def exact(samples: np.ndarray, sample_rate: int, rate: int) -> np.ndarray:
    """Samples at another rate in Hz, bit for bit as `librosa.resample` gives them.

    Parameters
    ----------
    samples : array of float32, shape (time,)
    """
    found, length = _soxr(samples, sample_rate, rate), math.ceil(len(samples) * rate / sample_rate)
    return found[:length] if len(found) >= length else np.pad(found, (0, length - len(found)))


def _soxr(samples: np.ndarray, sample_rate: int, rate: int) -> np.ndarray:
    import soxr

    return soxr.resample(samples, sample_rate, rate, quality="HQ")


def near(samples: np.ndarray, sample_rate: int, rate: int) -> np.ndarray:
    """The same to rounding in single precision: within 2e-6 of the greatest sample.

    Good for mel bands. Not for what has no level, such as chroma: where a clip is digitally silent, nothing but
    rounding is left.
    """
    blocks, down = _blocks(sample_rate, rate), sample_rate // math.gcd(sample_rate, rate)
    ended = 2 * len(samples) * (rate * down // sample_rate)  # twice where the clip ends, in parts of `down`
    # soxr ends a clip at the nearest sample; which of two that are as near, its own rounding decides.
    if blocks is None or ended % (2 * down) == down:
        return exact(samples, sample_rate, rate)
    found = blocks(torch.from_numpy(samples), math.ceil(len(samples) * rate / sample_rate)).numpy()
    # What the filter would ring before the first sample is lost to soxr's second stage: so it begins in its own way.
    begins = blocks.begin[:len(found), :len(samples)]
    found[:len(begins)] = begins @ samples[:begins.shape[1]]
    found[(ended + down) // (2 * down):] = 0
    return found


@dataclass(frozen=True)
class Blocks:
    """Overlapping blocks of samples and the filter between two rates.

    Attributes
    ----------
    begin : array of float32, shape (samples at the new rate, at the old one)
        The first samples of a clip, each a sum over those that the filter reaches.
    taken, given : int
        Samples of a block at the one rate and the other.
    lead, step : (int, int)
        Samples at both rates: of a block that only its neighbours' samples reach into right, at either end; and from
        one block to the next.
    response : Tensor of complex64, shape (bins,)
    """

    begin: np.ndarray
    taken: int
    given: int
    lead: tuple[int, int]
    step: tuple[int, int]
    response: torch.Tensor

    def __call__(self, samples: torch.Tensor, length: int) -> torch.Tensor:
        """Samples at the other rate, shape (length,)."""
        count = -(-length // self.step[1])
        padded = samples.new_zeros((count - 1) * self.step[0] + self.taken)
        padded[self.lead[0]:self.lead[0] + len(samples)] = samples
        spectrum = torch.fft.rfft(padded.unfold(0, self.taken, self.step[0]))[:, :len(self.response)]
        found = torch.fft.irfft(spectrum.mul_(self.response), n=self.given)
        return found[:, self.lead[1]:self.lead[1] + self.step[1]].reshape(-1)[:length]


@functools.lru_cache(64)
def _blocks(sample_rate: int, rate: int) -> Blocks | None:
    common = math.gcd(sample_rate, rate)
    down, up = sample_rate // common, rate // common  # so many samples become so many
    half = math.ceil(HALF * max(1, up / down))  # at the new rate
    lead = math.ceil(half / up)  # periods
    periods = max(2 ** round(math.log2(max(1, BLOCK / max(down, up)))), 2 ** math.ceil(math.log2(4 * lead)))
    if periods * max(down, up) > LARGEST:
        return None
    at = math.ceil(8000 / up)  # periods: far from both ends
    impulse = np.zeros(2 * at * down + 1, np.float32)
    impulse[at * down] = 1
    around = np.arange(-half, half + 1)
    answer = np.zeros(periods * up)
    answer[around] = _soxr(impulse, sample_rate, rate)[at * up + around]
    response = np.fft.rfft(answer)[:periods * min(down, up) // 2 + 1].astype(np.complex64)
    reached = 2 * math.ceil(half * sample_rate / rate)
    begin = _soxr(np.eye(reached, dtype=np.float32), sample_rate, rate)[:half]
    step = periods - 2 * lead
    return Blocks(begin, periods * down, periods * up, (lead * down, lead * up), (step * down, step * up),
                  torch.from_numpy(response))
