import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from ser_repro import datasets
from ser_repro.book import palette

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041]])  # of linear sRGB, D65
APART = 19  # CIE76; the emotions reach 19.4 in deuteranopia, the two palettes before them 12 and 16
READABLE = 3  # contrast on white, of WCAG 2.2, 1.4.11
BEFORE = {
    "muted": ["#882255", "#999933", "#44AA99", "#117733", "#AA4499", "#DDAA33", "#777777", "#332288", "#66BBEE"],
    "Okabe and Ito": ["#D55E00", "#000000", "#56B4E9", "#009E73", "#CC79A7", "#F0E442", "#D0D0D0", "#0072B2",
                      "#E69F00"],
}


def linear(colour):
    srgb = np.array([int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(colour, vision="normal"):
    """CIE Lab (D65) of a colour as it is seen."""
    seen = XYZ @ np.clip(VISION[vision] @ linear(colour), 0, 1) / XYZ.sum(1)
    x, y, z = np.where(seen > 216 / 24389, np.cbrt(seen), (24389 / 27 * seen + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colours, vision):
    return min(np.linalg.norm(lab(a, vision) - lab(b, vision)) for a, b in combinations(colours, 2))


def contrast(colour):
    return 1.05 / (XYZ[1] @ linear(colour) + 0.05)


def test_colours_are_measured_as_published():
    np.testing.assert_allclose(lab("#FF0000"), [53.24, 80.09, 67.20], atol=0.02)
    np.testing.assert_allclose(lab("#FFFFFF"), [100, 0, 0], atol=0.02)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.01)
    for vision, matrix in VISION.items():
        np.testing.assert_allclose(np.sum(matrix, axis=1), 1, atol=1e-5, err_msg=vision)  # grey stays grey


@pytest.mark.parametrize("vision", VISION)
def test_no_two_emotions_or_corpora_look_alike(vision):
    for looks in (palette.EMOTIONS, palette.CORPORA):
        assert nearest([look.colour for look in looks.values()], vision) >= APART


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("together", [
    ["claimed", "shared speakers", "new speakers", "new corpus", "chance"],
    ["training", "validation", "test", "chance"]])
def test_roles_that_share_a_picture_do_not_look_alike(together, vision):
    assert nearest([palette.ROLES[role].colour for role in together], vision) >= APART


@pytest.mark.parametrize("vision", VISION)
def test_colours_without_a_role_do_not_look_alike(vision):
    colours = [palette.BLUE, palette.ORANGE, palette.RED, palette.PURPLE, palette.SKY, palette.GREY]
    assert nearest(colours, vision) >= APART


def test_the_palettes_of_before_would_not_do():
    assert {name: round(min(nearest(colours, vision) for vision in VISION)) for name, colours in BEFORE.items()} == {
        "muted": 12, "Okabe and Ito": 16}


def test_every_colour_can_be_read_on_white():
    for looks in (palette.EMOTIONS, palette.CORPORA, palette.ROLES):
        for name, look in looks.items():
            assert contrast(look.colour) >= READABLE, name


def test_every_emotion_and_corpus_is_told_without_colour():
    assert set(palette.EMOTIONS) == set(datasets.EMOTIONS) and set(palette.CORPORA) == set(datasets.CORPORA)
    for looks in (palette.EMOTIONS, palette.CORPORA):
        assert len({look.marker for look in looks.values()}) == len(looks)
    assert len({look.dashes for name, look in palette.ROLES.items()
                if name in ("training", "validation", "test", "chance")}) == 4
    hatches = [look.hatch for look in palette.EMOTIONS.values() if look.hatch]
    assert len(set(hatches)) == len(hatches) == 6


def test_a_corpus_keeps_its_look_and_one_of_ones_own_gets_another():
    own = [f"mine {i}" for i in range(20)]
    looks = palette.corpora(["TESS", *own, "TESS", *palette.CORPORA])
    assert len(looks) == len(set(looks.values())) == 28
    assert looks["TESS"] == palette.corpora(["mine", "TESS"])["TESS"] == palette.CORPORA["TESS"]
    assert not {look.marker for name, look in looks.items() if name in own} & {
        look.marker for look in palette.CORPORA.values()}
    assert palette.corpora(["mine"])["mine"].colour not in {look.colour for look in palette.CORPORA.values()}


def test_the_theme_is_in_force():
    import matplotlib.pyplot as plt
    from matplotlib.colors import to_hex

    with plt.rc_context():
        palette.use_theme()
        assert plt.rcParams["font.family"] == ["DejaVu Sans"]
        assert not plt.rcParams["axes.spines.top"] and plt.rcParams["savefig.dpi"] == 150
        cycle = [to_hex(colour).upper() for colour in plt.rcParams["axes.prop_cycle"].by_key()["color"]]
        assert cycle == [look.colour for look in palette.EMOTIONS.values()]


def test_colours_and_times_need_no_library_that_draws():
    code = ("import sys; from ser_repro.book import exploration, palette, separation; "
            "from ser_repro.saved.pictures import clock; clock(61); "
            "print(*sorted({'matplotlib', 'seaborn'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
