"""What a reader can hear: demo speech, and recordings of corpora whose licence lets a page carry them, with their
credit.

Recordings are in a book that was built where the corpus is (SER_REPRO_DATA); none is kept in the repository.
"""

import base64
import io

import numpy as np
import soundfile

from ser_repro import datasets
from ser_repro.book import show
from ser_repro.escaping import html
from ser_repro.runs import execution

CREDITS = {
    "RAVDESS": 'RAVDESS, Livingstone and Russo (2018), <a href="https://doi.org/10.5281/zenodo.1188976">'
               'zenodo.1188976</a>, under <a href="https://creativecommons.org/licenses/by-nc-sa/4.0/">'
               "CC BY-NC-SA 4.0</a>: not for commercial use, and to be passed on under the same licence",
    "CREMA-D": 'CREMA-D, Cao et al. (2014), <a href="https://github.com/CheyneyComputerScience/CREMA-D">github</a>, '
               'under the <a href="https://opendatacommons.org/licenses/odbl/1-0/">Open Database License 1.0</a>',
}
"""Corpus -> what stands beside its recordings, as HTML. Those of other corpora are not published: EMO-DB and EMOVO are
free for research alone, SAVEE and IEMOCAP are not to be passed on, and TESS not to be altered."""
QUIRKS = {
    "CREMA-D": (("1006_TIE_HAP_XX", "one recording, published as happy and (1006_TIE_NEU_XX) as neutral"),
                ("1013_WSI_DIS_XX", "one recording, published as disgust and (1013_WSI_SAD_XX) as sad")),
    "RAVDESS": (("03-01-03-01-02-01-07", "one recording, published as two repetitions of a sentence"),),
}
"""Corpus -> (clip, what is odd about it), of clips whose oddity can be heard or should be."""


def players(sounds: dict[str, tuple[np.ndarray, int]], corpus: str = "") -> None:
    """Show an audio player a sound, and below them whom to credit.

    Parameters
    ----------
    sounds : dict
        What it is -> (samples of shape (frames, channels), rate in Hz); integers are taken for 16 bit.
    corpus : str
        Whose recordings they are, one of CREDITS; "" of demo speech.
    """
    credit = f"<p class=\"credit\">Recordings: {CREDITS[corpus]}.</p>" if corpus else ""
    each = "".join(_player(name, *sound, "" if corpus else "synthetic ") for name, sound in sounds.items())
    show.html_block(f'<div class="players">{each}</div>{credit}')


def _player(name: str, samples: np.ndarray, rate: int, kind: str) -> str:
    one = samples[:, 0] if samples.ndim > 1 else samples
    file = io.BytesIO()
    soundfile.write(file, one.astype(np.int16) if np.issubdtype(one.dtype, np.integer) else one, rate, format="MP3",
                    subtype="MPEG_LAYER_III")
    sound = base64.b64encode(file.getvalue()).decode()
    label = html(name)
    return (f'<label>{label}<br><audio controls preload="none" aria-label="{kind}{label}" '
            f'src="data:audio/mpeg;base64,{sound}"></audio></label>')


def may(corpus: str, data=None) -> bool:
    """Whether recordings of a corpus are here and may be published."""
    return corpus in CREDITS and corpus in execution.real(data)


def why_not(corpus: str) -> str:
    """Why a reader cannot hear a corpus, in a sentence."""
    if corpus in CREDITS:
        return f"Recordings of {corpus} can be heard here in a book that was built where the corpus is."
    return (f"Recordings of {corpus} are not published here: its terms ({datasets.get(corpus).licence}) do not let a "
            "page pass them on.")


def beginnings(corpus: str, length_s: float, count: int = 2, data=None) -> None:
    """Show players of the first so many seconds of some clips beside the whole clips, a speaker each.

    The clips are those of the first emotion of the first speakers, so that nothing is chosen by how it sounds.
    """
    if not may(corpus, data):
        show.text(f"*{why_not(corpus)}*")
        return
    clips = datasets.clips(corpus, data)
    sounds = {}
    for speaker, of in list(clips.groupby("speaker"))[:count]:
        samples, rate = datasets.read(of["path"].iloc[0])
        emotion = of["emotion"].iloc[0]
        sounds[f"speaker {speaker}, {emotion}: the first {length_s:.2f} s"] = samples[:round(length_s * rate)], rate
        sounds[f"speaker {speaker}, {emotion}: the whole clip"] = samples, rate
    players(sounds, corpus)


def quirks(data=None) -> None:
    """Show players of clips that are odd in their corpus as published."""
    for corpus, clips in QUIRKS.items():
        if not may(corpus, data):
            show.text(f"*{why_not(corpus)}*")
            continue
        paths = datasets.clips(corpus, data).set_index("clip")["path"]
        players({f"{clip}: {what}": datasets.read(paths[clip]) for clip, what in clips}, corpus)
