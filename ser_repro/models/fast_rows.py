"""Convolutions over rows on a CPU: the same numbers as the plain layers, in less time.

Rows are images of one row, channels-last in memory. A short row is one matrix product (`_Short`): it is so short that
oneDNN spends most of its time on getting ready. A long row is cut into tiles (`_Tiled`), which takes fewer
multiplications than the definition of a convolution: see there. benchmarks/feature_networks.py measures both.
"""

import functools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

SHORT = 20  # positions up to which a row is one product
FEWEST = 8  # input channels below which tiles are not worth their making
TILE = 4  # outputs of a tile
_POINTS = (0, 1, -1, 2, -2, 0.5, -0.5)  # at which polynomials are evaluated, and infinity


class Convolution(nn.Conv2d):
    """A convolution of one row, with zeros `before` and `after` it."""

    def __init__(self, channels: int, after: int, kernel: int, zeros: tuple[int, int]):
        super().__init__(channels, after, (1, kernel))
        self.zeros = zeros

    def forward(self, x: Tensor, optimised: bool = False) -> Tensor:
        """Shape (batch, channel, 1, position), the kernel's length less one shorter than the row and its zeros."""
        long = x.shape[3] > SHORT
        if not optimised or x.device.type != "cpu" or (long and self.in_channels < FEWEST):
            return super().forward(F.pad(x, self.zeros))
        rows = (_tiled if long else _short)(x.permute(0, 2, 3, 1)[:, 0], self.weight.permute(0, 2, 3, 1)[:, 0],
                                            self.bias, *self.zeros)
        return rows.unsqueeze(1).permute(0, 3, 1, 2)


# One product. ---------------------------------------------------------------------------------------------------------

class _Short(torch.autograd.Function):
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


def _short(rows: Tensor, weight: Tensor, bias: Tensor, before: int, after: int) -> Tensor:
    """The values under each position of the kernel are laid side by side; output and both gradients are a product each.
    rows (batch, position, channel), weight (channel, tap, channel before)."""
    length, taps = rows.shape[1], weight.shape[1]
    # Farther out than the row is long, a tap meets zeros alone, whichever position it stands at.
    first, end = max(before - length + 1, 0), min(before + length, taps)
    rows = F.pad(rows, (0, 0, before - first, after - (taps - end))).contiguous()
    channels = rows.shape[2]
    return _Short.apply(rows, weight.flatten(1), bias, slice(first * channels, end * channels))


# Tiles. ---------------------------------------------------------------------------------------------------------------

