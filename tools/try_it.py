"""What the page "Try it yourself" runs, into book/extra/try/made/.

    python tools/try_it.py runtime     fetch ONNX Runtime for browsers: once, when the project is set up
    python tools/try_it.py networks    the networks in book/networks/ as ONNX, and soxr's filters between rates

The second is part of building the book, and done where what there is is older than what it is made of.
Without the runtime the book builds, and the page says what is missing.
"""

import importlib.util
import json
import shutil
import struct
import sys
import tarfile
from pathlib import Path

import numpy as np
import pooch

BOOK = Path(__file__).parents[1] / "book"
NETWORKS, MADE = BOOK / "networks", BOOK / "extra/try/made"
OFFERED = MADE / "offered.js"
VERSION = "1.30.0"
CHECKSUM = "sha256:d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
ADDRESS = f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
PARTS = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
ORDER = ("mfcc_cnn", "cnn_n_gru", "cnn_bigru", "issa")  # on the page
COMPUTED = {"mfcc", "mel", "chroma", "contrast", "tonnetz"}  # by features.js
BEHIND = ("saved/*.py", "models/*.py", "features/**/*.py", "runs/methods.py", "runs/rounding.py", "book/palette.py")
"""Of the package, what graphs, filters and colours are made by."""
RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
"""Of files, in Hz, that are resampled as the package does it; others are left to the browser."""


def runtime() -> None:
    """Fetch the runtime, check it, and keep the three files that a browser needs."""
    folder = MADE / f"ort-{VERSION}"
    if all((folder / part).exists() for part in PARTS):
        return
    pooch.get_logger().setLevel("WARNING")
    try:
        package = pooch.retrieve(ADDRESS, CHECKSUM, progressbar=sys.stderr.isatty())
    except (OSError, ValueError) as error:  # no network, or not the file that was checked
        reason = " ".join(str(error).split())[:160]
        sys.exit(f"ONNX Runtime for browsers was not fetched ({reason}): `make runtime` tries again.")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as held:
        for part in PARTS:
            beside = folder / f"{part}.part"
            with held.extractfile(f"package/dist/{part}") as source, beside.open("wb") as target:
                shutil.copyfileobj(source, target)
            beside.replace(folder / part)
    OFFERED.unlink(missing_ok=True)  # it says that there is no runtime


def current() -> bool:
    """Whether what is offered is newer than all that it is made of, and nothing was missing when it was made."""
    package = BOOK.parent / "ser_repro"
    behind = (Path(__file__), *(path for part in BEHIND for path in package.glob(part)), *NETWORKS.glob("*/*"))
    return (OFFERED.exists() and OFFERED.stat().st_mtime > max(path.stat().st_mtime for path in behind)
            and '"fault": null' in OFFERED.read_text())


def networks() -> None:
    """Every saved model of book/networks/ as a graph, the filters to the rates that they take, and last a list of both,
    without which nothing is offered."""
    if current():
        return
    from ser_repro import SerReproError, saved
    from ser_repro.book import palette
    from ser_repro.saved import export

    MADE.mkdir(parents=True, exist_ok=True)
    offered, rates, fault = [], set(), None
    if importlib.util.find_spec("onnx") is None:  # the book builds all the same
        fault = "the package onnx is missing: `pip install -e '.[onnx]'`"
    for old in (OFFERED, *MADE.glob("*.onnx"), *MADE.glob("*.bin")):
        old.unlink(missing_ok=True)
    for folder in (NETWORKS / name for name in ORDER if (NETWORKS / name).is_dir() and not fault):
        file = MADE / f"{folder.name}.onnx"
        try:
            model = saved.load(folder)
            told = export.export(model, file)
            if told["input"] == "values":
                told["definition"] = computed(folder, told)
        except SerReproError as error:
            sys.exit(str(error))
        if told["heard_rate"] != told["sample_rate"]:  # for how loud it is to the network
            filters(told["sample_rate"], told["heard_rate"], "HQ")
        del told["caution"]  # of the records when the network was saved; the page's table is of those of today
        offered.append(told | {"name": folder.name, "file": file.name, "bytes": file.stat().st_size})
        rates.add(told["sample_rate"])
    there = all((MADE / f"ort-{VERSION}" / part).exists() for part in PARTS)
    size = sum((MADE / f"ort-{VERSION}" / part).stat().st_size for part in PARTS) if there else 0
    known = {rate: [name for name in RATES if name == rate or filters(name, rate, "VHQ")] for rate in sorted(rates)}
    content = {"runtime": f"ort-{VERSION}" if there else None, "runtimeBytes": size, "networks": offered,
               "rates": known, "fault": fault,
               "colours": {name: look.colour for name, look in palette.EMOTIONS.items()}}
    OFFERED.write_text(f"window.OFFERED = {json.dumps(content, ensure_ascii=False)};\n")


def computed(folder: Path, told: dict) -> dict:
    """How features.js computes what a network is fed; the filters that it needs are written."""
    from ser_repro.features import sets

    definition = sets.get(told["features"]).definition
    if definition["kind"] != "means" or not {name for name, _ in definition["parts"]} <= COMPUTED:
        sys.exit(f"{folder} takes {told['features']}, which the page does not compute: offer another.")
    filters(2, 1, "HQ")
    if told["sample_rate"] != definition["sample_rate"]:
        filters(told["sample_rate"], definition["sample_rate"], "HQ")
    return definition


def filters(sample_rate: int, rate: int, quality: str) -> bool:
    """Write soxr's filter between two rates: eight whole numbers; where the weights of each phase begin; the weights,
    and those of how a clip begins, in single precision."""
    from ser_repro.saved import hearing

    file = MADE / f"{'' if quality == 'VHQ' else 'hq-'}{sample_rate}-{rate}.bin"
    if not file.exists():
        found = hearing.measured(sample_rate, rate, quality)
        used = np.abs(found.kernel) > 1e-12  # of each phase about half
        taps = found.kernel.shape[1]
        width = int((taps - used[:, ::-1].argmax(1) - used.argmax(1)).max())
        first = np.minimum(used.argmax(1), taps - width)
        kernel = np.take_along_axis(found.kernel, first[:, None] + np.arange(width), 1)
        head = struct.pack("<8i", sample_rate, rate, found.up, found.down, found.reach, width, *found.begin.shape)
        file.write_bytes(head + first.astype("<i4").tobytes() + kernel.astype("<f4").tobytes()
                         + found.begin.astype("<f4").tobytes())
    return True


if __name__ == "__main__":
    {"runtime": runtime, "networks": networks}[sys.argv[1]]()
