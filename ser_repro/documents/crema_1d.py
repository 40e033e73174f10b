"""The CREMA-D study's 1-D CNNs on time means of descriptors. See `ser_repro.models.crema_1d` and `crema_study`.

The setting n is the number of the model: 4 is 3 too, as both are one listing, and 7 "Model 3 with augmentation". We
could not get its notebook: reading `code` is the listings of its report, and what the notebook of the 2-D networks has
in common with it. Not known are the layers of model 1, rate and frames of the features, whether they were scaled, and
which clips LDA was fitted on.
"""

from ser_repro import SerReproError
from ser_repro.documents import crema_study
from ser_repro.documents.base import FREE, NOT_KNOWN, Copies, CoreRuns, Document, Setting, to_every_other
from ser_repro.documents.crema_study import REPORT
from ser_repro.files import one_of
from ser_repro.results.ledger import Claim

MODELS = {1: "Model 1", 2: "Model 2", 3: "Model 3", 4: "Model 4", 5: "Model 5", 6: "Model 6",
          7: "Model 3 with augmentation"}
ONE_LISTING = {3: 4}  # a model whose listing is another's -> that other, whose number stands for both
NETWORKS = {n: name for n, name in MODELS.items() if n not in ONE_LISTING} | {4: "Models 3 and 4"}
AUGMENTED = 7
RAW = (6, 7)  # models that take all values: 6 needs as many, 7 says so
STEPS = tuple(f"crema_step{step}" for step in range(1, 8))  # of the incremental selection; the eighth is crema258
REDUCED_TO = {"LDA": 5, "PCA 10": 10, "PCA 20": 20, "none": 0}
BEFORE = "before the split"

SETTINGS = {
    "n": Setting(None, None, "number of the model; 4 is model 3 too, 7 is model 3 with augmentation"),
    "features": Setting("crema258", "crema258", "time means of descriptors", f"{REPORT}: the last step of its "
                        "selection", others={name: f"features of step {step}" for step, name in enumerate(STEPS, 1)}),
    "reduction": Setting("LDA", "LDA", "what the values are reduced by: LDA to 5, PCA to 10 or 20, or nothing, which "
                         "is so in models 6 and 7", REPORT, others={"none": "all values, no reduction",
                                                                    "PCA 10": "PCA to 10 values",
                                                                    "PCA 20": "PCA to 20 values"}),
    "standardised": Setting(False, False, "values brought to zero mean and unit variance first; LDA undoes it",
                            NOT_KNOWN, others={True: "values standardised"}, untold=True),
    "fitted_on": Setting("training", "training", "clips on which LDA, PCA and the standardisation are fitted; LDA is "
                         "told their emotions", NOT_KNOWN, others={"all": "LDA fitted on all clips, the tested ones "
                                                                   "too"}),
    "augmentation": Setting("training", "training", "copies altered by noise, shift, stretch and pitch that are "
                            "trained on too, in model 7 alone: of training clips, or of all", REPORT,
                            others={"training": "altered copies of training clips", "none": "no altered copies",
                                    BEFORE: "altered copies made before the split"}),
    "optimiser": Setting("Adam", "RMSprop", "optimiser; model 5's code makes an RMSprop and compiles with 'Adam'; "
                         "model 2 has SGD, the others Adam", f"{REPORT}: the optimiser that the code makes",
                         "RMSprop, which is made, used", others={"Adam": "Adam instead of SGD"}),
    # The Keras of its time goes back to the logits under the sigmoid, as it does under a softmax.
    "loss": Setting("categorical", "categorical", "loss; model 6 ends in a sigmoid, which has no part in it in the "
                    "Keras of its time", REPORT, others={"categorical on sigmoid": "sigmoid under the categorical "
                                                         "loss, as in other versions of Keras"}),
    "learning_rate": Setting(1e-3, 1e-3, "learning rate", REPORT),
    **crema_study.TRAINING,
}

# Validation accuracy, test accuracy, F1 (README); recalls on the test clips in the order of `crema_study.CLASSES`.
TABLE = {1: (0.54, 0.48, 0.47), 2: (0.55, 0.48, 0.48), 3: (0.55, 0.46, 0.46), 4: (0.53, 0.46, 0.46),
         5: (0.40, 0.38, 0.36), 6: (0.46, 0.45, 0.43), 7: (0.49, 0.47, 0.47)}
