"""The page "Try it yourself" in a browser: of files and of a microphone it says what `ser-repro predict` says."""

import struct
import wave
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from chromium import start

NEAR = 1e-4
NETWORKS = Path(__file__).parents[2] / "book/networks"
RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
HEAVY = (".wasm", ".onnx", ".bin", "ort.wasm.min.js")


def speechlike(seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    """A voiced glide in a noise floor, int16, shape (time,): it begins and ends at once, as a cut does."""
    rng, time = np.random.default_rng(seed), np.arange(int(seconds * rate)) / rate
    pitch = 2 * np.pi * np.cumsum(150 + 60 * np.sin(2 * np.pi * 1.3 * time)) / rate
    voice = sum(np.sin(k * pitch) / k for k in range(1, int(3400 / 210)))
    loud = 0.3 + 0.25 * np.sin(2 * np.pi * 2.1 * time)
    return np.rint(8000 * (loud * voice + 0.02 * rng.standard_normal(len(time)))).astype(np.int16)


def write_wav(path: Path, samples: np.ndarray, rate: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1 if samples.ndim == 1 else samples.shape[1], 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def write_float_wav(path: Path, samples: np.ndarray, rate: int) -> Path:
    data = samples.astype("<f4").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1, rate, 4 * rate, 4, 32,
                       b"data", len(data))
    path.write_bytes(head + data)
    return path


@pytest.fixture(scope="session")
def models():
    """The saved models that the page offers, by name."""
    from ser_repro import saved

    return {folder.name: saved.load(folder) for folder in sorted(NETWORKS.iterdir()) if folder.is_dir()}


@pytest.fixture
def asked():
    """Addresses that a page asked for."""
    return []


@pytest.fixture
def watched(asked):
    """A function that opens the page in a tab, and takes down what it asks for."""
    def watch(tab, site):
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(f"{site}try.html")
        if not tab.evaluate("window.OFFERED && OFFERED.runtime && OFFERED.networks.length"):
            pytest.skip("the runtime or the networks are not in the book: `make runtime` and `make book`")
        return tab

    return watch


def heard(tab) -> list[dict]:
    """What the page says once it has heard a recording."""
    tab.wait_for_function("/heard by|can't be used|can't be decoded/.test("
                          "document.querySelector('[data-part=status]').textContent)", timeout=120_000)
    told = tab.locator("[data-part=status]").inner_text()
    assert "heard by" in told, told
    return tab.evaluate("HEARD")


def of_file(tab, path: Path) -> list[dict]:
    tab.evaluate("document.querySelector('[data-part=status]').textContent = ''")
    tab.set_input_files("[data-part=file]", path)
    return heard(tab)


def differences(found: list[dict], models: dict, path: Path) -> dict[str, float]:
    """Greatest difference of any window's probabilities from those of `ser-repro predict`, by network."""
    from ser_repro import saved

    apart = {}
    for one in found:
        answer = saved.recording(models[one["name"]], path)
        assert len(answer.windows) == len(one["windows"])
        for theirs, ours in zip(answer.windows, one["windows"], strict=True):
            assert (theirs["start_s"], theirs["end_s"]) == (round(ours["start"], 3), round(ours["end"], 3))
            assert theirs["silent"] == ours["silent"]
            expected = np.array([theirs["probabilities"][emotion] for emotion in one["classes"]])
            apart[one["name"]] = max(apart.get(one["name"], 0), np.abs(expected - ours["probabilities"]).max())
    assert apart.keys() == models.keys()
    return apart


def assert_near(apart: dict[str, float], told) -> None:
    far = {name: value for name, value in apart.items() if not value < NEAR}
    assert not far, (told, far)


def test_nothing_is_loaded_before_the_click_and_nothing_from_elsewhere_after(site, page, watched, asked, tmp_path):
    tab = watched(page, site)
    tab.wait_for_load_state("networkidle")
    assert not [url for url in asked if url.endswith(HEAVY)]
    of_file(tab, write_wav(tmp_path / "a.wav", speechlike(3, 48000), 48000))
    assert [url for url in asked if url.endswith(".wasm")]
    own = urlsplit(site).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("blob:", "data:"))} == {own}


def test_wav_files_of_all_rates_are_heard_as_by_predict(site, page, watched, models, tmp_path):
    tab = watched(page, site)
    for rate in RATES:
        path = write_wav(tmp_path / f"{rate}.wav", speechlike(3.1, rate), rate)
        assert_near(differences(of_file(tab, path), models, path), rate)


