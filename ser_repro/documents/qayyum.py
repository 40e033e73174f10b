"""Qayyum, Arefeen and Shahnaz 2019, and what the CREMA-D study made of it: the networks. See `ser_repro.models.qayyum`.

The paper reports 83.61 % on SAVEE of a CNN that takes eight seconds of raw audio. The CREMA-D study rebuilt that CNN,
fed it 12 MFCCs and modulation spectral features (MSF), reached 60 %, and suspected its MSF. In the paper these belong
to the baselines: an RNN, which is here, and regression and SVM (`qayyum_baselines`).

The setting n is the number of a network (`NETWORKS`). 2 and 4 are 1 and 3 made small, for a CPU: at full size the CNN
needs some 70 thousand million multiplications to hear one clip at 16 kHz (`multiplications`). We have the code of
neither: the only reading, `code`, is what the study's report shows and what is known of the paper. The study's copy
trained until a hundred epochs brought nothing better, by the curves in its report: eight of nine end that long after
their best. Ours stop earlier, for time, apart from `LONGER`. Not known are, of the report, which epoch's weights were
tested, how MFCC and MSF become one vector, whether clips were padded to eight seconds first, and on which clips
"speaker normalisation" was fitted: each its own, we take it, the tested ones too; of the paper, the rate, the epochs,
how the split was drawn and how often.
"""

import pandas as pd

from ser_repro import SerReproError
from ser_repro.documents import crema_study
from ser_repro.documents.base import CoreRuns, Document, Setting
from ser_repro.features import msf
from ser_repro.files import one_of
from ser_repro.protocols import PUBLISHED_SEED, Split
from ser_repro.results.ledger import Claim

REPORT = "report \"Paper Implementation\""
COPY = "the CREMA-D study of its own copy"  # whose claims they are that are not the paper's
TABLE = "paper's Table II, as the report shows it"

REPORTED, SMALL, RAW, RAW_SMALL, RNN_MFCC, RNN_MSF, RNN_BOTH = range(1, 8)
NETWORKS = {REPORTED: "CNN on MFCC and MSF", SMALL: "CNN on MFCC and MSF, a quarter of the channels",
            RAW: "CNN on raw audio", RAW_SMALL: "CNN on raw audio, a sixteenth of the channels, 8 kHz",
            RNN_MFCC: "RNN on MFCC", RNN_MSF: "RNN on MSF", RNN_BOTH: "RNN on MFCC and MSF"}
WIDTHS = {SMALL: 0.25, RAW_SMALL: 0.0625}
RNNS = {RNN_MFCC: "MFCC", RNN_MSF: "MSF", RNN_BOTH: "MFCC and MSF"}
FEATURES = {RAW: "raw_16k_8s", RAW_SMALL: "raw_8k_8s"} | dict.fromkeys(RNNS, "mfcc_msf_frames")

_MFCC = msf.VECTOR[0][1]
ENERGIES = 95  # of 19 acoustic and 5 modulation bands: all of the MSF that the study's source has, by memory of it
PARTS = {"MFCC and MSF": (0, -1), "MFCC": (0, _MFCC), "MSF": (_MFCC, -1), "energies": (_MFCC, _MFCC + ENERGIES)}
"""Which of the values are fed: from where to before where."""
NORMALISED = ("by speaker", "together", "no")
LEAKY = "LDA on all"

# The same of networks and baselines.
FED = {
    "part": Setting("MFCC and MSF", "MFCC and MSF", "features that are fed", REPORT, others={
        "MFCC": "MFCC alone", "MSF": "MSF alone", "energies": "the 95 energies of MSF alone"}),
    "normalised": Setting("by speaker", "by speaker", "features brought to zero mean and unit variance: of each "
                          "speaker's clips, of all clips together, or not, which is so of raw audio", REPORT,
                          others={"together": "normalised together, not by speaker"}),
    "fitted_on": Setting("all", "all", "clips on which mean and variance are taken", "inferred from the words "
                         "\"speaker normalisation\"; the name X_train_normalized in its listing may speak for training "
                         "clips",
                         others={"training": "mean and variance of training clips alone"}),
}

