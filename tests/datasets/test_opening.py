"""Audio as people have it: read to where it truly ends, and refused where it was cut short, whatever its container."""

import logging
import os
import struct
import sys

import numpy as np
import pytest
import soundfile

from ser_repro import SerReproError
from ser_repro.datasets import audio, opening

RATE, FRAMES = 16000, 40000
SOUND = (0.3 * np.sin(2 * np.pi * 220 * np.arange(FRAMES) / RATE) * np.linspace(0.05, 1, FRAMES)
         + 0.005 * np.random.default_rng(0).standard_normal(FRAMES)).astype(np.float32)
# What libsndfile writes: its name of the container, of the encoding, and the rate where it takes but one.
WRITTEN = [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "PCM_U8"), ("WAV", "FLOAT"),
           ("WAV", "DOUBLE"), ("WAV", "ULAW"), ("WAV", "ALAW"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"),
           ("WAV", "GSM610"), ("WAVEX", "PCM_16"), ("RF64", "PCM_16"), ("RF64", "FLOAT"), ("W64", "PCM_16"),
           ("W64", "FLOAT"), ("AIFF", "PCM_16"), ("AIFF", "PCM_24"), ("AIFF", "FLOAT"), ("AIFF", "ULAW"),
           ("AU", "PCM_16"), ("AU", "ULAW"), ("AU", "FLOAT"), ("CAF", "PCM_16"), ("CAF", "FLOAT"), ("CAF", "ALAC_16"),
           ("NIST", "PCM_16"), ("NIST", "ULAW"), ("SVX", "PCM_16"), ("VOC", "PCM_16"), ("IRCAM", "PCM_16"),
           ("PAF", "PCM_16"), ("PVF", "PCM_16"), ("MAT4", "PCM_16"), ("MAT5", "PCM_16"), ("AVR", "PCM_16"),
           ("WVE", "ALAW"), ("HTK", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"),
           ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]


@pytest.fixture
def noted(caplog):
    """A function that reads a file: its samples in floating point, its rate, and what is noted of it."""
    def read(path):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            samples, rate = audio.read(path)
        return audio.as_float(samples), rate, [record.getMessage() for record in caplog.records]

    return read


@pytest.fixture
def write(tmp_path):
    """A function that writes the sound in a format, under a name that tells nothing."""
    def to(container, encoding="PCM_16", samples=SOUND, name="sound"):
        with open(tmp_path / name, "wb+") as file:
            rate = 8000 if (container, encoding) == ("WVE", "ALAW") or encoding == "GSM610" else RATE
            soundfile.write(file, samples, rate, format=container, subtype=encoding)
        return tmp_path / name

    return to


@pytest.mark.parametrize(("container", "encoding"), WRITTEN, ids="-".join)
def test_what_is_whole_is_read_and_half_of_it_is_not_taken_for_whole(write, noted, container, encoding):
    path = write(container, encoding)
    samples, _, notes = noted(path)
    assert FRAMES <= len(samples) < FRAMES + 2000
    loud = np.abs(samples[:FRAMES, 0]).reshape(10, -1).max(1)
    wanted = np.abs(SOUND).reshape(10, -1).max(1)
    np.testing.assert_allclose(loud, wanted, atol=0.05)
    assert not notes or "don't tell whether they are whole" in notes[0]
    content = path.read_bytes()
    for part in (0.3, 0.5, 0.9):
        path.write_bytes(content[:int(len(content) * part)])
        try:
            again = noted(path)[2]
            assert again and "don't tell whether they are whole" in again[0]
        except SerReproError as error:
            assert "sound is truncated: " in str(error) or "sound cannot be read as audio" in str(error)
            assert "\n" not in str(error)


def edited(path, *edits):
    content = bytearray(path.read_bytes())
    for mark, skip, new in edits:
        at = content.find(mark) + skip
        content[at:at + len(new)] = new
    path.write_bytes(content)


@pytest.mark.parametrize(("container", "edits"), [
    ("WAV", [(b"RIFF", 4, b"\0" * 4), (b"data", 4, b"\0" * 4)]),  # a recorder that was stopped
    ("WAV", [(b"RIFF", 4, b"\x24\0\0\0"), (b"data", 4, b"\0" * 4)]),
    ("WAV", [(b"RIFF", 4, b"\xff" * 4), (b"data", 4, b"\xff" * 4)]),  # ffmpeg to a pipe
    ("WAV", [(b"RIFF", 4, struct.pack("<I", 0x7FFFF024)), (b"data", 4, struct.pack("<I", 0x7FFFF000))]),  # sox to one
    ("WAV", [(b"RIFF", 4, struct.pack("<I", 0x80000024)), (b"data", 4, struct.pack("<I", 0x80000000))]),
    ("WAV", [(b"data", 4, struct.pack("<I", 2 * FRAMES + 44))]),  # the length of the file, where its samples' belongs
    ("WAV", [(b"data", 4, struct.pack("<I", 2 * FRAMES + 36))]),
    ("AIFF", [(b"SSND", 4, b"\0" * 4)]),
    ("AU", [(b".snd", 8, b"\xff" * 4)]), ("AU", [(b".snd", 8, b"\0" * 4)]),
    ("CAF", [(b"data", 4, b"\xff" * 8)]), ("W64", [(b"data", 16, b"\0" * 8)]),
    ("FLAC", [(b"fLaC", 21, b"\xf0\0\0\0\0")])])
def test_a_header_that_leaves_the_length_open_is_read_to_its_end_and_noted(write, noted, container, edits):
    path = write(container)
    whole = noted(path)[0]
    edited(path, *edits)
    samples, _, notes = noted(path)
    np.testing.assert_array_equal(samples[:FRAMES], whole)
    assert len(samples) < FRAMES + 40  # chunks that may follow can't be told from samples
    assert len(notes) == 1 and ("leaves the length open" in notes[0] or "by its own length it is whole" in notes[0])


def test_what_is_not_read_of_a_file_is_noted(write, noted):
    path = write("WAV")
    once = path.read_bytes()
    path.write_bytes(once + once)
    assert len(noted(path)[0]) == FRAMES
    assert f"{len(once)} bytes after the samples that its header tells of are not read" in noted(path)[2][0]
    edited(path, (b"data", 4, struct.pack("<I", 2000)))  # lengths wrap where a file is longer than they can tell
    assert "bytes after the samples" in noted(path)[2][0]


@pytest.mark.parametrize("encoding", ["VORBIS", "OPUS"])
def test_ogg_without_its_last_page_or_one_in_between_is_refused(write, encoding):
    content = write("OGG", encoding).read_bytes()
    pages = [at for at in range(len(content)) if content.startswith(b"OggS", at)]
    path = write("OGG", encoding)
    path.write_bytes(content[:pages[-1]])
    with pytest.raises(SerReproError, match="is truncated: it has no last page"):
        audio.read(path)
    if len(pages) > 4:
        path.write_bytes(content[:pages[-2]] + content[pages[-1]:])
        with pytest.raises(SerReproError, match="is truncated: pages are missing"):
            audio.read(path)


def test_recordings_one_after_the_other_are_all_read(write, noted):
    first = write("OGG", "VORBIS").read_bytes()
    second = write("OGG", "VORBIS", SOUND[:8000]).read_bytes()
    path = write("OGG", "VORBIS")
    path.write_bytes(first + second)
    samples, _, notes = noted(path)
    assert len(samples) == FRAMES + 8000 and "it is 2 recordings, one after the other: all are read" in notes[0]
    with audio.opened(path) as source:
        parts = [len(source.read(30000)) for _ in range(3)]
    assert parts == [30000, 18000, 0]
    other = write("OGG", "VORBIS", np.stack([SOUND, SOUND], 1)).read_bytes()
    path.write_bytes(first + other)
    with pytest.raises(SerReproError, match="several recordings of different rates or channels"):
        audio.read(path)


# ---- MP3 ---------------------------------------------------------------------------------------------------------


def frames_of(content):
    """Where each frame of an MP3 file without a title begins."""
    from ser_repro.datasets.containers import _frame_bytes

    places, at = [], 0
    while at + 4 <= len(content) and _frame_bytes(content[at:at + 4]):
        places.append(at)
        at += _frame_bytes(content[at:at + 4])
    return places


@pytest.fixture
def mp3(tmp_path):
    """A function that writes an MP3 file of variable rate, quiet at first or at last, without its header or with it."""
    def to(header, loud_first=False):
        path = tmp_path / "a.mp3"
        sound = np.random.default_rng(0).standard_normal(RATE * 12) * np.repeat([0.0001, 0.3], RATE * 6)
        soundfile.write(path, sound[::-1] if loud_first else sound, RATE, format="MP3", bitrate_mode="VARIABLE",
                        compression_level=0.5)
        content = path.read_bytes()
        places = frames_of(content)
        assert b"Xing" in content[:places[1]]
        path.write_bytes(content if header else content[places[1]:])
        return path, len(places) - 1

    return to


@pytest.mark.parametrize("loud_first", [False, True])
def test_mp3_of_variable_rate_without_a_header_is_read_to_its_end(mp3, noted, loud_first):
    path, count = mp3(header=False, loud_first=loud_first)
    samples, rate, notes = noted(path)
    assert rate == RATE and "can't be told" in notes[0] and len(samples) == count * 576 > 12 * RATE
    with soundfile.SoundFile(path) as file:
        assert abs(file.frames - len(samples)) > RATE  # what libsndfile takes it to be
    path.write_bytes(b"ID3\x04\0\0\0\0\x01\0" + bytes(128) + path.read_bytes() + b"TAG" + bytes(125))
    assert len(noted(path)[0]) == len(samples)
    path.write_bytes(path.read_bytes()[:-200])
    assert "it ends within a frame, so it may have been cut short" in noted(path)[2][0]


def test_mp3_with_a_header_is_held_to_it(mp3, noted):
    path, count = mp3(header=True)
    assert abs(len(noted(path)[0]) - 12 * RATE) <= 1 and not noted(path)[2]
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    with pytest.raises(SerReproError, match=rf"its header promises {count} frames and \d+ are there"):
        audio.read(path)
    path.write_bytes(content + content)
    samples, _, notes = noted(path)
    assert len(samples) > 24 * RATE and f"its header tells of {count} frames, and {2 * count + 1} are there" in notes[0]


# ---- names, rates, and what is no audio --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.raw", "a.RAW", "a.sd2", "a.txt", "a", "-", os.fsdecode(b"caf\xe9.raw")])
def test_the_content_decides_not_the_name(write, noted, name):
    samples, rate, notes = noted(write("WAV", name=name))
    assert (len(samples), rate, notes) == (FRAMES, RATE, [])


@pytest.mark.parametrize("name", ["a.raw", "a.wav", "a.mp3", "a.ogg", "a.sd2"])
@pytest.mark.parametrize("content", [b"", b"\0", b"RIFF", b"RIFF\xff\xff\xff\xffWAVE", b"OggS", b"fLaC" + bytes(60),
                                     b"ID3" + bytes(90), b"NIST_1A\n   1024\n", b"caff\0\1\0\0", bytes(1000),
                                     b"\xff\xfb\x90\x00", b"riff\x2e\x91\xcf\x11" + bytes(60), b".snd" + bytes(9),
                                     b".snd" + bytes(3), b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0" + bytes(5),
                                     b"FORM\0\0\0\4AIFF", b"\x1a\x45\xdf\xa3" + bytes(99), b"text\n" * 99])
def test_what_is_no_audio_is_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SerReproError) as error:
        audio.read(tmp_path / name)
    assert name in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("rate", [1, 999, 768_001, 2**31 - 1])
