"""Networks as graphs of ONNX: what they say is what the saved model says; and networks of fewer bits."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import soxr
from making import make_model, make_run
from sklearn.preprocessing import FunctionTransformer

from ser_repro import SerReproError, datasets, saved
from ser_repro.datasets import audio
from ser_repro.runs import rounding
from ser_repro.saved import export, hearing

RECIPES = [("mfcc_cnn", "code"), ("mfcc_cnn", "paper"), ("cnn_n_gru", "code"), ("cnn_n_gru", "paper"),
           ("cnn_bigru", "code"), ("issa", "code"), ("crema_1d", "code")]


@pytest.fixture(scope="module", params=RECIPES, ids="-".join)
def model(request, demo, tmp_path_factory):
    return saved.load(make_model(make_run(*request.param), demo, tmp_path_factory.mktemp("models")))


@pytest.fixture(scope="module")
def small(demo, tmp_path_factory):
    return saved.load(make_model(make_run("mfcc_cnn"), demo, tmp_path_factory.mktemp("models")))


def clips(demo):
    """Demo speech, the same cut at both ends, and noise, loud and soft: int16 or float32 at 16 kHz."""
    samples = datasets.read(sorted(demo.rglob("*.wav"))[0])[0][:, 0]
    noise = np.random.default_rng(0).standard_normal(24_123).clip(-4, 4).astype(np.float32)
    return [samples, samples[5000:21000], samples[5001:20999], 0.2 * noise, 1e-3 * noise]


def asked(content, told, model, samples, rate):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: `pip install onnxruntime`")
    if told["input"] == "values":
        given = model._values(samples[:, None], rate).ravel()
    else:
        given = audio.as_float(samples, np.float64)
        if rate != told["sample_rate"]:
            given = soxr.resample(given, rate, told["sample_rate"], quality="VHQ")
    session = runtime.InferenceSession(content)
    return session.run(None, {told["input"]: given.astype(np.float32)})[0]


def test_a_graph_says_what_the_saved_model_says(model, demo, tmp_path):
    pytest.importorskip("onnx")
    told = export.export(model, tmp_path / "model.onnx")
    content = (tmp_path / "model.onnx").read_bytes()
    for samples in clips(demo):
        expected = model.probabilities(samples, 16000)
        assert np.abs(asked(content, told, model, samples, 16000) - expected).max() < 1e-4


def test_a_graph_says_in_its_metadata_what_it_takes(small, tmp_path):
    onnx = pytest.importorskip("onnx")
    told = export.export(small, tmp_path / "model.onnx")
    made = onnx.load(tmp_path / "model.onnx")
    assert {one.key: json.loads(one.value) for one in made.metadata_props}["ser_repro"] == told
    assert (told["input"], told["sample_rate"], told["classes"]) == ("samples", 16000, small.classes)
    assert told["caution"].startswith("synthetic: not a result")
    assert [128, 1025] not in [list(one.dims) for one in made.graph.initializer]  # mel bands: what differs from zero


@pytest.mark.parametrize("bits", rounding.BITS)
def test_a_rounded_network_is_small_and_the_same_everywhere(bits, model, demo, tmp_path):
    pytest.importorskip("onnx")
    export.rounded(model, tmp_path / "rounded", bits)
    fewer = saved.load(tmp_path / "rounded")
    assert fewer.model.parameters == model.model.parameters
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (fewer.folder, model.folder)]
    assert sizes[0] < sizes[1]
    told = export.export(fewer, tmp_path / "model.onnx")
    content = (tmp_path / "model.onnx").read_bytes()
    apart = []
    for samples in clips(demo):
        expected = fewer.probabilities(samples, 16000)
        assert np.abs(asked(content, told, fewer, samples, 16000) - expected).max() < 1e-4
        apart.append(np.abs(expected - model.probabilities(samples, 16000)).max())
    assert max(apart) < {16: 0.01, 8: 0.2}[bits]


def test_weights_of_16_and_8_bits_stay_so_in_the_file(small, tmp_path):
    onnx = pytest.importorskip("onnx")
    for bits, kind in ((16, onnx.TensorProto.FLOAT16), (8, onnx.TensorProto.INT8)):
        export.rounded(small, tmp_path / str(bits), bits)
        export.export(saved.load(tmp_path / str(bits)), tmp_path / "model.onnx")
        stored = onnx.load(tmp_path / "model.onnx").graph.initializer
        assert sum(np.prod(one.dims) for one in stored if one.data_type == kind) > 50_000


@pytest.mark.parametrize(("sample_rate", "rate", "quality"), [
    (48000, 22050, "HQ"), (44100, 48000, "VHQ"), (22050, 16000, "VHQ"), (8000, 48000, "VHQ"), (48000, 16000, "VHQ")])
def test_a_measured_filter_does_what_soxr_does(sample_rate, rate, quality):
    found = hearing.measured(sample_rate, rate, quality)
    samples = np.random.default_rng(0).uniform(-1, 1, 9_111)
    expected = soxr.resample(samples, sample_rate, rate, quality=quality)
    periods = -(-len(expected) // found.up)
    padded = np.pad(samples, (found.reach, found.reach + periods * found.down))
    frames = np.lib.stride_tricks.sliding_window_view(padded, found.kernel.shape[1])[::found.down][:periods]
    given = (frames @ found.kernel.T.astype(float)).ravel()[:len(expected)]
    given[:len(found.begin)] = found.begin @ samples[:found.begin.shape[1]]
    assert np.abs(given - expected).max() < 2e-6


def test_what_can_not_be_exported_is_refused(small, demo, tmp_path):
    for document, reading, says in (("svm193", "code", "give a network"), ("cnn_bigru", "paper", "have no graph"),
                                    ("crema_2d", "code", "mel_image_code have no graph")):
        model = saved.load(make_model(make_run(document, reading), demo, tmp_path))
        with pytest.raises(SerReproError, match=says):
            export.export(model, tmp_path / "model.onnx")
    export.rounded(model, tmp_path / "rounded", 16)  # which needs no graph
    assert saved.load(tmp_path / "rounded").classes == model.classes
    for transform in (FunctionTransformer(np.abs), SimpleNamespace(needs_speakers=True)):
        with pytest.raises(SerReproError, match="no product of a matrix"):
            hearing.Reduced(transform, 4)
    for what in ("native", 16000, "mfcc50_mean_code"):  # samples, or values that are computed in the graph
        with pytest.raises(SerReproError, match="a transformer behind"):
            hearing.front(what, 16000, FunctionTransformer(np.abs))
    with pytest.raises(SerReproError, match="too large a filter"):
        hearing.measured(44101, 48000)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    with pytest.raises(SerReproError, match="left alone"):
        export.rounded(small, tmp_path / "mine", 16)


@pytest.mark.parametrize("bits", rounding.BITS)
def test_weights_that_are_rounded_are_not_rounded_again(bits):
    from safetensors.numpy import save

    once = rounding.rounded(save({"w": np.arange(6, dtype=np.float32).reshape(2, 3)}), bits)
    for again in rounding.BITS:
        with pytest.raises(SerReproError, match="are rounded already"):
            rounding.rounded(once, again)
