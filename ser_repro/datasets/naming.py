"""What people call emotions and sexes, and which of the study's is meant.

Common names in English, German and Italian, the languages of the corpora, are known in any case, with accents or
without; so are the corpora's own codes of three letters. A letter alone is not: A is anger in one corpus and fear in
another.
"""

from __future__ import annotations

import difflib
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from ser_repro import SerReproError
from ser_repro.datasets.base import EMOTIONS

NAMES = {
    "anger": "anger angry mad Wut wütend Ärger ärgerlich verärgert Zorn zornig rabbia arrabbiato arrabbiata collera "
             "ira ang rab",
    "boredom": "boredom bored Langeweile gelangweilt noia annoiato annoiata bor",
    "calm": "calm calmness Ruhe ruhig gelassen Gelassenheit calma calmo",
    "disgust": "disgust disgusted Ekel angeekelt angewidert disgusto disgustato disgustata dis",
    "fear": "fear fearful scared afraid frightened Angst ängstlich Furcht verängstigt paura impaurito impaurita "
            "spaventato spaventata fea pau",
    "happiness": "happiness happy joy joyful joyous Freude freudig fröhlich glücklich gioia gioioso gioiosa felice "
                 "felicità allegria hap gio",
    "neutral": "neutral neutrality neutrale neutralità neutro neutra neu",
    "sadness": "sadness sad Trauer traurig Traurigkeit tristezza triste tri",
    "surprise": "surprise surprised Überraschung überrascht sorpresa sorpreso pleasant_surprise pleasant_surprised sur "
                "sor ps",
}
"""Emotion -> what it is called."""

SEXES = {"female": "female f w woman Frau weiblich femmina femminile donna",
         "male": "male m man Mann männlich maschio maschile uomo"}
"""Sex -> what it is called; letters that mean one of the two in all three languages are known."""

_SHOWN = 30  # labels that a message lists
_ALIKE = 0.85  # of a misspelt name and the name: "hapiness", "suprise", but not "unhappy" or "content"


def _composed(label: str) -> str:
    """A label with accents as one character, as not every system stores them."""
    return unicodedata.normalize("NFC", label)


def _key(label: str) -> str:
    """A label as it is compared: without case, accents and what is no letter or digit."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def _spellings(name: str) -> set[str]:
    """Keys of a name: of ä also ae."""
    return {_key(name), _key(name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))}


def _known(names: Mapping[str, str]) -> dict[str, str]:
    return {key: one for one, called in names.items() for name in called.split() for key in _spellings(name)}


_KNOWN, _KNOWN_SEXES = _known(NAMES), _known(SEXES)


def emotion_of(label: str) -> str:
    """The study's emotion that a label commonly names; "" where there is none."""
    return _KNOWN.get(_key(label), "")


def sex_of(label: str) -> str:
    """female or male where a label commonly names it, else the label."""
    return _KNOWN_SEXES.get(_key(label), label)


def near(label: str) -> str:
    """The emotion whose name a label seems to misspell; "" where there is none. What only means something alike, or
    the contrary, is not guessed at."""
    key = _key(label)
    found = difflib.get_close_matches(key, [name for name in _KNOWN if name[:1] == key[:1] and len(name) > 3], 1,
                                      _ALIKE)
    return _KNOWN[found[0]] if found else ""


def skipped(labels: Iterable[str], skip: Iterable[str]) -> dict[str, int]:
    """How many clips have each of the labels to leave out, as these are spelt in the clips; case does not matter.

    Raises
    ------
    SerReproError
        Where no clip has a label that is to be left out.
    """
    counts, skip = Counter(labels), list(skip)
    there = {label: _composed(label).casefold() for label in counts}
    wanted = [_composed(label).casefold() for label in skip]
    for label, folded in zip(skip, wanted, strict=True):
        if folded not in there.values():
            raise SerReproError(f"--skip {label}: no clip is labelled so; labels are {_listed(sorted(counts))}")
    return {label: n for label, n in counts.items() if there[label] in wanted}


def about_skipped(counts: Mapping[str, int]) -> str:
    """What to say of clips whose labels were to be left out."""
    number = sum(counts.values())
    return (f"{number} clip{'s' * (number > 1)} left out (--skip): "
            f"{', '.join(f'{label} {n}' for label, n in counts.items())}")


def emotions_of(labels: Iterable[str], where: str, given: Mapping[str, str] | None = None,
                command: str = "") -> dict[str, str]:
    """Label -> emotion: as it is given, or as it is commonly called.

    Parameters
    ----------
    labels : iterable of str
        A label a clip.
    where : str
        What holds them, the beginning of a message.
    given : mapping of str to str, optional
        What labels mean: case matters only where it tells two apart.
    command : str
        To which --emotion and --skip can be added.

    Raises
    ------
    SerReproError
        Naming all labels that are not known, or a meaning that is none of the study's emotions.
    """
    labels = list(labels)
    meant = {_composed(label): emotion_of(name) for label, name in (given or {}).items()}
    strange = sorted(name for name in (given or {}).values() if not emotion_of(name))
    if strange:
        raise SerReproError(f"{where}: unknown emotion {strange[0]!r}: give one of {', '.join(EMOTIONS)}")
    anyhow = {label.casefold(): emotion for label, emotion in meant.items()}
    found = {label: meant.get(_composed(label)) or anyhow.get(_composed(label).casefold()) or emotion_of(label)
             for label in set(labels)}
    unknown = sorted(label for label, emotion in found.items() if not emotion)
    if unknown:
        raise SerReproError(f"{where}: unknown emotion {_listed(unknown, labels)}; the study's are "
                            f"{', '.join(EMOTIONS)}: {_remedy(unknown, command)}")
    return found


def _remedy(unknown: list[str], command: str) -> str:
    """What to type: a meaning is put into the mouth of nobody whose label is not a misspelt name."""
    words = [f"--emotion {shlex.quote(label)}={near(label) or '...'}" for label in unknown[:3]]
    shown = " ".join([command, *words]).strip()
    strangest = next((label for label in unknown if not near(label)), unknown[0])
    return f"say what each means (`{shown}`), or leave its clips out (--skip {shlex.quote(strangest)})"


def _listed(names: list[str], labels: list[str] | None = None) -> str:
    """Names in quotes, with how many clips have each, and what it may be meant to be."""
    told = []
    for name in names[:_SHOWN]:
        count = labels.count(name) if labels else 0
        more = [f"{count} clip{'s' * (count > 1)}"] * bool(count) + [f"did you mean {near(name)}?"] * bool(
            labels and near(name))
        told.append(repr(name) + f" ({', '.join(more)})" * bool(more))
    return ", ".join(told) + f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN)