@functools.cache
def _evaluations(taps: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Matrices A, G and B of a tile's convolution y = A'((G g) * (B d)): of four outputs, `taps` weights g, and the
    values d under them (Toom 1963; Winograd, Arithmetic Complexity of Computations, 1980, chapter V).

    Two polynomials are multiplied by evaluating them at as many points as the product has coefficients; a convolution
    is that, transposed. The last point is infinity, whose value is the highest coefficient.
    """
    points = np.array(_POINTS[:TILE + taps - 2])

    def evaluated(coefficients: int) -> np.ndarray:
        return np.vstack([points[:, None] ** np.arange(coefficients), np.eye(coefficients)[-1:]])

    weights = evaluated(taps)
    scale = np.abs(weights).max(1, keepdims=True)
    values = np.linalg.inv(evaluated(TILE + taps - 1)).T
    return tuple(torch.tensor(one, dtype=dtype) for one in (evaluated(TILE), weights / scale, values * scale))


class _Tiled(torch.autograd.Function):
    """Of rows (batch, position, channel) by weights (channel, tap, channel before): (batch, position, channel).

    Four outputs under five taps take twenty multiplications by definition; eight are enough: tile and weights are each
    evaluated at eight points, multiplied point by point, and what comes out is interpolated. Summed over channels, each
    point is a matrix product. A kernel of more than five taps is cut into pieces of four: as a tile has four outputs, a
    piece meets the values of the next tile, so that all pieces share one evaluation. Gradients go the same way back.
    """

    @staticmethod
    def forward(ctx, x, weight, bias, before, after):
        (batch, length, channels), (wide, kernel) = x.shape, weight.shape[:2]
        taps = kernel if kernel <= 5 else TILE
        pieces = -(-kernel // taps)
        out = length + before + after - kernel + 1
        tiles = -(-out // TILE) + pieces                                # a clip's; the last ones give no output
        rows = batch * tiles
        A, G, B = _evaluations(taps, x.dtype)
        points, reach = len(B), taps - 1
        # Value p of tile t is x[4 t + p - before]; behind the last clip's last tile are as many as pieces reach for.
        split = x.new_zeros(TILE, rows + pieces - 1, channels)
        for mine, theirs in _phases(split, x, batch, tiles, before):
            mine.copy_(theirs)
        split = split.view(TILE, -1)
        values = B[:, :TILE] @ split                                    # (point, tile * channel)
        values[:, :-channels].addmm_(B[:, TILE:], split[:reach, channels:])
        values = values.as_strided((points, rows, pieces * channels), (values.stride(0), channels, 1))
        if pieces > 1:
            weight = F.pad(weight, (0, 0, 0, pieces * taps - kernel)).view(wide, pieces, taps, channels)
            weight = weight.transpose(1, 2).reshape(wide, taps, pieces * channels)
        weights = torch.matmul(G, weight)                               # (channel, point, piece * channel before)
        product = torch.bmm(values, weights.permute(1, 2, 0))           # (point, tile, channel)
        found = (A.t() @ product.view(points, -1)).view(TILE, batch, tiles, wide)[:, :, :tiles - pieces]
        ctx.save_for_backward(values, weights)
        ctx.sizes = batch, length, channels, kernel, taps, pieces, tiles, before
        whole = x.new_empty(batch, tiles - pieces, TILE, wide)
        torch.add(found.permute(1, 2, 0, 3), bias, out=whole)
        return whole.view(batch, -1, wide)[:, :out]

    @staticmethod
    def backward(ctx, grad):
        values, weights = ctx.saved_tensors
        batch, length, channels, kernel, taps, pieces, tiles, before = ctx.sizes
        A, G, B = _evaluations(taps, grad.dtype)
        points, rows, wide, reach = len(B), batch * tiles, grad.shape[2], taps - 1
        split = grad.new_zeros(TILE, rows, wide)
        for mine, theirs in _phases(split, grad, batch, tiles, 0):
            mine.copy_(theirs)
        product = (A @ split.view(TILE, -1)).view(points, rows, wide)
        dweight = G.t() @ torch.bmm(product.transpose(1, 2), values).view(points, -1)
        dweight = dweight.view(taps, wide, pieces, channels).permute(1, 2, 0, 3)
        dweight = dweight.reshape(wide, pieces * taps, channels)[:, :kernel]
        dx = None
        if ctx.needs_input_grad[0]:
            dvalues = torch.bmm(product, weights.transpose(0, 1))       # (point, tile, piece * channel)
            if pieces > 1:
                each = dvalues.view(points, rows, pieces, channels)
                dvalues = dvalues.new_zeros(points, rows + pieces - 1, channels)
                for piece in range(pieces):
                    dvalues[:, piece:piece + rows] += each[:, :, piece]
            dvalues = dvalues.view(points, -1)
            split = B[:, :TILE].t() @ dvalues
            split[:reach, channels:].addmm_(B[:, TILE:].t(), dvalues[:, :-channels])
            dx = grad.new_empty(batch, length, channels)
            for mine, theirs in _phases(split.view(TILE, -1, channels), dx, batch, tiles, before):
                theirs.copy_(mine)
        return dx, dweight, grad.sum((0, 1)), None, None


def _phases(split: Tensor, rows: Tensor, batch: int, tiles: int, before: int):
    """Pairs of views of the same values: every fourth of each clip in `split` (4, tile, channel), and in `rows` (batch,
    position, channel), which begins at value `before` of the first tile."""
    for phase in range(TILE):
        first = max(-(-(before - phase) // TILE), 0)
        theirs = rows[:, first * TILE + phase - before::TILE]
        theirs = theirs[:, :tiles - first]
        mine = split[phase, :batch * tiles].view(batch, tiles, -1)
        yield mine[:, first:first + theirs.shape[1]], theirs


def _tiled(rows: Tensor, weight: Tensor, bias: Tensor, before: int, after: int) -> Tensor:
    return _Tiled.apply(rows, weight.contiguous(), bias, before, after)
