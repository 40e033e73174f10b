"""The CREMA-D study's networks: shapes and counts that follow from its code, and Keras's ways in PyTorch."""

import pytest
import torch
from torch import nn

from ser_repro.models import keras
from ser_repro.models.crema_1d import CREMA1D
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


@pytest.mark.parametrize(("n", "length", "parameters"), [
    (1, 5, 1536 + 327936 + 163968 + 41024 + 2080 + 198), (1, 258, 1536 + 327936 + 163968 + 41024 + 34848 + 198),
    (2, 5, 1024 + 196864 + 512 + 98432 + 3 * 49280 + 256 + 24640 + 12352 + 390),
    (3, 5, 2048 + 393472 + 512 + 98432 + 24640 + 6176 + 8448 + 1542), (4, 5, 535270),
    (5, 5, 384 + 5 * 32896 + 6 * 385), (6, 258, 704 + 82048 + 163968 + 65792 + 1542),
    (7, 258, 3072 + 655616 + 512 + 163968 + 41024 + 10272 + 139520 + 1542)])
def test_one_dimensional_networks_have_the_layers_of_the_reports_listings(n, length, parameters):
    model = CREMA1D(n=n, length=length, n_classes=6)
    assert count(model) == parameters
    assert model(torch.randn(2, length, 1)).shape == (2, 6)


@torch.no_grad()
def test_rows_compute_what_one_dimensional_layers_do():
    """Model 3 in layers of one dimension, their padding that of Keras."""
    torch.manual_seed(0)
    model, x = CREMA1D(n=3, length=5, n_classes=6).eval(), torch.randn(4, 5, 1)
    convs = [layer for layer in model.layers if isinstance(layer, nn.Conv2d)]
    norm = next(layer for layer in model.layers if isinstance(layer, nn.BatchNorm2d))
    dense = [layer for layer in model.layers if isinstance(layer, nn.Linear)]
    for values in (norm.running_mean, norm.running_var, norm.weight, norm.bias):
        values.uniform_(0.5, 1.5)

    def conv(y, layer):
        return torch.relu(nn.functional.conv1d(y, layer.weight[:, :, 0], layer.bias, padding=1))

    def pool(y):  # of 3 at a stride of 2: lengths 5, 3, 2, 1, padded on both sides but for 2, padded at its end
        padding = (0, 1) if y.shape[-1] == 2 else (1, 1)
        return nn.functional.max_pool1d(nn.functional.pad(y, padding, value=-torch.inf), 3, 2)

    y = pool(conv(x.transpose(1, 2), convs[0]))
    y = nn.functional.batch_norm(conv(y, convs[1]), norm.running_mean, norm.running_var, norm.weight, norm.bias,
                                 eps=1e-3)
    y = pool(conv(conv(pool(y), convs[2]), convs[3]))
    y = pool(conv(y, convs[4])).flatten(1)
    torch.testing.assert_close(model(x), dense[1](torch.relu(dense[0](y))))


def test_model_6_alone_is_restrained_in_its_second_convolution():
    for n, length in ((1, 5), (6, 258)):
        model = CREMA1D(n=n, length=length, n_classes=6)
        expected = 0.0
        if n == 6:
            second = [layer for layer in model.layers if isinstance(layer, nn.Conv2d)][1]
            expected = 0.01 * (second.weight.square().sum() + second.bias.square().sum()).item()
            assert expected > 0
        assert float(torch.as_tensor(model.penalty()).detach()) == pytest.approx(expected, rel=1e-5)


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
    networks = [CREMA2D(n=n, n_classes=6) for n in (1, 2, 3)] + [CREMA1D(n=n, length=258, n_classes=6) for n in (2, 6)]
    for model in networks:
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                taps = layer.weight[0, 0].numel()
                bound = (6 / (taps * (layer.weight.shape[0] + layer.weight.shape[1])))**0.5
                assert 0.9 * bound < layer.weight.abs().max().item() <= bound and not layer.bias.any()


@pytest.mark.parametrize("n", range(1, 6))
def test_a_last_batch_of_one_clip_trains_on_five_values(n):
    torch.manual_seed(0)
    model = CREMA1D(n=n, length=5, n_classes=6).train()
    norms = [norm for norm in model.modules() if isinstance(norm, keras.BatchNorm2d)]
    for norm in norms:
        nn.init.ones_(norm.bias)
    model(torch.randn(1, 5, 1)).sum().backward()
    assert not norms or norms[-1].bias.grad.abs().sum() > 0
    assert [not norm.running_mean.any() for norm in norms] == {2: [False, True], 3: [False], 4: [False]}.get(n, [])
