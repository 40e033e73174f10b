"""The CNN-BiGRU with attention on frames of 40 MFCCs. See `ser_repro.models.cnn_bigru`.

Its README claims no number. How much of a clip its first frames hold, and experiments on the untrained network, stand
here too.
"""

import numpy as np
import pandas as pd

from ser_repro import protocols
from ser_repro.documents.base import FREE, SILENT, CoreRuns, Document, Setting, to_every_other

FRAMES, HOP = 100, 512  # frames that the public code keeps of a clip, and samples between them
LIVE_RATE = 44100  # Hz, of its script that records from a microphone

SETTINGS = {
    "features": Setting("mfcc40_frames_code", "mfcc40_frames_whole", "frames of 40 MFCCs: the first 100 (at 48 kHz "
                        "1.07 s), or all of the clip", "README: padded or cut to a fixed length of 100 frames; all "
                        "of the clip is our choice",
                        "the whole clip instead of 100 frames"),
    "view_as_time": Setting(True, False, "blocks of channels handed to the GRU as if they were steps in time",
                            "README: the GRU models time; the code that it prints has the blocks", "time axis kept"),
    "activations": Setting(False, True, "ReLU between the last three linear layers", "customary practice; the "
                           "README prints none",
                           "ReLU between the linear layers"),
    "learning_rate": Setting(4e-4, 4e-4, "learning rate of Adam", SILENT),
    "weight_decay": Setting(8e-5, 8e-5, "weight decay of Adam", SILENT),
    "batch_size": Setting(32, 32, "clips in a batch", SILENT),
    "epochs": Setting(45, 45, "passes over the training clips; the last one's weights are tested", SILENT),
}


def _build(values: dict, n_classes: int):
    from ser_repro.models.cnn_bigru import CNNBiGRU

    return CNNBiGRU(n_classes=n_classes, view_as_time=values["view_as_time"], activations=values["activations"])


def _optimiser(parameters, values: dict):
    from torch.optim import Adam

    return Adam(parameters, lr=values["learning_rate"], weight_decay=values["weight_decay"])


DOCUMENT = Document(
    name="cnn_bigru", title="CNN-BiGRU with attention", settings=SETTINGS, corpora=("RAVDESS", "CREMA-D"),
    added=("CREMA-D",), build=_build,
    inputs=lambda values: values["features"], optimiser=_optimiser, split=protocols.holdout(123),
    demo={"epochs": 2, "batch_size": 16},
    cost=lambda values: 0.5 if values["features"].endswith("code") else 2.0,
    # Of the whole clip of RAVDESS a run takes over half an hour, of CREMA-D three times that.
    priced_on="RAVDESS",
    core=(CoreRuns("code", "published", corpora=("RAVDESS",)),
          CoreRuns("code", "speaker", corpora=("RAVDESS",)),
          CoreRuns("paper", "published", corpora=("RAVDESS",)),
          CoreRuns("paper", "speaker", corpora=("RAVDESS",), folds=(0,)),
          CoreRuns("code", "published", corpora=("RAVDESS",), seeds=(1, 2)),
          CoreRuns("code", "published", corpora=("CREMA-D",)),
          CoreRuns("code", "redrawn", corpora=("RAVDESS",), folds=(0, 1, 2)), *to_every_other(FREE)))


def first_frames(clips: pd.DataFrame) -> pd.DataFrame:
    """What the first `FRAMES` frames hold of each clip.

    Parameters
    ----------
    clips : DataFrame
        Measures of `ser_repro.book.exploration`: duration_s, silence_start_s, silence_end_s, and sample_rate in Hz.

    Returns
    -------
    DataFrame
        given_s (how long these frames last, in s), and as shares: kept (of the clip), silent (of these frames, before
        the first sound), heard (of what lies between first and last sound; NaN of a silent clip), padding (of these
        frames).
    """
    given, start = FRAMES * HOP / clips["sample_rate"], clips["silence_start_s"]
    sounding = (clips["duration_s"] - start - clips["silence_end_s"]).clip(lower=0)
    return pd.DataFrame({
        "given_s": given, "kept": (given / clips["duration_s"]).clip(upper=1), "silent": (start / given).clip(upper=1),
        "heard": ((given - start).clip(lower=0) / sounding.where(sounding > 0)).clip(upper=1),
        "padding": (1 - clips["duration_s"] / given).clip(lower=0)})


# ---- experiments: the untrained network, and its features of synthetic speech ---------------------------------------

EXPERIMENT_CLIPS, EXPERIMENT_STARTS = 8, 3