RECALLS = {1: (0.60, 0.35, 0.34, 0.42, 0.41, 0.72), 2: (0.58, 0.38, 0.37, 0.42, 0.50, 0.62),
           3: (0.47, 0.33, 0.44, 0.52, 0.37, 0.59), 4: (0.55, 0.39, 0.41, 0.35, 0.51, 0.57),
           5: (0.60, 0.22, 0.18, 0.28, 0.38, 0.58), 6: (0.64, 0.15, 0.28, 0.48, 0.59, 0.58),
           7: (0.59, 0.31, 0.39, 0.48, 0.45, 0.59)}
_UNKNOWN = {1: "its layers are not told: our Model 1 is a reconstruction"}

# Accuracy and macro F1 of Model 2 before LDA, by optimiser (report); with Adam the learning rate also dropped more
# slowly, it doesn't tell how.
WITHOUT_LDA = {"SGD": (0.34, 0.25), "Adam": (0.45, 0.44)}

# The incremental selection with model 1, in the report's order: features, reduction, test accuracy, macro F1.
SELECTION = (("crema_step1", "none", 0.36, 0.35), ("crema_step2", "none", 0.44, 0.41),
             ("crema_step3", "none", 0.46, 0.45), ("crema_step3", "LDA", 0.43, 0.42),
             ("crema_step4", "LDA", 0.43, 0.43), ("crema_step5", "LDA", 0.47, 0.46),
             ("crema_step6", "LDA", 0.47, 0.46), ("crema_step7", "LDA", 0.48, 0.47),
             ("crema258", "LDA", 0.48, 0.47), ("crema258", "PCA 10", 0.38, 0.29), ("crema258", "PCA 20", 0.39, 0.31))


def _steps() -> tuple[Claim, ...]:
    """What the report tells of trainings on the way to its seven models."""
    found = [Claim("CREMA-D", 1, name, value, f"{REPORT}, pages 2 to 8", untestable=_UNKNOWN[1], step=True,
                   changes=tuple((setting, kept) for setting, kept, own in (
                       ("features", features, "crema258"), ("reduction", reduction, "LDA")) if kept != own))
             for features, reduction, accuracy, f1 in SELECTION if (features, reduction) != ("crema258", "LDA")
             for name, value in (("accuracy", accuracy), ("macro_f1", f1))]
    found += [Claim("CREMA-D", 2, name, value, f"{REPORT}, page 9: before LDA", step=True,
                    changes=(("reduction", "none"), *((("optimiser", optimiser),) if optimiser != "SGD" else ())))
              for optimiser, reached in WITHOUT_LDA.items()
              for name, value in zip(("accuracy", "macro_f1"), reached, strict=True)]
    return tuple(found)


CLAIMS = (*crema_study.claims(MODELS, TABLE, RECALLS, _UNKNOWN, ONE_LISTING), *_steps())


def _adjust(values: dict, corpus: str, n: int) -> dict:
    values = values | {"n": n} | ({"reduction": "none"} if n in RAW else {})
    values["augmentation"] = "training" if n == AUGMENTED else "none"
    return values if n == 5 else values | {"optimiser": "SGD" if n == 2 else "Adam"}


def reduced(values: dict, n_classes: int) -> int:
    """Values that reach the network; LDA leaves no more than classes less one."""
    from ser_repro.features import sets

    own = len(sets.get(values["features"]).values)
    kept = REDUCED_TO[values["reduction"]] or own
    return min(kept, n_classes - 1) if values["reduction"] == "LDA" else min(kept, own)


def _transform(values: dict, n_classes: int):
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kept = reduced(values, n_classes)
    steps = [StandardScaler()] if values["standardised"] else []
    if values["reduction"] == "LDA":
        steps.append(LinearDiscriminantAnalysis(n_components=kept))
    elif values["reduction"] != "none":
        steps.append(PCA(kept, svd_solver="full"))
    return make_pipeline(*steps) if steps else None


