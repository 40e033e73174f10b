"""CNN-n-GRU against the document's figures, and the package's kernels against plain PyTorch layers."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ser_repro.models import fast
from ser_repro.models.cnn_n_gru import BLOCKS, CNNnGRU, layers

SIZES = list(BLOCKS)


def batch(samples=9003, clips=5, seed=0):
    torch.manual_seed(seed)
    lengths = torch.randint(samples // 2, samples, (clips,))
    lengths[1] = samples
    waveform = torch.randn(clips, 1, samples) * 0.1 + 0.01
    for clip, length in zip(waveform, lengths, strict=True):
        clip[:, length:] = 0
    return waveform, lengths


# Computed for the public code's layers: 4 classes, hidden size 16, 32, 64.
@pytest.mark.parametrize(("n", "counts"), [(3, (5465, 17481, 64553)), (5, (9895, 31655, 116647)),
                                           (11, (78467, 130083, 330083)), (18, (338402, 424290, 757346))])
def test_parameter_counts_are_those_of_the_public_code(n, counts):
    for hidden, count in zip((16, 32, 64), counts, strict=True):
        model = CNNnGRU(n=n, n_classes=4, hidden_size=hidden)
        assert sum(p.numel() for p in model.parameters()) == count


def test_seven_classes_add_three_outputs():
    for hidden, more in ((16, 51), (32, 99), (64, 195)):
        four, seven = (sum(p.numel() for p in CNNnGRU(n=3, n_classes=k, hidden_size=hidden).parameters())
                       for k in (4, 7))
        assert seven - four == more


@pytest.mark.parametrize(("n", "convolutions", "channels", "pools"),
                         [(3, 2, 6, 2), (5, 4, 20, 4), (11, 10, 88, 4), (18, 17, 144, 4)])
def test_layers_are_those_of_the_figure(n, convolutions, channels, pools):
    stack = layers(n)
    assert len(stack) == convolutions
    assert stack[-1].out_channels == channels
    assert sum(layer.pool for layer in stack) == pools
    model = CNNnGRU(n=n, n_classes=7)
    assert (model.gru.num_layers, model.gru.input_size) == (n, channels // 2)
    assert (model.convs[0].kernel_size, model.convs[0].stride) == ((160,), (4,))


def test_unknown_size_is_refused():
    with pytest.raises(ValueError, match="n = 4: CNN-n-GRU is defined for n = 3, 5, 11, 18"):
        CNNnGRU(n=4, n_classes=7)


def test_bn1_used_twice_leaves_bn3_without_gradient():
    model = CNNnGRU(n=11, n_classes=7, bn1_used_twice=True)
    waveform, lengths = batch()
    model(waveform, lengths)[0].sum().backward()
    assert model.norms[2].weight.grad is None
    assert CNNnGRU(n=3, n_classes=7, bn1_used_twice=True).stack == layers(3)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("reading", ["code", "paper"])
def test_kernels_equal_plain_layers_in_value_gradient_and_statistics(n, reading):
    code = reading == "code"
    torch.manual_seed(n)
    model = CNNnGRU(n=n, n_classes=7, pool_before_gru=code, mask_padding=not code).double()
    with torch.no_grad():  # gammas of either sign
        for norm in model.norms:
            norm.weight.normal_()
            norm.bias.normal_()
    plain = copy.deepcopy(model)
    plain.optimised = False
    waveform, lengths = batch()
    state = torch.randn(n, len(lengths), 16).double()
    outputs = []
    for net in (model, plain):
        output, last = net(waveform.double(), lengths, state)
        F.nll_loss(output, torch.arange(len(lengths))).backward()
        outputs.append((output, last))
    for mine, theirs in zip(*outputs, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9)
    for (name, mine), theirs in zip(model.named_parameters(), plain.parameters(), strict=True):
        if name == "convs.0.bias":  # cancelled by the normalisation: rounding there, none here
            assert mine.grad is None and theirs.grad.abs().max() < 1e-12
        elif theirs.grad is not None:
            torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-7, atol=1e-9)
    for mine, theirs in zip(model.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(model.eval()(waveform.double(), lengths)[0], plain.eval()(waveform.double(), lengths)[0])


def test_first_kernel_routes_ties_to_the_first_maximum():
    conv, norm = nn.Conv1d(1, 2, 160, stride=4).double(), nn.BatchNorm1d(2).double()
    waveform = torch.ones(1, 1, 160 + 4 * 40).double()  # constant: all outputs of a window are equal
    waveform[..., :100] = torch.randn(100).double()
    gradients = []
    for kernel in (True, False):
        conv.zero_grad()
        outputs = torch.tensor([41])
        y = (fast.conv_norm_pool(waveform, conv, norm, outputs, torch.tensor([320]), 0.01) if kernel else
             F.max_pool1d(F.leaky_relu(norm(conv(waveform)), 0.01), 4))
        (y * torch.arange(y.numel()).view_as(y)).sum().backward()
        gradients.append(conv.weight.grad.clone())
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("optimised", [True, False])
def test_in_reading_paper_a_prediction_depends_on_its_clip_alone(n, optimised):
    torch.manual_seed(n)
    model = CNNnGRU(n=n, n_classes=7, pool_before_gru=False, mask_padding=True, optimised=optimised)
    waveform, lengths = batch()
    model(waveform, lengths)  # running statistics off their start
    model.eval()
    with torch.no_grad():
        together = model(waveform, lengths)[0]
        for i, length in enumerate(lengths.tolist()):
            alone = model(waveform[i:i + 1, :, :length], lengths[i:i + 1])[0]
            torch.testing.assert_close(alone[0], together[i], rtol=1e-4, atol=1e-5)


def test_in_reading_code_a_prediction_depends_on_its_neighbours():
    waveform, lengths = batch()
    apart = {}
    for reading, masked in (("code", False), ("paper", True)):
        torch.manual_seed(0)
        model = CNNnGRU(n=3, n_classes=7, pool_before_gru=not masked, mask_padding=masked).double().eval()
        with torch.no_grad():
            together = model(waveform.double(), lengths)[0][0]
            alone = model(waveform[:1, :, :lengths[0]].double(), lengths[:1])[0][0]
        apart[reading] = (together - alone).abs().max()
    assert apart["paper"] < 1e-12 < 1e-6 < apart["code"]


def test_masked_statistics_are_those_of_the_clips_joined():
    norm, joined = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    x, lengths = torch.randn(2, 3, 10), torch.tensor([4, 10])
    fast.masked_batch_norm(x, norm, lengths)
    joined(torch.cat([x[0, :, :4], x[1]], 1).unsqueeze(0))
    torch.testing.assert_close(norm.running_mean, joined.running_mean)
    torch.testing.assert_close(norm.running_var, joined.running_var)


@pytest.mark.parametrize(("depth", "time"), [(1, 5), (3, 2), (4, 9)])
def test_stacked_gru_is_a_gru(depth, time):
    torch.manual_seed(1)
    gru = nn.GRU(6, 8, num_layers=depth, batch_first=True).double()
    x, state = torch.randn(3, time, 6).double().requires_grad_(), torch.randn(depth, 3, 8).double()
    results = []
    for run in (lambda: fast.stacked_gru(x, gru, state), lambda: gru(x, state)):
        gru.zero_grad()
        x.grad = None
        y, last = run()
        y.square().sum().backward()
        results.append([y, last, x.grad, *(p.grad for p in gru.parameters())])
    for mine, theirs in zip(*results, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_a_clip_shorter_than_the_first_kernels_reach_is_padded():
    model = CNNnGRU(n=18, n_classes=7, pool_before_gru=False, mask_padding=True).eval()
    with torch.no_grad():
        assert model(torch.randn(1, 1, 50), torch.tensor([50]))[0].exp().sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("reading", ["code", "paper"])
def test_a_handful_of_clips_can_be_learnt_by_heart(reading):
    torch.manual_seed(0)
    model = CNNnGRU(n=3, n_classes=3, pool_before_gru=reading == "code", mask_padding=reading == "paper")
    waveform, lengths = batch(4000, 6)
    target = torch.tensor([0, 1, 2, 0, 1, 2])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        loss = F.nll_loss(model(waveform, lengths)[0], target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (model(waveform, lengths)[0].argmax(1) == target).all()


def test_one_gru_layer_can_stand_behind_many_convolutions():
    model = CNNnGRU(n=18, n_classes=7, gru_layers=1)
    _, state = model(torch.zeros(2, 1, 16000), torch.tensor([16000, 16000]))
    assert state.shape == (1, 2, 16)
    assert sum(p.numel() for p in model.gru.parameters()) == 3 * 16 * (72 + 16 + 2)
