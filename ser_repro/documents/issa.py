"""Issa, Demirci and Yazici (2020): a 1-D CNN on 193 features. See `ser_repro.models.issa`.

Issa, Demirci, Yazici, "Speech emotion recognition with deep convolutional neural networks", Biomedical Signal
Processing and Control 59 (2020) 101894. The full text was not found: what is known is the abstract, one figure, and
two public re-implementations. The authors published no code. Reading `code` is re-implementation A, which the seed of
this study describes (malaker in references.bib), but for two things that it does and neither reading has (`shuffle`,
`early_stopping`): their prices are measured one at a time; reading `paper` is the figure and, where that is silent,
re-implementation B (antipixel) and an older program with the same layers, C (puthran). `Setting.source` says which.
"""

import numpy as np

from ser_repro import datasets, protocols
from ser_repro.documents.base import FREE, NOT_KNOWN, CoreRuns, Document, Setting, to_every_other
from ser_repro.results import ledger
from ser_repro.results.ledger import NEW, NOT_RUN, Claim
from ser_repro.results.scores import Score

INFERRED = "inferred from the older program C, which has the same layers"
PATIENCE = 2  # read in A

SETTINGS = {
    "variant": Setting(None, None, "whose network: that for the corpus"),
    "features": Setting("issa193_code", "issa193", "order of the 193 values; tonnetz of the full signal, or of its "
                        "harmonic part", "figure, for the order; whose tonnetz it takes is not known: harmonic, as in "
                        "re-implementation B", "order of the figure, harmonic tonnetz"),
    "same_padding": Setting(False, True, "convolutions keep the length", "figure: 3072 values reach the last layer, "
                            "which they do with padding only", "convolutions padded"),
    "decay": Setting(0.0, 1e-6, "decay of the learning rate, a step: lr / (1 + decay * steps)", "re-implementation B",
                     "learning rate decays"),
    "learning_rate": Setting(1e-5, 1e-5, "learning rate of RMSprop (Adam for IEMOCAP)", "re-implementations A and B"),
    "batch_size": Setting(32, 16, "clips in a batch", INFERRED, "batches of 16"),
    "epochs": Setting(700, 700, "passes over the training clips; the last one's weights are tested",
                      "re-implementations B and C"),
    # What A does and neither reading has: it never shuffles, and stops early. Runs of their own price it.
    "shuffle": Setting(True, True, "training clips in a new order every epoch, which A never has", NOT_KNOWN,
                       added=True, others={False: "clips never shuffled, as in A"}),
    "early_stopping": Setting("none", "none", "whether training ends once the loss of the tested clips has stopped "
                              "falling, which in A it does, with the best epoch's weights", NOT_KNOWN, added=True,
                              others={"last": "stopped early, last weights",
                                      "restored": "stopped early, best weights restored, as in A"}),
    "patience": Setting(PATIENCE, PATIENCE, "epochs without a fall of that loss before it stops early",
                        "re-implementation A", added=True),
    "last_relu": Setting(False, False, "ReLU after the last convolution of the network for RAVDESS, which "
                         "re-implementation B alone has", "re-implementation A", added=True,
                         others={True: "ReLU after the last convolution, as in B"}),
}
AS_A = {"early_stopping": "restored", "shuffle": False}
"""What A does beside all that reading `code` takes from it."""
DOCUMENT_CORPORA = ("RAVDESS", "EMO-DB")
_VARIANT = {"EMO-DB": "emodb", "IEMOCAP": "iemocap"}

CLAIMS = (
    Claim("RAVDESS", None, "accuracy", 0.7161, "abstract: 8 classes", NEW),
    Claim("EMO-DB", None, "accuracy", 0.861, "abstract: 535 clips, 7 classes", NEW),
    Claim("EMO-DB", None, "accuracy", 0.9571, "abstract: 520 clips, 7 classes", NEW,
          untestable="which 520 of the 535 clips is not known"),
    Claim("IEMOCAP", None, "accuracy", 0.643, "abstract: 4 classes", NEW),
)

# What others reach. The folds and the recalls are read off images of a re-implementation's repository, which draws its
# five folds at random; the UARs, with new speakers, off an image of EmoBox's table.
OTHER_FOLDS = (0.7535, 0.6840, 0.6979, 0.7014, 0.6944)
OTHER_RECALL = {"anger": 0.82, "calm": 0.65, "disgust": 0.73, "fear": 0.73, "happiness": 0.65, "neutral": 0.79,
                "sadness": 0.58, "surprise": 0.74}
PRETRAINED = {"wav2vec 2.0 base": 0.5433, "HuBERT base": 0.6543, "HuBERT large": 0.70, "data2vec 2.0 large": 0.7115,
              "WavLM large": 0.72, "Whisper large v3": 0.7532}
EXAMPLE_EPOCHS, EXAMPLE_BATCH = 15, 64  # the README's example
BUNDLED_EPOCHS = 205  # in the name of the model that lies beside the code
# The networks (`models.issa.VARIANTS`): what a reader calls each, and where it is known from.
NETWORKS = {"figure": ("the figure's baseline", "the paper's figure, reproduced by A"),
            "ravdess": ("for RAVDESS", "A and B"), "emodb": ("for EMO-DB", "A"),
            "iemocap": ("for IEMOCAP", "A")}