SETTINGS = {
    "n": Setting(None, None, "number of the network"),
    "features": Setting("mfcc_msf", "mfcc_msf", "what the network takes: a vector of 12 MFCCs and MSF, 8 s of raw "
                        "audio, or, an RNN, frames of MFCC and MSF", REPORT),
    **FED,
    "reduction": Setting("none", "none", "LDA to 5 values before the network, which is so on CREMA-D; fitted here on "
                         "training clips, as it is not told on which", REPORT,
                         others={"none": "no LDA", LEAKY: "LDA fitted on all clips, the tested ones too"}),
    "width": Setting(1.0, 1.0, "share of the channels that is kept", REPORT),
    "dropout": Setting(0.0, 0.0, "dropout before the last layer", f"{REPORT}; neither its place nor its share is told",
                       others={0.5: "dropout of 0.5"}),
    "learning_rate": Setting(1e-3, 1e-3, "learning rate of Adam", REPORT),
    **crema_study.TRAINING,
    "batch_size": Setting(4, 4, "clips in a batch: those of the attempt that has the score of the README; on CREMA-D "
                          "32, and for RNNs 16, our choice", REPORT, others={16: "batches of 16", 32: "batches of 32"}),
    "patience": Setting(10, 10, "epochs without a better watched score before training stops; the study's copy, by the "
                        "curves in its report, has 100, as its other networks do", "our choice, for time",
                        others={100: "a patience of 100 epochs"}),
    "epochs": Setting(40, 40, "passes over the training clips at most", "our choice, for time",
                      others={700: "at most 700 epochs"}),
}

# What the report has of its own copy, attempt by attempt: corpus, beside what, best validation accuracy, test accuracy.
# Between the two attempts lie another extraction of MSF and other batches (`_BATCH`).
ATTEMPTS = (
    (1, "SAVEE", "", 0.49, 0.45), (1, "SAVEE", "dropout", 0.49, 0.51), (1, "CREMA-D", "", 0.4395, 0.46),
    (1, "CREMA-D", "dropout", None, 0.45), (1, "CREMA-D", "LDA", 0.495, 0.48), (2, "SAVEE", "", 0.53, 0.60),
    (2, "SAVEE", "dropout", 0.47, 0.45), (2, "CREMA-D", "", 0.4875, 0.45), (2, "CREMA-D", "dropout", 0.495, 0.48))

_BATCH = {(1, "SAVEE"): 16, (1, "CREMA-D"): 32, (2, "SAVEE"): 4, (2, "CREMA-D"): 16}
_IN_README = {"SAVEE": (2, ""), "CREMA-D": (1, "LDA")}  # attempt, and beside what, whose score the README has
_OWN_BATCH = {corpus: _BATCH[attempt, corpus] for corpus, (attempt, _) in _IN_README.items()}

LAYERS = ((32, 21), (64, 19), (128, 17), (256, 15), (512, 13), (1024, 11), (1024, 9))
"""Channels and kernel of each convolution of the CNN, here without torch."""

