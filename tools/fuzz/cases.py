"""One case a number: what is spoilt in a copy of a small, sound set of files, and the command that meets it."""

import csv
import json
import lzma
import os
import random
import zipfile
from pathlib import Path

import mutations
from sound import DOCUMENT, SEARCH, SEARCHED, TRAIN, write_workbook

from ser_repro.features import arrays
from ser_repro.files import digest
from ser_repro.runs import records


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
    return _json(path, rng, _sealed), _listed("SAVEE")


def packed(rng: random.Random) -> tuple:
    """A compressed record: its bytes, or what it holds."""
    path = next(Path("stored", "svm193").glob("*.json.xz"))
    content = path.read_bytes()
    if rng.random() < 0.3:
        return _write(path, mutations.spoilt(content, rng)), _listed("RAVDESS")
    text = lzma.decompress(content)
    spoilt = mutations.spoilt(text, rng) if rng.random() < 0.3 else mutations.changed_json(text, rng, _sealed)
    return _write(path, lzma.compress(spoilt)), _listed("RAVDESS")


def _listed(corpus: str) -> tuple:
    return ("study", "--list", "--results", "stored", "--document", "svm193", "--corpus", corpus, "--protocol",
            "published", "--seed", "0")


def claimed(rng: random.Random) -> tuple:
    """A stored record, and the ledger that asks for it."""
    if rng.random() < 0.5:
        spoilt, _ = packed(rng)
    else:
        spoilt = _json(next(Path("stored", "svm193").glob("*.json")), rng, _sealed)
    options = {"--csv": ["out.csv", "mine.csv", "out"], "--document": ["issa", "qayyum"]}
    complete = ("--complete",) if rng.random() < 0.3 else ()
    return spoilt, ("claims", "--results", "stored", "--document", "svm193", *complete, *mutations.words(rng, options))


def search(rng: random.Random) -> tuple:
    path = Path("stored/cnn_n_gru/search/tess-n3-code-published-fold0.json")
    return _json(path, rng, None), ("study", "--list", "--results", "stored", "--document", "cnn_n_gru", "--corpus",
                                    "TESS", "--n", "3", "--protocol", "published", "--seed", "0")


def asha(rng: random.Random) -> tuple:
    """A document's own search, which is gone on with; or one that was broken off, and its checkpoints."""
    path = next(Path("searched", SEARCHED, "asha").iterdir())
    if rng.random() < 0.7:
        return _json(path, rng, None), SEARCH
    told = json.loads(path.read_text())
    del told["winner"], told["record"]
    told["trials"][rng.randrange(2)] |= {"history": {}, "stopped": None}
    path.write_text(json.dumps(told))
    left = rng.choice(sorted(path for path in Path("cache", "asha").rglob("*") if path.is_file()))
    return _write(left, mutations.spoilt(left.read_bytes(), rng)), SEARCH


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
    return spoilt, _with_table("mine.csv", rng)


def _with_table(name: str, rng: random.Random) -> tuple:
    return rng.choice((
        ("corpora", "check", name), ("corpora", "table", name), ("corpora", "show", name),
        ("corpora", "table", name, "--csv", "out.csv"), ("corpora", "index", name, "--csv", "out.csv"),
        ("corpora", "check", name, "--csv", "out.csv"),
        ("prepare", name, "--document", DOCUMENT, "--cache", "cache"),
        ("corpora", "table", name, "--document", "svm193", "--csv", "out.csv")))


def workbook(rng: random.Random) -> tuple:
    """An Excel file: its bytes, one of the files in it, or its cells."""
    path = Path("mine.xlsx")
    kind = rng.random()
    if kind < 0.3:
        path.write_bytes(mutations.spoilt(path.read_bytes(), rng))
    elif kind < 0.6:
        with zipfile.ZipFile(path) as book:
            held = {name: book.read(name) for name in book.namelist()}
        name = rng.choice(list(held))
        held[name] = mutations.spoilt(held[name], rng)
        with zipfile.ZipFile(path, "w") as book:
            for one, content in held.items():
                book.writestr(one, content)
    else:
        rows = list(csv.reader(Path("mine.csv").read_text().splitlines()))
        for _ in range(rng.choice((1, 1, 2, 5))):
            row = rng.choice(rows)
            row[rng.randrange(len(row))] = rng.choice(mutations.CELLS)
        write_workbook(path, rows)
    return str(path), _with_table(str(path), rng)


def split(rng: random.Random) -> tuple:
    """A split of the user's own, as a table or as a toolkit keeps it."""
    if rng.random() < 0.6:
        path, given = Path("split.csv"), "split.csv"
        spoilt = _write(path, mutations.changed_table(path.read_bytes(), rng))
    else:
        path, given = Path("toolkit", rng.choice(("train.json", "test.json"))), "toolkit"
        spoilt = _json(path, rng, None)
        if rng.random() < 0.3:
            path.rename(path.with_name(f"{path.stem}{rng.choice(('.jsonl', '.csv', '_fold_1.json'))}"))
    options = {"--corpus": ["SAVEE", "mine.csv"], "--accept": ["speakers"], "--json": ["-", "out.json"],
               "--csv": ["out.csv"], "--sheet": ["out.md"]}
    names_only = ("--names-only",) if rng.random() < 0.5 else ()
    return spoilt, ("audit", given, *names_only, *mutations.words(rng, options))


def export(rng: random.Random) -> tuple:
    """A card, or weights, of a model that is exported."""
    spoilt, _ = (card if rng.random() < 0.6 else weights)(rng)
    options = {"--onnx": ["out.onnx", "model/out.onnx", "mine.csv"], "--rounded": ["rounded", "model", "clips"],
               "--bits": ["8", "16"]}
    return spoilt, ("export", "model", *mutations.words(rng, options))


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
    "claims": ([], {"--document": ["svm193", "issa"], "--results": ["stored", "mine.csv"], "--csv": ["out.csv", "out"],
                    "--complete": []}),
    "audit": (["split.csv"], {"--corpus": ["SAVEE", "mine.csv"], "--document": ["issa"], "--accept": ["speakers"],
                              "--json": ["-", "out.json"], "--csv": ["split.csv"], "--sheet": ["out.md", "clips"]}),
    "export": (["model"], {"--onnx": ["out.onnx", "clips"], "--rounded": ["rounded", "mine.csv"], "--bits": ["8"]}),
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


CASES = {card: 5, weights: 2, record: 4, packed: 2, claimed: 2, search: 1, asha: 1, cache: 4, table: 4, workbook: 2,
         split: 3, audio: 6, clip: 2, names: 2, demo: 1, archive: 1, export: 2, arguments: 6}


def _drawn(seed: int, number: int) -> tuple:
    """What spoils in a case, and the generator it goes on with."""
    rng = random.Random(f"{seed} {number}")
    return rng.choices(list(CASES), CASES.values())[0], rng


def kind(seed: int, number: int) -> str:
    return _drawn(seed, number)[0].__name__


def one(seed: int, number: int) -> tuple[str, str, tuple]:
    """Kind, what is spoilt, and the command of a case; the folder it is in is changed."""
    spoil, rng = _drawn(seed, number)
    spoilt, command = spoil(rng)
    return spoil.__name__, spoilt, command
