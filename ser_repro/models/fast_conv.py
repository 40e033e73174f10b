"""A convolution of channels-last images whose weights' gradient is taken by matrix products.

oneDNN takes the gradient of a convolution's weights at half the speed of its output where memory is channels-last and
the processor has no AVX-512. Here it is a product for each of the kernel's taps, of all positions of the input by all
of the output's gradient: shifted by the tap, both are plain stretches of one table of positions, so that nothing is
unfolded. Output and the input's gradient stay oneDNN's.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEWEST = 8  # input channels below which the products are too thin to be faster


def _table(images: Tensor, height: int, width: int) -> Tensor:
    """Images (batch, channel, row, column) with zeros below and to the right: (batch * height * width, channel)."""
    batch, channels, rows, columns = images.shape
    if (rows, columns) == (height, width):
        return images.permute(0, 2, 3, 1).reshape(-1, channels)
    out = images.new_zeros(batch, height, width, channels)
    out[:, :rows, :columns] = images.permute(0, 2, 3, 1)
    return out.view(-1, channels)


def _weight_gradient(x: Tensor, grad: Tensor, shape: torch.Size, padding: tuple[int, int]) -> Tensor:
    """Gradient of the weights, (channel, before, row, column) = `shape`, from input and the output's gradient.

    The zeros behind an image's row or last row are also the padding in front of the next.
    """
    height, width = x.shape[2] + padding[0], x.shape[3] + padding[1]
    inputs, outputs = _table(x, height, width), _table(grad, height, width)
    taps = []
    for row in range(shape[2]):
        for column in range(shape[3]):
            shift = (row - padding[0]) * width + column - padding[1]
            ahead, behind = max(shift, 0), max(-shift, 0)
            taps.append(inputs[ahead:len(inputs) - behind].t() @ outputs[behind:len(outputs) - ahead])
    return torch.stack(taps).view(*shape[2:], *shape[1::-1]).permute(3, 2, 0, 1)


class _Convolution(torch.autograd.Function):
    """See `convolution`."""

    @staticmethod
    def forward(ctx, x, weight, bias, padding):
        ctx.save_for_backward(x, weight)
        ctx.padding = padding
        return F.conv2d(x, weight, bias, padding=padding)

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = torch.ops.aten.convolution_backward(grad, x, weight, None, (1, 1), ctx.padding, (1, 1), False, (0, 0),
                                                     1, (True, False, False))[0]
        return dx, _weight_gradient(x, grad, weight.shape, ctx.padding), grad.sum((0, 2, 3)), None


def convolution(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """`conv(x)` of a convolution with bias, stride 1 and zeros as padding, or none.

    Parameters
    ----------
    x : Tensor, shape (batch, channel, row, column)
        Channels-last in memory.
    """
    if conv.in_channels < FEWEST:
        return conv(x)
    padding = conv.padding
    if padding == "same":
        padding = tuple((size - 1) // 2 for size in conv.kernel_size)
    return _Convolution.apply(x, conv.weight, conv.bias, padding)
