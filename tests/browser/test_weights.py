"""How much a reader loads, over the wire, before a click; and how large the whole is."""

import gzip

import pytest

INTRO, RESULTS, BOOK = 600e3, 1.5e6, 60e6  # bytes


@pytest.mark.parametrize("name, most", [("intro", INTRO), ("chapters/mfcc_cnn", RESULTS), ("chapters/runs", RESULTS),
                                        ("chapters/issa", RESULTS), ("chapters/data_exploration", RESULTS)])
def test_the_first_load_of_a_page_is_light(name, most, site, page):
    loaded = {}
    page.on("response", lambda answer: loaded.update({answer.url: answer}) if answer.ok else None)
    page.goto(f"{site}{name}.html", wait_until="networkidle")
    sizes = {url: len(gzip.compress(answer.body(), 6)) for url, answer in list(loaded.items())}
    heaviest = sorted(sizes.items(), key=lambda one: -one[1])[:5]
    assert sum(sizes.values()) <= most, f"{name}: {sum(sizes.values()) / 1e6:.2f} MB; most of it: {heaviest}"


def test_the_book_is_small(site, built):
    assert sum(path.stat().st_size for path in built.rglob("*") if path.is_file()) <= BOOK