def _copies(values: dict) -> Copies:
    from ser_repro.features.crema258 import COPIES

    which = one_of(values["augmentation"], ("none", "training", BEFORE), "augmentation")
    if which != "none" and values["features"] != "crema258":
        raise SerReproError(f"altered copies have the values of crema258 alone, not of {values['features']}: choose "
                            "features crema258, or augmentation none.")
    if which == "none":
        return Copies()
    return Copies(COPIES, ("train", "validation", "test") if which == BEFORE else ("train",))


def _build(values: dict, n_classes: int):
    from ser_repro.models.crema_1d import CREMA1D

    return CREMA1D(n=values["n"], length=reduced(values, n_classes), n_classes=n_classes)


def _optimiser(parameters, values: dict):
    from torch import optim

    from ser_repro.models import keras

    kind, rate = one_of(values["optimiser"], ("Adam", "SGD", "RMSprop"), "optimiser"), values["learning_rate"]
    if kind == "SGD":
        return optim.SGD(parameters, lr=rate)
    if kind == "RMSprop":
        return optim.RMSprop(parameters, lr=rate, alpha=0.9, eps=keras.EPSILON)
    return optim.Adam(parameters, lr=rate, eps=keras.EPSILON, fused=True)


def _cost(values: dict) -> float:
    per_epoch = 0.05 if reduced(values, 6) <= 20 else {1: 0.6, 6: 0.5, 7: 1.0}.get(values["n"], 0.8)
    per_epoch *= 5 if values["augmentation"] != "none" else 1
    return per_epoch * min(crema_study.EPOCHS_RUN / values["epochs"], 1)


def _core(n: int, protocol: str = "published", seeds: tuple = (0,), folds: tuple = (), **changes) -> CoreRuns:
    return CoreRuns("code", protocol, n=n, seeds=seeds, folds=folds, changes=changes)


THREE = (0, 1, 2)  # starts
DOCUMENT = Document(
    name="crema_1d", title="the CREMA-D study's 1-D CNNs", settings=SETTINGS, corpora=("CREMA-D",), build=_build,
    inputs=lambda values: values["features"], optimiser=_optimiser, schedule=crema_study.schedule, claims=CLAIMS,
    adjust=_adjust, split=crema_study.stratified, validates=True, sizes=tuple(NETWORKS), networks=NETWORKS,
    demo={"epochs": 3},
    cost=_cost, copies=_copies, transform=_transform,
    core=(*(_core(n, seeds=THREE) for n in NETWORKS if n != AUGMENTED), _core(AUGMENTED),
          *(_core(n, "speaker") for n in NETWORKS if n != AUGMENTED),
          # The incremental selection, its last step apart, which is model 1 itself; one start each, as the spread of
          # model 1's is known.
          *(_core(1, features=step, reduction="LDA") for step in STEPS),
          *(_core(1, features=step, reduction="none") for step in STEPS[:3]),
          *(_core(1, reduction=reduction, standardised=scaled) for reduction in ("PCA 10", "PCA 20")
            for scaled in (False, True)),
          _core(1, seeds=THREE, fitted_on="all"), _core(5, seeds=THREE, optimiser="RMSprop"),
          _core(1, seeds=THREE, early_stopping="last"),
          *(_core(1, seeds=THREE, augmentation=when) for when in ("training", BEFORE)),
          _core(6, seeds=THREE, loss="categorical on sigmoid"), _core(6, seeds=THREE, standardised=True),
          *to_every_other(FREE, n=2),
          *(_core(2, reduction="none", optimiser=optimiser) for optimiser in WITHOUT_LDA)),
    # A run of model 7 takes hours on a CPU.
    more=(*(_core(2, reduction="none", optimiser=optimiser, standardised=True) for optimiser in WITHOUT_LDA),
          _core(AUGMENTED, seeds=THREE), _core(AUGMENTED, "speaker"), _core(2, seeds=THREE, fitted_on="all"),
          *(_core(1, seeds=THREE, features=step, reduction="LDA") for step in STEPS),
          *(_core(1, seeds=THREE, reduction=reduction) for reduction in ("PCA 10", "PCA 20")),
          *(_core(1, seeds=THREE, features=step, reduction="none") for step in STEPS[:3])))
