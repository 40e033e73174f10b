"""Fitting at once: scikit-learn estimators, trained and stored by the same rules as networks.

A fitted estimator is stored as a safetensors file: its arrays as tensors, its numbers and texts as JSON in the header.
Loading it fills a new estimator that the document's recipe builds, so that no code comes out of the file, and a scaler
that was fitted on the training clips belongs to the model.
"""

import json

import numpy as np

from ser_repro import SerReproError

TRANSFORM = "transform."  # before the names of a transformer's arrays, among those of what it feeds
_PLAIN = (bool, int, float, str, type(None))


def values_of(source, rows: np.ndarray) -> np.ndarray:
    """One vector a clip, shape (clips, values), of a source whose clips are one frame each.

    Raises
    ------
    SerReproError
        If the clips have a time axis.
    """
    inputs, _ = source.batch(rows)
    if inputs.shape[-1] != 1 or inputs.shape[1] == 1:
        raise SerReproError(f"an estimator takes one vector a clip, and these clips are of shape "
                            f"{tuple(inputs.shape[1:])}: choose a feature set of one vector a clip.")
    return inputs[..., 0].numpy()


def frames_of(source, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All frames of the clips, one after the other, shape (frames, values), and how many each clip has: 1 of a clip
    that is one vector."""
    inputs, lengths = (part.numpy() for part in source.batch(rows))
    there = np.arange(inputs.shape[2]) < lengths[:, None]
    return inputs.transpose(0, 2, 1)[there], lengths


def predict(estimator, values: np.ndarray) -> np.ndarray:
    """Class probabilities, shape (clips, classes).

    Where an estimator has no probabilities, the softmax of its decision function: their order is the estimator's, but
    how sure they sound means little.
    """
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(values)
    scores = estimator.decision_function(values)
    if scores.ndim == 1:  # of two classes
        scores = np.stack([-scores / 2, scores / 2], axis=1)
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def dump(estimator, transform=None) -> bytes:
    """A fitted estimator, or pipeline of such, as a safetensors file, and with it what its clips are transformed by
    first, where there is such a thing; errors as those of `pack`."""
    from safetensors.numpy import save

    arrays, told = pack(estimator)
    if transform is None:
        return save(arrays, {"estimator": told})
    before, told_before = pack(transform)
    return save(arrays | {f"{TRANSFORM}{name}": value for name, value in before.items()},
                {"estimator": told, "transform": told_before})


def pack(estimator) -> tuple[dict[str, np.ndarray], str]:
    """A fitted estimator as arrays by name, and a text with the rest.

    Raises
    ------
    SerReproError
        If it holds anything but arrays, numbers and texts.
    """
    arrays, plain = _contents(estimator)
    return arrays, json.dumps({"types": _types(estimator), "values": plain})


def _contents(estimator) -> tuple[dict, dict]:
    """Arrays, and numbers and texts, by `place.name`: of an estimator that is not fitted, its settings alone."""
    arrays, plain = {}, {}
    for place, part in _parts(estimator):
        for name, value in vars(part).items():
            key = f"{place}.{name}"
            if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
                # A fitted attribute may have the machine's byte order alone, and any layout.
                arrays[key] = np.ascontiguousarray(value)
            elif isinstance(value, np.generic):
                plain[key] = value.item()
            elif isinstance(value, _PLAIN) or (isinstance(value, list | tuple)
                                               and all(isinstance(one, _PLAIN) for one in value)):
                plain[key] = value
            elif name not in part.get_params(deep=False):
                raise SerReproError(f"{type(part).__name__}.{name} is a {type(value).__name__}, which can't be stored "
                                    "without code: use an estimator that holds arrays, numbers and texts.")
    return arrays, plain


def load(estimator, content: bytes, transform=None):
    """The estimator, and the transformer, new from their recipe, with what `dump` stored.

    Raises
    ------
    KeyError, ValueError, TypeError, safetensors.SafetensorError
        If the content is no such file, or that of another estimator, or of one with other settings.
    """
    from safetensors.numpy import load as parse

    told, arrays = header(content), parse(content)
    before = {name.removeprefix(TRANSFORM): arrays.pop(name) for name in list(arrays) if name.startswith(TRANSFORM)}
    if transform is not None:
        unpack(transform, before, told["transform"])
    return unpack(estimator, arrays, told["estimator"])


def header(content: bytes) -> dict[str, str]:
    """The texts in the header of a safetensors file.

    Raises
    ------
    safetensors.SafetensorError
        If the content is no such file.
    """
    from safetensors import deserialize

    deserialize(content)  # raises where the content is none
    return json.loads(content[8:8 + int.from_bytes(content[:8], "little")]).get("__metadata__") or {}


def unpack(estimator, arrays: dict[str, np.ndarray], told: str):
    """The estimator, new from its recipe, with what `pack` gave; errors as those of `load`."""
    told = json.loads(told)
    parts, (_, own) = dict(_parts(estimator)), _contents(estimator)
    if told["types"] != _types(estimator):
        raise ValueError(f"of another estimator: {told['types']}")
    if json.dumps({key: told["values"].get(key) for key in own}) != json.dumps(own):
        raise ValueError("of an estimator with other settings")
    for key, value in (arrays | told["values"]).items():
        place, _, name = key.partition(".")
        if key in own:
            continue
        if name.startswith("__") or not isinstance(getattr(type(parts[place]), name, None), _PLAIN):
            raise ValueError(f"{name} is no fitted attribute")  # but a method, say
        setattr(parts[place], name, value)
    for part in parts.values():
        if hasattr(part, "support_vectors_"):
            _refuse_unfit(part)
    return estimator


def _refuse_unfit(machine) -> None:
    """Raise a ValueError for arrays of a support vector machine that do not fit each other: libsvm, which is compiled,
    would read beyond their ends."""
    vectors, classes = len(machine.support_vectors_), len(machine.classes_)
    pairs = (max(classes * (classes - 1) // 2, 1),)
    wanted = {"support_": (vectors,), "_n_support": (classes,), "dual_coef_": (classes - 1, vectors),
              "_dual_coef_": (classes - 1, vectors), "intercept_": pairs, "_intercept_": pairs,
              "support_vectors_": (vectors, machine.n_features_in_)}
    if any(getattr(machine, name).shape != shape for name, shape in wanted.items()):
        raise ValueError("its arrays do not fit each other")
    if machine._sparse or (machine._n_support < 0).any() or machine._n_support.sum() != vectors:
        raise ValueError("its support vectors are not those of its classes")


def parameters(estimator) -> int:
    """Numbers that the fit has left in its arrays."""
    return sum(value.size for _, part in _parts(estimator) for name, value in vars(part).items()
               if isinstance(value, np.ndarray) and name.endswith("_") and not name.startswith("_"))


def _parts(estimator):
    """(place, estimator) of each step of a pipeline, or of the estimator itself."""
    steps = getattr(estimator, "steps", None)
    return [(str(i), part) for i, (_, part) in enumerate(steps)] if steps else [("0", estimator)]


def _types(estimator) -> list[str]:
    return [type(part).__name__ for _, part in _parts(estimator)]
