"""The study's words, explained where a page first uses them: the definition that the introduction gives, on hover.

Each is a link to that list, so that a reader without a pointer, or on paper, finds it too.
"""

import re
from html import escape

from docutils import nodes

LIST = "words"
"""Label of the section of the introduction whose list defines them: **word**: definition."""
EVERYDAY = {"document", "bug", "claim", "start", "draw", "p"}
"""Words that are also used in their common sense, or as verbs: linked nowhere."""


def slug(word: str) -> str:
    return "word-" + re.sub(r"\W+", "-", word.lower())


def items(doctree) -> dict[str, nodes.list_item]:
    """Word -> its item in the list of the introduction."""
    section = next((one for one in doctree.findall(nodes.section) if LIST in one["ids"] + one["names"]), None)
    found = {}
    for item in section.findall(nodes.list_item) if section else ():
        if word := next(item.findall(nodes.strong), None):
            found[word.astext()] = item
    return found


def definitions(app) -> dict[str, str]:
    """Word -> what it means."""
    if not hasattr(app, "book_words"):
        told = {word: item.astext() for word, item in items(app.env.get_doctree(app.config.root_doc)).items()}
        app.book_words = {word: re.sub(r"\s+", " ", text.removeprefix(word).lstrip(": ")) for word, text in told.items()
                          if word not in EVERYDAY}
    return app.book_words


def explain(app, doctree, page: str) -> None:
    """Link the first use of every word on a page to its definition."""
    if app.builder.format != "html":
        return
    own = items(doctree) if page == app.config.root_doc else {}
    for word, item in own.items():
        item["ids"].append(slug(word))
    waiting, known = dict(definitions(app)), set(map(id, own.values()))
    address = app.builder.get_relative_uri(page, app.config.root_doc)
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if id(paragraph.parent) in known or isinstance(paragraph.parent, nodes.entry):
            continue
        for text in [one for one in paragraph.findall(nodes.Text) if one.parent is paragraph]:
            if not waiting:
                return
            parts = linked(str(text), waiting, address)
            if len(parts) > 1:
                paragraph.replace(text, parts)


def linked(text: str, waiting: dict[str, str], address: str) -> list[nodes.Node]:
    """A text in parts, with a link for every word that was waiting for its first use; these wait no longer."""
    either = "|".join(sorted(map(re.escape, waiting), key=len, reverse=True))
    parts, at = [], 0
    for match in re.finditer(rf"(?<!by )(?<![\w-])({either})s?(?![\w-])", text, re.IGNORECASE):
        word = next(one for one in (match[1], match[1].lower(), match[1].upper(), "") if one in waiting or not one)
        if word:
            parts += [nodes.Text(text[at:match.start()]), nodes.raw("", (
                f'<a class="term" href="{address}#{slug(word)}" aria-description="{escape(waiting.pop(word))}">'
                f"{escape(match[0])}</a>"), format="html")]
            at = match.end()
    return [*parts, nodes.Text(text[at:])]
