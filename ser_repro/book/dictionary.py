"""The data dictionary: what each field of a record is."""

import pandas as pd
from typing_extensions import is_typeddict

from ser_repro import protocols
from ser_repro.book import sortable
from ser_repro.book.show import Html
from ser_repro.escaping import html

MEANINGS = {
    "run": ("text", "name of the run; it ends in the hash of its configuration"),
    "config": ("object", "what was asked for; its hash names the run"),
    "config.document": ("text", "the document whose method it is"),
    "config.reading": ("text", "`code` or `paper`"),
    "config.corpus": ("text", "the corpus that trained"),
    "config.protocol": ("text", "who is held out: " + ", ".join(f"`{one.name}` ({one.title})"
                                                                for one in protocols.PROTOCOLS.values())),
    "config.fold": ("integer", "which part of the speakers is tested, from 0"),
    "config.seed": ("integer", "what the random draws start from"),
    "config.settings": ("object", "setting to value, all of them"),
    "config.synthetic": ("boolean", "whether it rests on the demo corpus, and is no result"),
    "config.tested": ("list of text", "other corpora that were tested"),
    "config.joined": ("list of text", "corpora that train together with `corpus`"),
    "split_hash": ("hexadecimal", "SHA-256 of which clip is in which part"),
    "corpus_hash": ("hexadecimal", "SHA-256 of the decoded samples of all clips"),
    "arrays_checksum": ("text", "of the arrays that trained"),
    "features_hash": ("text", "of the definition of the feature set"),
    "clips": ("object", "clips in each part of the split"),
    "clips.train": ("integer", "clips that trained"),
    "clips.validation": ("integer", "clips that were watched while it trained"),
    "clips.test": ("integer", "clips that were tested"),
    "parameters": ("integer", "weights that are learned"),
    "versions": ("object", "library to version"),
    "device": ("text", "what it was made on"),
    "finished": ("text", "date and time, UTC"),
    "train_seconds": ("number, s", "wall time of training"),
    "history": ("object", "`train_loss`, `test_accuracy` and so on to a list, an entry an epoch"),
    "probes": ("object", "what was measured of the weights while it trained"),
    "test": ("object", "the clips that were tested"),
    "test.classes": ("list of text", "emotions that the model can name"),
    "test.columns": ("list of text", "what each entry of a row is: `clip`, `speaker`, `emotion` (the true one), and "
                                     "`p(EMOTION)`, a probability each"),
    "test.rows": ("list of lists", "a row a clip; probabilities are rounded to five digits"),
    "test.order": ("text", "the order in which clips were fed"),
    "test.conditions": ("object", "answers under other ways of feeding, as places in `classes`"),
    "test.attention": ("list of lists", "attention weights, a row a clip"),
    "test.corpus_hash": ("hexadecimal", "SHA-256 of the samples that were tested"),
    "test.arrays_checksum": ("text", "of the arrays that were tested"),
    "tested": ("object", "other corpus to its clips that were tested, each like `test`"),
}
"""Field of a record -> (type, meaning)."""


def fields(schema, before: str = "") -> list[str]:
    """Names of all fields of a typed dictionary, those within others behind a dot."""
    names = []
    for name, kind in schema.__annotations__.items():
        names.append(before + name)
        inner = next((one for one in (kind, *getattr(kind, "__args__", ())) if is_typeddict(one)), None)
        names += fields(inner, f"{before}{name}.") if inner else []
    return names


def show() -> None:
    """The dictionary, as a table to take along."""
    rows = [{"field": Html(f"<code>{html(name)}</code>"), "type": kind, "meaning": Html(
        "".join(f"<code>{html(part)}</code>" if i % 2 else html(part) for i, part in enumerate(meaning.split("`"))))}
        for name, (kind, meaning) in MEANINGS.items()]
    csv = pd.DataFrame([{"field": name, "type": kind, "meaning": meaning}
                        for name, (kind, meaning) in MEANINGS.items()])
    sortable.table("dictionary", "Every field of a record.", rows, [sortable.slug("field", name) for name in MEANINGS],
                   csv=csv, filters={"type": [kind for kind, _ in MEANINGS.values()]})
