"""Convolutions over rows, short and long, and training by them: the numbers of the plain layers."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from making import make_run
from plain_layers import assert_as_plain, relative
from torch.nn import functional as F

from ser_repro import documents
from ser_repro.models import fast_rows, keras
from ser_repro.models.crema_1d import CREMA1D
from ser_repro.models.fast_rows import Convolution
from ser_repro.runs import execution, training


def fast(x, layer):
    return layer(x, optimised=True)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 6, 8, 9, 10, 21])
@pytest.mark.parametrize("length", [1, 2, 3, 5, 20, 21, 22, 23, 24, 193])
@pytest.mark.parametrize("channels", [1, 16])
def test_values_and_gradients_are_those_of_the_plain_layer(kernel, length, channels):
    torch.manual_seed(0)
    conv = Convolution(channels, 12, kernel, keras.same(length, kernel)).to(memory_format=torch.channels_last)
    assert_as_plain(conv, fast, torch.randn(4, channels, 1, length))


@pytest.mark.parametrize(("length", "before", "after", "kernel"), [
    (4, 0, 0, 3), (3, 0, 0, 3), (2, 3, 1, 5), (40, 0, 0, 5), (40, 0, 0, 10), (41, 3, 1, 5), (42, 9, 2, 10),
    (43, 0, 7, 9), (21, 0, 0, 21)])
def test_any_zeros_around_the_row_will_do(length, before, after, kernel):
    conv = Convolution(8, 6, kernel, (before, after))
    x = torch.randn(3, 8, 1, length)
    torch.testing.assert_close(fast(x, conv), F.conv2d(F.pad(x, (before, after)), conv.weight, conv.bias),
                               rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("length", "channels", "kernel"), [(fast_rows.SHORT, 16, 5), (fast_rows.SHORT + 1, 16, 5),
                                                            (fast_rows.SHORT + 1, 16, 10)])
def test_gradients_are_those_of_small_differences(length, channels, kernel):
    conv = Convolution(channels, 2, kernel, (2, 1)).double()
    x = torch.randn(2, channels, 1, length, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, *_: fast(x, conv), (x, conv.weight, conv.bias), fast_mode=True)


@pytest.mark.parametrize(("length", "channels", "kernel"), [(fast_rows.SHORT, 1, "_short"),
                                                            (fast_rows.SHORT + 1, fast_rows.FEWEST, "_tiled"),
                                                            (fast_rows.SHORT + 1, fast_rows.FEWEST - 1, None)])
def test_each_row_has_its_way(length, channels, kernel, monkeypatch):
    asked = []
    for name in ("_short", "_tiled"):
        monkeypatch.setattr(fast_rows, name, lambda rows, weight, *_, name=name: asked.append(name) or rows)
    conv, x = Convolution(channels, 2, 3, (1, 1)), torch.randn(2, channels, 1, length)
    fast(x, conv)
    assert asked == ([kernel] if kernel else [])
    asked.clear()
    conv(x)
    assert asked == []


@pytest.mark.parametrize("kernel", [5, 10])
def test_the_error_is_no_more_than_sums_in_single_precision_make(kernel):
    """Of the second layer of Issa et al., against double precision, in one piece and in two. That of the plain layer is
    no measure: it depends on the processor."""
    torch.manual_seed(0)
    for _ in range(3):
        conv = Convolution(256, 128, kernel, keras.same(193, kernel))
        x = torch.randn(2, 256, 1, 193)
        exact = conv.double()(x.double())
        conv.float()
        assert relative(fast(x, conv), exact) < torch.finfo(torch.float32).eps * (256 * kernel) ** 0.5


@pytest.mark.parametrize(("n", "length"), [(1, 5), (2, 5), (3, 5), (5, 5), (1, 258), (6, 258), (7, 258)])
def test_a_step_is_that_of_the_plain_network(n, length):
    torch.manual_seed(0)
    model = CREMA1D(n=n, length=length, n_classes=6)
    plain, x, target = copy.deepcopy(model), torch.randn(16, length, 1), torch.randint(6, (16,))
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


def test_a_training_of_issa_is_as_near_to_double_precision_as_that_of_plain_layers(demo, tmp_path):
    """Rounding grows from step to step, so that two right kernels part; but ours from the exact answer no sooner."""
    run = make_run("issa", epochs=3)
    source, values = execution.inputs(run, data=demo, cache=tmp_path), run.values
    _, classes, parts = execution.parts_of(run, source)
    parts = {name: part for name, part in parts.items() if len(part[0])}

    def probabilities(dtype, optimised):
        torch.manual_seed(0)
        model = documents.build("issa", values, len(classes)).to(dtype)
        model.optimised = optimised
        given = SimpleNamespace(batch=lambda rows: (source.batch(rows)[0].to(dtype), source.batch(rows)[1]))
        trained = training.Training(run.recipe, model, values, given, parts, seed=0)
        trained.start(torch.device("cpu"))
        for _ in range(values["epochs"]):
            trained.epoch()
        return torch.from_numpy(training.predict(model, given, parts["test"][0], batch_size=32))

    exact = probabilities(torch.float64, optimised=False)
    ours, plain = (relative(probabilities(torch.float32, optimised=kind), exact) for kind in (True, False))
    assert ours < max(2 * plain, 1e-3) < 0.01
