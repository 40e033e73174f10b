"""The CREMA-D study's three 2-D CNNs on images of 30 mel bands and 216 frames.

Source: the public notebook of the study (Amgad, Dusuki, Elwazane 2023), in Keras. Its names: "Initial CNN MODEL", "CNN
MODEL2", "CNN MODEL3"; a fourth, like VGG16, never left chance and is not in its table. `Conv2D(32, 8, 8)`, of which
CNN MODEL3 is built, is a kernel of 8 x 8 at a stride of 8: the second convolution sees an image of 2 x 14 values, and
the third and all others see one value a channel.
"""

from math import ceil

import torch
from torch import Tensor, nn

from ser_repro.models import keras

IMAGE = (30, 216)  # mel bands, frames


def initial(n_classes: int) -> nn.Sequential:
    """"Initial CNN MODEL": three convolutions of 3 x 3 without padding."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), *_pooled(), nn.Dropout(0.2),                              # (32, 14, 107)
        nn.Conv2d(32, 64, 3), *_pooled(), nn.Dropout(0.2),                             # (64, 6, 52)
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),                                 # (64 * 4 * 50,)
        nn.Linear(12800, 64), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, n_classes))


def model2(n_classes: int) -> nn.Sequential:
    """"CNN MODEL2": four convolutions of 4 bands by 10 frames, each normalised."""
    blocks: list[nn.Module] = []
    for before in (1, 32, 32, 32):                                                     # (32, 15, 108), (32, 7, 54),
        blocks += [*_padded(before, 32, IMAGE, (4, 10)),                               # (32, 3, 27), (32, 1, 13)
                   nn.BatchNorm2d(32, **keras.BATCH_NORM), *_pooled(), nn.Dropout(0.2)]
    return nn.Sequential(
        *blocks, nn.Flatten(), nn.Linear(416, 64), nn.Dropout(0.2), keras.BatchNorm1d(64, **keras.BATCH_NORM),
        nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, n_classes))


def model3(n_classes: int, stride: int = 8) -> nn.Sequential:
    """"CNN MODEL3": seven convolutions of 8 x 8, whose stride is 8 in the code."""
    layers: list[nn.Module] = []
    channels, image = 1, IMAGE
    for number, wide in enumerate((32, 32, 32, 64, 64, 64, 64)):
        layers += [*_padded(channels, wide, image, (8, 8), stride), *_pooled(ceil_mode=True)]
        if number < 6:
            layers.append(nn.Dropout(0.5))
        channels, image = wide, tuple(ceil(ceil(length / stride) / 2) for length in image)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * image[0] * image[1], 32), nn.ReLU(),
                         nn.Dropout(0.5), nn.Linear(32, n_classes))


def _padded(before: int, after: int, image: tuple[int, int], kernel: tuple[int, int], stride: int = 1
            ) -> tuple[nn.Module, ...]:
    """A convolution with Keras's padding "same"."""
    (top, bottom), (left, right) = (keras.same(*axis, stride) for axis in zip(image, kernel, strict=True))
    return nn.ZeroPad2d((left, right, top, bottom)), nn.Conv2d(before, after, kernel, stride)


def _pooled(ceil_mode: bool = False) -> tuple[nn.Module, ...]:
    """ReLU and a pool over 2 x 2, in the order that gives the same numbers for a quarter of the ReLU's time."""
    return nn.MaxPool2d(2, ceil_mode=ceil_mode), nn.ReLU()


class CREMA2D(nn.Module):
    """A 2-D CNN of the study.

    Parameters
    ----------
    n : 1, 2 or 3
        `initial`, `model2` or `model3`.
    n_classes : int
    stride : int
        Of the convolutions of `model3`; the others have none.
    """

    def __init__(self, *, n: int, n_classes: int, stride: int = 8):
        super().__init__()
        layers = model3(n_classes, stride) if n == 3 else {1: initial, 2: model2}[n](n_classes)
        self.layers = layers.to(memory_format=torch.channels_last)  # faster on a CPU
        keras.initialise(self)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits of the classes, shape (batch, n_classes).

        Parameters
        ----------
        x : Tensor, shape (batch, 30, 216)
        lengths : ignored
            Images are of one size; all models take one.
        """
        return self.layers(x.unsqueeze(1).contiguous(memory_format=torch.channels_last))
