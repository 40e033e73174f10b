"""What the study's notebooks share: checked parameters, banners, stamps, and runs asked for by name."""

import base64
import html
import os
import types
import warnings
from io import BytesIO
from pathlib import Path

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.features import arrays
from ser_repro.files import cache_folder
from ser_repro.results import scores as evaluation
from ser_repro.runs import run as runs
from ser_repro.runs import search, study, training

_JUPYTER = {"In", "Out", "exit", "quit", "get_ipython", "open"}
_KINDS = {int: "a whole number, 0 or more", str: "text (papermill's -r takes a number as text)", bool: "True or False",
          list: "a list (papermill's -y takes one: -y 'name: [a, b]')"}
_PAGE_WIDTH = 85  # in characters of a table
SYNTHETIC = "synthetic: not a result"

warnings.filterwarnings("ignore", message="IProgress not found")  # it would print a path of this machine


def check(namespace: dict, **allowed) -> None:
    """Refuse an unknown or ill-valued parameter of a notebook, which papermill itself lets pass.

    Parameters
    ----------
    namespace : dict
        The notebook's `globals()`, right after the cell of parameters.
    **allowed
        Every parameter's name, with a collection of the values it may have, or None for any of the type that the
        cell of parameters names (a number is 0 or more).

    Raises
    ------
    SerReproError
    """
    known, kinds = ", ".join(allowed), namespace.get("__annotations__", {})
    for name, value in namespace.items():
        if name.startswith("_") or name in _JUPYTER or isinstance(value, (types.ModuleType, type)) or callable(value):
            continue
        if name not in allowed:
            raise SerReproError(f"unknown parameter {name!r}: this notebook has {known}.")
        choices, kind = allowed[name], kinds.get(name)
        # True is an int to Python, and 3.0 is 3, but not to the one who typed it.
        if kind in _KINDS and (not isinstance(value, kind) or isinstance(value, bool) != (kind is bool)):
            raise SerReproError(f"{name} = {value!r} is not possible: give {_KINDS[kind]}.")
        if choices is None:
            if kind is int and value < 0:
                raise SerReproError(f"{name} = {value} is not possible: give {_KINDS[int]}.")
        elif any(v not in list(choices) for v in (value if isinstance(value, list) else [value])):
            raise SerReproError(f"{name} = {value!r} is not possible: choose from {', '.join(map(str, choices))}.")


def check_run(namespace: dict, document: str) -> None:
    """`check` the parameters of a document's chapter: those that name a run, and those that say where things are."""
    of = documents.get(document)
    size = {"n": of.sizes} if of.sizes else {}
    check(namespace, **size, corpus=of.corpora, reading=documents.READINGS, protocol=protocols.PROTOCOLS,
          fold=range(max(protocols.folds(corpus, "speaker") for corpus in of.corpora)), seed=None, epochs=None,
          mode=runs.MODES, results=None, data=None, cache=None, device=training.DEVICES)


def banner(text: str = SYNTHETIC) -> None:
    """Show a line that can't be missed, above figures that are no results."""
    from IPython.display import HTML, display

    display(HTML(f'<div class="synthetic" role="alert">{html.escape(text)}</div>'))


def show(table, *, index: bool = False, formats: dict | None = None, long: bool = False) -> None:
    """Show a DataFrame as a table that scrolls in its own box, so that a wide one leaves the page readable.

    Cells may hold HTML; they wrap where the table would be wider than a page. A `long` table keeps a row to a line,
    and scrolls both ways: one of hundreds of rows takes no more of the page than a short one.
    """
    from IPython.display import HTML, display

    width = sum(2 + max(len(str(name)), table[name].astype(str).str.len().max()) for name in table)
    table = table.replace(r"(\S+) % \[(\S+), (\S+)\]", r"\1&nbsp;% [\2,&nbsp;\3]", regex=True)  # a score's two halves
    rows = table.to_html(index=index, border=0, justify="left", formatters=formats or {}, escape=False,
                         classes="compact wordy" if width > _PAGE_WIDTH and not long else "compact")
    display(HTML(f'<div class="scroll">{rows}</div>'))


