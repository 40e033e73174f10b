"""Modulation spectral features: how strongly, and how fast, the loudness of each acoustic band goes up and down.

    from ser_repro.features import msf

    frames = msf.fast([samples])[0]      # mono at 8000 Hz -> (frames, 118)
    clip = msf.summarise(frames)         # mean and variance over frames -> (236,)

After S. Wu, T. H. Falk and W.-Y. Chan, "Automatic speech emotion recognition using modulation spectral features",
Speech Communication 53 (2011), 768-785. The clip is brought to one level and cut by a gammatone filter bank into 19
acoustic bands; each band's envelope is cut by 5 band-passes into modulation bands. The energies of a 256 ms frame,
E(i, j) of acoustic band i = 1..19 and modulation band j = 1..5, sum to 1; 23 statistics tell their shape.

`DEFINITION` holds the numbers, and `CHOICES` what was decided where the paper leaves something open, or may do so. The
paper's full text was not at hand: its numbers are not verified against it. What it shares with the open code of the
same line of work (SRMRpy) is as that has it. `reference` is written to be read beside the paper; `fast` computes the
same (see there how near) in about 60 % of the time on one thread of a CPU, and in batches.

Samples come at 8000 Hz: resample others with `soxr.resample(samples, rate, 8000, quality="VHQ")`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
import scipy.linalg
import scipy.signal
import torch
from sklearn.preprocessing import StandardScaler

from ser_repro import SerReproError
from ser_repro.features import batched
from ser_repro.features.sets import Clip, FeatureSet, register

_SRMR = "SRMRpy, https://github.com/jfsantos/SRMRpy"
_OURS = "our choice"


@dataclass(frozen=True)
class Definition:
    """The numbers of the features. Rates and frequencies in Hz, lengths in s, bands counted from 1."""

    sample_rate: int = 8000
    bands: int = 19  # acoustic ones
    lowest_centre: float = 125.0
    highest_centre: float = 3500.0
    ear_q: float = 9.26449  # ERB(f) = f / ear_q + min_bandwidth, Glasberg and Moore 1990
    min_bandwidth: float = 24.7
    frame_s: float = 0.256
    hop_s: float = 0.064
    window: str = "hamming"  # periodic
    modulation_centres: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0, 64.0)
    q: float = 2.0  # centre by bandwidth of a modulation filter
    described: tuple[int, ...] = (1, 3, 5)  # modulation bands of phi2 and phi3
    groups: tuple[tuple[int, int], ...] = ((1, 4), (5, 10), (11, 15), (16, 19))  # acoustic bands of phi4 to phi6
    floor_db: float = -140.0  # see the choice "silence"
    padding_s: float = 0.128  # least zeros after the clip; every gammatone has died away to 1e-9 by then
    source: str = ("Wu, Falk and Chan 2011, Speech Communication 53, 768-785; not verified against the paper's full "
                   "text")

    @property
    def frame(self) -> int:
        """Samples of a frame: 2048."""
        return round(self.frame_s * self.sample_rate)

    @property
    def hop(self) -> int:
        """Samples from one frame to the next: 512."""
        return round(self.hop_s * self.sample_rate)


DEFINITION = Definition()


@dataclass(frozen=True)
class Choice:
    """What is taken where the paper leaves something open, or may do so, and what could be taken instead."""

    matter: str
    taken: str
    alternative: str
    source: str


CHOICES = (
    Choice("level", "the clip's root mean square is brought to 1; with every frame's energies divided by their sum, no "
           "gain can change the features, only what counts as silence", "active speech level at -26 dBov (ITU-T P.56)",
           _OURS),
    Choice("filter bank", "Slaney's gammatones of order 4, centres at equal steps of ERB number from the lowest to the "
           "highest, both included; not aligned in time", "Slaney's spacing, which leaves out the highest (SRMRpy)",
           "filters: SRMRpy; spacing: our choice"),
    Choice("framing", "modulation filters run over the whole envelope, then frames are cut from their outputs and "
           "windowed: at 4 Hz and Q 2 a filter rings for longer than a frame, so that a frame filtered alone would "
           "hold its onset and little else", "frames cut from the speech or from its envelope, then filtered, which "
           "the paper may mean", _SRMR),
    Choice("mean of the envelope", "kept: the filters hold back what does not vary, except that a clip which starts "
           "loud starts with a step", "removed before filtering", _SRMR),
    Choice("last frame", "the last whole frame; what remains of the clip, less than 64 ms, is left out",
           "one more frame, filled with zeros", _SRMR),
    Choice("short clips", "zeros to the length of one frame", "no frame", _OURS),
    Choice("silence", "each energy is raised by that of a modulation 140 dB below the clip's level, far below the "
           "rounding noise of 16 bits: a frame that is silent has 95 equal energies, never 0/0",
           "zeros, or no such frame", _OURS),
    Choice("energy of a group", "sum over its acoustic bands", "mean, which divides phi5 and phi6 by the number of "
           "bands", _OURS),
    Choice("modulation frequency in phi4 to phi6", "number of the band, 1 to 5, hence octaves", "Hz", _OURS),
    Choice("variance", "over all frames, divided by their number", "divided by one less", _OURS),
)
"""What was decided, why, and after whom: a table for the reader."""

VECTOR = (("mfcc", 12, "mean"), ("msf", 118, "mean"), ("msf", 118, "variance"))
"""What `vector` strings together: features, how many, and what is taken of them over time."""


def centres() -> np.ndarray:
    """Centre frequencies of the acoustic bands.

    Returns
    -------
    numpy.ndarray [shape=(19,)]
        Hz, rising, at equal steps on the scale of ERB numbers, which is logarithmic in f + ear_q * min_bandwidth.
    """
    d = DEFINITION
    shift = d.ear_q * d.min_bandwidth
    return np.geomspace(d.lowest_centre + shift, d.highest_centre + shift, d.bands) - shift


def gammatone(centre: float) -> np.ndarray:
    """A gammatone filter of order 4 with gain 1 at its centre.

    Four second-order sections that differ in their zeros: M. Slaney, "An efficient implementation of the
    Patterson-Holdsworth auditory filter bank", Apple Technical Report 35 (1993).

    Parameters
    ----------
    centre : float
        Hz.

    Returns
    -------
    numpy.ndarray [shape=(4, 6)]
        Sections as `scipy.signal.sosfilt` takes them.
    """
    d = DEFINITION
    step = 1 / d.sample_rate
    decay = 1.019 * 2 * np.pi * (centre / d.ear_q + d.min_bandwidth)
    radius, angle = np.exp(-decay * step), 2 * np.pi * centre * step
    sections = [[step, -step * radius * (np.cos(angle) + side * np.sin(angle)), 0.0,
                 1.0, -2 * radius * np.cos(angle), radius**2]
                for side in (np.sqrt(3 + 2**1.5), -np.sqrt(3 + 2**1.5), np.sqrt(3 - 2**1.5), -np.sqrt(3 - 2**1.5))]
    sections = np.array(sections)
    sections[:, :3] /= np.abs(_response(sections, np.array([angle])))**0.25
    return sections


def _response(sections: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Frequency response at angles in radians a sample."""
    delay = np.exp(-1j * angle)
    return np.prod([np.polyval(s[2::-1], delay) / np.polyval(s[:2:-1], delay) for s in sections], axis=0)


