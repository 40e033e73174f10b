"""A saved network as a graph in ONNX, which other programs run: samples in, probabilities of the emotions out.

    from ser_repro import saved
    from ser_repro.saved import export

    export.export(saved.load("models/mine"), "mine.onnx")

The graph takes one recording at a time, at the rate that it names in its metadata, and gives what
`ser-repro predict` gives, to 1e-4. The features are in the graph where they can be (MFCCs, waveforms); of other sets it
takes the values. Weights that are stored in 16 bits stay so in the file.
"""

import copy
import io
import json
import logging
import os
import warnings
from pathlib import Path

from ser_repro import SerReproError
from ser_repro.features import arrays, sets
from ser_repro.files import write_atomic
from ser_repro.saved.model import Saved

OPSET = 17  # the first with STFT
_SECONDS = 3  # of the recording that the exporter is shown; others may be of any length


def export(model: Saved, file: str | Path) -> dict:
    """Write a saved network to a file.

    Returns
    -------
    dict
        What the graph's metadata say: see `about`.

    Raises
    ------
    SerReproError
        Without the package onnx, of a model that is no network, or where the file can't be written.
    """
    told = about(model)
    write_atomic(Path(os.path.expanduser(file)), graph(model, told), remedy="give another file with --onnx")
    return told


def about(model: Saved) -> dict:
    """What whoever runs the graph has to know: its input (`samples` or `values`), their rate in Hz, its classes, what
    trained it, and what its answers are worth."""
    from ser_repro.saved import hearing

    what = model.card["input"]["what"]
    _, name, rate = hearing.front(what, model.sample_rate)
    return {"document": model.card["document"], "run": model.card["run"], "input": name, "sample_rate": rate,
            "channel": "first" if arrays.is_waveform(what) else "mean", "features": str(what),
            "classes": model.classes, "seconds": model.card["trained_on"]["seconds"],
            "corpus": model.card["corpus"]["name"], "licence": model.card["corpus"]["licence"],
            "caution": model.card["caution"]}


def graph(model: Saved, told: dict) -> bytes:
    """The network and what stands before it, as a file of ONNX."""
    try:
        import onnx
    except ImportError:
        raise SerReproError("--onnx needs the package onnx: `pip install onnx`, or `pip install -e '.[onnx]'` in the "
                            "project, then try again.") from None
    if model.card["config"]["document"] and (not hasattr(model.model.module, "forward") or model.model.transform):
        raise SerReproError(f"{model.folder} can't be exported: only networks without a transformer before them are "
                            "(cnn_n_gru, mfcc_cnn, cnn_bigru, issa).")
    content = io.BytesIO()
    whole, shown = _whole(model, told)
    import torch

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of what is constant in the graph and may be so: no clip decides it
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(whole, (shown,), content, dynamo=False, opset_version=OPSET, input_names=[told["input"]],
                          output_names=["probabilities"],
                          dynamic_axes={"samples": {0: "time"}} if told["input"] == "samples" else None)
    made = onnx.load_from_string(content.getvalue())
    onnx.helper.set_model_props(made, {"ser_repro": json.dumps(told, ensure_ascii=False)})
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()


def _whole(model: Saved, told: dict):
    """The graph as a module, and an input to follow it with."""
    import torch
    from torch import nn

    from ser_repro.saved import hearing

    class Probabilities(nn.Module):
        def __init__(self, before, network):
            super().__init__()
            self.before, self.network = before, network

        def forward(self, given):
            x = self.before(given)
            # Not `x.shape`: a length that is followed is a tensor of its own.
            out = self.network(x, torch.ones(1, dtype=torch.int64) * x.shape[-1])
            return (out[0] if isinstance(out, tuple) else out).softmax(1)[0]

    before, name, rate = hearing.front(model.card["input"]["what"], model.sample_rate)
    network = copy.deepcopy(model.model.module)
    for part in network.modules():
        if hasattr(part, "optimised"):
            part.optimised = False  # the package's own kernels are none of ONNX's
    generator = torch.Generator().manual_seed(0)
    count = (rate * _SECONDS if name == "samples" else len(sets.get(model.card["input"]["what"]).values))
    return Probabilities(before, network).eval(), 0.1 * torch.randn(count, generator=generator)