def show_effects(found) -> list:
    """What each slip is worth, of a `chapter.Results`: a picture, the numbers as a table, and what they do not hold.

    Gives the effects back.
    """
    import matplotlib.pyplot as plt
    import pandas as pd
    from IPython.display import Markdown, display

    from ser_repro.book import plots

    effects = found.effects()
    if not effects:
        display(Markdown("*None of these runs has been made yet.*"))
        return effects
    plots.effects(effects)
    plt.show()
    show(pd.DataFrame([
        {"changed": slip.replace("\n", " "), "corpus": corpus, "points": signed(100 * d.value),
         "95 %": f"[{signed(100 * d.low)}, {signed(100 * d.high)}]", "seeds": len(d.seeds)}
        for slip, corpus, d in effects]))
    display(Markdown(
        "*Intervals resample the test clips' speakers (where there are two: clips), the same on both sides; they hold "
        "no other draw of the split and, with one seed, no other start. A row compares the seeds that both sides have: "
        f"one is seed 0. How far starts alone differ, in accuracy of reading `code`: {found.starts()}. An effect of "
        "one seed that is no larger than that may be chance, and one measured from a low or a high start is as much "
        "too large or too small.*"))
    return effects


def points(difference) -> str:
    """A difference of scores (`evaluation.difference`) in words: "+12.2 points [+5.3, +19.2]"."""
    value, low, high = (signed(100 * x) for x in (difference.value, difference.low, difference.high))
    return f"{value} points [{low}, {high}]"


def loss(difference) -> str:
    """What new speakers cost (`chapter.Results.lost`) in words: "25.7 points less [16.5, 34.7]"."""
    if difference.low <= 0 <= difference.high:
        return (f"{signed(-100 * difference.value)} points [{signed(-100 * difference.high)}, "
                f"{signed(-100 * difference.low)}], an interval that holds zero")
    least, most = sorted(abs(100 * x) for x in (difference.low, difference.high))
    return (f"{abs(100 * difference.value):.1f} points {'less' if difference.value > 0 else 'more'} "
            f"[{least:.1f}, {most:.1f}]")


def show_confusions(found) -> None:
    """Confusion matrices of a `chapter.Results`, a picture a corpus and reading: the first seed, of both splits."""
    import matplotlib.pyplot as plt
    import pandas as pd
    from IPython.display import Markdown, display

    from ser_repro import documents
    from ser_repro.book import plots
    from ser_repro.results import found as chapter
    from ser_repro.results import scores as evaluation

    for corpus in found.document.corpora:
        for reading in documents.READINGS:
            panels = []
            for protocol, split in (("published", "document's split"), ("speaker", "new speakers")):
                if seeds := found.seeds(corpus, reading, protocol):
                    tested = pd.concat(chapter.frames(seeds[:1]))
                    classes = sorted(tested["emotion"].unique())
                    title = f"{corpus}, {reading},\n" + ", ".join(filter(None, (split, chapter.missing(seeds))))
                    panels.append((title, evaluation.confusion(tested, classes), classes))
            if panels:
                plots.confusion(panels)
                plt.show()
    display(Markdown("*Confusion matrices, first seed, all folds that have been run: rows are the true emotion, in per "
                     "cent.*" if found.count[0] else "*No confusion matrix yet: nothing has been run.*"))


def show_new_speakers(found) -> None:
    """What is left with new speakers, of a `chapter.Results`: a table, a row a corpus and reading that has been run."""
    import pandas as pd
    from IPython.display import Markdown, display

    from ser_repro import documents
    from ser_repro.results import found as chapter
    from ser_repro.results import scores as evaluation

    rows = []
    for corpus in found.document.corpora:
        for reading in documents.READINGS:
            both = [found.seeds(corpus, reading, protocol) for protocol in ("published", "speaker")]
            if not all(both):
                continue
            frame, lost = pd.concat(chapter.frames(both[1])), found.lost(corpus, reading)
            voices = (frame["emotion"] == frame["predicted"]).groupby(frame["speaker"]).mean()
            trained = [sum(record["clips"]["train"] for record in seeds[0]) / len(seeds[0]) for seeds in both]
            rows.append({
                "corpus": corpus, "reading": reading, "folds": chapter.missing(both[1]) or f"all {len(both[1][0])}",
                "training clips, shared and new": " / ".join(f"{n:.0f}" for n in trained),
                "shared speakers": found.told(corpus, reading),
                "new speakers": str(evaluation.score(chapter.frames(both[1]))),
                "points lost on the same clips": "—" if lost is None else
                f"{points(lost).replace(' points', '')} ({lost.clips} clips)",
                "speakers, worst to best": f"{percent(voices.min())} to {percent(voices.max())}",
                "chance": percent(chapter.chance(corpus))})
    show(pd.DataFrame(rows)) if rows else display(Markdown("*Nothing has been run yet.*"))
    display(Markdown(
        "*Points lost: accuracy with shared speakers minus accuracy with new ones, on the test clips and by the seeds "
        "that both have, so that it is not the difference of the two columns before it, which rest on other clips. "
        "Intervals resample speakers (where there are two: clips), the same on both sides; they hold no other draw of "
        "the split.*"))