CLASSES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")  # of SAVEE
RATES = (73.50, 80.88, 80.12, 87.38, 86.38, 89.75, 87.25)  # % of each class, and their mean:
MEAN_RATE = 83.61
RNN_RATES = {RNN_MFCC: 0.6828, RNN_MSF: 0.6849, RNN_BOTH: 0.7920}
RECALLS = (0.70, 0.80, 0.60, 0.40, 0.75, 0.30, 0.50)  # of the report's best network on SAVEE
RECALLS_CREMA = (0.64, 0.33, 0.31, 0.41, 0.61, 0.64)  # of its network after LDA, in the order of `crema_study.CLASSES`
CLAIMS = (
    Claim("SAVEE", REPORTED, "accuracy", 0.60, f"{COPY}, README"),
    Claim("SAVEE", REPORTED, "validation_accuracy", 0.53, f"{COPY}, {REPORT}, attempt 2"),
    *(Claim("SAVEE", REPORTED, f"recall of {emotion}", value, f"{COPY}, {REPORT}, figure")
      for emotion, value in zip(CLASSES, RECALLS, strict=True)),
    Claim("CREMA-D", REPORTED, "accuracy", 0.48, f"{COPY}, README; by the report with LDA, or with dropout instead"),
    Claim("CREMA-D", REPORTED, "validation_accuracy", 0.495, f"{COPY}, {REPORT}, with LDA, or with dropout instead"),
    Claim("CREMA-D", REPORTED, "macro_f1", 0.48, f"{COPY}, {REPORT}, with LDA"),
    *(Claim("CREMA-D", REPORTED, f"recall of {emotion}", value, f"{COPY}, {REPORT}, with LDA")
      for emotion, value in zip(crema_study.CLASSES, RECALLS_CREMA, strict=True)),
    Claim("SAVEE", RAW, "uar", MEAN_RATE / 100, TABLE),
    *(Claim("SAVEE", RAW, f"recall of {emotion}", value / 100, TABLE)
      for emotion, value in zip(CLASSES, RATES, strict=True)),
    *(Claim("SAVEE", n, "uar", value, TABLE) for n, value in RNN_RATES.items()),
    *(Claim(corpus, REPORTED, name, value, f"{COPY}, {REPORT}, attempt {attempt}", step=True, changes=(
        *((("reduction", "none"),) if corpus == "CREMA-D" else ()),
        *((("batch_size", _BATCH[attempt, corpus]),) if _BATCH[attempt, corpus] != _OWN_BATCH[corpus] else ()),
        *((("dropout", 0.5),) if beside == "dropout" else ())))
      for attempt, corpus, beside, *reached in ATTEMPTS
      if (attempt, beside) != _IN_README[corpus]
      for name, value in zip(("validation_accuracy", "accuracy"), reached, strict=True) if value is not None),
)

TESTED, OF_THE_REST = 80 / 480, 100 / 400  # of the paper's 300 training, 100 validation and 80 test clips


def split(clips: pd.DataFrame, random_state: int = PUBLISHED_SEED) -> Split:
    """The paper's split of SAVEE, 300, 100 and 80 clips, of every emotion as many; on CREMA-D that of the study.

    Stratified, as the report's matrix has 10 test clips of each emotion and 20 neutral ones; the random state is the
    study's. Errors as those of `crema_study.stratified`.
    """
    if clips["corpus"].iloc[0] == "CREMA-D":
        return crema_study.stratified(clips, random_state)
    return crema_study.stratified(clips, random_state, TESTED, OF_THE_REST)


def fewest_clips(rate: float, digits: int = 2, most: int = 1000) -> int | None:
    """The fewest clips of a class of which some number is this share in %, rounded to as many digits; None if more than
    `most` are needed."""
    half = 0.5 * 10**-digits + 1e-9
    for clips in range(1, most + 1):
        if abs(100 * round(rate / 100 * clips) / clips - rate) <= half:
            return clips
    return None


