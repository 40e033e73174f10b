"""The colours of every picture, and with each a marker, a dash or a hatch that says the same without colour.

The nine colours of the emotions were searched by machine: as far apart as they go for readers with normal vision,
deuteranopia, protanopia and tritanopia (simulated after Machado, Oliveira and Fernandes 2009), within hues that suit an
emotion, dark enough for a line on white. tests/book/test_palette.py measures what was reached.
"""

from collections.abc import Iterable
from itertools import cycle, product
from typing import NamedTuple


class Look(NamedTuple):
    """How one thing is drawn, wherever it is drawn."""

    colour: str
    marker: str
    dashes: tuple[float, ...] = ()
    """On and off lengths in line widths; () is a solid line."""
    hatch: str = ""

    @property
    def line(self) -> tuple | str:
        """Its line style, as matplotlib takes it."""
        return (0, self.dashes) if self.dashes else "-"


# For what has no fixed look; as far apart as the nine of the emotions.
BLUE, ORANGE, RED, PURPLE, SKY, GREY = "#0063B0", "#D77F18", "#B32D02", "#3D1A50", "#2399D2", "#757575"

EMOTIONS = {
    "anger": Look("#B32D02", "o"),
    "boredom": Look("#43322B", "v", hatch="--"),
    "calm": Look("#099FD8", "^", hatch=".."),
    "disgust": Look("#007D56", "X", hatch="//"),
    "fear": Look("#1046FF", "s", hatch="xx"),
    "happiness": Look("#D77F18", "<", hatch="\\\\"),
    "neutral": Look("#949494", "."),
    "sadness": Look("#332E65", "D"),
    "surprise": Look("#895B81", "P", hatch="||"),
}
"""An emotion's look: nine colours, and markers and hatches beside them."""

ROLES = {
    "claimed": Look("#000000", "D", (5, 2)),
    "shared speakers": Look(BLUE, "o"),
    "new speakers": Look(RED, "s"),
    "new corpus": Look(PURPLE, "^"),
    "training": Look(SKY, "o", (4, 1)),
    "validation": Look(ORANGE, "^", (6, 1, 1, 1)),
    "test": Look(RED, "s"),
    "chance": Look(GREY, "|", (1, 1.5)),
}
"""What a score is of: a claim, a protocol's test part, guessing, or a part of the clips while it trains."""

CORPORA = {
    "CREMA-D": Look("#332E65", "v"),
    "EMO-DB": Look("#D77F18", "D"),
    "EMOVO": Look("#099FD8", "^"),
    "IEMOCAP": Look("#895B81", "X"),
    "RAVDESS": Look("#1046FF", "o"),
    "SAVEE": Look("#007D56", "P"),
    "ShEMO": Look("#949494", ">"),
    "TESS": Look("#B32D02", "s"),
}
"""A corpus of the package has one colour and one marker in every picture."""

_SPARE_MARKERS = "<hpd*H8"


def corpora(names: Iterable[str]) -> dict[str, Look]:
    """A look for each corpus, fixed for those of the package; others get what none of those has, in their order.

    Looks repeat only after 63 corpora of one's own.
    """
    taken = {look.colour for look in CORPORA.values()}
    colours = sorted((look.colour for look in EMOTIONS.values()), key=lambda colour: colour in taken)
    spare = cycle(Look(colour, marker) for marker, colour in product(_SPARE_MARKERS, colours))
    return {name: CORPORA.get(name) or next(spare) for name in dict.fromkeys(names)}


def use_theme() -> None:
    """Draw everything from here on in the book's style: seaborn's theme, small type, no frame around a picture."""
    import seaborn

    seaborn.set_theme(style="ticks", font="DejaVu Sans", palette=[look.colour for look in EMOTIONS.values()], rc={
        "figure.dpi": 110, "savefig.dpi": 150, "figure.facecolor": "white", "savefig.facecolor": "white",
        "font.size": 10, "axes.labelsize": 10, "axes.titlesize": 11, "axes.titlelocation": "left",
        "axes.titley": 1.0,  # left to itself, every drawing measures all ticks once more to see where a title may stand
        "xtick.labelsize": 9.5, "ytick.labelsize": 9.5, "legend.fontsize": 9.5, "legend.title_fontsize": 9.5,
        "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "axes.edgecolor": "black",
        "xtick.major.size": 3.5, "ytick.major.size": 3.5, "xtick.major.width": 0.8, "ytick.major.width": 0.8,
        "xtick.minor.size": 2, "ytick.minor.size": 2, "xtick.minor.width": 0.5, "ytick.minor.width": 0.5,
        "legend.frameon": False, "lines.linewidth": 1.5, "patch.edgecolor": "none", "hatch.linewidth": 0.6})
