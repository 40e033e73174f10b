"""Whether a layer of ours gives the numbers of the plain one, to rounding."""

import copy

import torch


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def assert_as_plain(layer, ours, x):
    """Outputs, and the gradients of inputs and weights, of `ours(x, layer)` are those of the layer itself."""
    plain, inputs = copy.deepcopy(layer), (x.clone().requires_grad_(), x.clone().requires_grad_())
    outputs = ours(inputs[0], layer), plain(inputs[1])
    given = torch.randn_like(outputs[1])
    for output in outputs:
        output.backward(given)
    assert relative(*outputs) < 1e-5 and relative(inputs[0].grad, inputs[1].grad) < 1e-5
    for a, b in zip(layer.parameters(), plain.parameters(), strict=True):
        assert relative(a.grad, b.grad) < 1e-5
