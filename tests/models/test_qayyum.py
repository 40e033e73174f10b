"""Qayyum et al. 2019: shapes and counts that follow from the report's listing, and the baselines' arithmetic."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ser_repro import documents
from ser_repro.models.qayyum import CHANNELS, KERNELS, Convolution, QayyumCNN, QayyumRNN
from ser_repro.models.regression import Regression


def count(model):
    return sum(p.numel() for p in model.parameters())


CONVOLUTIONS = 704 + 38976 + 139392 + 491776 + 1704448 + 5768192 + 9438208
NORMS = 2 * (32 + 64 + 128 + 256 + 512 + 1024 + 1024)


@pytest.mark.parametrize(("n", "corpus", "parameters"), [
    (1, "SAVEE", CONVOLUTIONS + NORMS + 131200 + 903), (1, "CREMA-D", CONVOLUTIONS + NORMS + 131200 + 774),
    (2, "SAVEE", 1134871), (3, "SAVEE", CONVOLUTIONS + NORMS + 131200 + 903), (4, "SAVEE", 78499),
    (5, "SAVEE", 4 * 128 * (12 + 128 + 2) + 903), (6, "SAVEE", 4 * 128 * (118 + 128 + 2) + 903),
    (7, "SAVEE", 4 * 128 * (130 + 128 + 2) + 903)])
def test_parameters(n, corpus, parameters):
    classes = {"SAVEE": 7, "CREMA-D": 6}[corpus]
    assert count(documents.build("qayyum", documents.settings("qayyum", "code", corpus, n), classes)) == parameters


@pytest.mark.parametrize("shape", [(2, 248, 1), (2, 1, 4000), (2, 5, 1)])
def test_lengths_are_halved_six_times_as_keras_does(shape):
    model, lengths = QayyumCNN(n_classes=7, width=0.1), []
    for layer in model.layers:
        if isinstance(layer, nn.Conv1d):
            layer.register_forward_hook(lambda layer, given, out: lengths.append(out.shape[2]))
    assert model(torch.randn(shape)).shape == (2, 7)
    expected = [max(shape[1:])]
    for _ in CHANNELS[1:]:
        expected.append(-(-expected[-1] // 2))
    assert lengths == expected


@pytest.mark.parametrize(("length", "kernel"), list(zip((248, 124, 62, 31, 16, 8, 4), KERNELS, strict=True)))
def test_a_product_of_matrices_computes_what_a_convolution_does(length, kernel):
    torch.manual_seed(0)
    layer, x = Convolution(16, 24, kernel), torch.randn(2, 16, length, requires_grad=True)
    weighing = torch.randn(2, 24, length)
    found = []
    for y in (layer(x), F.conv1d(x, layer.weight, layer.bias, padding=kernel // 2)):
        grads = torch.autograd.grad((y * weighing).sum(), [x, *layer.parameters()])
        found.append((y, *grads))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_the_rnn_reads_a_clip_to_its_own_end():
    torch.manual_seed(0)
    model, x, lengths = QayyumRNN(n_classes=7, values=12).eval(), torch.randn(3, 12, 9), torch.tensor([9, 4, 1])
    together = model(x, lengths)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(model(x[row:row + 1, :, :length], length[None])[0], together[row])
    assert not torch.allclose(model(x, torch.tensor([9, 9, 9])), together)


def test_a_network_learns_a_handful_of_clips():
    torch.manual_seed(0)
    x, y = torch.randn(8, 248, 1), torch.arange(8) % 4
    for model in (QayyumCNN(n_classes=4, width=0.1), QayyumRNN(n_classes=4, values=248)):
        optimiser = torch.optim.Adam(model.parameters(), 3e-3)
        for _ in range(60):
            optimiser.zero_grad()
            F.cross_entropy(model(x, torch.ones(8, dtype=torch.int64)), y).backward()
            optimiser.step()
        assert (model(x, torch.ones(8, dtype=torch.int64)).argmax(1) == y).all()


@pytest.mark.parametrize("penalty", [0.5, 100.0])
def test_the_regression_is_that_of_scikit_learn(penalty):
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    values, targets = rng.normal(size=(60, 9)), np.arange(60) % 3
    values[:, 0] += targets
    own = Regression(penalty).fit(values, targets)
    reference = Ridge(alpha=penalty).fit(values, np.eye(3)[targets])
    np.testing.assert_allclose(own.decision_function(values), reference.predict(values), atol=1e-9)
    assert (own.predict(values) == reference.predict(values).argmax(1)).all()


def test_without_a_penalty_it_is_the_least_of_the_solutions():
    rng = np.random.default_rng(0)
    values, targets = rng.normal(size=(20, 50)), np.arange(20) % 2
    own = Regression(penalty=0.0).fit(values, targets)
    centred = values - values.mean(0)
    np.testing.assert_allclose(own.coef_, np.linalg.pinv(centred) @ (np.eye(2)[targets] - 0.5), atol=1e-9)
    assert (own.predict(values) == targets).all()  # more values than clips: every clip can be told
