"""Weights of fewer bits: half the size of a stored network, or a quarter of it.

A rounded network is a network of its own: whatever uses it computes with the rounded weights, in single precision. Only
matrices are rounded, which hold nearly all of the values; biases and statistics stay as they are.
"""

import numpy as np

from ser_repro import SerReproError
from ser_repro.files import one_of

BITS = (16, 8)
SCALE = ".scale"  # behind the name of what a matrix of 8 bits is multiplied by, row by row
_SCALE_BITS = 16  # of a scale: a product with 8 bits is then exact in single precision


def scale_of(values: np.ndarray) -> np.ndarray:
    """What each row of a matrix of 8 bits is multiplied by, float32, shape (rows, 1, ...)."""
    largest = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True).astype(np.float64) / 127
    mantissa, exponent = np.frexp(largest)
    found = np.ldexp(np.ceil(mantissa * 2**_SCALE_BITS) / 2**_SCALE_BITS, exponent)
    return np.where(found > 0, found, 1).astype(np.float32)


def rounded(content: bytes, bits: int) -> bytes:
    """The weights of a network as a safetensors file, of another of which `methods.Network.dump` made.

    Parameters
    ----------
    content : bytes
    bits : 16 or 8
        Of each weight: floating point, or whole numbers and a scale for each row.

    Raises
    ------
    SerReproError
        For other bits, and for weights that are rounded already.
    """
    from safetensors.numpy import load, save

    from ser_repro.runs import fitting

    one_of(bits, BITS, "bits")
    made, stored = {}, load(content)
    if any(values.dtype in (np.int8, np.float16) for values in stored.values()):
        raise SerReproError("these weights are rounded already: round those that training left.")
    for name, values in stored.items():
        if values.ndim < 2 or values.dtype != np.float32 or name.startswith(fitting.TRANSFORM):
            made[name] = values
        elif bits == 16:
            made[name] = values.astype(np.float16)
        else:
            scale = scale_of(values)
            made[name], made[name + SCALE] = np.rint(values / scale).astype(np.int8), scale
    return save(made, fitting.header(content) or None)


def single(tensors: dict) -> dict:
    """Tensors of a stored network in single precision, those of 8 bits multiplied by their scales."""
    import torch

    def value(name, tensor):
        scale = tensors.get(name + SCALE)
        if scale is not None:
            return tensor.float() * scale
        return tensor.float() if tensor.dtype == torch.float16 else tensor

    return {name: value(name, tensor) for name, tensor in tensors.items() if not name.endswith(SCALE)}
