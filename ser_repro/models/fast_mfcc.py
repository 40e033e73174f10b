"""CPU kernel for the three convolutions of the MFCC CNN: the same numbers as the plain PyTorch layers, in less time.

A step of that network is 30 million operations, which a core does in less than a millisecond; the plain layers spend
several on starting some hundred small operations. Here a convolution is one matrix product, and forward and backward
are written out, so that autograd sees a single operation. Values lie as (batch, position, channel).

Each row of a product holds what two neighbouring outputs need, and makes both: they are the window of the pool behind,
which is then the larger of two halves of a row. ReLU is monotone, so it follows the pool, on half as many values; so
does dropout, whose factors are never negative.
"""

import torch
from torch import Tensor, nn

TAPS = 5
BEFORE = TAPS // 2  # positions of padding in front


def _pair_band(weight: Tensor) -> Tensor:
    """Matrix that turns six neighbouring positions into two outputs of a convolution over five.

    weight (channel, before, 5) -> (6 * before, 2 * channel)
    """
    channels, before, _ = weight.shape
    taps = weight.permute(2, 1, 0).reshape(TAPS * before, channels)
    band = weight.new_zeros((TAPS + 1) * before, 2 * channels)
    band[:TAPS * before, :channels] = taps
    band[before:, channels:] = taps
    return band


def _pair_fold(band: Tensor, before: int) -> Tensor:
    """Transpose of `_pair_band`: its two copies, summed, as (channel, before, 5)."""
    channels = band.shape[1] // 2
    taps = band[:TAPS * before, :channels] + band[before:, channels:]
    return taps.view(TAPS, before, channels).permute(2, 1, 0)


def _diagonals(band: Tensor, length: int) -> Tensor:
    """View (5, length, channel) of a band over a whole clip, (length + 4, length * channel): where its weights lie."""
    width = band.shape[1]
    channels = width // length
    return band.as_strided((TAPS, length, channels), (width, width + channels, 1))


def _pairs(padded: Tensor, rows: int) -> Tensor:
    """Rows of six positions, two apart, of (batch, position, channel): (batch * rows, 6 * channel)."""
    batch, _, channels = padded.shape
    along, step, _ = padded.stride()
    return padded.as_strided((batch, rows, (TAPS + 1) * channels), (along, 2 * step, 1)).reshape(batch * rows, -1)


def _paired(mask: Tensor, rows: int) -> Tensor:
    """(batch, channel, position) -> (batch * rows, 2 * channel)."""
    batch, channels, positions = mask.shape
    out = mask.new_zeros(batch, 2 * rows, channels)
    kept = min(positions, 2 * rows)
    out[:, :kept] = mask.transpose(1, 2)[:, :kept]
    return out.view(batch * rows, -1)


