"""A convolution over a handful of positions as one matrix product: the same numbers as the plain layer, in less time.

A vector that LDA has left five values of, or pools one, is so short that oneDNN spends most of its time on getting
ready. Here the values under each position of the kernel are laid side by side, and output and both gradients are a
product each. Of the kernel only those taps count that meet a value and not padding alone: on one position, one.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LONGEST = 20  # positions; on longer rows oneDNN is as fast


class _Convolution(torch.autograd.Function):
    """Of rows (batch, position, channel), padded, by those columns of the weights (channel, taps * before) that meet
    them: (batch, position, channel)."""

    @staticmethod
    def forward(ctx, x, weight, bias, columns):
        batch, length, before = x.shape
        part = weight[:, columns]
        width = part.shape[1]
        positions = length - width // before + 1
        rows = x.as_strided((batch, positions, width), (length * before, before, 1)).reshape(-1, width)
        ctx.save_for_backward(rows, part)
        ctx.weight, ctx.columns, ctx.before = weight.shape, columns, before
        return torch.addmm(bias, rows, part.t()).view(batch, positions, -1)

    @staticmethod
    def backward(ctx, grad):
        rows, part = ctx.saved_tensors
        batch, positions, channels = grad.shape
        flat, dx = grad.reshape(-1, channels), None
        if ctx.needs_input_grad[0]:
            taps = (flat @ part).view(batch, positions, -1, ctx.before)
            dx = grad.new_zeros(batch, positions + taps.shape[2] - 1, ctx.before)
            for tap in range(taps.shape[2]):
                dx[:, tap:tap + positions] += taps[:, :, tap]
        if part.shape == ctx.weight:
            return dx, flat.t() @ rows, flat.sum(0), None
        dweight = grad.new_zeros(ctx.weight)
        torch.mm(flat.t(), rows, out=dweight[:, ctx.columns])
        return dx, dweight, flat.sum(0), None


def convolution(x: Tensor, conv: nn.Conv2d, before: int, after: int) -> Tensor:
    """`conv`, of one row, of `x` with zeros in front and behind.

    Parameters
    ----------
    x : Tensor, shape (batch, channel, 1, position)
    conv : nn.Conv2d
        A kernel of one row, stride 1, no padding of its own.
    before, after : int
        Zeros.

    Returns
    -------
    Tensor, shape (batch, channel, 1, position)
        Channels-last in memory, as it is fastest to give `x` and the weights.
    """
    length, taps = x.shape[3], conv.kernel_size[1]
    # Farther out than the row is long, a tap meets zeros alone, whichever position it stands at.
    first, end = max(before - length + 1, 0), min(before + length, taps)
    last = after - (taps - end)
    rows = F.pad(x.permute(0, 2, 3, 1)[:, 0], (0, 0, before - first, last)).contiguous()
    columns = slice(first * conv.in_channels, end * conv.in_channels)
    out = _Convolution.apply(rows, conv.weight.permute(0, 2, 3, 1).flatten(1), conv.bias, columns)
    return out.unsqueeze(1).permute(0, 3, 1, 2)
