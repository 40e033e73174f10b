"""One case a number: what is spoilt in a copy of a small, sound set of files, and the command that meets it."""

import csv
import json
import os
import random
import shutil
import zipfile
from pathlib import Path

import mutations
import numpy as np
import soundfile

from ser_repro.datasets.demo import write_demo
from ser_repro.features import arrays
from ser_repro.files import digest
from ser_repro.runs import records

ROOT = Path(__file__).parents[2]
DOCUMENT, EPOCHS = "mfcc_cnn", 2
TRAIN = ("train", DOCUMENT, "mine.csv", "--epochs", str(EPOCHS), "--device", "cpu", "--cache", "cache", "--results",
         "results", "--model", "model")
STORED = "savee-code-published-fold0-seed0-*.json"  # of a published corpus, whose split and clips are known
FORMATS = {"wav": ("WAV", "PCM_16"), "float.wav": ("WAV", "FLOAT"), "flac": ("FLAC", "PCM_16"),
           "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS"), "mp3": ("MP3", "MPEG_LAYER_III"),
           "aiff": ("AIFF", "PCM_16"), "au": ("AU", "PCM_16"), "w64": ("W64", "PCM_16"), "caf": ("CAF", "PCM_16"),
           "rf64": ("RF64", "PCM_16"), "sph": ("NIST", "PCM_16")}


# ---- what is sound -------------------------------------------------------------------------------------------------


def make(base: Path, type_in) -> None:
    """A corpus of 24 short clips with its table, recordings in many formats, a demo, an archive, a trained model with
    its cache, and a stored record."""
    (base / "clips").mkdir(parents=True)
    rows = []
    for i in range(24):
        emotion, speaker = ("anger", "fear", "neutral")[i % 3], f"s{i % 4}"
        name = f"{speaker}_{emotion}_{i}.wav"
        soundfile.write(base / "clips" / name, _voice(i), 8000)
        rows.append([f"clips/{name}", emotion, speaker, "female" if i % 2 else "male", f"{20 + i % 4}"])
    with open(base / "mine.csv", "w", newline="") as file:
        csv.writer(file).writerows([["path", "emotion", "speaker", "sex", "age"], *rows])
    (base / "audio").mkdir()
    for ending, (container, subtype) in FORMATS.items():
        soundfile.write(base / "audio" / f"a.{ending}", _voice(1), 8000 if container != "NIST" else 16000,
                        format=container, subtype=subtype)
    write_demo("RAVDESS", base / "demo", speakers=["01", "02"], per_emotion=1, sample_rate=8000, duration_s=0.2)
    with zipfile.ZipFile(base / "archive.zip", "w") as archive:
        for path in sorted((base / "clips").glob("*_0.wav")):
            archive.write(path, f"ALL/{path.name}")
    code, _, err = type_in(*TRAIN, cwd=base)
    assert code == 0, err
    work = next((base / "cache" / "runs").iterdir())
    shutil.copy(work / "weights.safetensors", work / "last.safetensors")  # of another kind than a checkpoint
    stored = next((ROOT / "results" / "svm193").glob(STORED))
    (base / "stored" / "svm193").mkdir(parents=True)
    shutil.copy(stored, base / "stored" / "svm193")
    shutil.copytree(ROOT / "results" / "cnn_n_gru" / "search", base / "stored" / "cnn_n_gru" / "search")


