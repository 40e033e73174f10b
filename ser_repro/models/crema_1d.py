"""The CREMA-D study's seven 1-D CNNs, on 258 time means or on the few values that LDA or PCA leaves of them.

Source: listings of Keras code in the study's report (Amgad, Dusuki, Elwazane 2023), pages 10 to 16. Models 3 and 4 are
one listing. That of model 1 is not shown: `model1` is the network of many public notebooks on speech emotion, from
which the listing of "Model 3 with augmentation" departs in what the report says of model 3: "go deeper", from 512
channels "down to 32", a hidden layer of 256. So it is a reconstruction, and its scores are no check of the report's.

All convolve over the values of a vector, whose order is that in which the report strings descriptors together.
"""

import torch
from torch import Tensor, nn

from ser_repro.models import keras
from ser_repro.models.fast_rows import Convolution


class Stack:
    """Layers in order, over images of one row (the same sums as 1-D layers, faster on a CPU), and what comes out.

    Attributes
    ----------
    channels, length : int
    layers : list of nn.Module
    """

    def __init__(self, length: int):
        self.channels, self.length = 1, length
        self.layers: list[nn.Module] = []

    def conv(self, channels: int, kernel: int, padded: bool = True) -> "Stack":
        before, after = keras.same(self.length, kernel) if padded else (0, 0)
        self.layers.append(Convolution(self.channels, channels, kernel, (before, after)))
        self.channels, self.length = channels, self.length + before + after - kernel + 1
        return self

    def relu(self, channels: int, kernel: int, padded: bool = True) -> "Stack":
        return self.conv(channels, kernel, padded).add(nn.ReLU())

    def pool(self, size: int, stride: int | None = None, padded: bool = False) -> "Stack":
        stride = stride or size
        before, after = keras.same(self.length, size, stride) if padded else (0, 0)
        self.layers += [nn.ConstantPad2d((before, after, 0, 0), -torch.inf), nn.MaxPool2d((1, size), (1, stride))]
        self.length = (self.length + before + after - size) // stride + 1
        return self

    def add(self, *layers: nn.Module) -> "Stack":
        self.layers += layers
        return self

    def norm(self) -> "Stack":
        return self.add(keras.BatchNorm2d(self.channels, **keras.BATCH_NORM))

    def out(self, n_classes: int, hidden: int = 0, dropout: float = 0.0) -> nn.Sequential:
        """Everything, with a hidden layer and its dropout where there is one."""
        wide = self.channels * self.length
        self.add(nn.Flatten())
        if hidden:
            self.add(nn.Linear(wide, hidden), nn.ReLU(), nn.Dropout(dropout))
        return nn.Sequential(*self.layers, nn.Linear(hidden or wide, n_classes))


def model1(length: int, n_classes: int) -> nn.Sequential:
    """A reconstruction: see above."""
    stack = Stack(length)
    for channels in (256, 256, 128):
        stack.relu(channels, 5).pool(5, 2, padded=True)
    return stack.add(nn.Dropout(0.2)).relu(64, 5).pool(5, 2, padded=True).out(n_classes, hidden=32, dropout=0.3)


def model2(length: int, n_classes: int) -> nn.Sequential:
    """Listing "create_model4"."""
    stack = Stack(length).relu(256, 3).conv(256, 3).norm().add(nn.ReLU(), nn.Dropout(0.25)).pool(3)
    stack.relu(128, 3).relu(128, 3).relu(128, 3).conv(128, 3).norm().add(nn.ReLU(), nn.Dropout(0.25))
    return stack.pool(3, padded=True).relu(64, 3).relu(64, 3).out(n_classes)


def model3(length: int, n_classes: int, size: int = 3) -> nn.Sequential:
    """Listings "create_model3" and "create_model5", kernels and pools of 3; and "create_model0", of 5."""
    stack = Stack(length).relu(512, size).pool(size, 2, padded=True)
    stack.relu(256, size).norm().pool(size, 2, padded=True)
    stack.relu(128, size).relu(64, size).pool(size, 2, padded=True)
    stack.relu(32, size).pool(size, 2, padded=True).add(nn.Dropout(0.25))
    return stack.out(n_classes, hidden=256, dropout=0.25)


def model5(length: int, n_classes: int) -> nn.Sequential:
    """Listing "create_model", after a paper of 2020 whose kernels are of 5 and pools of 8."""
    stack = Stack(length).relu(128, 2).relu(128, 2).add(nn.Dropout(0.1)).pool(5, 2, padded=True)
    return stack.relu(128, 2).relu(128, 2).relu(128, 2).add(nn.Dropout(0.2)).relu(128, 2).out(n_classes)


def model6(length: int, n_classes: int) -> nn.Sequential:
    """Listing "create_model7": no padding, so it takes long vectors alone."""
    stack = Stack(length).relu(64, 10, padded=False).relu(128, 10, padded=False).pool(8).add(nn.Dropout(0.4))
    stack.relu(128, 10, padded=False).pool(8).add(nn.Dropout(0.4))
    return stack.out(n_classes, hidden=256, dropout=0.4)


NETWORKS = {1: model1, 2: model2, 3: model3, 4: model3, 5: model5, 6: model6, 7: lambda *sizes: model3(*sizes, size=5)}
RESTRAINT = 0.01  # of the squared weights and biases of model 6's second convolution, added to the loss


class CREMA1D(nn.Module):
    """A 1-D CNN of the study.

    Parameters
    ----------
    n : int
        Models 1 to 6, and 7 for "Model 3 with augmentation".
    length : int
        Values of a clip.
    n_classes : int
    optimised : bool
        Use the package's own CPU kernel (see `ser_repro.models.fast_rows`); the result is the same to rounding.
    """

    def __init__(self, *, n: int, length: int, n_classes: int, optimised: bool = True):
        super().__init__()
        self.optimised = optimised
        self.layers = NETWORKS[n](length, n_classes).to(memory_format=torch.channels_last)
        convolutions = [layer for layer in self.layers if isinstance(layer, nn.Conv2d)]
        self.restrained = list(convolutions[1].parameters()) if n == 6 else []
        keras.initialise(self)

    def penalty(self) -> Tensor | float:
        """What is added to the loss, of validation clips too, as Keras does."""
        return RESTRAINT * sum((values**2).sum() for values in self.restrained)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits of the classes, shape (batch, n_classes).

        Parameters
        ----------
        x : Tensor, shape (batch, values, 1)
        lengths : ignored
            A vector has no length; all models take one.
        """
        x = x.transpose(1, 2).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            x = layer(x, self.optimised) if isinstance(layer, Convolution) else layer(x)
        return x