def _spread(grad: Tensor, batch: int, channels: int) -> Tensor:
    """Transpose of `_pairs`: (batch * rows, 6 * channel) -> (batch, 2 * rows + 4, channel)."""
    parts = grad.view(batch, -1, TAPS // 2 + 1, 2 * channels)
    rows = parts.shape[1]
    out = grad.new_zeros(batch, rows + 2, 2 * channels)
    for i in range(3):
        out[:, i:i + rows] += parts[:, :, i]
    return out.view(batch, -1, channels)


def _relu_back(grad: Tensor, out: Tensor) -> Tensor:
    return torch.ops.aten.threshold_backward(grad, out, 0)


def _route(grad: Tensor, raw: Tensor) -> Tensor:
    """Gradient of the pairs `raw`, (row, 2 * channel), from that of the larger of each, (row, channel)."""
    channels = grad.shape[1]
    first, second = raw.split(channels, 1)
    routed = torch.empty_like(raw)
    to_first, to_second = routed.split(channels, 1)
    torch.mul(grad, first >= second, out=to_first)  # a tie goes to the first, as in PyTorch
    torch.sub(grad, to_first, out=to_second)
    return routed


class _Convolutions(torch.autograd.Function):
    """See `convolutions`."""

    @staticmethod
    def forward(ctx, x, mask, windows, w1, b1, w2, b2, w3, b3):
        # x (batch, position); mask (batch, 32, 25) or None; windows: of the last pool
        batch, length = x.shape
        c1, c2, c3 = len(b1), len(b2), len(b3)
        half = length // 2
        # One channel is so little that the first layer is one band over all of the clip. Its outputs get the padding
        # of the second layer as columns of zeros.
        padded = x.new_zeros(batch, length + TAPS - 1)
        padded[:, BEFORE:-BEFORE] = x
        y1 = x.new_zeros(batch, length + TAPS - 1, c1)
        inner = y1[:, BEFORE:-BEFORE].flatten(1)
        band1 = x.new_zeros(padded.shape[1], length * c1)
        _diagonals(band1, length).copy_(w1.permute(2, 1, 0))
        torch.addmm(b1.repeat(length), padded, band1, out=inner)
        y1.clamp_min_(0)

        rows2 = _pairs(y1, half)
        band2 = _pair_band(w2)
        raw2 = torch.addmm(b2.repeat(2), rows2, band2)
        y2 = x.new_zeros(batch, 2 * windows + TAPS - 1, c2)
        inner = y2[:, BEFORE:BEFORE + half]
        torch.maximum(*(part.view(batch, half, c2) for part in raw2.split(c2, 1)), out=inner)
        y2.clamp_min_(0)

        rows3 = _pairs(y2, windows)
        band3 = _pair_band(w3)
        raw3 = torch.addmm(b3.repeat(2), rows3, band3)
        if mask is not None:
            mask = _paired(mask, windows)
            raw3 *= mask
        if 2 * windows > half:  # the last window is half empty; ReLU makes nothing of this zero
            raw3.view(batch, windows, 2, c3)[:, -1, 1] = 0
        y3 = torch.maximum(raw3[:, :c3], raw3[:, c3:]).clamp_min_(0)
        ctx.save_for_backward(padded, y1, rows2, band2, raw2, y2, rows3, band3, raw3, y3)
        ctx.mask = mask
        return y3.view(batch, windows, c3).transpose(1, 2).flatten(1)

    @staticmethod
    def backward(ctx, grad):
        padded, y1, rows2, band2, raw2, y2, rows3, band3, raw3, y3 = ctx.saved_tensors
        batch, c1, c2, c3 = len(padded), y1.shape[2], y2.shape[2], y3.shape[1]
        half, length = raw2.shape[0] // batch, y1.shape[1] - TAPS + 1

        grad = grad.view(batch, c3, -1).transpose(1, 2).reshape(-1, c3)
        d3 = _route(_relu_back(grad, y3), raw3)
        if ctx.mask is not None:
            d3 *= ctx.mask
        dw3, db3 = _pair_fold(rows3.t() @ d3, c2), d3.sum(0).view(2, c3).sum(0)

        inner = slice(BEFORE, BEFORE + half)
        d2 = _relu_back(_spread(d3 @ band3.t(), batch, c2), y2)[:, inner].reshape(-1, c2)
        d2 = _route(d2, raw2)
        dw2, db2 = _pair_fold(rows2.t() @ d2, c1), d2.sum(0).view(2, c2).sum(0)

        inner = slice(BEFORE, BEFORE + length)
        d1 = _relu_back(_spread(d2 @ band2.t(), batch, c1), y1)[:, inner].flatten(1)
        dw1 = _diagonals(padded.t() @ d1, length).sum(1).t().unsqueeze(1)
        db1 = d1.sum(0).view(length, c1).sum(0)
        return None, None, None, dw1, db1, dw2, db2, dw3, db3


def convolutions(x: Tensor, convs: nn.ModuleList, dropout: float, same_pooling: bool) -> Tensor:
    """The network's three convolutions with ReLU, its two pools over 2, and its dropout, of vectors that need no
    gradient.

    Parameters
    ----------
    x : Tensor, shape (batch, position)
        An even number of positions.
    dropout : float
        Share of the values dropped after the third convolution: 0 outside training.
    same_pooling : bool
        The second pool keeps an incomplete window.

    Returns
    -------
    Tensor, shape (batch, channel * window)
    """
    half = x.shape[1] // 2
    mask = None
    if dropout:  # drawn as nn.Dropout draws it, so that a seed gives the same
        mask = x.new_empty(len(x), convs[-1].out_channels, half).bernoulli_(1 - dropout).div_(1 - dropout)
    weights = [parameter for conv in convs for parameter in (conv.weight, conv.bias)]
    return _Convolutions.apply(x, mask, -(-half // 2) if same_pooling else half // 2, *weights)
