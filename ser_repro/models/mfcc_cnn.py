"""The 1-D CNN on the mean of 50 MFCCs: three convolutions over the coefficients, one hidden layer.

Source: public code and README "deep-emotion-recognition" (M. Ranaei Siadat, 2021), in Keras. Shapes and settings of
reading `code` are those of its stored weights. The text adds dropout after the third convolution and pools with
padding.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from ser_repro.models import fast_mfcc, keras

COEFFICIENTS = 50
CHANNELS = (8, 16, 32)
HIDDEN = 128


class MFCCCNN(nn.Module):
    """The CNN on 50 MFCCs.

    Parameters
    ----------
    n_classes : int
    same_pooling : bool
        The two pools over 2 keep an incomplete window at the end: 416 values reach the hidden layer instead of 384.
    dropout : float
        Share of the values dropped after the third convolution.
    optimised : bool
        Use the package's own CPU kernel (see `ser_repro.models.fast_mfcc`); the result is the same to rounding.
    """

    def __init__(self, *, n_classes: int, same_pooling: bool = False, dropout: float = 0.0,
                 optimised: bool = True):
        super().__init__()
        self.optimised = optimised
        self.same_pooling = same_pooling
        self.convs = nn.ModuleList(nn.Conv1d(before, after, 5, padding=2)
                                   for before, after in zip((1, *CHANNELS), CHANNELS, strict=False))
        self.dropout = nn.Dropout(dropout)
        left = 13 if same_pooling else 12                  # of 50, halved twice
        self.hidden = nn.Linear(CHANNELS[-1] * left, HIDDEN)
        self.out = nn.Linear(HIDDEN, n_classes)
        keras.initialise(self)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits of the classes, shape (batch, n_classes).

        Parameters
        ----------
        x : Tensor, shape (batch, 50, 1)
        lengths : ignored
            A vector has no length; all models take one.
        """
        if self.optimised and x.device.type == "cpu":
            dropout = self.dropout.p if self.training else 0.0
            x = fast_mfcc.convolutions(x.squeeze(2), self.convs, dropout, self.same_pooling)
        else:
            x = x.transpose(1, 2)                          # (batch, 1, 50)
            x = F.relu(self.convs[0](x))                   # (batch, 8, 50)
            x = self._pool(F.relu(self.convs[1](x)))       # (batch, 16, 25)
            x = self.dropout(F.relu(self.convs[2](x)))     # (batch, 32, 25)
            x = self._pool(x).flatten(1)                   # (batch, 384 or 416)
        return self.out(F.relu(self.hidden(x)))

    def _pool(self, x: Tensor) -> Tensor:
        return F.max_pool1d(x, 2, ceil_mode=self.same_pooling)
