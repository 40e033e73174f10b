"""The kernel of the MFCC CNN and the fused optimiser: the numbers of the plain layers, to rounding."""

import copy

import numpy as np
import pytest
import torch
from making import make_run, train_both_ways
from torch import nn

from ser_repro import documents
from ser_repro.models.mfcc_cnn import MFCCCNN


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_values_and_gradients_are_those_of_the_plain_layers(training, same, dropout):
    torch.manual_seed(1)
    ours = MFCCCNN(n_classes=8, same_pooling=same, dropout=dropout).train(training)
    for parameter in ours.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)  # biases that are not zero
    plain = copy.deepcopy(ours)
    plain.optimised = False
    x, target = torch.randn(32, 50, 1), torch.randint(8, (32,))
    outputs, after = [], []
    for model in (ours, plain):
        torch.manual_seed(3)
        outputs.append(model(x))
        torch.nn.functional.cross_entropy(outputs[-1], target).backward()
        after.append(torch.rand(1))
    assert relative(*outputs) < 1e-5
    assert torch.equal(*after)  # dropout took as much of the random stream
    for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
        assert relative(a.grad, b.grad) < 1e-5


def test_a_tie_in_a_pool_goes_to_the_first_as_in_pytorch():
    torch.manual_seed(0)
    ours = MFCCCNN(n_classes=6)
    plain = copy.deepcopy(ours)
    plain.optimised = False
    for model in (ours, plain):
        model(torch.ones(2, 50, 1)).sum().backward()  # away from the edges all positions are equal
    for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reading", documents.READINGS)
def test_a_training_is_that_of_plain_layers_and_a_plain_optimiser(reading, demo, tmp_path):
    """Losses after every epoch, and probabilities after the last."""
    def plain(trained):
        rate = trained.values["learning_rate"]
        trained.optimiser = torch.optim.Adam(trained.model.parameters(), lr=rate, eps=1e-7)

    curves, probabilities = train_both_ways(make_run("mfcc_cnn", reading, epochs=6, learning_rate=1e-3), demo, tmp_path,
                                            plain)
    assert curves[1][-1][0] < 0.9 * curves[1][0][0]  # it learned, so that there was something to differ in
    np.testing.assert_allclose(*curves, atol=1e-4)
    np.testing.assert_allclose(*probabilities, atol=1e-4)


def test_the_fused_adam_steps_as_the_plain_one():
    torch.manual_seed(0)
    values = documents.settings("mfcc_cnn", "code", "RAVDESS", learning_rate=1e-2)
    models = [nn.Linear(20, 10)]
    models.append(copy.deepcopy(models[0]))
    optimisers = [documents.get("mfcc_cnn").optimiser(model.parameters(), values) for model in models]
    optimisers[1].param_groups[0]["fused"] = False
    assert optimisers[0].param_groups[0]["fused"]
    for _ in range(20):
        x = torch.randn(8, 20)
        for model, optimiser in zip(models, optimisers, strict=True):
            optimiser.zero_grad()
            model(x).square().mean().backward()
            optimiser.step()
    assert relative(models[0].weight, models[1].weight) < 1e-5
