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
import os
import warnings
from pathlib import Path

import numpy as np

from ser_repro import SerReproError
from ser_repro.features import arrays, sets
from ser_repro.files import digest, whole_folder, write_atomic
from ser_repro.runs import methods, rounding
from ser_repro.runs.run import settings_of
from ser_repro.saved import card, hearing
from ser_repro.saved.model import CARD, WEIGHTS, Saved, refuse_foreign

OPSET = 17  # the first with STFT
_SECONDS = 3  # of the recording that the exporter is shown; others may be of any length
_LARGE = 1000  # values of a matrix that is worth keeping small


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
    _refuse_other(model)
    told = about(model)
    write_atomic(Path(os.path.expanduser(file)), graph(model, told), remedy="give another file with --onnx")
    return told


def about(model: Saved) -> dict:
    """What whoever runs the graph has to know: its input (`samples` or `values`), their rate in Hz, its classes, what
    trained it, and what its answers are worth."""
    what = model.card["input"]["what"]
    name, rate = hearing.takes(what, model.sample_rate)
    title, n = model.card["document"], settings_of(model.card["config"]).get("n")
    return {"document": title.replace("-n-", f"-{n}-") if n else title, "run": model.card["run"],
            "input": name, "sample_rate": rate, "heard_rate": model.heard_rate,
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
    import torch

    whole, shown = _whole(model)
    content = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of what is constant in the graph and may be so: no clip decides it
        # Nothing is computed beforehand and no batch norm merged into a convolution: weights stay as they are stored.
        torch.onnx.export(whole, (shown,), content, dynamo=False, opset_version=OPSET, do_constant_folding=False,
                          training=torch.onnx.TrainingMode.PRESERVE, input_names=[told["input"]],
                          output_names=["probabilities"],
                          dynamic_axes={"samples": {0: "time"}} if told["input"] == "samples" else None)
    made = onnx.load_from_string(content.getvalue())
    _compact(made)
    onnx.helper.set_model_props(made, {"ser_repro": json.dumps(told, ensure_ascii=False)})
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()


def rounded(model: Saved, folder: str | Path, bits: int) -> None:
    """Write a saved network with weights of 16 or 8 bits (see `runs.rounding`), its card with it: a saved model that
    `ser-repro predict` uses as any other.

    Raises
    ------
    SerReproError
        Of a model that is no network, or where the folder holds anything else or can't be written.
    """
    _refuse_other(model)
    folder = Path(os.path.realpath(os.path.expanduser(folder)))
    refuse_foreign(folder)
    content = rounding.rounded((model.folder / WEIGHTS).read_bytes(), bits)
    made = card.seal(model.card | {"weights": digest(content)})
    try:
        with whole_folder(folder) as beside:
            (beside / WEIGHTS).write_bytes(content)
            (beside / CARD).write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise SerReproError(f"no model written to {folder} ({error.strerror or error}): free some room or give another "
                            "folder.") from error


def _refuse_other(model: Saved) -> None:
    if not isinstance(model.model, methods.Network):
        raise SerReproError(f"{model.folder} can't be exported: give a network (cnn_n_gru, mfcc_cnn, cnn_bigru, issa, "
                            "crema_1d).")


def _whole(model: Saved):
    """The graph as a module, and an input to follow it with."""
    import torch

    what = model.card["input"]["what"]
    if hearing.takes(what, model.sample_rate)[0] == "values" and not sets.get(what).values:
        raise SerReproError(f"{model.folder} can't be exported: its features {what} have no graph; give a network on "
                            "waveforms, on MFCCs, or on one vector a clip.")
    try:
        before = hearing.front(what, model.sample_rate, model.model.transform)
    except SerReproError as error:
        raise SerReproError(f"{model.folder} can't be exported: {error}.") from None
    name, rate = hearing.takes(what, model.sample_rate)
    network = copy.deepcopy(model.model.module)
    for part in network.modules():
        if hasattr(part, "optimised"):
            part.optimised = False  # the package's own kernels are none of ONNX's
    count = rate * _SECONDS if name == "samples" else len(sets.get(what).values)
    shown = 0.1 * torch.randn(count, generator=torch.Generator().manual_seed(0))
    return hearing.Probabilities(before, network).eval(), shown


# ---- a small file ------------------------------------------------------------------------------------------------


def _compact(made) -> None:
    """Keep in fewer bytes what can be without a change: the weights of a network that was rounded, mel bands."""
    from onnx import helper, numpy_helper

    first = []
    for stored in list(made.graph.initializer):
        values = numpy_helper.to_array(stored)
        if values.dtype != np.float32 or values.size < _LARGE:
            continue
        parts, nodes = _smaller(stored.name, values)
        if not nodes:
            continue
        made.graph.initializer.remove(stored)
        made.graph.initializer.extend(numpy_helper.from_array(part, name) for name, part in parts.items())
        first += [helper.make_node(kind, taken, [given], **told) for kind, taken, given, told in nodes]
    nodes = [*first, *made.graph.node]
    del made.graph.node[:]
    made.graph.node.extend(nodes)


def _smaller(name: str, values: np.ndarray) -> tuple[dict, list]:
    """Arrays, and nodes (operator, inputs, output, attributes) that make exactly the values of them; empty where the
    values are as small as they get."""
    single = {"to": 1}  # TensorProto.FLOAT
    half, whole, one, two = (f"{name}/{part}" for part in ("half", "whole", "1", "2"))
    if np.count_nonzero(values) < values.size / 8:
        places = np.flatnonzero(values)
        parts = {whole: np.array([values.size]), one: places, two: values.ravel()[places],
                 half: np.array(values.shape)}
        return parts, [("ConstantOfShape", [whole], f"{name}/none", {}),
                       ("ScatterElements", [f"{name}/none", one, two], f"{name}/flat", {"axis": 0}),
                       ("Reshape", [f"{name}/flat", half], name, {})]
    if (values.astype(np.float16) == values).all():
        return {half: values.astype(np.float16)}, [("Cast", [half], name, single)]
    scale = rounding.scale_of(values)
    numbers = np.rint(values / scale)
    if np.abs(numbers).max() <= 127 and (numbers.astype(np.float32) * scale == values).all():
        return ({one: numbers.astype(np.int8), two: scale},
                [("Cast", [one], whole, single), ("Mul", [whole, two], name, {})])
    return {}, []
