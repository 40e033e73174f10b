"""Issa, Demirci and Yazici 2020: a 1-D CNN on 193 features.

Source: "Speech emotion recognition with deep convolutional neural networks", Biomed. Signal Process. Control 59:101894.
Its full text was not found: the network `figure` is that of a figure of the paper, as its public implementation
reproduces it (baseline); `ravdess` is the network in which two public re-implementations agree, but for a ReLU after
its last convolution, which one of them has (`last_relu`); `emodb` and `iemocap` stand in one of them. The figure's 3072
values before the last layer are 24 x 128: its convolutions pad ("same"). The public implementation does not, and has
896.
"""

import torch
from torch import Tensor, nn

from ser_repro.models import keras
from ser_repro.models.fast_rows import Convolution

VALUES = 193
KERNEL = 5
POOL = 8
_NORM, _RELU, _OUT = "norm", "relu", "out"

# Layers in order: a number is the channels of a convolution or, below 1, the share of a dropout.
VARIANTS = {
    "figure": (256, _RELU, 128, _RELU, 0.1, "pool", 128, _RELU, 128, _RELU, 128, _RELU, 0.2, 128, _RELU, 0.2, _OUT),
    "ravdess": (256, _NORM, _RELU, 128, _RELU, 0.1, _NORM, "pool", 128, _RELU, 128, _RELU, 128, _NORM, _RELU, 0.2, 128,
                0.2, _OUT, _NORM),
    "emodb": (256, _NORM, _RELU, 128, _RELU, 0.1, "pool", 128, _NORM, _RELU, 0.2, _OUT),
}
_WITH_LAST_RELU = (*VARIANTS["ravdess"][:-3], _RELU, *VARIANTS["ravdess"][-3:])
VARIANTS["iemocap"] = tuple(0.2 if layer == 0.1 else layer for layer in VARIANTS["ravdess"])


class Issa(nn.Module):
    """The network of Issa et al.

    Parameters
    ----------
    n_classes : int
    variant : "figure", "ravdess", "emodb" or "iemocap"
    same_padding : bool
        Convolutions keep the length, as in the figure.
    last_relu : bool
        A ReLU after the last convolution of `ravdess` too.
    optimised : bool
        Use the package's own CPU kernel (see `ser_repro.models.fast_rows`); the result is the same to rounding.
    """

    def __init__(self, *, n_classes: int, variant: str = "ravdess", same_padding: bool = True,
                 last_relu: bool = False, optimised: bool = True):
        super().__init__()
        self.optimised = optimised
        channels, length, norm = 1, VALUES, keras.BatchNorm2d
        layers: list[nn.Module] = []
        for what in _WITH_LAST_RELU if last_relu and variant == "ravdess" else VARIANTS[variant]:
            if what == _NORM:
                layers.append(norm(channels, **keras.BATCH_NORM))
            elif what == _RELU:
                layers.append(nn.ReLU())
            elif what == "pool":
                layers.append(nn.MaxPool2d((1, POOL)))
                length //= POOL
            elif what == _OUT:
                layers += [nn.Flatten(), nn.Linear(channels * length, n_classes)]
                channels, norm = n_classes, keras.BatchNorm1d
            elif what < 1:
                layers.append(nn.Dropout(what))
            else:
                zeros = keras.same(length, KERNEL) if same_padding else (0, 0)
                layers.append(Convolution(channels, what, KERNEL, zeros))
                channels, length = what, length + sum(zeros) - KERNEL + 1
        # Images of one row with channels last: the same sums as Conv1d, a third faster on a CPU.
        self.layers = nn.Sequential(*layers).to(memory_format=torch.channels_last)
        keras.initialise(self)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits of the classes, shape (batch, n_classes).

        Parameters
        ----------
        x : Tensor, shape (batch, 193, 1)
        lengths : ignored
            A vector has no length; all models take one.
        """
        x = x.transpose(1, 2).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            x = layer(x, self.optimised) if isinstance(layer, Convolution) else layer(x)
        return x
