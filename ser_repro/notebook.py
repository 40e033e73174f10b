"""What the study's notebooks share: checked parameters, banners, stamps, and runs asked for by name."""

import html
import os
import types
from pathlib import Path

from ser_repro import SerReproError, datasets, recipes, runs, search, splits, study
from ser_repro.features import waveform

_JUPYTER = {"In", "Out", "exit", "quit", "get_ipython", "open"}
SYNTHETIC = "synthetic: not a result"


def check(namespace: dict, **allowed) -> None:
    """Refuse an unknown or ill-valued parameter of a notebook, which papermill itself lets pass.

    Parameters
    ----------
    namespace : dict
        The notebook's `globals()`, right after the cell of parameters.
    **allowed
        Every parameter's name, with a collection of the values it may have, or None for any.

    Raises
    ------
    SerReproError
    """
    known = ", ".join(allowed)
    for name, value in namespace.items():
        if name.startswith("_") or name in _JUPYTER or isinstance(value, (types.ModuleType, type)) or callable(value):
            continue
        if name not in allowed:
            raise SerReproError(f"unknown parameter {name!r}: this notebook has {known}.")
        choices = allowed[name]
        if choices is not None and any(v not in choices for v in (value if isinstance(value, list) else [value])):
            raise SerReproError(f"{name} = {value!r} is not possible: choose from {', '.join(map(str, choices))}.")


def banner(text: str = SYNTHETIC) -> None:
    """Show a line that can't be missed, above figures that are no results."""
    from IPython.display import HTML, display

    display(HTML(f'<div class="synthetic" role="alert">{html.escape(text)}</div>'))


def stamp(record: dict) -> str:
    """Where a number comes from, in a line."""
    config = record["config"]
    return (f"{record['run']}: seed {config['seed']}, {len(record['history']['train_loss'])} epochs, split "
            f"{record['split_hash']}, corpus {record['corpus_hash'][:12]}, {record['device']}, "
            f"{record['train_seconds'] / 60:.0f} min, {record['finished'][:10]}")


def demo_corpus(corpus: str, cache=None) -> Path:
    """The demo corpus in the layout of `corpus`, written once to the cache folder."""
    from ser_repro.datasets import demo

    folder = waveform.cache_folder(cache) / "demo" / corpus
    return demo.write_demo(corpus, folder)


def obtain(*, document: str = "cnn_n_gru", corpus: str, n: int, reading: str, protocol: str = "published",
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
    plan = study.Plan(document, corpus, n, reading, protocol, fold, seed)
    values = plan.values | ({"epochs": epochs} if epochs else {})
    values |= search.chosen(results, n=n, **plan.base) or recipes.UNSEARCHED
    run = runs.Run(**plan.base, seed=seed, values=values)
    here = dict(data=data, cache=cache, device=device, progress=progress)
    if mode == "stored" or (mode == "auto" and run.path(results).exists()):
        return runs.read(run.path(results))
    prepared = (waveform.folder_of(corpus, values["sample_rate"], cache) / "meta.json").exists()
    if corpus in real(data) or prepared or mode == "train":
        return runs.obtain(run, mode="train" if mode == "train" else "auto", results=results, **here)
    demo = demo_corpus(corpus, cache)
    values |= {"epochs": epochs or recipes.DEMO_EPOCHS, "batch_size": 16, "sample_rate": 16000}
    if protocol == "speaker":
        splits.folds(corpus, protocol)
    run = runs.Run(**plan.base, seed=seed, values=values, synthetic=True)
    return runs.obtain(run, results=waveform.cache_folder(cache) / "demo" / "results",
                       **here | {"data": demo, "cache": waveform.cache_folder(cache) / "demo"})


def real(data=None) -> list[str]:
    """Corpora of real speech on this machine."""
    if not (data or os.environ.get("SER_REPRO_DATA")):
        return []
    return [name for name in datasets.available(data) if not datasets.is_synthetic(data, name)]
