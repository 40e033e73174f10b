"""The networks on features: shapes and counts of their documents, and what padding may not change."""

import numpy as np
import pytest
import torch
from torch import nn

from ser_repro import documents, protocols
from ser_repro.models.cnn_bigru import CNNBiGRU
from ser_repro.models.issa import Issa
from ser_repro.models.mfcc_cnn import MFCCCNN
from ser_repro.runs import methods, training


def count(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize(("classes", "parameters"), [(6, 53350), (7, 53479), (8, 53608)])
def test_mfcc_cnn_has_the_parameters_of_its_stored_weights(classes, parameters):
    assert count(MFCCCNN(n_classes=classes)) == parameters


def test_pools_with_padding_keep_the_thirteenth_value():
    code, paper = MFCCCNN(n_classes=7), MFCCCNN(n_classes=7, same_pooling=True)
    assert (code.hidden.in_features, paper.hidden.in_features) == (384, 416)
    assert count(paper) - count(code) == 32 * 128


def test_bigru_has_the_parameters_of_the_code():
    model = CNNBiGRU(n_classes=8)
    parts = {"convs": 1567872 + 2112, "gru": 493056, "rest": 54089}
    assert count(model) == 2117129
    assert sum(count(part) for part in (model.convs, model.norms)) == parts["convs"]
    assert count(model.gru) == parts["gru"]
    assert count(model.attention) + count(model.linears) == parts["rest"]


@pytest.mark.parametrize(("variant", "same", "into_last"), [
    ("figure", True, 3072), ("ravdess", True, 3072), ("ravdess", False, 896), ("iemocap", True, 3072),
    ("emodb", True, 3072), ("emodb", False, 19 * 128)])
def test_issa_hands_as_many_values_to_the_last_layer_as_figure_and_code(variant, same, into_last):
    last = [layer for layer in Issa(n_classes=8, variant=variant, same_padding=same).modules()
            if isinstance(layer, nn.Linear)]
    assert [layer.in_features for layer in last] == [into_last]


@pytest.mark.parametrize(("variant", "classes", "same", "parameters"), [
    ("ravdess", 8, True, 519320), ("ravdess", 8, False, 501912), ("figure", 7, True, 515207),
    ("figure", 7, False, 499975), ("emodb", 7, True, 269831), ("emodb", 7, False, 265351),
    ("iemocap", 4, True, 507020), ("iemocap", 4, False, 498316)])
def test_issa_has_the_parameters_that_the_book_prints(variant, classes, same, parameters):
    """519 320 is that of the two re-implementations; the others follow from their layers."""
    assert count(Issa(n_classes=classes, variant=variant, same_padding=same)) == parameters


def test_keras_starts_weights_glorot_uniform_and_biases_at_zero():
    torch.manual_seed(0)
    layer = MFCCCNN(n_classes=6).hidden
    bound, weight = np.sqrt(6 / (384 + 128)), layer.weight.detach().numpy()
    assert np.abs(weight).max() <= bound and weight.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert not layer.bias.any()


@pytest.mark.parametrize(("network", "classes"), [(MFCCCNN, 6), (Issa, 8)], ids=["mfcc_cnn", "issa"])
def test_every_layer_starts_as_keras_starts_it(network, classes):
    torch.manual_seed(0)  # of 40 weights the largest is one time in 70 below nine tenths of the bound
    for layer in network(n_classes=classes).modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
            reach, taps = layer.weight.abs().max().item(), layer.weight[0, 0].numel()
            bound = np.sqrt(6 / (taps * (layer.weight.shape[0] + layer.weight.shape[1])))
            assert 0.9 * bound < reach <= bound and not layer.bias.any()


@pytest.mark.parametrize("same", [True, False])
@torch.no_grad()
def test_issa_computes_what_one_dimensional_layers_do(same):
    torch.manual_seed(0)
    model, x = Issa(n_classes=8, same_padding=same), torch.randn(4, 193, 1)
    y = x.transpose(1, 2)
    for layer in model.train().layers:
        if isinstance(layer, nn.Conv2d):
            y = nn.functional.conv1d(y, layer.weight.squeeze(2), layer.bias, padding="same" if same else 0)
        elif isinstance(layer, nn.MaxPool2d):
            y = nn.functional.max_pool1d(y, 8)
        elif isinstance(layer, nn.BatchNorm2d):
            y = nn.functional.batch_norm(y, None, None, layer.weight, layer.bias, training=True, eps=layer.eps)
        elif not isinstance(layer, nn.Dropout):
            y = layer(y)
        else:
            layer.p = 0.0
    assert torch.allclose(model(x), y, atol=1e-4)


@pytest.mark.parametrize("document", ["mfcc_cnn", "cnn_bigru", "issa"])
@pytest.mark.parametrize("reading", documents.READINGS)
@torch.no_grad()
def test_probabilities_do_not_depend_on_the_clips_beside(document, reading):
    torch.manual_seed(0)
    values = documents.settings(document, reading, "RAVDESS")
    model = documents.build(document, values, 8)
    shapes = {"mfcc_cnn": [(50, 1)] * 4, "issa": [(193, 1)] * 4,
              "cnn_bigru": [(40, n) for n in ((20, 33, 100, 161) if reading == "paper" else (100,) * 4)]}[document]
    clips = [torch.randn(shape) for shape in shapes]
    lengths = torch.tensor([clip.shape[1] for clip in clips])
    batch = torch.zeros(len(clips), clips[0].shape[0], int(lengths.max()))
    for row, clip in zip(batch, clips, strict=True):
        row[:, :clip.shape[1]] = clip
    for _ in range(2):  # running statistics that are not those of the start
        model(batch, lengths)
    model.eval()
    together = model(batch, lengths)
    alone = torch.cat([model(clip[None], length[None]) for clip, length in zip(clips, lengths, strict=True)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_statistics_of_a_batch_leave_padding_out():
    torch.manual_seed(0)
    model = CNNBiGRU(n_classes=8)
    model.dropout.p = 0.0
    x, lengths = torch.randn(3, 40, 96), torch.tensor([96, 64, 64])
    x[1:, :, 64:] = 0
    short = model(x, lengths)
    longer = model(torch.nn.functional.pad(x, (0, 64)), lengths)
    torch.testing.assert_close(short, longer, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_attention_sums_to_one_and_gives_padding_nothing():
    model = CNNBiGRU(n_classes=8).eval()
    weights = model.weights(torch.randn(2, 40, 128), torch.tensor([128, 70]))
    assert weights.shape == (2, 4)
    torch.testing.assert_close(weights.sum(1), torch.ones(2))
    assert not weights[1, 2:].any()


def test_the_view_mixes_frames_that_the_permutation_keeps_apart():
    """A change in the last third of the clip reaches every step of the view, and only the last steps otherwise."""
    torch.manual_seed(0)
    x = torch.randn(1, 40, 288)
    other = x.clone()
    other[:, :, 240:] = torch.randn(40, 48)  # beyond what any earlier step can see
    lengths = torch.tensor([288])
    for view in (True, False):
        model = CNNBiGRU(n_classes=8, view_as_time=view).eval()
        seen = []
        handle = model.gru.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(inputs[0]))
        model(x, lengths), model(other, lengths)
        handle.remove()
        moved = (seen[0] - seen[1]).abs().amax(2)[0] > 1e-6
        assert moved.all() if view else (moved.any() and not moved[:4].any())


def test_three_linear_layers_without_activation_are_one_of_rank_64():
    torch.manual_seed(0)
    model = CNNBiGRU(n_classes=100, activations=False)
    chain = nn.Sequential(*model.linears)
    x, y = torch.randn(2, 256), torch.randn(2, 256)
    torch.testing.assert_close(chain(x) + chain(y) - chain(torch.zeros(1, 256)), chain(x + y), rtol=1e-4, atol=1e-5)
    assert torch.linalg.matrix_rank(model.linears[2].weight @ model.linears[1].weight @ model.linears[0].weight) == 64


class Fixed:
    """A few clips of one document's shape, drawn once."""

    def __init__(self, shape, clips):
        self.inputs = torch.randn(clips, *shape)

    def batch(self, rows):
        return self.inputs[rows], torch.full((len(rows),), self.inputs.shape[-1])


@pytest.mark.parametrize(("document", "shape", "epochs", "changes"), [
    ("mfcc_cnn", (50, 1), 60, {"learning_rate": 3e-3}), ("cnn_bigru", (40, 100), 12, {}),
    ("issa", (193, 1), 25, {"learning_rate": 1e-3})])
def test_a_handful_of_clips_is_learned_by_heart(document, shape, epochs, changes, tmp_path):
    torch.manual_seed(0)
    values = documents.settings(document, "code", "RAVDESS", **{"batch_size": 8} | changes)
    source, targets = Fixed(shape, 16), np.arange(16) % 4
    parts = {"train": (np.arange(16), targets), "test": (np.arange(16), targets)}
    module = training.Training(documents.get(document), documents.build(document, values, 4), values, source, parts, 0)
    training.fit(module, tmp_path / methods.CHECKPOINT, epochs=epochs, device="cpu")
    assert module.history[-1]["train_accuracy"] >= 0.9  # dropout included
    assert set(module.history[0]) == {"train_loss", "train_accuracy", "test_loss", "test_accuracy"}


def test_binary_losses_are_those_of_two_versions_of_keras():
    logits = torch.randn(5, 3)
    target = torch.tensor([0, 2, 1, 1, 0])
    own = torch.eye(3)[target]
    for name, p in (("binary on logits", logits.sigmoid()), ("binary on softmax", logits.softmax(1))):
        wanted = -(own * p.log() + (1 - own) * (1 - p).log()).mean()
        torch.testing.assert_close(training.LOSSES[name](logits, target), wanted)


def test_a_class_below_the_clip_is_lost_on_softmax_and_not_on_logits():
    for name, found in (("binary on logits", True), ("binary on softmax", False)):
        logits = torch.tensor([[30.0, -30.0]], requires_grad=True)
        loss = training.LOSSES[name](logits, torch.tensor([1]))
        loss.backward()
        assert torch.isfinite(loss) and bool(logits.grad[0, 1] < -0.1) == found


def test_rates_decay_by_step_as_in_keras():
    of, values = documents.get("issa"), documents.settings("issa", "paper", "RAVDESS", decay=0.1)
    optimiser = of.optimiser(nn.Linear(2, 2).parameters(), values)
    schedule = of.schedule(optimiser, values)
    rates = []
    for _ in range(3):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert rates == pytest.approx([1e-5, 1e-5 / 1.1, 1e-5 / 1.2])
    assert isinstance(optimiser, torch.optim.RMSprop) and of.schedule_every == "step"
    adam = of.optimiser(nn.Linear(2, 2).parameters(), values | {"variant": "iemocap"})
    assert isinstance(adam, torch.optim.Adam)


def test_a_rate_drops_by_epoch_where_the_document_says_so():
    of = documents.get("cnn_n_gru")
    values = documents.settings("cnn_n_gru", "code", "TESS", 3, step_epochs=2, step_factor=0.1, **of.fallback)
    optimiser = of.optimiser(nn.Linear(2, 2).parameters(), values)
    schedule = of.schedule(optimiser, values)
    rates = []
    for _ in range(4):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4]) and of.schedule_every == "epoch"


@pytest.mark.parametrize(("corpus", "sizes"), [
    ("RAVDESS", (1152, 288)), ("TESS", (2240, 560)), ("CREMA-D", (5953, 1489)), ("EMO-DB", (428, 107)),
    ("SAVEE", (384, 96))])
def test_a_fifth_is_tested_and_nothing_validates(corpus, sizes):
    from ser_repro import datasets

    clips = datasets.studied(datasets.published(corpus))
    split = protocols.make(clips, "published", published=documents.get("mfcc_cnn").split, validation=False)
    assert (len(split.train), len(split.test)) == sizes and not split.validation
    emotion = clips.set_index("clip")["emotion"]
    assert list(emotion[list(split.train)]) != sorted(emotion[list(split.train)])
    folder = ["speaker", "emotion"] if corpus == "TESS" else ["speaker"]
    fed = split.ordered(protocols.BY_FOLDER, clips)
    told = clips.set_index("clip")[folder].apply(" ".join, axis=1)
    assert list(told[list(fed.train)]) == sorted(told[list(split.train)]) and set(fed.train) == set(split.train)
    assert (fed.validation, fed.test) == (split.validation, split.test) and fed.hash != split.hash
    assert split.ordered("as drawn", clips) is split
    for fold in range(protocols.folds(corpus, "speaker")):
        apart = protocols.make(clips, "speaker", fold, validation=False)
        assert len(apart.train) + len(apart.test) == len(clips) and not apart.validation
