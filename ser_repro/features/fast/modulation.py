"""Modulation spectral features of many clips at once, on torch."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch

from ser_repro import SerReproError
from ser_repro.features.modulation import (
    DEFINITION,
    centres,
    checked,
    features,
    gammatone,
    levelled,
    modulation_filter,
    padded,
    response,
    window,
)

# Gammatone and Hilbert transform are one product in the frequency domain. The impulse responses of the
# modulation filters are too long for that: each is a complex resonance, which is carried in steps of 16 samples. The
# envelope stays at 8000 Hz: it beats at the pitch and its multiples, which the skirts of the modulation filters let
# through, so that without what lies above 1000 Hz an energy can be 0.2 % off.
_STEP = 16
_AT_ONCE = {"cpu": 2**15}  # samples: what the caches of a CPU hold
_AT_ONCE_ELSEWHERE = 2**22


def fast(signals: Sequence, device: str | torch.device = "cpu") -> list[np.ndarray]:
    """Modulation spectral features of many clips.

    What `reference` computes, in float64, and so near that only rounding tells them apart: the tests ask for a relative
    difference of at most 1e-6, where values below 1e-9 (energies are shares of 1) may differ by 1e-15.

    Parameters
    ----------
    signals : sequence of numpy.ndarray or Tensor [shape=(time,)]
        Mono at 8000 Hz, real numbers on any scale, each of its own length. What a clip gives does not depend on its
        neighbours.
    device : str or torch.device
        Where to compute; one that has float64 (an Apple GPU has not).

    Returns
    -------
    list of numpy.ndarray [shape=(frames, 118)]
        In the order of the signals.

    Raises
    ------
    SerReproError
        If a signal is empty, not mono, not of real numbers, or holds NaN or infinity, or the device is not there.
    """
    device = _usable(device)
    signals = [checked(samples) for samples in signals]
    groups = defaultdict(list)
    filled = [padded(levelled(samples)) for samples in signals]
    for i, samples in enumerate(filled):
        groups[len(samples)].append(i)
    found = [np.empty(0)] * len(signals)
    for length, members in groups.items():
        size = max(1, _AT_ONCE.get(device.type, _AT_ONCE_ELSEWHERE) // length)
        for part in (members[i:i + size] for i in range(0, len(members), size)):
            frames = [1 + max(0, len(signals[i]) - DEFINITION.frame) // DEFINITION.hop for i in part]
            batch = torch.from_numpy(np.stack([filled[i] for i in part])).to(device)
            energies = _energies(batch, max(frames)).cpu().numpy()
            values = features(np.concatenate([e[:count] for e, count in zip(energies, frames, strict=True)]))
            for i, rows in zip(part, np.split(values, np.cumsum(frames)[:-1]), strict=True):
                found[i] = rows
    return found


def _usable(device: str | torch.device) -> torch.device:
    try:
        probe = torch.zeros(1, dtype=torch.float64, device=device)
        probe.cpu()
        return probe.device
    except (RuntimeError, TypeError, AssertionError) as error:
        raise SerReproError(f"device {str(device)!r} can't be used ({str(error).splitlines()[0]}): give cpu, or cuda "
                            "where there is a GPU") from error


@lru_cache(maxsize=8)
def _analytic_responses(length: int, device: torch.device) -> torch.Tensor:
    """Response (19, length // 2 + 1) of each gammatone, at twice its strength where it has a negative counterpart."""
    angle = 2 * np.pi * np.arange(length // 2 + 1) / length
    sides = np.r_[1, np.full(length // 2 - 1, 2), 1]
    return torch.from_numpy(np.stack([sides * response(gammatone(c), angle) for c in centres()])).to(device)


@lru_cache(maxsize=4)
def _resonances(device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The modulation filters as matrices.

    One pole p, with residue r, stands for the pair: the output is y[n] = d x[n] + 2 Re(r s[n]), where the state is
    s[n] = x[n] + p s[n-1].

    Returns
    -------
    enter : Tensor [shape=(16, 5 * 2)]
        Inputs of a step -> what they add to the states after it, real and imaginary parts.
    decay : Tensor of complex128 [shape=(5,)]
        What is left of a state after a step.
    leave : Tensor [shape=(16 + 5 * 2, 16 * 5)]
        Inputs of a step, and states before it -> outputs, filters innermost.
    """
    n, filters = np.arange(_STEP), len(DEFINITION.modulation_centres)
    enter = np.zeros((_STEP, filters, 2))
    decay = np.zeros(filters, complex)
    forward, known = np.zeros((_STEP, _STEP, filters)), np.zeros((filters, 2, _STEP, filters))
    for j, centre in enumerate(DEFINITION.modulation_centres):
        b, a = modulation_filter(centre)
        pole, direct = np.roots(a)[0], b[2] / a[2]
        residue = (b[0] + b[2] / pole**2) / (a[0] * (1 - pole.conj() / pole))
        entering = pole ** n[::-1]
        enter[:, j] = np.stack([entering.real, entering.imag], axis=1)
        decay[j] = pole**_STEP
        impulse = 2 * (residue * pole**n).real + direct * (n == 0)
        forward[:, :, j] = np.triu(impulse[np.abs(np.subtract.outer(n, n))])
        ringing = 2 * residue * pole ** (n + 1)
        known[j, :, :, j] = ringing.real, -ringing.imag
    leave = np.concatenate([forward.reshape(_STEP, -1), known.reshape(2 * filters, -1)])
    return tuple(torch.tensor(x, device=device) for x in (enter.reshape(_STEP, -1), decay, leave))


def _energies(signals: torch.Tensor, frames: int) -> torch.Tensor:
    """Levelled signals (batch, time) with zeros after them -> energies (batch, frames, 95) as `reference` sums them."""
    batch, time = signals.shape
    enter, decay, leave = _resonances(signals.device)
    hop, overlap = DEFINITION.hop, DEFINITION.frame // DEFINITION.hop
    squared_window = torch.tensor(window()**2, device=signals.device).view(overlap, hop)
    blocks = frames + overlap - 1
    spectra = torch.fft.rfft(signals)
    parts = []
    for one in _analytic_responses(time, signals.device):  # a band at a time fits the caches of a CPU
        analytic = torch.fft.ifft(spectra * one, n=time)[:, :blocks * hop]
        envelope = torch.addcmul(analytic.real.square(), analytic.imag, analytic.imag).sqrt_()
        inputs = envelope.view(batch, -1, _STEP)
        states = torch.view_as_complex((inputs @ enter).unflatten(2, (-1, 2)))  # after each step, of that step alone
        reach, left = 1, decay
        while reach < states.shape[1]:  # of 2, 4, 8, .. and in the end all steps up to it
            states[:, reach:] += states[:, :-reach] * left
            reach, left = 2 * reach, left * left
        before = torch.view_as_real(states[:, :-1]).flatten(2)
        modulated = torch.cat([inputs, torch.nn.functional.pad(before, (0, 0, 1, 0))], dim=2) @ leave
        parts.append(squared_window @ modulated.square_().view(batch, blocks, hop, -1))
    parts = torch.stack(parts, dim=3)  # (batch, blocks, quarter of the window, 19, 5)
    return sum(parts[:, q:q + frames, q] for q in range(overlap)).flatten(2)