def test_rates_that_are_none_of_audio_are_refused(write, rate):
    path = write("WAV")
    edited(path, (b"fmt ", 12, struct.pack("<I", rate)))
    with pytest.raises(SerReproError, match=f"sound states a rate of {rate} Hz, which is none of audio"):
        audio.read(path)


# ---- what FFmpeg reads -------------------------------------------------------------------------------------------

HEADS = [("a.m4a", b"\0\0\0\x20ftypM4A \0\0\0\0", "MP4 or 3GP"), ("a.3gp", b"\0\0\0\x18ftyp3gp4", "MP4 or 3GP"),
         ("a.webm", b"\x1a\x45\xdf\xa3", "WebM or Matroska"), ("a.amr", b"#!AMR\n", "AMR"),
         ("a.aac", b"\xff\xf1P", "AAC"), ("a.spx", b"OggS" + bytes(24) + b"Speex   ", "Speex"),
         ("a.wma", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "WMA")]


@pytest.mark.parametrize(("name", "head", "kind"), HEADS)
def test_a_format_that_needs_more_is_named(tmp_path, monkeypatch, name, head, kind):
    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda _: None)
    (tmp_path / name).write_bytes(head + bytes(100))
    with pytest.raises(SerReproError) as error:
        audio.read(tmp_path / name)
    told = str(error.value)
    assert f"{name} is {kind}" in told and f"`ffmpeg -i {tmp_path / name} {tmp_path / 'a.wav'}`" in told
    assert "pip install" in told


