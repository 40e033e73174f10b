"""What is sound, before it is spoilt: a small set of files of every kind that commands read."""

import csv
import importlib.util
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import soundfile

from ser_repro.datasets.demo import write_demo

ROOT = Path(__file__).parents[2]
DOCUMENT, EPOCHS = "mfcc_cnn", 2
TRAIN = ("train", DOCUMENT, "mine.csv", "--epochs", str(EPOCHS), "--device", "cpu", "--cache", "cache", "--results",
         "results", "--model", "model")
SEARCHED = "cnn_n_gru"  # the document with a search of its own
# On one CPU: a process whose torch has several threads can't be forked.
SEARCH = ("search", SEARCHED, "mine.csv", "--n", "3", "--jobs", "1", "--cpus", "1", "--device", "cpu", "--cache",
          "cache", "--results", "searched")
# Of published corpora, whose splits and clips are known; the second is compressed.
STORED = ("savee-code-published-fold0-seed0-*.json", "ravdess-code-published-fold0-seed0-*.json.xz")
FORMATS = {"wav": ("WAV", "PCM_16"), "float.wav": ("WAV", "FLOAT"), "flac": ("FLAC", "PCM_16"),
           "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS"), "mp3": ("MP3", "MPEG_LAYER_III"),
           "aiff": ("AIFF", "PCM_16"), "au": ("AU", "PCM_16"), "w64": ("W64", "PCM_16"), "caf": ("CAF", "PCM_16"),
           "rf64": ("RF64", "PCM_16"), "sph": ("NIST", "PCM_16")}
OTHERS = {"m4a": "aac", "webm": "libopus", "wma": "wmav2", "aac": "aac", "mka": "flac"}  # where the package av is


def make(base: Path, type_in) -> None:
    """A corpus of 24 short clips with its table, recordings in many formats, a demo, an archive, a trained model with
    its cache, a search, splits, and stored records."""
    (base / "clips").mkdir(parents=True)
    rows = []
    for i in range(24):
        emotion, speaker = ("anger", "fear", "neutral")[i % 3], f"s{i % 4}"
        name = f"{speaker}_{emotion}_{i}.wav"
        soundfile.write(base / "clips" / name, _voice(i), 8000)
        rows.append([f"clips/{name}", emotion, speaker, "female" if i % 2 else "male", f"{20 + i % 4}"])
    with open(base / "mine.csv", "w", newline="") as file:
        csv.writer(file).writerows([["path", "emotion", "speaker", "sex", "age"], *rows])
    _splits(base, rows)
    (base / "audio").mkdir()
    for ending, (container, subtype) in FORMATS.items():
        soundfile.write(base / "audio" / f"a.{ending}", _voice(1), 8000 if container != "NIST" else 16000,
                        format=container, subtype=subtype)
    if importlib.util.find_spec("av"):
        for ending, codec in OTHERS.items():
            _encode(base / "audio" / f"a.{ending}", codec)
    write_demo("RAVDESS", base / "demo", speakers=["01", "02"], per_emotion=1, sample_rate=8000, duration_s=0.2)
    with zipfile.ZipFile(base / "archive.zip", "w") as archive:
        for path in sorted((base / "clips").glob("*_0.wav")):
            archive.write(path, f"ALL/{path.name}")
    for command in (TRAIN, SEARCH):
        code, _, err = type_in(*command, cwd=base)
        assert code == 0, err
    work = next((base / "cache" / "runs").iterdir())
    shutil.copy(work / "weights.safetensors", work / "last.safetensors")  # of another kind than a checkpoint
    (base / "stored" / "svm193").mkdir(parents=True)
    for name in STORED:
        shutil.copy(next((ROOT / "results" / "svm193").glob(name)), base / "stored" / "svm193")
    shutil.copytree(ROOT / "results" / "cnn_n_gru" / "search", base / "stored" / "cnn_n_gru" / "search")


def _splits(base: Path, rows: list[list[str]]) -> None:
    """A split of the clips as one table, as a toolkit's folder, and as an Excel file of the clips."""
    parted = [[*row, "test" if row[2] == "s3" else "train"] for row in rows]
    with open(base / "split.csv", "w", newline="") as file:
        csv.writer(file).writerows([["path", "emotion", "speaker", "sex", "age", "part"], *parted])
    (base / "toolkit").mkdir()
    for part in ("train", "test"):
        told = {Path(row[0]).stem: {"wav": f"../{row[0]}", "emo": row[1], "spk_id": row[2]}
                for row in parted if row[-1] == part}
        (base / "toolkit" / f"{part}.json").write_text(json.dumps(told))
    write_workbook(base / "mine.xlsx", [["path", "emotion", "speaker", "sex", "age"], *rows])


def write_workbook(path: Path, rows: list[list]) -> None:
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row, 1):
            book.active.cell(number, place).value = cell
    book.save(path)


def _encode(path: Path, codec: str) -> None:
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=48000, layout="mono", bit_rate=64000)
        frame = av.AudioFrame.from_ndarray(_voice(1)[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        to = av.AudioResampler(format=stream.codec_context.codec.audio_formats[0].name, layout="mono", rate=48000,
                               frame_size=stream.codec_context.frame_size or 1024)
        for one in (*to.resample(frame), *to.resample(None), None):
            for packet in stream.encode(one):
                out.mux(packet)


def _voice(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(3200) / 8000
    return (0.3 * np.sin(2 * np.pi * (120 + 10 * seed) * time) + 0.02 * rng.normal(size=len(time))).astype(np.float32)