def show_run(record: dict, chance: float, also: str = "") -> None:
    """One run in detail: a banner where it is no result, its scores, learning curves and confusion matrix.

    Parameters
    ----------
    chance : float
        Accuracy of guessing, drawn into the curves.
    also : str
        Said after the scores.
    """
    import matplotlib.pyplot as plt
    from IPython.display import Markdown, display

    from ser_repro.book import plots

    config, frame, classes = record["config"], evaluation.table(record), record["test"]["classes"]
    synthetic, n = config["synthetic"], config["settings"].get("n")
    if synthetic:
        banner()
    title = ", ".join([config["corpus"], *([f"n = {n}"] if n else []), config["reading"], config["protocol"],
                       *([f"fold {config['fold']}"] if config["protocol"] == "speaker" else [])])
    scores = "; ".join(f"{known} **{evaluation.score([frame], name)}**" for name, known in evaluation.SCORES.items())
    display(Markdown(f"{scores} on {len(frame)} test clips{also}. `{stamp(record)}`"))
    for quantity in ("accuracy", "loss"):
        plots.learning_curves([(title, [record])], {title: chance}, synthetic, quantity)
        plt.show()
    plots.confusion([(title, evaluation.confusion(frame, classes), classes)], synthetic)
    plt.show()


def say(key: str, value: str) -> None:
    """Glue a string for the prose of this and other pages."""
    from myst_nb import glue

    glue(key, value, display=False)


def draw(key: str, figure, elsewhere: str = "") -> None:
    """Glue a figure: the prose places it, with a caption and a text for those who do not see it.

    Parameters
    ----------
    elsewhere : str, optional
        That text for other pages, which get the figure as KEY_elsewhere: MyST-NB takes none from them.
    """
    import matplotlib.pyplot as plt
    from IPython.display import HTML
    from myst_nb import glue

    if elsewhere:
        out = BytesIO()
        figure.savefig(out, format="png", dpi="figure", bbox_inches="tight")
        source = base64.b64encode(out.getvalue()).decode()
        glue(f"{key}_elsewhere", HTML(f'<img alt="{html.escape(elsewhere)}" src="data:image/png;base64,{source}">'),
             display=False)
    glue(key, figure)
    plt.close(figure)


def unit(value: float, name: str, digits: int = 0) -> str:
    """A number that keeps its unit on its line."""
    return f"{value:.{digits}f}\N{NO-BREAK SPACE}{name}"


def percent(share: float, digits: int = 0) -> str:
    """A share in per cent."""
    return unit(100 * share, "%", digits)