def steps(reading: str, corpus: str = "RAVDESS") -> int:
    """Steps that the optimiser takes with shared speakers: epochs times batches of the training part."""
    train = DOCUMENT.split(datasets.studied(datasets.published(corpus))).train
    epochs, size = (getattr(SETTINGS[name], reading) for name in ("epochs", "batch_size"))
    return epochs * -(-len(train) // size)


def as_long_as_ravdess(corpus: str) -> dict:
    """Setting `epochs` for a corpus that no text about this network names: the number at which the optimiser takes as
    many steps on all of its clips as on all of RAVDESS. 700 epochs of CREMA-D would be five times as many."""
    if corpus in DOCUMENT_CORPORA:
        return {}
    epochs, size = SETTINGS["epochs"].code, SETTINGS["batch_size"].code
    own, wanted = (-(-datasets.get(name).n_clips // size) for name in (corpus, "RAVDESS"))
    return {"epochs": round(epochs * wanted / own)}


def independence(claim: Claim, shared: Score | None, new: Score | None, folds: str = "") -> str:
    """What runs say to a claim of "speaker-independent" accuracy, in a sentence without its end.

    Parameters
    ----------
    claim : ledger.Claim
    shared, new : scores.Score or None
        With shared and with new speakers.
    folds : str
        Which folds of new speakers have been run, where some are missing.
    """
    if not (shared and new and shared.has_interval and new.has_interval):
        told = [f"with {speakers} speakers {ledger.distance(claim, score) if score else NOT_RUN}" for speakers, score in
                (("shared", shared), ("new", new))]
        return "; ".join(told) + (f" ({folds})" if folds else "")
    value = claim.value
    if new.high < value:
        beside = "below" if value < shared.low else "above" if value > shared.high else "within"
        says = ("the claim is above both intervals, with shared and with new speakers" if beside == "above" else
                f"the claim is above the interval with new speakers and {beside} that with shared speakers")
        says += f" (their accuracy is {abs(100 * (shared.value - value)):.1f} points {_side(shared, value)} it)"
    elif new.low > value:
        says = "the claim is below the interval with new speakers, so nothing measured here contradicts it"
    else:
        says = "the claim is within the interval with new speakers, so nothing measured here contradicts it"
    away = 100 * (new.value - value)
    says += f"; accuracy with new speakers is {abs(away):.0f} points {_side(new, value)} the claim"
    return says + (f", on {folds} only" if folds else "")


def _side(score: Score, value: float) -> str:
    return "below" if score.value < value else "above"


def settles(accuracy: list[float], window: int = 25, close: float = 0.02) -> tuple[int, float]:
    """The epoch (counted from 1) from which the mean accuracy of the last `window` epochs stays within `close` of where
    it ends, and that end."""
    running = np.convolve(accuracy, np.ones(window) / window, "valid")
    away = np.flatnonzero(np.abs(running - running[-1]) > close)
    return window + (int(away[-1]) + 1 if len(away) else 0), float(running[-1])


def _adjust(values: dict, corpus: str, n: None) -> dict:
    return values | {"variant": _VARIANT.get(corpus, "ravdess")}


def _build(values: dict, n_classes: int):
    from ser_repro.models.issa import Issa

    return Issa(n_classes=n_classes, variant=values["variant"], same_padding=values["same_padding"],
                last_relu=values["last_relu"])


def _optimiser(parameters, values: dict):
    from torch import optim

    # Keras's constants, which are not PyTorch's.
    if values["variant"] == "iemocap":
        return optim.Adam(parameters, lr=values["learning_rate"], eps=1e-7)
    return optim.RMSprop(parameters, lr=values["learning_rate"], alpha=0.9, eps=1e-7, foreach=True)


def _schedule(optimiser, values: dict):
    from torch.optim.lr_scheduler import LambdaLR

    return LambdaLR(optimiser, lambda step: 1 / (1 + values["decay"] * step))


DOCUMENT = Document(
    name="issa", title="Issa et al.", settings=SETTINGS, corpora=DOCUMENT_CORPORA, build=_build,
    inputs=lambda values: values["features"], optimiser=_optimiser, schedule=_schedule, schedule_every="step",
    claims=CLAIMS, adjust=_adjust, split=protocols.holdout(42),
    demo={"epochs": 8, "batch_size": 16, "learning_rate": 1e-3},
    # Where it stops early it does so within some fifty epochs.
    cost=lambda values: 0.3 if values["early_stopping"] == "none" else 0.3 * 50 / values["epochs"],
    # A run on RAVDESS takes three times as long as one on EMO-DB, three quarters of an hour.
    priced_on="EMO-DB",
    core=(CoreRuns("code", "published", corpora=("RAVDESS",)),
          CoreRuns("code", "speaker", corpora=("RAVDESS",)),
          CoreRuns("code", "published", corpora=("EMO-DB",)),
          CoreRuns("code", "speaker", corpora=("EMO-DB",), folds=tuple(range(6))),
          CoreRuns("paper", "published", corpora=("RAVDESS",)),
          CoreRuns("paper", "speaker", corpora=("RAVDESS",)),
          CoreRuns("paper", "published", corpora=("EMO-DB",)),
          CoreRuns("code", "published", corpora=("RAVDESS",), seeds=(1, 2)),
          CoreRuns("code", "published", corpora=("EMO-DB",), seeds=(1, 2)),
          CoreRuns("code", "published", seeds=(0, 1, 2), changes={"early_stopping": "restored"}),
          CoreRuns("code", "published", seeds=(0, 1, 2), changes={"early_stopping": "last"}),
          CoreRuns("code", "published", corpora=("EMO-DB",), seeds=(0, 1, 2), changes={"shuffle": False}),
          CoreRuns("code", "published", seeds=(0, 1, 2), changes=AS_A),
          CoreRuns("code", "published", corpora=("RAVDESS",), changes={"shuffle": False}),
          CoreRuns("code", "redrawn", corpora=("RAVDESS",), folds=(0, 1, 2)),
          *to_every_other(FREE, changes=as_long_as_ravdess)),
    more=(CoreRuns("paper", "published", corpora=("RAVDESS",), changes={"last_relu": True}),))
