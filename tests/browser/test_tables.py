"""Tables that sort, filter and search; what is downloaded; and the clips behind a confusion matrix."""

import csv
import html
import json
import re
import zipfile
from urllib.parse import parse_qs

import pytest

from ser_repro.book.sortable import slug


@pytest.mark.parametrize("name, table", [("claims", "claims"), ("runs", "records"), ("leak_audit", "prices")])
def test_a_table_sorts_filters_and_searches(name, table, site, page):
    page.goto(f"{site}chapters/{name}.html")
    part = page.locator(f"#{table}")
    rows, status = part.locator("tbody tr"), part.get_by_role("status")
    status.wait_for()
    every = rows.count()
    assert status.inner_text() == f"{every} of {every} rows"

    head = part.locator("thead th").first
    def sort(way):
        head.click()
        page.wait_for_function("([head, way]) => head.ariaSort === way", arg=[head.element_handle(), way])

    sort("ascending")
    first = rows.locator("td:first-child").all_inner_texts()
    sort("descending")
    assert rows.locator("td:first-child").all_inner_texts()[0] != first[0] and first == sorted(first)

    choice = part.locator("select").first
    value = choice.locator("option").nth(1).inner_text()
    choice.select_option(value)
    shown = rows.locator("td:first-child").all_inner_texts()
    assert 0 < len(shown) < every and all(one.startswith(value) for one in shown)

    part.get_by_label("Search").fill("no cell says this")
    assert status.inner_text() == f"0 of {every} rows"


def test_a_table_is_worked_with_the_keyboard(site, page):
    page.goto(f"{site}chapters/claims.html")
    part = page.locator("#claims")
    part.get_by_role("status").wait_for()
    part.locator("thead th [role=button], thead th button").first.focus()
    page.keyboard.press("Enter")
    part.locator("thead th[aria-sort=ascending]").wait_for()  # it sorts a moment later
    assert part.locator("thead th").first.get_attribute("aria-sort") == "ascending"


def test_a_row_has_an_address(site, page):
    page.goto(f"{site}chapters/runs.html")
    address = page.locator("#records tbody tr").nth(40).get_attribute("id")
    page.goto(f"{site}chapters/runs.html#{address}")
    page.reload()
    page.locator("#records").get_by_role("status").wait_for()
    assert page.locator(f"tr[id='{address}']").evaluate(
        "e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; }")


def test_a_link_shows_the_records_of_one_document(site, page):
    page.goto(f"{site}chapters/runs.html")
    page.get_by_role("link", name="records").first.click()
    page.locator("#records").get_by_role("status").wait_for()
    assert len(set(page.locator("#records tbody td:first-child").all_inner_texts())) == 1


@pytest.mark.parametrize("name, table", [("claims", "claims"), ("runs", "records"), ("leak_audit", "prices"),
                                         ("runs", "dictionary")])
def test_a_table_can_be_taken_along(name, table, site, page):
    page.goto(f"{site}chapters/{name}.html")
    part = page.locator(f"#{table}")
    with page.expect_download() as download:
        part.get_by_role("link", name="CSV").click()
    with open(download.value.path()) as file:
        assert len(list(csv.DictReader(file))) == part.locator("tbody tr").count()
    with page.expect_download() as download:
        part.get_by_role("link", name="BibTeX").click()
    assert download.value.path().read_text().startswith(f"@misc{{ser_repro_table_{table},")


def test_all_records_and_a_drawing_can_be_taken_along(site, page):
    page.goto(f"{site}chapters/runs.html")
    with page.expect_download() as download:
        page.get_by_role("link", name="All records in one archive").click()
    assert len(zipfile.ZipFile(download.value.path()).namelist()) > 100
    with page.expect_download() as download:
        page.get_by_role("link", name="as PDF").first.click()
    assert download.value.path().read_bytes().startswith(b"%PDF")


def test_without_javascript_tables_are_whole(site, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}chapters/claims.html")
    assert page.locator("#claims tbody tr").count() > 100
    context.close()


def test_the_errors_of_a_model_are_a_click_from_its_confusion_matrix(site, page):
    page.goto(f"{site}chapters/cnn_bigru.html")
    page.locator("a[href*='corpus=RAVDESS']").first.click()
    status = page.locator("#clips").get_by_role("status")
    status.wait_for()
    few, every = (int(word) for word in status.inner_text().split() if word.isdigit())
    assert 0 < few < every
    page.locator("#clips .tools").get_by_label("Emotion").select_option("calm")
    assert set(page.locator("#clips tbody td:nth-child(3)").all_inner_texts()) == {"calm"}
    assert int(status.inner_text().split()[0]) < few


def test_clips_sort_by_how_many_models_they_mislead(site, page):
    page.goto(f"{site}chapters/errors.html?corpus=SAVEE")
    head = page.locator("#clips thead th", has_text="wrong, of models")
    head.wait_for()
    for way in ("ascending", "descending"):
        head.click()
        page.wait_for_function("([head, way]) => head.ariaSort === way", arg=[head.element_handle(), way])
        found = [int(text.split()[0]) for text in page.locator("#clips tbody td:nth-child(6)").all_inner_texts()]
        assert found == sorted(found, reverse=way == "descending")
    assert found[0] > 9


def test_clips_that_do_not_come_are_told_of_and_late_ones_not_shown(site, page):
    held = []
    page.route("**/errors-ravdess.json", lambda route: held.append(route))
    page.route("**/errors-tess.json", lambda route: route.fulfill(status=404))
    page.goto(f"{site}chapters/errors.html")
    clips = page.locator("#clips")
    corpus, status = clips.get_by_label("Corpus"), clips.get_by_role("status")
    corpus.select_option("RAVDESS")
    corpus.select_option("EMO-DB")
    status.filter(has_text="clips").wait_for()
    told = status.inner_text()
    with page.expect_response("**/errors-ravdess.json"):
        held.pop().continue_()
    page.wait_for_timeout(500)
    assert status.inner_text() == told
    corpus.select_option("TESS")
    status.filter(has_text="clips of TESS could not be loaded (404").wait_for()
    assert not clips.locator("table").is_visible() and clips.locator("select").count() == 1
    corpus.select_option("EMO-DB")
    status.filter(has_text=told).wait_for()
    assert clips.locator("table").is_visible()


def test_a_word_is_explained_to_the_keyboard_and_put_away(site, page):
    page.goto(f"{site}chapters/svm193.html")
    term = page.locator("a.term").first
    term.focus()
    shown = "e => getComputedStyle(e, '::after').content"
    assert term.evaluate(shown) not in ("none", "normal") and term.get_attribute("aria-description")
    page.keyboard.press("Escape")
    assert term.evaluate(shown) == "none"
    term.click()
    assert "#word-" in page.url and page.locator(f"[id='{page.url.split('#')[1]}']").count() == 1


def test_links_to_clips_name_models_that_the_page_of_errors_has(built):
    asked = {link for page in (built / "chapters").glob("*.html")
             for link in re.findall(r'errors\.html\?([^"#]+)#clips', page.read_text())}
    assert len(asked) > 5
    for one in (parse_qs(html.unescape(link)) for link in asked):
        rows = built / f"_downloads/errors-{slug(*one['corpus'])}.json"
        assert one["model"][0] in json.loads(rows.read_text())["models"], one
