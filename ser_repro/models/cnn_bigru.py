"""CNN-BiGRU with attention: five convolutional blocks over an image of MFCCs, a bidirectional GRU, attention.

Source: public code and README "CNN-BiGRU for Speech Emotion Recognition", which name the paper of the same title; that
paper has another corpus and other features, and no numbers of it were found. Images are (time, coefficient) here.

Two readings of the step from images to time:

- `code`: the last block leaves (batch, 512, 3, 1), which is *viewed* as (batch, 3, 512): each of the three "steps in
  time" holds about 171 channels of all three frames.
- `paper`: the axes are exchanged, so that a step holds the 512 channels of one frame, which spans 32 of the MFCCs'.

Clips of different lengths are padded with zeros, and the padding kept out of statistics, recurrence and attention.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

COEFFICIENTS = 40
CHANNELS = (32, 64, 128, 256, 512)
SHORTEST = 2 ** len(CHANNELS)  # frames that leave one step after the last pool
HIDDEN = 128
DROPOUT = 0.3


class CNNBiGRU(nn.Module):
    """CNN-BiGRU with attention.

    Parameters
    ----------
    n_classes : int
    view_as_time : bool
        Hand blocks of channels to the GRU as if they were steps in time.
    activations : bool
        ReLU between the last three linear layers; without it they are one linear layer of rank 64.
    """

    def __init__(self, *, n_classes: int, view_as_time: bool = False, activations: bool = True):
        super().__init__()
        self.view_as_time, self.activations = view_as_time, activations
        self.convs = nn.ModuleList(nn.Conv2d(before, after, 3, padding=1)
                                   for before, after in zip((1, *CHANNELS), CHANNELS, strict=False))
        self.convs.to(memory_format=torch.channels_last)  # a quarter faster on a CPU
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in CHANNELS)
        self.dropout = nn.Dropout(DROPOUT)
        self.gru = nn.GRU(CHANNELS[-1], HIDDEN, bidirectional=True, batch_first=True)
        self.attention = nn.Linear(2 * HIDDEN, 1)
        self.linears = nn.ModuleList([nn.Linear(2 * HIDDEN, 64), nn.Linear(64, 512), nn.Linear(512, n_classes)])

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits of the classes, shape (batch, n_classes).

        Parameters
        ----------
        x : Tensor, shape (batch, 40, frame)
            Zero-padded to the longest clip of the batch.
        lengths : Tensor of int64, shape (batch,)
            Frames of each clip without padding.
        """
        states, weights = self._attend(x, lengths)
        x = (states * weights.unsqueeze(-1)).sum(1)                              # (batch, 256)
        for i, linear in enumerate(self.linears):
            x = linear(F.relu(x) if self.activations and i else x)
        return x

    def weights(self, x: Tensor, lengths: Tensor) -> Tensor:
        """What the attention gives each step, shape (batch, step); a clip's sum to 1.

        Reading `paper`: a step is 32 frames of the MFCCs. Reading `code`: a block of channels, not a time.
        """
        return self._attend(x, lengths)[1]

    def _attend(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States of the GRU, shape (batch, step, 256), and the weight of each step, shape (batch, step)."""
        if x.shape[-1] < SHORTEST:
            x = F.pad(x, (0, SHORTEST - x.shape[-1]))
        x, lengths = self._convolve(x.transpose(1, 2).unsqueeze(1), lengths.clamp(min=SHORTEST))
        x = self.dropout(x)                                                      # (batch, 512, step, 1)
        batch, channels, steps, _ = x.shape
        if self.view_as_time:  # of channels one after the other, frames within; padding is in every such step
            x, lengths = x.contiguous().view(batch, steps, channels), torch.full_like(lengths, steps)
        else:
            x = x.squeeze(-1).transpose(1, 2)
        if (lengths == steps).all():
            states, _ = self.gru(x)
        else:
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            states, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=steps)
        scores = self.attention(states).squeeze(-1)
        padding = torch.arange(steps, device=x.device) >= lengths[:, None]
        return states, scores.masked_fill(padding, -torch.inf).softmax(1)

    def _convolve(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """All blocks, of images of shape (batch, 1, frame, 40); what lies beyond a clip's length is zero after each."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(x)
            even = bool((lengths == x.shape[2]).all())
            x = F.relu(norm(x)) if even else _active(x, norm, lengths)
            x = F.max_pool2d(x, 2)
            lengths = lengths // 2
            if not even:
                x = x * _before(lengths, x)  # an odd frame at a clip's end was pooled with padding
        return x, lengths


def _before(lengths: Tensor, x: Tensor) -> Tensor:
    """1 within a clip, 0 in its padding, shape (batch, 1, frame, 1)."""
    return (torch.arange(x.shape[2], device=x.device) < lengths[:, None])[:, None, :, None].to(x.dtype)


def _active(x: Tensor, norm: nn.BatchNorm2d, lengths: Tensor) -> Tensor:
    """ReLU of the batch-normalised frames of each clip, which alone make the statistics; zero in the padding."""
    frames = x.permute(0, 2, 3, 1)                                               # as they lie in memory
    own = (torch.arange(x.shape[2], device=x.device) < lengths[:, None]).flatten().nonzero().flatten()
    given = frames.flatten(0, 1).index_select(0, own)                            # (frame, coefficient, channel)
    if norm.training:
        norm.num_batches_tracked += 1
    given = F.relu(F.batch_norm(given.flatten(0, 1), norm.running_mean, norm.running_var, norm.weight, norm.bias,
                                norm.training, norm.momentum, norm.eps)).view(given.shape)
    out = given.new_zeros(frames.shape[0] * frames.shape[1], *frames.shape[2:])
    return out.index_copy_(0, own, given).view(frames.shape).permute(0, 3, 1, 2)