def _voice(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(3200) / 8000
    return (0.3 * np.sin(2 * np.pi * (120 + 10 * seed) * time) + 0.02 * rng.normal(size=len(time))).astype(np.float32)


# ---- what is spoilt ------------------------------------------------------------------------------------------------


def _write(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def _json(path: Path, rng: random.Random, seal) -> str:
    """JSON changed, with a checksum that is right, most of the time; else its bytes."""
    content = path.read_bytes()
    if rng.random() < 0.2:
        return _write(path, mutations.spoilt(content, rng))
    return _write(path, mutations.changed_json(content, rng, seal if rng.random() < 0.85 else None))


def _sealed(content: dict) -> dict:
    return content | {"checksum": records.checksum(content)}


def card(rng: random.Random) -> tuple:
    spoilt = _json(Path("model/card.json"), rng, _sealed)
    return spoilt, ("predict", "audio/a.wav", "--model", "model", "--format", rng.choice(("table", "json", "csv")))


def weights(rng: random.Random) -> tuple:
    """Weights changed, and the card told of it."""
    path = Path("model/model.safetensors")
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    if rng.random() < 0.5:
        header = mutations.changed_json(content[8:8 + size], rng)
        content = len(header).to_bytes(8, "little") + header + content[8 + size:]
    else:
        content = mutations.spoilt(content, rng)
    path.write_bytes(content)
    told = json.loads(Path("model/card.json").read_text()) | {"weights": digest(content)}
    Path("model/card.json").write_text(json.dumps(_sealed(told)))
    return str(path), ("predict", "audio/a.wav", "--model", "model")


def record(rng: random.Random) -> tuple:
    """A record of the user's own training, or a stored one of a published corpus."""
    if rng.random() < 0.5:
        path = next(Path("results", DOCUMENT).glob("*.json"))
        return _json(path, rng, _sealed), TRAIN
    path = next(Path("stored", "svm193").glob("*.json"))
    return _json(path, rng, _sealed), ("study", "--list", "--results", "stored", "--document", "svm193", "--corpus",
                                       "SAVEE", "--protocol", "published", "--seed", "0")


def search(rng: random.Random) -> tuple:
    path = Path("stored/cnn_n_gru/search/tess-n3-code-published-fold0.json")
    return _json(path, rng, None), ("study", "--list", "--results", "stored", "--document", "cnn_n_gru", "--corpus",
                                    "TESS", "--n", "3", "--protocol", "published", "--seed", "0")


def cache(rng: random.Random) -> tuple:
    """Any file of the cache."""
    files = [path for path in sorted(Path("cache").rglob("*")) if path.is_file() and path.suffix != ".lock"]
    path = rng.choice(files)
    content = path.read_bytes()
    if path.name == "meta.json":
        spoilt = _json(path, rng, arrays._sealed)
    elif path.suffix == ".json":
        spoilt = _json(path, rng, None)
    elif path.name == "clips.csv" and rng.random() < 0.7:
        spoilt = _write(path, mutations.changed_table(content, rng))
        _told(path)
    else:
        spoilt = _write(path, mutations.spoilt(content, rng))
        if path.name in ("values.npy", "clips.csv") and rng.random() < 0.6:
            _told(path)
    if path.suffix == ".safetensors" and rng.random() < 0.5:
        size = int.from_bytes(content[:8], "little")
        header = mutations.changed_json(content[8:8 + size], rng)
        path.write_bytes(len(header).to_bytes(8, "little") + header + content[8 + size:])
    command = ("prepare", "mine.csv", "--document", DOCUMENT, "--cache", "cache")
    return spoilt, command if rng.random() < 0.25 else TRAIN


def _told(path: Path) -> None:
    """Arrays whose description has the checksums of what is there now."""
    from ser_repro.files import file_checksum

    meta = json.loads(path.with_name("meta.json").read_text())
    meta["checksums"][path.name] = file_checksum(path)
    path.with_name("meta.json").write_text(json.dumps(arrays._sealed(meta)))


def table(rng: random.Random) -> tuple:
    spoilt = _write(Path("mine.csv"), mutations.changed_table(Path("mine.csv").read_bytes(), rng))
    return spoilt, rng.choice((
        ("corpora", "check", "mine.csv"), ("corpora", "table", "mine.csv"), ("corpora", "show", "mine.csv"),
        ("corpora", "table", "mine.csv", "--csv", "out.csv"), ("corpora", "index", "mine.csv", "--csv", "out.csv"),
        ("corpora", "check", "mine.csv", "--csv", "out.csv"),
        ("prepare", "mine.csv", "--document", DOCUMENT, "--cache", "cache"),
        ("corpora", "table", "mine.csv", "--document", "svm193", "--csv", "out.csv")))


def audio(rng: random.Random) -> tuple:
    path = rng.choice(sorted(Path("audio").iterdir()))
    spoilt = _write(path, mutations.spoilt(path.read_bytes(), rng))
    if rng.random() < 0.3:
        path = path.rename(path.with_name(rng.choice(("b.wav", "b.mp3", "b.raw", "b.m4a", "b.xyz", "=b.ogg", "b"))))
    where = str(path if rng.random() < 0.8 else path.parent)
    cut = {"--window": ["0.05", "0.1", "0"], "--hop": ["0.05", "1"]} if rng.random() < 0.3 else {}
    return spoilt, ("predict", "--model", "model", "--format", rng.choice(("table", "json", "csv")),
                    *mutations.words(rng, cut), "--", where)


def clip(rng: random.Random) -> tuple:
    """A clip of a corpus."""
    path = rng.choice(sorted(Path("clips").iterdir()))
    spoilt = _write(path, mutations.spoilt(path.read_bytes(), rng))
    return spoilt, rng.choice((("prepare", "mine.csv", "--document", DOCUMENT, "--cache", "cache"),
                               ("corpora", "check", "mine.csv"), TRAIN))


def names(rng: random.Random) -> tuple:
    """Files whose names are odd, and patterns for them."""
    odd = [name for name in map(str, mutations.HOSTILE) if name.strip(". ") and not set(name) & set("\0/\ud800")
           and len(name) < 200]
    for path in sorted(Path("clips").iterdir())[:8]:
        name = rng.choice((f"{rng.choice(odd)}_{path.name}", os.fsdecode(b"\xe9_") + path.name))
        path.rename(path.with_name(name))
    patterns = ["{speaker}_{emotion}_{#}", "{}_{speaker}_{emotion}_{}", "{emotion}", "{speaker:2}_{emotion}_{}",
                "{emotion}{emotion}", "{", "", "{}" * 20 + "{emotion}", "{speaker}/{emotion}", "{emotion:99}", "[a-z]*"]
    options = {"--emotion": ["s0=anger", "x=fear", "=", "a="], "--without": ["*", "s0*"]}
    return "clips/", ("corpora", "table", "clips", "--pattern", rng.choice(patterns), *mutations.words(rng, options))


def demo(rng: random.Random) -> tuple:
    files = sorted(path for path in Path("demo").rglob("*") if path.is_file())
    path = rng.choice(files + [one for one in files if one.suffix != ".wav"] * len(files))
    spoilt = _write(path, mutations.spoilt(path.read_bytes(), rng))
    return spoilt, rng.choice((
        ("demo", "RAVDESS", "demo"), ("corpora", "check", "RAVDESS", "--data", "demo"),
        ("corpora", "table", "RAVDESS", "--data", "demo"), ("corpora", "list", "--data", "demo")))


def archive(rng: random.Random) -> tuple:
    spoilt = _write(Path("archive.zip"), mutations.spoilt(Path("archive.zip").read_bytes(), rng))
    return spoilt, ("corpora", "download", rng.choice(("SAVEE", "EMO-DB", "RAVDESS")), "--data", "new", "--archive",
                    "archive.zip")


ARGUMENTS = {
    "predict": (["audio/a.wav"], {"--model": ["model", "clips"], "--format": ["json", "csv"], "--window": ["1", "0"],
                                  "--hop": ["0.1"], "--output": ["out.json", "out.csv"], "--plot": ["out.png"]}),
    "train": ([DOCUMENT, "mine.csv"], {"--reading": ["code", "paper"], "--protocol": ["speaker", "redrawn"],
                                       "--fold": ["0", "1", "9"], "--n": ["3"], "--set": ["batch_size=1", "dropout=2"],
                                       "--model": ["m2", "clips", "mine.csv"], "--cache": ["cache"]}),
    "prepare": (["mine.csv"], {"--rate": ["8000", "native"], "--features": ["mfcc50_mean_code"], "--cache": ["cache"],
                               "--path": ["fast"], "--document": [DOCUMENT]}),
    "study": (["--list"], {"--document": ["svm193"], "--corpus": ["TESS"], "--n": ["3"], "--reading": ["code"],
                           "--seed": ["1"], "--first": ["1"], "--results": ["results", "mine.csv"], "--jobs": ["1"],
                           "--engine": ["joblib"], "--device": ["cpu"], "--gpus": ["0.5"], "--cpus": ["1"]}),
    "search": (["cnn_n_gru", "TESS"], {"--n": ["3"], "--reading": ["code"], "--results": ["results"],
                                       "--data": ["clips"], "--device": ["cpu"]}),
    "demo": (["RAVDESS", "clips"], {"--seed": ["1"]}),
    "corpora": (["table", "mine.csv"], {"--document": ["svm193"], "--protocol": ["speaker"], "--fold": ["1"],
                                        "--csv": ["out.csv", "mine.csv", "out"], "--data": ["demo"]}),
}


def arguments(rng: random.Random) -> tuple:
    """A command with hostile options, and now and then a hostile word in place of one."""
    name = rng.choice(list(ARGUMENTS))
    given, options = ARGUMENTS[name]
    odd = ("", "x" * 300, "../x", "\x1b[2J", "mine.csv", "clips", "é", "-1")
    given = [rng.choice(odd) if rng.random() < 0.15 else word for word in given]
    extra = mutations.words(rng, options)
    if name == "train":
        extra += [] if "--epochs" in extra else ["--epochs", "1", "--device", "cpu"]
    return "nothing", (name, *given, *extra)


CASES = {card: 5, weights: 2, record: 4, search: 1, cache: 4, table: 4, audio: 6, clip: 2, names: 2, demo: 1,
         archive: 1, arguments: 5}


def one(seed: int, number: int) -> tuple[str, str, tuple]:
    """Kind, what is spoilt, and the command of a case; the folder it is in is changed."""
    rng = random.Random(f"{seed} {number}")
    kind = rng.choices(list(CASES), CASES.values())[0]
    spoilt, command = kind(rng)
    return kind.__name__, spoilt, command