def multiplications(samples: int) -> int:
    """Multiplications that the CNN's convolutions take to hear a clip, at full size."""
    found, before = 0, 1
    for channels, kernel in LAYERS:
        found += samples * before * channels * kernel
        before, samples = channels, -(-samples // 2)
    return found


def transform(values: dict, n_classes: int):
    """What the features are normalised by, or None; also of the baselines."""
    if one_of(values["normalised"], NORMALISED, "normalised") == "no":
        return None
    from ser_repro.features.normalising import Normaliser, Reduced

    first, end = PARTS[one_of(values["part"], PARTS, "part")]
    normaliser = Normaliser(values["normalised"] == "by speaker", first, end)
    reduction = one_of(values.get("reduction", "none"), ("none", "LDA", LEAKY), "reduction")
    if reduction == "none":
        return normaliser
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return Reduced(normaliser, LinearDiscriminantAnalysis(n_components=min(5, n_classes - 1)), reduction == LEAKY)


def _adjust(values: dict, corpus: str, n: int) -> dict:
    values = values | {"n": n, "features": FEATURES.get(n, "mfcc_msf"), "width": WIDTHS.get(n, 1.0)}
    if n in (RAW, RAW_SMALL):
        return values | {"part": "none", "normalised": "no", "fitted_on": "none"}
    if n in RNNS:
        return values | {"part": RNNS[n], "batch_size": 16}
    values = values | {"batch_size": _OWN_BATCH.get(corpus, values["batch_size"])}
    return values | ({"reduction": "LDA"} if corpus == "CREMA-D" else {})


def _build(values: dict, n_classes: int):
    from ser_repro.models.qayyum import QayyumCNN, QayyumRNN

    if values["n"] not in RNNS:
        return QayyumCNN(n_classes=n_classes, width=values["width"], dropout=values["dropout"])
    if values["normalised"] == "no":
        raise SerReproError("an RNN takes the part of the features that the normalisation keeps: choose normalised by "
                            "speaker or together.")
    first, end = PARTS[values["part"]]
    count = len(range(_MFCC + len(msf.names()))[first:None if end < 0 else end])
    return QayyumRNN(n_classes=n_classes, values=count, dropout=values["dropout"])


def _optimiser(parameters, values: dict):
    from torch.optim import Adam

    from ser_repro.models import keras

    return Adam(parameters, lr=values["learning_rate"], eps=keras.EPSILON, fused=True)


def _cost(values: dict) -> float:
    # A step of the full CNN is dear, however few clips it is fed: one of a larger batch costs a third, and where LDA
    # leaves five values a sixth.
    full = 4.0 if values["reduction"] == "LDA" else 25.0 if values["batch_size"] < 16 else 9.0
    per_epoch = {REPORTED: full, SMALL: 2.0, RAW: 4000.0, RAW_SMALL: 25.0}.get(values["n"], 1.0)
    return per_epoch * min(crema_study.EPOCHS_RUN / values["epochs"], 1)


def _core(n: int, protocol: str = "published", seeds: tuple = (0, 1, 2), corpus: str = "SAVEE", **changes) -> CoreRuns:
    return CoreRuns("code", protocol, corpora=(corpus,), n=n, seeds=seeds, changes=changes)


TRAINING_CLIPS = {"fitted_on": "training"}
LONGER = {"patience": 100, "epochs": 700}  # as the study trained
TOGETHER = {"normalised": "together", "fitted_on": "training"}
DRAWS = (0, 1, 2)
DOCUMENT = Document(
    name="qayyum", title="Qayyum et al.", settings=SETTINGS, corpora=("SAVEE", "CREMA-D"), build=_build,
    inputs=lambda values: values["features"], optimiser=_optimiser, schedule=crema_study.schedule, claims=CLAIMS,
    adjust=_adjust, split=split, validates=True, sizes=tuple(NETWORKS), demo={"epochs": 3}, cost=_cost,
    transform=transform,
    readings=("code",), has_code=False, networks=NETWORKS,
    shorter=f"ours stop where {SETTINGS['patience'].code} epochs bring nothing better, and after "
            f"{SETTINGS['epochs'].code} at the latest; the study's copy trained until a hundred did, by its curves, "
            "and how long the paper trained is not told",
    longer=LONGER,
    core=(_core(SMALL), *(_core(SMALL, part=part) for part in ("MFCC", "MSF", "energies")), _core(RNN_BOTH),
          *(_core(n) for n in (RNN_MFCC, RNN_MSF)), _core(SMALL, **TRAINING_CLIPS), _core(SMALL, **TOGETHER),
          _core(SMALL, dropout=0.5), _core(SMALL, **LONGER),
          _core(REPORTED, seeds=(0,)), _core(RAW_SMALL, seeds=(0,)), _core(SMALL, "speaker"),
          _core(SMALL, "speaker", seeds=(0,), **TRAINING_CLIPS), *(_core(n, "speaker", seeds=(0,)) for n in RNNS),
          CoreRuns("code", "redrawn", corpora=("SAVEE",), n=SMALL, folds=DRAWS),
          _core(REPORTED, seeds=(1, 2)), _core(RAW_SMALL, seeds=(1, 2)), _core(REPORTED, dropout=0.5),
          *(_core(REPORTED, batch_size=16, **beside) for beside in ({}, {"dropout": 0.5})),
          _core(REPORTED, **LONGER), *(_core(REPORTED, corpus="CREMA-D", **changes) for changes in ({}, LONGER)),
          _core(REPORTED, "speaker", seeds=(0,), corpus="CREMA-D"),
          *(_core(REPORTED, seeds=(0,), corpus="CREMA-D", **changes) for changes in ({"reduction": LEAKY}, TOGETHER)),
          *(_core(REPORTED, seeds=(0,), corpus="CREMA-D", reduction="none", dropout=rate, batch_size=size)
            for rate in (0.0, 0.5) for size in (16, 32))),
    more=(_core(RAW_SMALL, **LONGER),))