def network() -> dict:
    """The untrained network in numbers, for eight emotions.

    Returns
    -------
    dict
        blocks: [channels, coefficients, frames] after each of the five; hidden: of the GRU, in one direction; step: the
        frames of the image that make one after the blocks; seen: those that reach one; steps: how many the GRU runs
        over in reading `code`; linears: widths from the first layer's input to the last one's output; parameters; and
        of the linear layers chain (parameters), rank (of their product) and one (parameters of a single layer).
    """
    import torch

    from ser_repro.models.cnn_bigru import CHANNELS, COEFFICIENTS, HIDDEN, SHORTEST, CNNBiGRU

    torch.manual_seed(0)
    model = CNNBiGRU(n_classes=8, view_as_time=True, activations=False)
    blocks, linears = [], model.linears
    for norm in model.norms:  # each is followed by ReLU and a pool of 2 x 2
        norm.register_forward_hook(lambda _, __, out: blocks.append(
            [out.shape[1], out.shape[3] // 2, out.shape[2] // 2]))
    with torch.no_grad():
        model(torch.zeros(2, COEFFICIENTS, FRAMES), torch.tensor([FRAMES] * 2))
        rank = torch.linalg.matrix_rank(linears[2].weight @ linears[1].weight @ linears[0].weight)
    return {"coefficients": COEFFICIENTS, "blocks": blocks, "hidden": HIDDEN, "step": SHORTEST,
            # Each convolution adds two frames and each pool one, at the scale of its block.
            "seen": 1 + sum(3 * 2**i for i in range(len(CHANNELS))), "steps": FRAMES // SHORTEST,
            "linears": [linears[0].in_features, *(layer.out_features for layer in linears)],
            "parameters": sum(p.numel() for p in model.parameters()), "rank": int(rank),
            "chain": sum(p.numel() for p in linears.parameters()),
            "one": (linears[0].in_features + 1) * linears[2].out_features}


def view() -> dict:
    """What each step of the GRU sees of each third of a clip, in the untrained network and on synthetic speech.

    Returns
    -------
    dict
        clips and starts (how many), and `code` and `paper`: share of the change in each step when a third of the
        input is another clip's, shape (third, step); means over clips and initialisations.
    """
    import torch

    from ser_repro.datasets import demo
    from ser_repro.features import sets
    from ser_repro.features.clip import Clip

    names = demo.choose("RAVDESS").drop_duplicates("speaker")["clip"].tolist()[:EXPERIMENT_CLIPS]
    coded = sets.get("mfcc40_frames_code")
    images = torch.from_numpy(np.stack([coded.compute(Clip(*demo.synthesise("RAVDESS", name, duration_s=1.5)))
                                        for name in names]))
    moved = {reading: np.mean([_moved(images, reading == "code", start) for start in range(EXPERIMENT_STARTS)], axis=0)
             for reading in ("code", "paper")}
    return {"clips": EXPERIMENT_CLIPS, "starts": EXPERIMENT_STARTS} | {
        reading: shares.tolist() for reading, shares in moved.items()}


def _moved(images, viewed: bool, start: int) -> np.ndarray:
    """See `view`, of one initialisation."""
    import torch

    from ser_repro.models.cnn_bigru import SHORTEST, CNNBiGRU

    torch.manual_seed(start)
    model, handed = CNNBiGRU(n_classes=8, view_as_time=viewed), []
    model.gru.register_forward_pre_hook(lambda _, inputs: handed.append(inputs[0]))
    lengths, steps = torch.full((len(images),), FRAMES), FRAMES // SHORTEST
    for norm in model.norms:
        norm.momentum = None  # statistics of these clips, not of the start
    shares = []
    with torch.no_grad():
        model(images, lengths)
        model.eval()
        model(images, lengths)
        own = handed[-1]                                                         # (clip, step, 512)
        for third in range(steps):
            other = images.clone()
            piece = slice(third * SHORTEST, (third + 1) * SHORTEST if third + 1 < steps else None)
            other[:, :, piece] = images.roll(1, 0)[:, :, piece]
            model(other, lengths)
            change = (handed[-1] - own).norm(dim=2)
            shares.append((change / change.sum(1, keepdim=True)).mean(0).numpy())
    return np.array(shares, float)


def features() -> dict:
    """How far from sound a frame of padding lies, and from the training a live recording.

    Returns
    -------
    dict
        clips (how many); loudness: the mean first coefficient, standardised, of synthetic clips; live_lower: by what
        shares, least and most, the centre of a mel band lies lower at `LIVE_RATE` than at the rate of RAVDESS.
    """
    import librosa

    from ser_repro import datasets
    from ser_repro.features import sets
    from ser_repro.features.clip import Clip

    names = datasets.demo.choose("CREMA-D").drop_duplicates("speaker")["clip"].tolist()[:EXPERIMENT_CLIPS]
    whole = sets.get("mfcc40_frames_whole")
    loudness = [whole.compute(Clip(*datasets.synthesise("CREMA-D", name)))[0].mean() for name in names]
    trained = int(datasets.get("RAVDESS").sample_rate)
    bands = [librosa.mel_frequencies(130, fmax=rate / 2)[1:-1] for rate in (LIVE_RATE, trained)]
    lower = 1 - bands[0] / bands[1]
    return {"clips": len(names), "loudness": float(np.mean(loudness)),
            "live_lower": [float(lower.min()), float(lower.max())]}


EXPERIMENTS = {"network": network, "view": view, "features": features}
