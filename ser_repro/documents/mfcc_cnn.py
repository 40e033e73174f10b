"""The 1-D CNN on the mean of 50 MFCCs (2021). See `ser_repro.models.mfcc_cnn`.

Its text claims no number.
"""

import functools
import math
from dataclasses import dataclass

from ser_repro import datasets, protocols
from ser_repro.documents.base import SILENT, CoreRuns, Document, Setting, from_all_others, to_every_other
from ser_repro.protocols import BY_FOLDER
from ser_repro.results import scores

CORPORA = ("RAVDESS", "EMO-DB", "EMOVO", "TESS", "CREMA-D", "SAVEE")
IN_FOLDERS = ("RAVDESS", "SAVEE", "TESS")  # of one speaker each, on TESS of one emotion of one speaker
SMALL = tuple(corpus for corpus in CORPORA if corpus != "CREMA-D")  # that train in a minute or two

SETTINGS = {
    "features": Setting("mfcc50_mean_code", "mfcc50_mean_paper", "window and hop of the MFCCs: 2048 and 552 samples in "
                        "the code, 512 and 256 in the text", "README", "window and hop of the text"),
    "same_pooling": Setting(False, True, "the pools keep an incomplete window at the end", "README: 'same' padding",
                            "pools padded"),
    "dropout": Setting(0.0, 0.2, "share of values dropped after the third convolution", "README, which gives no rate: "
                       "0.2 is our choice", "dropout added"),
    # Keras 2.6, which stored the weights, computes it on logits; older versions, on the softmax (see training.LOSSES).
    "loss": Setting("binary on logits", "categorical", "loss: cross-entropy of every class by itself, or of the "
                    "classes together", "README: cross-entropy", "categorical cross-entropy",
                    others={"binary on softmax": "loss of older Keras"}),
    "shuffle": Setting(False, True, "training clips in a new order every epoch", SILENT, "clips shuffled every epoch"),
    # Read in the code: it marks who is tested, and feeds the others in the order in which it has listed the files.
    "order": Setting("as drawn", "as drawn", "order of training clips that are not shuffled: that of the draw, or, as "
                     "the code lists them, folder by folder", added=True,
                     others={BY_FOLDER: "training clips folder by folder, as in the code"}),
    "learning_rate": Setting(1e-4, 1e-4, "learning rate of Adam", "README"),
    "batch_size": Setting(32, 32, "clips in a batch", SILENT),
    "epochs": Setting(500, 500, "passes over the training clips; the last one's weights are tested", "README"),
}

# What the public code knows of a corpus's labels.
LABEL_MAPS = {
    "RAVDESS": "complete",
    "EMO-DB": "complete; boredom is called calm",
    "EMOVO": "none: the code stops",
    "TESS": "eight names for seven emotions: one output without a clip",
    "CREMA-D": "complete",
    "SAVEE": "complete",
    "ShEMO": "empty, and no method to read it: the code stops",
}
# Read in the weights that lie beside the code: steps of Adam, and parameters.
STORED_WEIGHTS = {"CREMA-D": (93_500, 53_350), "EMO-DB": (7_000, 53_479), "SAVEE": (6_000, 53_479)}


@dataclass(frozen=True)
class Silent:
    """Emotions of the test clips that a trained network never predicts.

    Attributes
    ----------
    emotions : tuple of str
        Empty where it predicts every one.
    probability : float
        The largest that any test clip gives to one of them.
    reached, most : float
        Accuracy on the training clips after the last epoch, and what a network that never predicts these emotions can
        reach at most: the share of the training clips that are of others.
    """

    emotions: tuple[str, ...]
    probability: float
    reached: float
    most: float

    @property
    def dead(self) -> bool:
        """Whether training accuracy is one that a network without these outputs could reach."""
        return bool(self.emotions) and self.reached <= self.most


def silent(record: dict) -> Silent:
    """See `Silent`; of a record of this document, whose training clips are those of its corpus that it does not test.
    """
    tested = scores.table(record)
    emotions = tuple(sorted(set(tested["emotion"]) - set(tested["predicted"])))
    trained = _emotions(record["config"]["corpus"]).drop(tested["clip"])
    return Silent(emotions, max((float(tested[f"p({name})"].max()) for name in emotions), default=0.0),
                  record["history"]["train_accuracy"][-1], 1 - float(trained.isin(emotions).mean()))


@functools.cache
def _emotions(corpus: str):
    return datasets.studied(datasets.published(corpus)).set_index("clip")["emotion"]


def even_loss(corpus: str) -> float:
    """Binary cross-entropy of a network that gives every emotion of a corpus the same probability."""
    n = _emotions(corpus).nunique()
    return -(math.log(1 / n) + (n - 1) * math.log(1 - 1 / n)) / n


def steps(corpus: str) -> int:
    """Steps that the optimiser takes on a corpus in reading code: epochs times batches of its training part."""
    train = DOCUMENT.split(datasets.studied(datasets.published(corpus))).train
    return SETTINGS["epochs"].code * -(-len(train) // SETTINGS["batch_size"].code)


def _build(values: dict, n_classes: int):
    from ser_repro.models.mfcc_cnn import MFCCCNN

    return MFCCCNN(n_classes=n_classes, same_pooling=values["same_pooling"], dropout=values["dropout"])


def _optimiser(parameters, values: dict):
    from torch.optim import Adam

    return Adam(parameters, lr=values["learning_rate"], eps=1e-7, fused=True)  # Keras's epsilon


DOCUMENT = Document(
    name="mfcc_cnn", title="the CNN on 50 MFCCs", settings=SETTINGS,
    corpora=CORPORA, added=("EMOVO",), build=_build,
    inputs=lambda values: values["features"], optimiser=_optimiser, split=protocols.holdout(42), demo={"epochs": 60},
    cost=lambda values: 0.01,
    priced_on="RAVDESS",
    core=(CoreRuns("code", "published", corpora=("RAVDESS",), seeds=(0, 1, 2)),
          CoreRuns("code", "speaker", corpora=("RAVDESS",)),
          CoreRuns("paper", "published", corpora=("RAVDESS",), seeds=(0, 1, 2)),
          CoreRuns("paper", "speaker", corpora=("RAVDESS",)),
          CoreRuns("code", "published", corpora=("RAVDESS",), seeds=(0, 1, 2), changes={"loss": "binary on softmax"}),
          CoreRuns("code", "published"),
          CoreRuns("code", "speaker"),
          CoreRuns("paper", "published"),
          CoreRuns("paper", "speaker"),
          CoreRuns("code", "redrawn"),
          CoreRuns("code", "sentence"), CoreRuns("code", "speaker_sentence", corpora=SMALL),
          CoreRuns("code", "emobox", corpora=("RAVDESS",)),
          CoreRuns("code", "published", corpora=IN_FOLDERS, seeds=(0, 1, 2), changes={"order": BY_FOLDER}),
          CoreRuns("code", "published", corpora=("SAVEE", "TESS"), seeds=(1, 2)),
          *to_every_other(CORPORA), *from_all_others(CORPORA)))