def modulation_filter(centre: float) -> tuple[np.ndarray, np.ndarray]:
    """A modulation band-pass of second order, as SRMRpy has it.

    Parameters
    ----------
    centre : float
        Hz.

    Returns
    -------
    b, a : numpy.ndarray [shape=(3,)]
        Numerator and denominator as `scipy.signal.lfilter` takes them.
    """
    w = np.tan(np.pi * centre / DEFINITION.sample_rate)
    width = w / DEFINITION.q
    return np.array([width, 0, -width]), np.array([1 + width + w**2, 2 * w**2 - 2, 1 - width + w**2])


def _checked(samples) -> np.ndarray:
    if isinstance(samples, torch.Tensor):
        samples = samples.detach().cpu()
        samples = (samples.double() if samples.is_floating_point() else samples).numpy()
    samples = np.asarray(samples)
    if samples.ndim != 1:
        raise SerReproError(f"a signal of shape {samples.shape} is not mono: give one of shape (time,)")
    if not samples.size:
        raise SerReproError("a signal without samples has no features: leave the clip out")
    if samples.dtype.kind not in "iuf":
        raise SerReproError(f"a signal of {samples.dtype} is not one of real numbers: give float samples")
    samples = samples.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(samples))
    if bad.size:
        raise SerReproError(f"sample {bad[0]} of a signal is {samples[bad[0]]}: mend the clip, or leave it out")
    return samples