def signed(value: float, digits: int = 1) -> str:
    """A difference with its sign, a minus as long as a plus."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def number(n: int) -> str:
    """A count, its thousands set apart."""
    return f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def stamp(record: dict) -> str:
    """Where a number comes from, in a line."""
    config = record["config"]
    return (f"{record['run']}: seed {config['seed']}, {len(record['history']['train_loss'])} epochs, split "
            f"{record['split_hash']}, corpus {record['corpus_hash'][:12]}, {record['device']}, "
            f"{record['train_seconds'] / 60:.0f} min, {record['finished'][:10]}")


def demo_corpus(corpus: str, cache=None) -> Path:
    """The demo corpus in the layout of `corpus`, written once to the cache folder."""
    from ser_repro.datasets import demo

    folder = cache_folder(cache) / "demo" / corpus
    return demo.write_demo(corpus, folder)


def obtain(*, document: str = "cnn_n_gru", corpus: str, n: int | None = None, reading: str, protocol: str = "published",
           fold: int = 0, seed: int = 0, epochs: int = 0, mode: str = "auto", results="results", data=None,
           cache=None, device: str = "auto", progress=None) -> dict:
    """The record of one run of the study: stored, trained here, or, where there is neither, made on the demo corpus.

    Parameters
    ----------
    epochs : int
        Epochs where it trains; 0 for the document's (on the demo corpus, for a few).
    mode : "auto", "train" or "stored"

    Returns
    -------
    dict
        A record. Its config says `synthetic` where it was made on the demo corpus; such a record is not stored
        among the results.
    """
    if mode not in runs.MODES:
        raise SerReproError(f"mode {mode!r} is not possible: choose from {', '.join(runs.MODES)}.")
    if data:
        datasets.data_folder(data)
    last = protocols.folds(corpus, protocol) - 1
    if not 0 <= fold <= last:
        raise SerReproError(f"fold = {fold} is not possible: {corpus} has folds 0 to {last} under protocol {protocol}.")
    of = documents.get(document)
    plan = study.Plan(document, corpus, reading, protocol, fold, seed, n)
    values = plan.values | ({"epochs": epochs} if epochs else {})
    if of.searched:
        values |= search.chosen(results, n=n, **plan.base) or of.unsearched
    run = runs.Run(**plan.base, seed=seed, values=values)
    here = dict(data=data, cache=cache, device=device, progress=progress)
    if mode == "stored" or (mode == "auto" and run.path(results).exists()):
        return runs.read(run.path(results))
    if corpus in real(data) or _prepared(corpus, of.inputs(values), cache) or mode == "train":
        if runs.inputs(run, data=data, cache=cache).synthetic:
            raise SerReproError(f"the {corpus} at hand is demo speech, whose runs are no results: run `ser-repro "
                                f"prepare {corpus}` on the real corpus, or leave mode at auto.")
        return runs.obtain(run, mode="train" if mode == "train" else "auto", results=results, **here)
    apart = cache_folder(cache) / "demo"
    values = values | of.demo | ({"epochs": epochs} if epochs else {})
    run = runs.Run(**plan.base, seed=seed, values=values, synthetic=True)
    return runs.obtain(run, results=apart / "results", **here | {"data": demo_corpus(corpus, cache), "cache": apart})


def _prepared(corpus: str, what: int | str, cache=None) -> bool:
    """Whether arrays of real speech are in the cache. Damaged ones count: training says so."""
    try:
        return not arrays.load(corpus, what, cache=cache).synthetic
    except SerReproError:
        return (arrays.folder_of(corpus, what, cache) / "meta.json").exists()


def real(data=None) -> list[str]:
    """Corpora of real speech on this machine."""
    if not (data or os.environ.get("SER_REPRO_DATA")):
        return []
    return [name for name in datasets.available(data) if not datasets.is_synthetic(data, name)]


SPREAD_CLIPS, SPREAD_STARTS = 24, 3


def spread_by_layer(n: int):
    """How much of the differences between clips each GRU layer of an untrained CNN-n-GRU hands on, and of the gradient.

    In double precision, from a state of zeros, on synthetic clips; means over initialisations.

    Returns
    -------
    spread : array, shape (n,)
        Standard deviation over clips of each layer's state (median of its units), relative to the first layer's.
    gradient : array, shape (n,)
        Mean absolute gradient of each layer's input weights.
    """
    import numpy as np
    import torch

    from ser_repro.datasets.demo import choose, synthesise
    from ser_repro.models.cnn_n_gru import CNNnGRU

    clips = choose("RAVDESS").drop_duplicates("speaker")["clip"].tolist()[:SPREAD_CLIPS]
    waves = [torch.from_numpy(synthesise("RAVDESS", clip, sample_rate=16000)[0][:, 0] / 2**15) for clip in clips]
    lengths = torch.tensor([len(wave) for wave in waves])
    batch = torch.nn.utils.rnn.pad_sequence(waves, batch_first=True).unsqueeze(1)
    target = torch.arange(len(clips)) % 8
    spreads, gradients = [], []
    for seed in range(SPREAD_STARTS):
        torch.manual_seed(seed)
        model = CNNnGRU(n=n, n_classes=8).double()
        output, state = model(batch, lengths)
        torch.nn.functional.nll_loss(output, target).backward()
        spread = state.detach().std(1).median(1).values
        spreads.append((spread / spread[0]).numpy())
        gradients.append([getattr(model.gru, f"weight_ih_l{layer}").grad.abs().mean().item() for layer in range(n)])
    return np.mean(spreads, axis=0), np.mean(gradients, axis=0)
