"""The CREMA-D study's networks: shapes and counts that follow from its code, and Keras's ways in PyTorch."""

import pytest
import torch
from torch import nn

from ser_repro.models import keras
from ser_repro.models.crema_2d import CREMA2D


def count(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize(("n", "stride", "parameters", "into_dense"), [
    (1, 1, 320 + 18496 + 36928 + 819264 + 2080 + 198, 12800),
    (2, 1, 1312 + 3 * 40992 + 4 * 64 + 26688 + 128 + 390, 416),
    (3, 8, 2080 + 2 * 65568 + 131136 + 3 * 262208 + 2080 + 198, 64),
    (3, 1, 2080 + 2 * 65568 + 131136 + 3 * 262208 + 4128 + 198, 128)])
def test_two_dimensional_networks_have_the_layers_of_the_notebook(n, stride, parameters, into_dense):
    model = CREMA2D(n=n, n_classes=6, stride=stride)
    assert count(model) == parameters
    assert next(layer for layer in model.modules() if isinstance(layer, nn.Linear)).in_features == into_dense
    assert model(torch.randn(2, 30, 216)).shape == (2, 6)


def test_a_stride_of_8_leaves_one_value_of_the_image_from_the_third_convolution_on():
    sizes, x = [], torch.randn(1, 1, 30, 216)
    for layer in CREMA2D(n=3, n_classes=6, stride=8).layers:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            sizes.append(tuple(x.shape[2:]))
    assert sizes == [(4, 27), (1, 2)] + 5 * [(1, 1)]


@pytest.mark.parametrize(("length", "kernel", "stride", "padding"), [
    (30, 8, 8, (1, 1)), (216, 8, 8, (0, 0)), (14, 8, 8, (1, 1)), (1, 8, 8, (3, 4)), (30, 4, 1, (1, 2)),
    (216, 10, 1, (4, 5)), (258, 5, 2, (1, 2)), (5, 3, 2, (1, 1)), (2, 3, 2, (0, 1))])
def test_padding_same_is_that_of_keras(length, kernel, stride, padding):
    assert keras.same(length, kernel, stride) == padding


def test_a_pool_before_the_relu_gives_the_same_numbers_and_gradients():
    x = torch.randn(3, 4, 7, 9, requires_grad=True)
    found = []
    for layers in ((nn.ReLU(), nn.MaxPool2d(2)), (nn.MaxPool2d(2), nn.ReLU())):
        y = nn.Sequential(*layers)(x)
        found.append((y, torch.autograd.grad((y * torch.arange(y.numel()).view_as(y)).sum(), x)[0]))
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_batch_of_one_clip_is_trained_on():
    torch.manual_seed(0)
    model = CREMA2D(n=2, n_classes=6).train()
    norm = next(layer for layer in model.modules() if isinstance(layer, keras.BatchNorm1d))
    nn.init.ones_(norm.bias)  # the ReLU behind it has no gradient at 0
    model(torch.randn(1, 30, 216)).sum().backward()
    assert norm.bias.grad.abs().sum() > 0 and not norm.running_mean.any()
    for batch in (2, 5):  # and any other batch is normalised as ever
        x = torch.randn(batch, 64)
        torch.testing.assert_close(norm(x), (x - x.mean(0)) / torch.sqrt(x.var(0, correction=0) + norm.eps) + 1)


def test_every_layer_starts_as_keras_starts_it():
    torch.manual_seed(0)
    for n in (1, 2, 3):
        for layer in CREMA2D(n=n, n_classes=6).modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                taps = layer.weight[0, 0].numel()
                bound = (6 / (taps * (layer.weight.shape[0] + layer.weight.shape[1])))**0.5
                assert 0.9 * bound < layer.weight.abs().max().item() <= bound and not layer.bias.any()
