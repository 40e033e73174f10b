"""The page "Try it yourself" in a browser: of files and of a microphone it says what `ser-repro predict` says."""

import struct
import wave
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from chromium import start

from ser_repro import SerReproError

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
    told = status(tab, "heard by|can't be used")
    assert "heard by" in told, told
    return tab.evaluate("HEARD")


def status(tab, pattern: str) -> str:
    """What the page says, once it says something of that kind."""
    tab.wait_for_function("pattern => RegExp(pattern).test(document.querySelector('[data-part=status]').textContent)",
                          arg=pattern, timeout=120_000)
    return tab.locator("[data-part=status]").inner_text()


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


def test_silence_and_what_is_noted_are_those_of_predict(site, page, watched, models, tmp_path):
    from ser_repro import saved

    tab = watched(page, site)
    voice, high = speechlike(3, 48000), 3000 * np.sin(2 * np.pi * 15000 * np.arange(3 * 48000) / 48000)
    for path in (write_wav(tmp_path / "high.wav", high.astype(np.int16), 48000),
                 write_wav(tmp_path / "high-then-voice.wav", np.concatenate([*[high] * 4, *[voice] * 2]), 48000),
                 write_wav(tmp_path / "quiet.wav", np.rint(80 * voice / np.abs(voice).max()), 48000),
                 write_wav(tmp_path / "constant.wav", np.full(3 * 44100, 8000), 44100),
                 write_wav(tmp_path / "short.wav", speechlike(0.3, 8000), 8000),
                 write_wav(tmp_path / "low.wav", np.rint(30 * voice[::3] / np.abs(voice).max()), 16000)):
        for one in of_file(tab, path):
            answer = saved.recording(models[one["name"]], path)
            assert [window["silent"] for window in one["windows"]] == [window["silent"] for window in answer.windows]
            assert one["notes"] == [note for note in answer.notes if "--window" not in note], (path.name, one["name"])
            told = tab.locator(f"[data-network={one['name']}] .note").all_inner_texts()
            assert [note.lower() for note in told] == [f"{note}.".lower() for note in one["notes"]]


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


@pytest.fixture
def speaking(chromium, tmp_path):
    """A tab of a browser with a microphone into which someone speaks."""
    spoken = write_wav(tmp_path / "spoken.wav", speechlike(8, 48000), 48000)
    browser = start(chromium.browser_type, args=[
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}"])
    yield browser.new_context(permissions=["microphone"], accept_downloads=True).new_page()
    browser.close()


def recorded(tab, path: Path) -> np.ndarray:
    """The samples that the page offers as a file, kept at a path."""
    with tab.expect_download() as download:
        tab.get_by_text("Your recording as WAV").click()
    download.value.save_as(path)
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_a_microphone_is_heard_and_its_recording_kept(site, speaking, models, watched, tmp_path):
    tab = watched(speaking, site)
    tab.evaluate("""() => {
        window.SAID = [];
        const status = document.querySelector("[data-part=status]");
        new MutationObserver(() => SAID.push(status.textContent)).observe(status, {childList: true});
    }""")
    tab.get_by_role("button", name="Record").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Stop").wait_for()
    tab.wait_for_timeout(3000)
    assert tab.evaluate("SAID") == ["Recording."], "a screen reader speaks into the microphone"
    assert tab.locator("[data-part=progress]").inner_text() in ("2 s", "3 s")
    assert tab.locator("[data-part=file]").is_disabled()
    tab.keyboard.press("Enter")  # the focus is where it was
    found, samples = heard(tab), recorded(tab, tmp_path / "recording.wav")
    assert_near(differences(found, models, tmp_path / "recording.wav"), "microphone")
    assert tab.evaluate("SAID")[1].startswith("Recorded ")
    assert len(samples) > 48000 and np.abs(samples).max() > 1000, "nothing was recorded"


def test_a_recording_ends_at_the_limit_and_is_kept_where_no_network_can_be_loaded(site, speaking, watched, tmp_path):
    def soon(route):
        text = route.fetch().text()
        assert "MOST_S = 600" in text
        route.fulfill(body=text.replace("MOST_S = 600", "MOST_S = 1.0625"), content_type="text/javascript")

    speaking.route("**/try.js", soon)
    tab = watched(speaking, site)
    tab.get_by_role("button", name="Record").click()
    heard(tab)
    assert len(recorded(tab, tmp_path / "a.wav")) == 51000
    tab.route("**/*.onnx", lambda route: route.abort())
    tab.reload()
    tab.get_by_role("button", name="Record").click()
    assert "recording can't be used" in status(tab, "heard by|can't be used")
    assert len(recorded(tab, tmp_path / "b.wav")) == 51000


def test_the_answer_to_what_was_asked_last_is_shown(site, page, watched, tmp_path):
    tab = watched(page, site)
    long, short = (write_wav(tmp_path / f"{seconds}.wav", speechlike(seconds, 16000), 16000) for seconds in (40, 2))
    of_file(tab, short)
    tab.set_input_files("[data-part=file]", long)
    tab.wait_for_function("/of 11 windows/.test(document.querySelector('[data-part=progress]').textContent)")
    of_file(tab, short)
    tab.wait_for_timeout(3000)
    assert tab.locator("[data-part=status]").inner_text().startswith("2.wav: heard by")
    assert {len(one["windows"]) for one in tab.evaluate("HEARD")} == {1}
    assert tab.locator("[data-part=progress]").inner_text() == ""


def test_what_is_no_sound_is_refused_in_words(site, page, watched, tmp_path):
    tab = watched(page, site)
    (tmp_path / "a.wav").write_bytes(b"no sound at all" * 10)
    tab.set_input_files("[data-part=file]", tmp_path / "a.wav")
    assert "a.wav can't be used: this browser can't decode it" in status(tab, "can't be used")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of what is far beyond full scale
def test_damaged_files_are_refused_in_the_words_of_predict(site, page, watched, models, tmp_path):
    from ser_repro import saved

    tab, voice = watched(page, site), speechlike(3, 16000)
    holes, loud = (voice / 32768).astype(np.float32), (voice * 1e30).astype(np.float32)
    holes[100:103] = np.nan
    write_wav(tmp_path / "cut.wav", voice, 16000)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "cut.wav").read_bytes()[:50_000])
    for path in (tmp_path / "cut.wav", write_float_wav(tmp_path / "holes.wav", holes, 16000),
                 write_float_wav(tmp_path / "loud.wav", loud, 16000)):
        with pytest.raises(SerReproError) as refused:
            saved.recording(models["mfcc_cnn"], path)
        tab.set_input_files("[data-part=file]", path)
        told = status(tab, f"{path.name} can't be used|heard by")
        reason = told.removeprefix(f"{path.name} can't be used: it ").split(", of which")[0].rstrip(".")
        assert reason in str(refused.value), told


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
    tab.locator("details").first.locator("summary").press("Enter")
    assert tab.locator("details").first.locator("tbody tr").count() == 6
    assert tab.locator("details").first.locator("tbody td").all_inner_texts()[:2] == ["0.0", "3.6"]
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
