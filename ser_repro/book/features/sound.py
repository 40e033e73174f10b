"""What feature sets keep of a clip, turned back into sound (phases guessed by Griffin and Lim 1984)."""

from __future__ import annotations

import base64
import io

import numpy as np

from ser_repro.book.features.words import FILTER_RATE, keep
from ser_repro.escaping import html
from ser_repro.features import mel_image
from ser_repro.features.clip import Clip
from ser_repro.features.sets import SETS

HEARD_AT = 16_000
"""Rate in Hz of what is heard."""

_LEVEL = 0.06  # RMS that every sound is brought to


def through_each_set(clip: Clip) -> dict[str, np.ndarray]:
    """What sets keep of a clip, as waveforms at `HEARD_AT`, by what they are called."""
    from ser_repro.features.compiled import librosa

    described, whole = clip.described(22050), clip.at(HEARD_AT)
    image, doubled, fine = (SETS[name].compute(clip) for name in ("mel_image", "mel_image_code", "log_mel"))
    mean = described.mfcc(50).mean(axis=1, keepdims=True)
    kept_s = keep()["keep"] * keep()["hop"] / clip.sample_rate
    rate = mel_image.SAMPLE_RATE
    return {
        "as it is": whole,
        f"first {keep()['keep']} frames": whole[:round(kept_s * HEARD_AT)],
        "64 mel bands": _sound(_spread(librosa.db_to_power(fine), 16000, 512), 16000, 512, 160),
        "40 MFCCs, all frames": _of_mfcc(described.mfcc(40)),
        "30 mel bands, corrected": _sound(_spread(librosa.db_to_power(image), rate, 2048), rate, 2048, 512),
        "30 mel bands, code": _sound(_spread(librosa.db_to_amplitude(doubled), FILTER_RATE, 2048), rate, 2048, 512),
        "mean of 50 MFCCs": _of_mfcc(np.repeat(mean, 44, axis=1)),
    }


def _sound(power: np.ndarray, rate: int, n_fft: int, hop: int) -> np.ndarray:
    """Of a power spectrum."""
    from ser_repro.features.compiled import librosa

    wave = librosa.griffinlim(np.sqrt(power), n_iter=24, hop_length=hop, n_fft=n_fft, random_state=0)
    return librosa.resample(wave, orig_sr=rate, target_sr=HEARD_AT)


def _spread(mel_power: np.ndarray, filter_rate: int, n_fft: int) -> np.ndarray:
    """A power spectrum with that power in the bands, even within each."""
    from ser_repro.features.compiled import librosa

    bank = librosa.filters.mel(sr=filter_rate, n_fft=n_fft, n_mels=len(mel_power))
    return bank.T @ (mel_power / (bank**2).sum(axis=1, keepdims=True))


def _of_mfcc(coefficients: np.ndarray) -> np.ndarray:
    from ser_repro.features.compiled import librosa

    power = librosa.feature.inverse.mfcc_to_mel(coefficients, n_mels=128)
    return _sound(_spread(power, 22050, 2048), 22050, 2048, 512)


def heard(clips: dict[str, Clip]) -> dict[str, dict[str, str]]:
    """Emotion -> what is kept (as in `through_each_set`) -> the sound, as MP3 in base64."""
    return {emotion: {what: _encoded(wave) for what, wave in through_each_set(clip).items()}
            for emotion, clip in clips.items()}


def players(kept: dict[str, dict[str, str]]) -> None:
    """Show audio players of what is `heard`, a line a set; of demo speech only."""
    from IPython.display import HTML, display

    lines = [f'<div style="margin-bottom:0.6rem">{what}: {" and ".join(kept)}<br>'
             + " ".join(_player(f"{emotion}, {what}", sounds[what]) for emotion, sounds in kept.items()) + "</div>"
             for what in next(iter(kept.values()))]
    display(HTML("".join(lines)))


def _encoded(wave: np.ndarray) -> str:
    """One sound, brought to one level."""
    import soundfile

    scaled = _LEVEL * wave / (np.sqrt(np.mean(np.square(wave))) + 1e-9)
    file = io.BytesIO()
    soundfile.write(file, np.clip(scaled, -0.99, 0.99), HEARD_AT, format="MP3", subtype="MPEG_LAYER_III")
    return base64.b64encode(file.getvalue()).decode()


def _player(label: str, sound: str) -> str:
    return (f'<audio controls preload="none" aria-label="synthetic {html(label)}" '
            'style="width:calc(50% - 0.3rem);max-width:15rem;height:2.2rem" '
            f'src="data:audio/mpeg;base64,{sound}"></audio>')
