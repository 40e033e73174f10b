"""The gradient of weights by matrix products, and training by it: the numbers of the plain layers, to rounding."""

import numpy as np
import pytest
import torch
from making import make_run, train_both_ways
from plain_layers import assert_as_plain, relative
from torch import nn

from ser_repro import documents
from ser_repro.models import fast_conv


@pytest.mark.parametrize(("kernel", "padding"), [((1, 5), "same"), ((1, 5), 0), ((3, 3), 1), ((3, 3), "same"),
                                                 ((3, 5), 0)])
@pytest.mark.parametrize("channels", [1, 16])
def test_values_and_gradients_are_those_of_the_plain_layer(kernel, padding, channels):
    torch.manual_seed(0)
    conv = nn.Conv2d(channels, 12, kernel, padding=padding).to(memory_format=torch.channels_last)
    x = torch.randn(4, channels, 7, 11).contiguous(memory_format=torch.channels_last)
    assert_as_plain(conv, fast_conv.convolution, x)


@pytest.mark.parametrize("reading", documents.READINGS)
def test_a_training_of_issa_is_that_of_plain_layers_and_a_plain_optimiser(reading, demo, tmp_path):
    """Losses after every epoch, and probabilities after the last."""
    curves, probabilities = map(np.array, train_both_ways(
        make_run("issa", reading, epochs=3), demo, tmp_path,
        lambda trained: trained.optimiser.param_groups[0].update(foreach=False)))
    assert np.abs(curves[0] - curves[1]).max() < 1e-4
    assert relative(*map(torch.from_numpy, probabilities)) < 1e-4
