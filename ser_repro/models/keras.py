"""Keras's defaults, where they are not PyTorch's: two of the documents were written in it."""

from torch import nn

BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}  # Keras calls this momentum 0.99


def initialise(model: nn.Module) -> None:
    """Glorot-uniform weights and zero biases, as Keras starts convolutions and dense layers."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
