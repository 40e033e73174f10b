"""Modulation spectral features: how strongly, and how fast, the loudness of each acoustic band goes up and down.

    from ser_repro.features import modulation
    from ser_repro.features.fast.modulation import fast

    frames = fast([samples])[0]                # mono at 8000 Hz -> (frames, 118)
    clip = modulation.summarise(frames)        # mean and variance over frames -> (236,)

After S. Wu, T. H. Falk and W.-Y. Chan, "Automatic speech emotion recognition using modulation spectral features",
Speech Communication 53 (2011), 768-785. The clip is brought to one level and cut by a gammatone filter bank into 19
acoustic bands; each band's envelope is cut by 5 band-passes into modulation bands. The energies of a 256 ms frame,
E(i, j) of acoustic band i = 1..19 and modulation band j = 1..5, sum to 1; 23 statistics tell their shape.

`DEFINITION` holds the numbers, and `CHOICES` what was decided where the paper leaves something open, or may do so. The
paper's full text was not at hand: its numbers are not verified against it. What it shares with the open code of the
same line of work (SRMRpy) is as that has it. `reference` is written to be read beside the paper; `fast.modulation`
computes the same (see there how near) in about 60 % of the time on one thread of a CPU, and in batches.

Samples come at 8000 Hz: resample others with `soxr.resample(samples, rate, 8000, quality="VHQ")`.
"""

from dataclasses import dataclass

import numpy as np

from ser_repro import SerReproError

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
    sections[:, :3] /= np.abs(response(sections, np.array([angle])))**0.25
    return sections


def response(sections: np.ndarray, angle: np.ndarray) -> np.ndarray:
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


def checked(samples) -> np.ndarray:
    """Samples as float64, shape (time,), of an array or a Tensor; raises a SerReproError as `reference` does."""
    if hasattr(samples, "detach"):  # a Tensor; torch takes its time to import
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


def levelled(samples: np.ndarray) -> np.ndarray:
    """Brought to a root mean square of 1; zeros stay zeros."""
    peak = np.abs(samples).max()
    if peak == 0:
        return samples
    samples = samples / peak  # first, so that no square overflows or vanishes
    return samples / np.sqrt(np.mean(samples**2))


def padded(samples: np.ndarray) -> np.ndarray:
    """With zeros after it, to a length that depends on its own alone and suits a Fourier transform.

    The zeros keep a band's ringing, and most of the reach of the Hilbert transform, from wrapping round to its start.
    """
    least = max(len(samples), DEFINITION.frame) + round(DEFINITION.padding_s * DEFINITION.sample_rate)
    quarter = 2 ** ((least - 1).bit_length() - 3)  # few lengths, 5 to 8 times a power of two: clips fall into groups
    return np.pad(samples, (0, -(-least // quarter) * quarter - len(samples)))


def window() -> np.ndarray:
    """That of a frame, as `scipy.signal.get_window("hamming", 2048)` gives it."""
    return 0.54 + (1 - 0.54) * np.cos(np.linspace(-np.pi, np.pi, DEFINITION.frame + 1)[:-1])


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
    import scipy.signal

    samples = checked(samples)
    length = max(len(samples), DEFINITION.frame)
    signal = padded(levelled(samples))
    shape = window()
    energies = []
    for centre in centres():
        band = scipy.signal.sosfilt(gammatone(centre), signal)
        envelope = np.abs(scipy.signal.hilbert(band))[:length]
        for modulation in DEFINITION.modulation_centres:
            modulated = scipy.signal.lfilter(*modulation_filter(modulation), envelope)
            frames = np.lib.stride_tricks.sliding_window_view(modulated, DEFINITION.frame)[::DEFINITION.hop]
            energies.append(np.sum((shape * frames)**2, axis=1))
    return features(np.stack(energies, axis=1))


def features(energies: np.ndarray) -> np.ndarray:
    """Energies (frames, 95) as they were summed -> (frames, 118)."""
    raised = energies + 10 ** (DEFINITION.floor_db / 10) * np.sum(window()**2)
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
        As `reference` gives them.

    Returns
    -------
    numpy.ndarray [shape=(236,)]
        118 means, then 118 variances (divided by the number of frames, so 0 for a clip of one frame).
    """
    return np.concatenate([frames.mean(axis=0), frames.var(axis=0)])
