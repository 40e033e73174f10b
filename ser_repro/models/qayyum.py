"""The CNN of Qayyum, Arefeen and Shahnaz 2019 in seven layers, on raw audio or on a vector of features, and an RNN.

Source: "Convolutional neural network (CNN) based speech-emotion recognition", SPICSCON 2019. Its full text was not
found; `QayyumCNN` is the listing in the report of the CREMA-D study, which rebuilt it. Known of the paper itself: seven
layers in one dimension, on raw audio of 8 s. That both have the same layers is what the report says of its own.

`QayyumRNN` is a reconstruction: of the recurrent network that the paper compares with no layer is known. It is the
plainest one, an LSTM that reads frames and answers after the last of them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ser_repro.models import keras

CHANNELS = (32, 64, 128, 256, 512, 1024, 1024)
KERNELS = (21, 19, 17, 15, 13, 11, 9)
HIDDEN = 128  # of the dense layer behind the convolutions, and, our choice, of the LSTM
_FEW = 300  # positions of a batch, below which a product of matrices is three times as fast as a convolution on a CPU


class Convolution(nn.Conv1d):
    """A convolution with padding "same" and stride 1. On few positions, where its weights are far larger than what they
    act on, it is computed as a product of matrices."""

    def __init__(self, before: int, channels: int, kernel: int):
        super().__init__(before, channels, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, length = x.shape
        if batch * length > _FEW or channels == 1:
            return super().forward(x)
        size = self.kernel_size[0]
        taps = F.pad(x, (size // 2, size // 2)).unfold(2, size, 1).permute(0, 2, 1, 3)
        taps = taps.reshape(batch * length, channels * size)
        return F.linear(taps, self.weight.flatten(1), self.bias).view(batch, length, -1).transpose(1, 2)


class QayyumCNN(nn.Module):
    """Seven times convolution, ReLU and batch normalisation, a pool of 2 after each but the last; the maximum of each
    channel over all positions; a dense layer, and the classes.

    Parameters
    ----------
    n_classes : int
    width : float
        Share of the channels that is kept; 1 in the listing.
    dropout : float
        Before the last layer; 0 in the listing.
    """

    def __init__(self, *, n_classes: int, width: float = 1.0, dropout: float = 0.0):
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for place, (channels, kernel) in enumerate(zip(CHANNELS, KERNELS, strict=True)):
            kept = max(round(width * channels), 1)
            layers += [Convolution(before, kept, kernel), nn.ReLU(), nn.BatchNorm1d(kept, **keras.BATCH_NORM)]
            if place < len(CHANNELS) - 1:
                layers.append(nn.MaxPool1d(2, ceil_mode=True))  # Keras's padding "same"
            before = kept
        self.layers = nn.Sequential(*layers)
        self.dense = nn.Linear(before, HIDDEN)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(HIDDEN, n_classes)
        keras.initialise(self)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits of the classes, shape (batch, n_classes).

        Parameters
        ----------
        x : Tensor, shape (batch, values, 1) or (batch, samples)
            The network moves over the values of a vector as it does over samples.
        lengths : ignored
            All clips are of one length; all models take one.
        """
        found = self.layers(x.flatten(1).unsqueeze(1)).amax(2)
        return self.out(self.dropout(torch.relu(self.dense(found))))


class QayyumRNN(nn.Module):
    """An LSTM over frames, its state after a clip's last frame, and the classes.

    Parameters
    ----------
    n_classes : int
    values : int
        Of a frame.
    dropout : float
        Before the last layer.
    """

    def __init__(self, *, n_classes: int, values: int, dropout: float = 0.0):
        super().__init__()
        self.lstm = nn.LSTM(values, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(HIDDEN, n_classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits of the classes, shape (batch, n_classes).

        Parameters
        ----------
        x : Tensor, shape (batch, values, frame)
        lengths : Tensor of int64, shape (batch,)
            Frames of each clip; those behind them are not read.
        """
        packed = nn.utils.rnn.pack_padded_sequence(x.transpose(1, 2), lengths.cpu(), batch_first=True,
                                                   enforce_sorted=False)
        _, (state, _) = self.lstm(packed)
        return self.out(self.dropout(state[0]))
