"""Which document used which corpus: how many of its clips, and how.

Facts of the documents, not of the corpora, told of all documents of the study, also of those whose networks are not
built here.
"""

USES: dict[str, tuple[str, dict[str, tuple[int | None, str]]]] = {
    "cnn_n_gru": ("CNN-n-GRU", {
        "RAVDESS": (None, "added in 2025; the rows of its matrix sum to 441, no tenth of 1440"),
        "TESS": (2800, ""),
        "IEMOCAP": (5531, "four classes, excitement merged"),
    }),
    "crema_study": ("the CREMA-D study", {
        "CREMA-D": (7442, "4948 training, 261 validation, 2233 test"),
        "SAVEE": (480, "for its copy of Qayyum et al.'s network"),
    }),
    "qayyum": ("Qayyum et al. 2019", {
        "SAVEE": (480, "300 training, 100 validation, 80 test, by the CREMA-D study's report"),
    }),
    "mfcc_cnn": ("CNN on 50 MFCCs", {
        "RAVDESS": (1440, ""),
        "TESS": (2800, ""),
        "EMO-DB": (535, "boredom is called calm"),
        "CREMA-D": (7442, ""),
        "EMOVO": (None, "named, but the public code stops at it: no label map"),
        "SAVEE": (480, ""),
        "ShEMO": (None, "named, but the public code can't read it: an empty label map, and no method"),
    }),
    "cnn_bigru": ("CNN-BiGRU with attention", {
        "RAVDESS": (1440, ""),
        "CREMA-D": (None, "named in the README; the public code cannot read it"),
        "IEMOCAP": (None, "named in the README; the public code cannot read it"),
    }),
    "issa": ("Issa et al. 2020", {
        "RAVDESS": (1440, "8 classes"),
        "EMO-DB": (535, "86.1 %; and 95.71 % on 520 of them: which 520 is not known"),
        "IEMOCAP": (None, "four classes: which clips is not known"),
    }),
}
"""A document's short name to its title and, by corpus, how many clips it used (None where it does not say) and how."""


def uses(corpus: str) -> list[tuple[str, int | None, str]]:
    """The documents that used a corpus.

    Parameters
    ----------
    corpus : str
        Its name, as in `datasets.CORPORA`.

    Returns
    -------
    list of (title, clips, how)
        In the order of `USES`; clips is None where the document does not say how many, how is "" where there is
        nothing to remark. Empty for a corpus that no document used.
    """
    return [(title, *by_corpus[corpus]) for title, by_corpus in USES.values() if corpus in by_corpus]