# Of FFmpeg's encoders: ending, encoder, rate, options.
ENCODED = [("m4a", "aac", 44100, {}), ("m4a", "aac", 16000, {"movflags": "faststart"}), ("m4a", "alac", 16000, {}),
           ("mp4", "aac", 48000, {}), ("3gp", "libopencore_amrnb", 8000, {}), ("amr", "libopencore_amrnb", 8000, {}),
           ("aac", "aac", 44100, {}), ("webm", "libopus", 48000, {}), ("mka", "flac", 16000, {}),
           ("wma", "wmav2", 44100, {}), ("ac3", "ac3", 48000, {}), ("mov", "pcm_s16le", 16000, {}),
           ("mp3", "libmp3lame", 16000, {}), ("mp3", "libmp3lame", 44100, {"write_xing": "0"}),
           ("mp3", "libmp3lame", 22050, {"write_xing": "0", "id3v2_version": "0"}), ("ogg", "libopus", 48000, {}),
           ("opus", "libopus", 48000, {}), ("oga", "flac", 16000, {}), ("flac", "flac", 48000, {}),
           ("wav", "pcm_s24le", 48000, {}), ("wav", "pcm_mulaw", 8000, {}), ("wav", "adpcm_ima_wav", 16000, {}),
           ("aiff", "pcm_s16be", 44100, {}), ("au", "pcm_s16be", 16000, {}), ("caf", "pcm_s16le", 16000, {}),
           ("w64", "pcm_s16le", 16000, {}), ("mp2", "mp2", 44100, {})]