def test_values_are_those_of_the_package(site, page, watched):
    from ser_repro.features import sets
    from ser_repro.features.clip import Clip

    tab, rate = watched(page, site), 22050
    silent = np.concatenate([np.zeros(rate, np.int16), speechlike(1, rate), np.zeros(rate, np.int16)])
    for name, samples in (("issa193_code", speechlike(3.1, rate)), ("issa193_code", speechlike(1.03, rate, 1)),
                          ("issa193_code", speechlike(0.2, rate, 2)), ("issa193_code_noise", silent)):
        known = sets.get(name)
        found = tab.evaluate("""async ([samples, definition]) => {
            const half = Sound.parseFilter(await (await fetch("try/made/hq-2-1.bin")).arrayBuffer());
            return Array.from(Features.values(Float32Array.from(samples, value => value / 32768), definition,
                                              Features.halving(half)));
        }""", [samples.tolist(), known.definition])
        apart = sets.differences(known, np.float32(found), known.compute(Clip(samples, rate)))
        assert max(apart.values()) < NEAR, (name, apart)


def test_other_wav_files_and_windows_of_long_ones_are_heard_as_by_predict(site, page, watched, models, tmp_path):
    tab = watched(page, site)
    both = np.stack([speechlike(3, 44100, 1), speechlike(3, 44100, 2)], axis=1)
    quiet = np.concatenate([speechlike(14, 16000), np.zeros(6 * 16000, np.int16)])
    noise = 0.3 * np.random.default_rng(0).standard_normal(30000).clip(-3, 3)
    for path in (write_wav(tmp_path / "stereo.wav", both, 44100), write_wav(tmp_path / "long.wav", quiet, 16000),
                 write_float_wav(tmp_path / "noise.wav", noise, 48000)):
        assert_near(differences(of_file(tab, path), models, path), path.name)


def test_real_speech_is_heard_as_by_predict(site, page, watched, models, real_corpus):
    from ser_repro import datasets

    tab, worst = watched(page, site), {}
    for corpus in ("RAVDESS", "EMO-DB"):
        clips = datasets.clips(corpus, real_corpus(corpus))["path"].tolist()
        for path in map(Path, clips[::len(clips) // 8]):
            if path.suffix == ".wav":
                for name, apart in differences(of_file(tab, path), models, path).items():
                    worst[name] = max(worst.get(name, 0), apart)
    assert_near(worst, "real speech")


def test_a_microphone_is_heard_and_its_recording_kept(site, chromium, models, watched, tmp_path):
    spoken = write_wav(tmp_path / "spoken.wav", speechlike(8, 48000), 48000)
    browser = start(chromium.browser_type, args=[
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}"])
    tab = watched(browser.new_context(permissions=["microphone"], accept_downloads=True).new_page(), site)
    tab.get_by_role("button", name="Record").click()
    tab.get_by_role("button", name="Stop").wait_for()
    tab.wait_for_timeout(3000)
    tab.get_by_role("button", name="Stop").click()
    found = heard(tab)
    with tab.expect_download() as download:
        tab.get_by_text("the recording as WAV").click()
    kept = tmp_path / "recording.wav"
    download.value.save_as(kept)
    browser.close()
    assert_near(differences(found, models, kept), "microphone")
    with wave.open(str(kept)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) > 48000 and np.abs(samples).max() > 1000, "nothing was recorded"


def test_what_is_no_sound_is_refused_in_words(site, page, watched, tmp_path):
    tab = watched(page, site)
    (tmp_path / "a.wav").write_bytes(b"no sound at all" * 10)
    tab.set_input_files("[data-part=file]", tmp_path / "a.wav")
    tab.wait_for_function("/can't/.test(document.querySelector('[data-part=status]').textContent)")
    assert "a.wav can't be decoded" in tab.locator("[data-part=status]").inner_text()


def test_the_text_names_the_networks_that_are_offered(site, chromium):
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{site}try.html")
    links = tab.locator("table").first.locator("tbody td:first-child a").evaluate_all("all => all.map(a => a.pathname)")
    context.close()
    assert {Path(link).stem for link in links} == {folder.name for folder in NETWORKS.iterdir() if folder.is_dir()}


def test_it_fits_a_phone_and_works_by_keyboard(site, page, watched, tmp_path):
    tab = watched(page, site)
    tab.set_viewport_size({"width": 390, "height": 800})
    of_file(tab, write_wav(tmp_path / "long.wav", speechlike(20, 16000), 16000))
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    tab.get_by_role("button", name="Record").focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.dataset.part") == "file"


def test_the_page_says_what_is_missing(site, page):
    page.route("**/offered.js", lambda route: route.fulfill(
        content_type="text/javascript", body="OFFERED = {runtime: null, networks: [{name: 'mfcc_cnn'}]}"))
    page.goto(f"{site}try.html")
    assert "`make runtime` fetches it" in page.locator("[data-part=status]").inner_text()
    assert page.get_by_role("button", name="Record").is_disabled()
