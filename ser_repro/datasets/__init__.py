"""Corpora: the clips a folder holds, who speaks in them with what emotion, and whether they are as published.

    from ser_repro import datasets

    datasets.available("corpora")                 # names of the corpora that lie there
    table = datasets.clips("RAVDESS", "corpora")  # a row a clip
    print(datasets.check("RAVDESS", "corpora"))   # sample by sample against the index

A corpus is a module that registers a `Corpus`; a new one is such a module, and its name in the imports below. A corpus
of one's own needs no module: `datasets.clips("mine.csv")` (see `own`). The demo corpus, `write_demo`, stands in where
no corpus lies.
"""

from ser_repro.datasets import cremad, emodb, emovo, iemocap, ravdess, savee, shemo, tess
from ser_repro.datasets.audio import measure, read
from ser_repro.datasets.base import CORPORA, EMOTIONS, Corpus, Speaker, register
from ser_repro.datasets.checking import Fault, Report, check
from ser_repro.datasets.demo import synthesise, write_demo
from ser_repro.datasets.finding import available, clips, find, is_synthetic, renamed, shared_emotions, studied
from ser_repro.datasets.folders import data_folder
from ser_repro.datasets.indexes import content_hash, published, read_index, write_index
from ser_repro.datasets.lookup import get
from ser_repro.datasets.own import read_table
from ser_repro.datasets.patterns import from_names

__all__ = [
    "CORPORA",
    "EMOTIONS",
    "Corpus",
    "Fault",
    "Report",
    "Speaker",
    "available",
    "check",
    "clips",
    "content_hash",
    "cremad",
    "data_folder",
    "emodb",
    "emovo",
    "find",
    "from_names",
    "get",
    "iemocap",
    "is_synthetic",
    "measure",
    "published",
    "ravdess",
    "read",
    "read_index",
    "read_table",
    "register",
    "renamed",
    "savee",
    "shared_emotions",
    "shemo",
    "studied",
    "synthesise",
    "tess",
    "write_demo",
    "write_index",
]