def _levelled(samples: np.ndarray) -> np.ndarray:
    """Brought to a root mean square of 1; zeros stay zeros."""
    peak = np.abs(samples).max()
    if peak == 0:
        return samples
    samples = samples / peak  # first, so that no square overflows or vanishes
    return samples / np.sqrt(np.mean(samples**2))


def _padded(samples: np.ndarray) -> np.ndarray:
    """With zeros after it, to a length that depends on its own alone and suits a Fourier transform.

    The zeros keep a band's ringing, and most of the reach of the Hilbert transform, from wrapping round to its start.
    """
    least = max(len(samples), DEFINITION.frame) + round(DEFINITION.padding_s * DEFINITION.sample_rate)
    quarter = 2 ** ((least - 1).bit_length() - 3)  # few lengths, 5 to 8 times a power of two: clips fall into groups
    return np.pad(samples, (0, -(-least // quarter) * quarter - len(samples)))


def _window() -> np.ndarray:
    return scipy.signal.get_window(DEFINITION.window, DEFINITION.frame, fftbins=True)


def reference(samples) -> np.ndarray:
    """Modulation spectral features of one clip, step by step.

    Parameters
    ----------
    samples : numpy.ndarray or Tensor [shape=(time,)]
        Mono at 8000 Hz, real numbers on any scale.

    Returns
    -------
    numpy.ndarray [shape=(frames, 118)]
        The energies E(i, j), i = 1..19 outside, j = 1..5 inside, then the 23 values of `statistics`; see `names`.
        float64. A frame every 64 ms, the first one at the clip's start; 1 + (time - 2048) // 512 frames, at least 1.

    Raises
    ------
    SerReproError
        If the signal is empty, not mono, not of real numbers, or holds NaN or infinity.

    Notes
    -----
    A clip shorter than a frame (256 ms) is filled with zeros. A silent clip, or frame, has 95 equal energies.
    """
    samples = _checked(samples)
    length = max(len(samples), DEFINITION.frame)
    signal = _padded(_levelled(samples))
    window = _window()
    energies = []
    for centre in centres():
        band = scipy.signal.sosfilt(gammatone(centre), signal)
        envelope = np.abs(scipy.signal.hilbert(band))[:length]
        for modulation in DEFINITION.modulation_centres:
            modulated = scipy.signal.lfilter(*modulation_filter(modulation), envelope)
            frames = np.lib.stride_tricks.sliding_window_view(modulated, DEFINITION.frame)[::DEFINITION.hop]
            energies.append(np.sum((window * frames)**2, axis=1))
    return _features(np.stack(energies, axis=1))


def _features(energies: np.ndarray) -> np.ndarray:
    """Energies (frames, 95) as they were summed -> (frames, 118)."""
    raised = energies + 10 ** (DEFINITION.floor_db / 10) * np.sum(_window()**2)
    shares = raised / raised.sum(axis=1, keepdims=True)
    shape = (len(shares), DEFINITION.bands, len(DEFINITION.modulation_centres))
    return np.hstack([shares, statistics(shares.reshape(shape))])


def statistics(energies: np.ndarray) -> np.ndarray:
    """The 23 statistics of a frame's energies.

    Parameters
    ----------
    energies : numpy.ndarray [shape=(frames, 19, 5)]
        Of acoustic and modulation bands; all above 0.

    Returns
    -------
    numpy.ndarray [shape=(frames, 23)]
        phi1 (5 values)
            mean over the acoustic bands, of each modulation band;
        phi2 (3)
            flatness over the acoustic bands, geometric by arithmetic mean, of modulation bands 1, 3 and 5;
        phi3 (3)
            centroid over the acoustic bands, 1 to 19, of modulation bands 1, 3 and 5;
        phi4 (4)
            centroid over the modulation bands, 1 to 5, of each group of acoustic bands (1-4, 5-10, 11-15, 16-19);
        phi5 (4)
            slope, a modulation band, of the line fitted to a group's 5 energies, each summed over the group;
        phi6 (4)
            root mean square of what that line leaves.
    """
    chosen = energies[:, :, np.array(DEFINITION.described) - 1]
    acoustic = np.arange(1, energies.shape[1] + 1)
    mean = energies.mean(axis=1)
    flatness = np.exp(np.log(chosen).mean(axis=1)) / chosen.mean(axis=1)
    centroid = np.einsum("kij,i->kj", chosen, acoustic) / chosen.sum(axis=1)
    grouped = np.stack([energies[:, first - 1:last].sum(axis=1) for first, last in DEFINITION.groups], axis=1)
    modulation = np.arange(1, energies.shape[2] + 1)
    modulation_centroid = grouped @ modulation / grouped.sum(axis=2)
    centred = modulation - modulation.mean()
    slope = grouped @ centred / np.sum(centred**2)
    left = grouped - grouped.mean(axis=2, keepdims=True) - slope[..., None] * centred
    error = np.sqrt(np.mean(left**2, axis=2))
    return np.hstack([mean, flatness, centroid, modulation_centroid, slope, error])


def summarise(frames: np.ndarray) -> np.ndarray:
    """A clip's features: mean and variance over its frames.

    Parameters
    ----------
    frames : numpy.ndarray [shape=(frames, 118)]
        As `reference` or `fast` gives them.

    Returns
    -------
    numpy.ndarray [shape=(236,)]
        118 means, then 118 variances (divided by the number of frames, so 0 for a clip of one frame).
    """
    return np.concatenate([frames.mean(axis=0), frames.var(axis=0)])


def vector(mfcc: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """MFCC and modulation spectral features of a clip in one vector, for the course report's CNN.

    The report feeds "the first 12 MFCC" and MSF, after Kerkeni et al. 2019 (IntechOpen, chapter 84856), to a network
    whose paper takes raw audio. Its code for this, hence the dimension, how MFCC are taken over time, whether the 0th
    is the first of the twelve, and whether MSF are all 236 values or the 95 energies alone, was not found. `VECTOR` is
    our reading: the first 12 rows of the MFCC matrix as it comes, the 0th included, and all 236.

    Parameters
    ----------
    mfcc : numpy.ndarray [shape=(coefficients, time)]
        At least 12 coefficients.
    frames : numpy.ndarray [shape=(frames, 118)]
        As `reference` or `fast` gives them.

    Returns
    -------
    numpy.ndarray [shape=(248,)]
        In the order of `VECTOR`.

    Raises
    ------
    SerReproError
        If there are fewer than 12 coefficients.
    """
    wanted = VECTOR[0][1]
    if mfcc.ndim != 2 or len(mfcc) < wanted:
        raise SerReproError(f"MFCC of shape {mfcc.shape} are too few: give {wanted} or more, of shape (coefficients, "
                            "time)")
    return np.concatenate([mfcc[:wanted].mean(axis=1), summarise(frames)])


def names(of: str = "frame") -> list[str]:
    """What the features are called, in their order.

    Parameters
    ----------
    of : str
        "frame" (118 names, of `reference` and `fast`), "clip" (236, of `summarise`) or "vector" (248, of `vector`).

    Raises
    ------
    SerReproError
        If there are no features of that.
    """
    d = DEFINITION
    modulation, groups = range(1, len(d.modulation_centres) + 1), range(1, len(d.groups) + 1)
    frame = [f"E({i},{j})" for i in range(1, d.bands + 1) for j in modulation]
    for statistic, over in enumerate((modulation, d.described, d.described, groups, groups, groups), start=1):
        frame += [f"phi{statistic}({index})" for index in over]
    known = {"frame": frame, "clip": [f"{taken} {name}" for taken in ("mean", "variance") for name in frame]}
    known["vector"] = [f"mean mfcc({i})" for i in range(1, VECTOR[0][1] + 1)] + known["clip"]
    if of not in known:
        raise SerReproError(f"there are no names of {of!r}: ask for {', '.join(known)}")
    return known[of]


def normalise_by_speaker(features: np.ndarray, speakers: Sequence) -> np.ndarray:
    """Zero mean and unit variance over all clips of each speaker, as the course report does: a leak.

    The clips that are tested help to normalise themselves and, where speakers are shared, the training clips. It needs
    to know who speaks in a test clip and to have that speaker's other clips. `normalise_by_training` is the honest
    variant: one a speaker can't be had, as a new speaker has no training clips.

    Parameters
    ----------
    features : numpy.ndarray [shape=(clips, values)]
    speakers : sequence [length=clips]
        Who speaks in each clip.

    Returns
    -------
    numpy.ndarray [shape=(clips, values)]
        A value that is the same in all of a speaker's clips becomes 0.

    Raises
    ------
    SerReproError
        If there are not as many speakers as clips.
    """
    speakers = np.asarray(speakers)
    _matching(features, speakers, "speakers")
    out = np.empty(features.shape)
    for speaker in np.unique(speakers):
        own = speakers == speaker
        out[own] = StandardScaler().fit_transform(features[own])
    return out


def normalise_by_training(features: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance over all training clips; the others with the same mean and variance.

    Parameters
    ----------
    features : numpy.ndarray [shape=(clips, values)]
    train : numpy.ndarray of bool [shape=(clips,)]
        Which clips are for training.

    Returns
    -------
    numpy.ndarray [shape=(clips, values)]

    Raises
    ------
    SerReproError
        If `train` is not a truth value a clip, or has no training clip.
    """
    train = np.asarray(train)
    _matching(features, train, "truth values in train")
    if train.dtype != bool or not train.any():
        raise SerReproError("train names no training clip: give True or False a clip, True at least once")
    return StandardScaler().fit(features[train]).transform(features)


def _matching(features: np.ndarray, per_clip: np.ndarray, what: str) -> None:
    if per_clip.shape != features.shape[:1]:
        raise SerReproError(f"{len(features)} clips and {per_clip.size} {what} do not match: give one a clip")


# The fast path. Gammatone and Hilbert transform are one product in the frequency domain. The impulse responses of the
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
    signals = [_checked(samples) for samples in signals]
    groups = defaultdict(list)
    padded = [_padded(_levelled(samples)) for samples in signals]
    for i, samples in enumerate(padded):
        groups[len(samples)].append(i)
    found = [np.empty(0)] * len(signals)
    for length, members in groups.items():
        size = max(1, _AT_ONCE.get(device.type, _AT_ONCE_ELSEWHERE) // length)
        for part in (members[i:i + size] for i in range(0, len(members), size)):
            frames = [1 + max(0, len(signals[i]) - DEFINITION.frame) // DEFINITION.hop for i in part]
            batch = torch.from_numpy(np.stack([padded[i] for i in part])).to(device)
            energies = _energies(batch, max(frames)).cpu().numpy()
            features = _features(np.concatenate([e[:count] for e, count in zip(energies, frames, strict=True)]))
            for i, rows in zip(part, np.split(features, np.cumsum(frames)[:-1]), strict=True):
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
    return torch.from_numpy(np.stack([sides * _response(gammatone(c), angle) for c in centres()])).to(device)


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
        forward[:, :, j] = scipy.linalg.toeplitz(np.r_[impulse[0], np.zeros(_STEP - 1)], impulse)
        ringing = 2 * residue * pole ** (n + 1)
        known[j, :, :, j] = ringing.real, -ringing.imag
    leave = np.concatenate([forward.reshape(_STEP, -1), known.reshape(2 * filters, -1)])
    return tuple(torch.tensor(x, device=device) for x in (enter.reshape(_STEP, -1), decay, leave))


def _energies(signals: torch.Tensor, frames: int) -> torch.Tensor:
    """Levelled signals (batch, time) with zeros after them -> energies (batch, frames, 95) as `reference` sums them."""
    batch, time = signals.shape
    enter, decay, leave = _resonances(signals.device)
    hop, overlap = DEFINITION.hop, DEFINITION.frame // DEFINITION.hop
    squared_window = torch.tensor(_window()**2, device=signals.device).view(overlap, hop)
    blocks = frames + overlap - 1
    spectra = torch.fft.rfft(signals)
    parts = []
    for response in _analytic_responses(time, signals.device):  # a band at a time fits the caches of a CPU
        analytic = torch.fft.ifft(spectra * response, n=time)[:, :blocks * hop]
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


def _of(clips: list[Clip]) -> list[np.ndarray]:
    signals = [clip.at(DEFINITION.sample_rate) for clip in clips]
    if clips[0].path == "reference":
        return [reference(samples) for samples in signals]
    return fast(signals, "cpu" if clips[0].path == "fast" else batched.DEVICE)


def _register(name: str, compute, shape: str, values: Sequence[str], source: str) -> None:
    register(FeatureSet(name, {"kind": name} | asdict(DEFINITION), lambda clip: compute(clip).astype(np.float32), shape,
                        source, tuple(values)))


_SOURCE = "Wu, Falk and Chan 2011, not verified against its full text; open matters in CHOICES"
_register("msf", lambda clip: summarise(clip.once("msf", _of)), "(236,)", names("clip"), _SOURCE)
_register("msf_frames", lambda clip: clip.once("msf", _of).T, "(118, time)", (), _SOURCE)
_register("mfcc_msf", lambda clip: vector(clip.described(22050).mfcc(VECTOR[0][1]), clip.once("msf", _of)), "(248,)",
          names("vector"), "course report, for the network after Qayyum et al. 2019; composition is our reading")
