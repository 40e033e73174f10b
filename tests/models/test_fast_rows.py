"""Convolutions over a handful of positions by one product, and training by them: the numbers of the plain layers."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from plain_layers import assert_as_plain, relative
from torch.nn import functional as F

from ser_repro import documents
from ser_repro.models import fast_rows, keras
from ser_repro.models.crema_1d import CREMA1D, Convolution
from ser_repro.runs import training


@pytest.mark.parametrize("kernel", [2, 3, 5])
@pytest.mark.parametrize("length", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("channels", [1, 16])
def test_values_and_gradients_are_those_of_the_plain_layer(kernel, length, channels):
    torch.manual_seed(0)
    conv = Convolution(channels, 12, kernel, keras.same(length, kernel)).to(memory_format=torch.channels_last)
    assert_as_plain(conv, lambda x, layer: layer(x, optimised=True), torch.randn(4, channels, 1, length))


@pytest.mark.parametrize(("length", "before", "after", "kernel"), [(4, 0, 0, 3), (3, 0, 0, 3), (2, 3, 1, 5)])
def test_any_zeros_around_the_row_will_do(length, before, after, kernel):
    conv = Convolution(8, 6, kernel, (before, after))
    x = torch.randn(3, 8, 1, length)
    found = fast_rows.convolution(x, conv, before, after)
    torch.testing.assert_close(found, F.conv2d(F.pad(x, (before, after)), conv.weight, conv.bias))


def test_rows_that_are_longer_are_left_to_the_plain_layer(monkeypatch):
    asked = []
    monkeypatch.setattr(fast_rows, "convolution", lambda *given: asked.append(given[0].shape[3]))
    for length in (fast_rows.LONGEST, fast_rows.LONGEST + 1):
        Convolution(1, 2, 3, (1, 1))(torch.randn(2, 1, 1, length), optimised=True)
    assert asked == [fast_rows.LONGEST]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_step_is_that_of_the_plain_network(n):
    torch.manual_seed(0)
    model = CREMA1D(n=n, length=5, n_classes=6)
    plain, x, target = copy.deepcopy(model), torch.randn(16, 5, 1), torch.randint(6, (16,))
    plain.optimised = False
    outputs = []
    for one in (model, plain):
        torch.manual_seed(1)  # dropout
        outputs.append(one(x))
        F.cross_entropy(outputs[-1], target).backward()
    assert relative(*outputs) < 1e-4
    for (name, a), (_, b) in zip(model.named_parameters(), plain.named_parameters(), strict=True):
        assert (a.grad - b.grad).abs().max() <= 1e-4 * max(b.grad.abs().max(), 1e-3), name


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_training_is_that_of_plain_layers_and_a_plain_optimiser(n):
    """Losses after every epoch, and probabilities after the last. Not of model 3: a bias in front of its batch
    normalisation has no gradient but rounding, of which Adam makes whole steps."""
    rng = np.random.default_rng(0)
    vectors = torch.from_numpy(rng.normal(size=(96, 5, 1)).astype(np.float32))
    source = SimpleNamespace(batch=lambda rows: (vectors[rows], torch.ones(len(rows), dtype=torch.int64)))
    values, rows = documents.settings("crema_1d", "code", "CREMA-D", n), np.arange(96)
    found = []
    for optimised in (True, False):
        torch.manual_seed(0)
        model = documents.build("crema_1d", values, 6)
        model.optimised = optimised
        trained = training.Training(documents.get("crema_1d"), model, values, source,
                                    {"train": (rows[:80], rows[:80] % 6), "validation": (rows[80:], rows[80:] % 6)}, 0)
        trained.start(torch.device("cpu"))
        if not optimised:
            trained.optimiser.param_groups[0].update(fused=False)
        for _ in range(3):
            trained.epoch()
        found.append([[list(row.values()) for row in trained.history],
                      training.predict(model, source, rows, batch_size=16)])
    for ours, plain in zip(*found, strict=True):
        assert np.abs(np.array(ours) - np.array(plain)).max() < 1e-4
