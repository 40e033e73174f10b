"""What a saved model says of recordings: files, folders of them, or a microphone.

A recording much longer than the clips that trained is cut into windows about as long as those, and read window by
window: memory does not grow with its length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ser_repro import SerReproError
from ser_repro.datasets import audio
from ser_repro.datasets.folders import as_on_disk, is_audio, walk
from ser_repro.features import arrays
from ser_repro.saved.model import Saved

LONG_S = 15.0  # up to here, and up to twice the longest clip that trained, a recording is taken whole
SILENCE = 1e-3  # peak, full scale is 1: -60 dB
QUIET = 10 ** (-50 / 20)  # peak of what is quieter by far than any clip of the corpora studied (RAVDESS: -44 dB)
_STEP_S = 0.01  # of recordings: a click in silence is heard for one or two of them
SHORTEST_S = 0.05  # of recordings, windows and hops
DIGITS = 5  # of probabilities, as in the records
_REMEDY = "give a WAV, FLAC, MP3 or OGG file that plays"


@dataclass(frozen=True)
class Answer:
    """What a model says of one recording.

    Attributes
    ----------
    file : str
        Its path as it was given, or "microphone".
    duration_s : float
    windows : list of dict
        start_s, end_s, probabilities (by emotion, the most probable one first) and silent, of each window; one of them
        where the recording was taken whole.
    notes : list of str
        What its reader should know, a line each.
    """

    file: str
    duration_s: float
    windows: list[dict]
    notes: list[str] = field(default_factory=list)

    @property
    def probabilities(self) -> dict[str, float]:
        """By emotion, the most probable one first; of several windows the mean of those that are not silent."""
        heard = [one["probabilities"] for one in self.windows if not one["silent"]] or [
            one["probabilities"] for one in self.windows]
        mean = {emotion: round(sum(one[emotion] for one in heard) / len(heard), DIGITS) for emotion in heard[0]}
        return dict(sorted(mean.items(), key=lambda pair: -pair[1]))

    @property
    def emotion(self) -> str:
        """The most probable one."""
        return next(iter(self.probabilities))


def find(paths: Iterable[str | Path]) -> tuple[list[Path], list[str]]:
    """Files to read: those that are named, and whatever looks like audio at any depth of folders that are.

    Returns
    -------
    files : list of Path
        In the order given, those of a folder sorted.
    faults : list of str
        A line for each folder without any.
    """
    files, faults = [], []
    for path in (as_on_disk(Path(path)) for path in paths):
        if not path.is_dir():
            files.append(path)
            continue
        found = sorted(place / name for place, names in walk(path) for name in names
                       if is_audio(place / name))
        if not found:
            faults.append(f"{path} holds no audio file: give another folder, or the path of a file")
        files += found
    return files, faults


def recording(model: Saved, path: str | Path, *, window_s: float | None = None, hop_s: float | None = None) -> Answer:
    """What a model says of an audio file.

    Parameters
    ----------
    window_s : float, optional
        Length of the windows it is cut into; 0 takes it whole. By default whole, unless it is longer than `LONG_S` and
        than twice the longest clip that trained: then windows as long as the median of those clips.
    hop_s : float, optional
        From the start of a window to that of the next; by default `window_s`. The last window ends with the recording.

    Raises
    ------
    SerReproError
        If the file can't be read, is truncated or empty, or is too short for the features.
    """
    path = Path(os.path.expanduser(path))
    counted: list[int] = []
    with audio.opened(path, _REMEDY) as source:
        def read(frames):
            samples = source.read(frames)
            audio.refuse_broken(path, samples, _REMEDY)
            counted.append(len(samples))
            return samples

        try:
            answer = heard(model, str(path), read, source.frames, source.sample_rate, window_s=window_s, hop_s=hop_s)
            source.refuse_short(sum(counted))
        except SerReproError as error:
            raise error if str(path) in str(error) else SerReproError(f"{path}: {error}") from error
        return replace(answer, notes=[*source.notes, *answer.notes])


def heard(model: Saved, name: str, read: Callable[[int], np.ndarray], frames: int, sample_rate: int, *,
          window_s: float | None = None, hop_s: float | None = None) -> Answer:
    """As `recording`, of whatever `read(frames)` gives next, shape (time, channel).

    Parameters
    ----------
    frames : int
        That it will give altogether.
    """
    duration = frames / sample_rate
    if duration < SHORTEST_S:
        raise SerReproError(f"{name} lasts {duration:.2g} s, too short to hear an emotion in: give {SHORTEST_S:g} s or "
                            "more")
    trained = model.card["trained_on"]["seconds"]
    notes = []
    if window_s is None:
        window_s = 0.0
        if duration > max(LONG_S, 2 * trained["longest"]):
            window_s = trained["median"]
            notes.append(f"{duration:.0f} s, cut into windows of {window_s:g} s, as long as the clips that trained "
                         "(--window says otherwise)")
    if hop_s is not None and hop_s < SHORTEST_S:
        raise SerReproError(f"a hop of {hop_s:g} s is too short: give {SHORTEST_S:g} s or more.")
    if hop_s and not window_s:
        notes.append("taken whole, so that --hop has no part in it")
    if window_s and hop_s and hop_s > window_s:
        raise SerReproError(f"a hop of {hop_s:g} s leaves out parts between windows of {window_s:g} s: give less.")
    if window_s:
        window_s = max(window_s, SHORTEST_S)
    window = round(window_s * sample_rate) if window_s else frames
    hop = round((hop_s or window_s) * sample_rate) if window_s else frames
    found, count, loudest, lost = [], 0, 0.0, 0
    for start, samples in _windows(read, min(window, frames), hop):
        count = start + len(samples)
        peak = np.abs(audio.as_float(samples)).max()
        told = model.predict(samples, sample_rate)
        level, silent = _level(model.given(samples, sample_rate), min(sample_rate, model.heard_rate))
        loudest, lost = max(loudest, level), lost + (silent and peak >= SILENCE)
        if not np.isfinite(list(told.values())).all():
            raise SerReproError(f"{name} holds samples of up to {peak:.2g} times full scale, of which the model makes "
                                "no number: give a recording within full scale")
        found.append({
            "start_s": round(start / sample_rate, 3), "end_s": round(count / sample_rate, 3),
            "probabilities": {emotion: round(p, DIGITS) for emotion, p in told.items()},
            "silent": silent})
    silent = sum(one["silent"] for one in found)
    if silent:
        which = "it is silent" if len(found) == 1 else f"{silent} of {len(found)} windows are silent"
        to_whom = " to the model, which hears the " + (
            "first channel" if arrays.is_waveform(model.card["input"]["what"]) else "mean of the channels"
            ) + f" up to {model.heard_rate / 2000:g} kHz, and neither clicks nor a constant" if lost else ""
        notes.append(f"{which}{to_whom}: what the model makes of silence means nothing")
    if silent < len(found) and loudest < QUIET:
        notes.append(f"it is very quiet (at most {20 * np.log10(loudest):.0f} dB of full scale): the answer means "
                     "little")
    if duration < trained["shortest"] / 2:
        notes.append(f"{duration:.2g} s is far shorter than any clip that trained (at least {trained['shortest']:g} s):"
                     " the answer means little")
    if sample_rate < model.heard_rate:
        notes.append(f"it is at {sample_rate} Hz, and the model listens up to {model.heard_rate / 2000:g} kHz: what is "
                     "missing above can change the answer")
    return Answer(name, round(duration, 3), found, notes)


def _level(samples: np.ndarray, sample_rate: int) -> tuple[float, bool]:
    """Peak of one channel, and whether it is silent: above `SILENCE` for less time than a recording has to last."""
    step = max(1, round(_STEP_S * sample_rate))
    peaks = np.array([np.abs(samples[i:i + step]).max() for i in range(0, len(samples), step)])
    return float(peaks.max(initial=0)), bool((peaks >= SILENCE).sum() < min(round(SHORTEST_S / _STEP_S), len(peaks)))


def _windows(read: Callable[[int], np.ndarray], window: int, hop: int) -> Iterator[tuple[int, np.ndarray]]:
    """Start, in frames, and samples of each window; the last one ends with the recording."""
    start, held = 0, read(window)
    if not len(held):
        return
    yield start, held
    while len(new := read(hop)):
        start += len(new)
        held = np.concatenate([held, new])[-window:]
        yield start, held


# ---- microphone --------------------------------------------------------------------------------------------------


def microphone(seconds: float, sample_rate: int, *, ready: Callable[[], None] = lambda: None
               ) -> tuple[np.ndarray, int]:
    """Record from the default microphone.

    Parameters
    ----------
    sample_rate : int
        Wanted, in Hz; where the device lacks it, the device's own is taken.
    ready : callable, optional
        Called when the recording begins.

    Returns
    -------
    samples : array of float32, shape (time, 1)
    sample_rate : int

    Raises
    ------
    SerReproError
        Without the package sounddevice, or a device that records.
    """
    try:
        import sounddevice
    except ImportError:
        raise SerReproError("--microphone needs the package sounddevice: `pip install sounddevice`, or "
                            "`pip install -e '.[microphone]'` in the project, then try again.") from None
    except OSError as error:  # the package is there, the library under it is not
        raise SerReproError(f"--microphone needs the library PortAudio ({error}): install it (on Debian and Ubuntu: "
                            "apt install libportaudio2), then try again.") from None
    try:
        own = int(sounddevice.query_devices(kind="input")["default_samplerate"])
        try:
            sounddevice.check_input_settings(samplerate=sample_rate, channels=1)
        except (sounddevice.PortAudioError, ValueError):
            sample_rate = own
        ready()
        samples = sounddevice.rec(round(seconds * sample_rate), samplerate=sample_rate, channels=1, dtype="float32")
        try:
            sounddevice.wait()
        finally:
            sounddevice.stop()
    except (sounddevice.PortAudioError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise SerReproError(f"no microphone can be used ({reason}): connect one, allow this program to use it, and try "
                            "again.") from error
    return samples, sample_rate


def spoken(model: Saved, samples: np.ndarray, sample_rate: int, **windows) -> Answer:
    """What a model says of what `microphone` gave; `windows` as in `recording`."""
    def read(frames):
        nonlocal samples
        part, samples = samples[:frames], samples[frames:]
        return part

    return heard(model, "microphone", read, len(samples), sample_rate, **windows)