def encode(path, codec, rate, layout, options):
    import av

    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout, bit_rate=64000)
        frame = av.AudioFrame.from_ndarray(SOUND[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        to = av.AudioResampler(format=stream.codec_context.codec.audio_formats[0].name, layout=layout, rate=rate,
                               frame_size=stream.codec_context.frame_size or 1024)
        for one in (*to.resample(frame), *to.resample(None), None):
            for packet in stream.encode(one):
                out.mux(packet)


def by_ffmpeg(path):
    import av

    with av.open(str(path)) as file:
        to = av.AudioResampler(format="flt")
        stream = file.streams.audio[0]
        return np.concatenate([one.to_ndarray().reshape(-1, stream.channels) for frame in file.decode(stream)
                               for one in to.resample(frame)]), stream.rate


LAID_OUT = [(*row, layout) for row in ENCODED for layout in ("mono", "stereo")
            if not ("amr" in row[1] and layout == "stereo")]  # AMR has one channel


@pytest.mark.parametrize(("ending", "codec", "rate", "options", "layout"), LAID_OUT,
                         ids=["-".join(map(str, (*row[:3], *row[3], row[4]))) for row in LAID_OUT])
def test_files_of_ffmpeg_are_read_as_it_reads_them(tmp_path, noted, ending, codec, rate, options, layout):
    pytest.importorskip("av", reason="the package av, which makes and decodes these files")
    path = tmp_path / f"a.{ending}"
    encode(path, codec, rate, layout, options)
    wanted, at = by_ffmpeg(path)
    samples, got, _ = noted(path)
    assert got == at and samples.shape == wanted.shape
    np.testing.assert_allclose(samples, wanted, atol=1e-3)
    content = path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    try:
        assert noted(path)[2]  # says at least that it can't be told
    except SerReproError as error:
        assert f"a.{ending} is truncated: " in str(error) or "cannot be read as audio" in str(error)


@pytest.mark.parametrize(("ending", "codec", "promises"), [("aac", "aac", False), ("wma", "wmav2", True)])
def test_a_last_frame_that_was_cut_is_told_from_damage(tmp_path, noted, ending, codec, promises):
    pytest.importorskip("av", reason="the package av, which makes and decodes these files")
    path = tmp_path / f"a.{ending}"
    encode(path, codec, 44100, "mono", {})
    whole, content = noted(path)[0], path.read_bytes()
    path.write_bytes(content[:len(content) // 2])
    if promises:
        with pytest.raises(SerReproError, match=f"is truncated: its header promises {len(content)} bytes and"):
            noted(path)
    else:
        samples, _, notes = noted(path)
        assert 0.4 < len(samples) / len(whole) < 0.6 and len(notes) == 1
        assert "it ends within a frame, so it may have been cut short: what is there is read" in notes[0]
        np.testing.assert_allclose(samples[:-2048], whole[:len(samples) - 2048], atol=1e-3)
        path.write_bytes(content[:len(content) // 2] + content[-len(content) // 3:])  # some of it is missing
        with pytest.raises(SerReproError, match="cannot be read as audio"):
            noted(path)


@pytest.mark.parametrize(("ending", "codec", "options"), [
    ("m4a", "aac", {"movflags": "faststart"}), ("m4a", "aac", {}), ("webm", "libopus", {}), ("wma", "wmav2", {}),
    ("mka", "flac", {}), ("aac", "aac", {})])
def test_wherever_a_file_is_cut_it_is_one_line_or_a_note(tmp_path, noted, ending, codec, options):
    pytest.importorskip("av", reason="the package av, which makes and decodes these files")
    path = tmp_path / f"a.{ending}"
    encode(path, codec, 48000, "mono", options)
    whole, content = len(noted(path)[0]), path.read_bytes()
    for length in range(8, len(content), len(content) // 60):
        path.write_bytes(content[:length])
        try:
            samples, rate, notes = noted(path)
            assert notes or len(samples) >= whole - 0.1 * rate
        except SerReproError as error:
            assert "\n" not in str(error)


# FFmpeg does not know these without their names, and decodes Opus at 48 kHz whatever was encoded.
COMPARED = [(container, encoding) for container, encoding in WRITTEN
            if container not in ("MAT4", "MAT5", "WVE", "HTK") and encoding != "OPUS"]


@pytest.mark.parametrize(("container", "encoding"), COMPARED, ids="-".join)
def test_files_of_libsndfile_are_read_as_ffmpeg_reads_them(write, noted, container, encoding):
    pytest.importorskip("av", reason="the package av, which decodes these files")
    path = write(container, encoding)
    wanted, rate = by_ffmpeg(path)
    samples, told, _ = noted(path)
    assert told == rate
    count = min(len(samples), len(wanted))
    assert count >= FRAMES - 1000  # FFmpeg leaves out the last frame of ALAC
    # The two round the steps of ADPCM in their own ways, and each step follows from the one before.
    np.testing.assert_allclose(samples[:count], wanted[:count], atol=1e-2 if "ADPCM" in encoding else 1e-3)


def test_the_package_needs_no_ffmpeg(monkeypatch, write, noted):
    monkeypatch.setitem(sys.modules, "av", None)
    for container, encoding in (("WAV", "PCM_16"), ("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS")):
        assert len(noted(write(container, encoding))[0]) == FRAMES
