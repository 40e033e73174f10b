"""CNN-n-GRU: raw waveform, n "layers" of 1-D convolution, then n layers of GRU.

Source: Nfissi, Bouachir, Bouguila, Mishara, "CNN-n-GRU: end-to-end speech emotion recognition from raw waveform
signal using CNNs and gated recurrent unit networks", ICMLA 2022, doi 10.1109/ICMLA55696.2022.00116, and the public
code that goes with it. Figure: conv1 spans 10 ms at 16 kHz (160 samples, stride 4), every other convolution 3
samples; each is followed by batch normalisation and LeakyReLU, each block but (for n = 11 and 18) the last by
max-pooling over 4.

Two readings of the same drawing:

- `code`: the whole time axis is averaged *before* the GRU, which therefore sees a sequence of length 1; padding is
  part of the signal; the GRU's last state is handed to the next batch; for n = 11, the third convolution is
  normalised by bn1, and bn3 is never used.
- `paper`: the GRU runs over the frames of the CNN and its output at the last frame of each clip is classified;
  padding is masked, so that a clip's prediction does not depend on the clips beside it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ser_repro.models import fast

# Output channels of every convolution, a tuple a block; a pool of 4 between blocks.
BLOCKS = {
    3: ((6,), (6,)),
    5: ((5,), (5,), (10,), (20,)),
    11: ((11,), (11, 11), (22, 22), (44, 44, 44), (88, 88)),
    18: ((18,), (18,) * 4, (36,) * 4, (72,) * 4, (144,) * 4),
}
POOL_AFTER_LAST_BLOCK = {3: True, 5: True, 11: False, 18: False}
FIRST_KERNEL = 160  # 10 ms at 16 kHz ("sampling rate / 100" in the figure)
FIRST_STRIDE = 4
POOL = 4
SLOPE = 0.01  # LeakyReLU default


@dataclass(frozen=True)
class Layer:
    """One convolution of the stack, with what follows it."""

    out_channels: int
    norm: int  # index of the BatchNorm it uses
    pool: bool  # max-pool over 4 after it


def layers(n: int, bn1_used_twice: bool = False) -> list[Layer]:
    """The convolutions of CNN-n-GRU in order: 2, 4, 10 and 17 of them for n = 3, 5, 11 and 18."""
    if n not in BLOCKS:
        raise ValueError(f"n = {n}: CNN-n-GRU is defined for n = {', '.join(map(str, BLOCKS))}")
    stack = []
    for b, block in enumerate(BLOCKS[n]):
        last_block = b == len(BLOCKS[n]) - 1
        for i, channels in enumerate(block):
            pool = i == len(block) - 1 and (not last_block or POOL_AFTER_LAST_BLOCK[n])
            stack.append(Layer(channels, norm=len(stack), pool=pool))
    if bn1_used_twice and n == 11:
        stack[2] = Layer(stack[2].out_channels, norm=0, pool=stack[2].pool)
    return stack


class CNNnGRU(nn.Module):
    """CNN-n-GRU.

    Parameters
    ----------
    n : 3, 5, 11 or 18
        Size of the network, and number of GRU layers.
    n_classes : int
    hidden_size : int
        Width of the GRU: 16, 32 or 64 in the document's search.
    pool_before_gru : bool
        Average over all time before the GRU (the public code), instead of running the GRU over time (the text).
    mask_padding : bool
        Keep the padding of a batch out of convolutions, statistics, averages and the GRU's last step.
    bn1_used_twice : bool
        n = 11 only: normalise the third convolution by bn1, as the public code does.
    gru_layers : int, optional
        Layers of GRU: n by default, 1 in the public code of 2025.
    optimised : bool
        Use the package's own CPU kernels (see `ser_repro.models.fast`); the result is the same to rounding.
    """

    def __init__(self, *, n: int, n_classes: int, hidden_size: int = 16, pool_before_gru: bool = True,
                 mask_padding: bool = False, bn1_used_twice: bool = False, gru_layers: int | None = None,
                 optimised: bool = True):
        super().__init__()
        self.stack = layers(n, bn1_used_twice)
        self.pool_before_gru = pool_before_gru
        self.mask_padding = mask_padding
        self.optimised = optimised
        channels = [1, *(layer.out_channels for layer in self.stack)]
        self.convs = nn.ModuleList(
            nn.Conv1d(1, channels[1], FIRST_KERNEL, stride=FIRST_STRIDE) if i == 0
            else nn.Conv1d(channels[i], channels[i + 1], 3, padding=1)
            for i in range(len(self.stack)))
        self.norms = nn.ModuleList(nn.BatchNorm1d(c) for c in channels[1:])
        self.fc1 = nn.Linear(channels[-1], channels[-1] // 2)
        self.gru = nn.GRU(channels[-1] // 2, hidden_size, num_layers=gru_layers or n, batch_first=True)
        self.fc2 = nn.Linear(hidden_size, n_classes)

    @property
    def shortest(self) -> int:
        """Samples of the shortest waveform that leaves one frame after the last pool."""
        frames = POOL ** sum(layer.pool for layer in self.stack)
        return FIRST_KERNEL + FIRST_STRIDE * (frames - 1)

    def forward(self, waveform: Tensor, lengths: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Log-probabilities of the classes, and the GRU's last state.

        Parameters
        ----------
        waveform : Tensor, shape (batch, 1, time)
            Zero-padded to the longest clip of the batch.
        lengths : Tensor of int64, shape (batch,)
            Samples of each clip without padding. Only used where padding is masked.
        state : Tensor, shape (gru_layers, batch, hidden_size), optional
            Where the GRU starts; zeros if not given.

        Returns
        -------
        log_probabilities : Tensor, shape (batch, n_classes)
        state : Tensor, shape (gru_layers, batch, hidden_size)
        """
        if waveform.shape[-1] < self.shortest:
            waveform = F.pad(waveform, (0, self.shortest - waveform.shape[-1]))
        samples = lengths
        if not self.mask_padding:
            lengths = torch.full_like(lengths, waveform.shape[-1])
        lengths = lengths.clamp(min=self.shortest)

        x, lengths = self._convolve(waveform, lengths, samples)  # (batch, channel, frame)
        if self.pool_before_gru:
            x = (x.sum(-1) / lengths[:, None]).unsqueeze(-1)     # (batch, channel, 1)
            lengths = torch.ones_like(lengths)
        x = self.fc1(F.leaky_relu(x.transpose(1, 2), SLOPE))     # (batch, frame, feature)
        over_time = self.optimised and x.device.type == "cpu" and x.shape[1] > 1
        x, state = fast.stacked_gru(x, self.gru, state) if over_time else self.gru(x, state)  # (batch, frame, hidden)
        last = x[torch.arange(len(x), device=x.device), lengths - 1]
        return F.log_softmax(self.fc2(F.leaky_relu(last, SLOPE)), dim=-1), state

    def _convolve(self, x: Tensor, lengths: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """All convolutions; what lies beyond a clip's length is zero after every layer where padding is masked."""
        on_cpu = self.optimised and x.device.type == "cpu"
        for i, layer in enumerate(self.stack):
            conv, norm = self.convs[i], self.norms[layer.norm]
            if i == 0:
                lengths = (lengths - FIRST_KERNEL) // FIRST_STRIDE + 1
            if on_cpu and i == 0:
                x = fast.conv_norm_pool(x, conv, norm, lengths, samples, SLOPE)
            elif on_cpu:
                x = fast.conv_block(x, conv, norm, lengths if self.mask_padding else None, SLOPE, layer.pool)
            else:
                x = conv(x)
                x = fast.masked_batch_norm(x, norm, lengths) if self.mask_padding else norm(x)
                x = F.leaky_relu(x, SLOPE)
                x = F.max_pool1d(x, POOL) if layer.pool else x
            if layer.pool:
                lengths = lengths // POOL
            x = self._masked(x, lengths)
        return x, lengths

    def _masked(self, x: Tensor, lengths: Tensor) -> Tensor:
        if not self.mask_padding:
            return x
        return x * (torch.arange(x.shape[-1], device=x.device) < lengths[:, None]).unsqueeze(1)
