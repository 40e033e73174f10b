"""What the header of an audio file promises, and what the file holds; libsndfile quietly takes the shorter.

Each container says in its own way how much sound there is. A file that holds less has been cut short, or has a hole;
one whose header leaves the length open, or was plainly never finished, is read to its end, and that is noted.
"""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

CUT = "it ends within a frame, so it may have been cut short: what is there is read"
OPEN = "its header leaves the length open, so whether it is whole can't be told: it is read to its end"


@dataclass
class Length:
    """How much sound a file promises and holds.

    Attributes
    ----------
    promised, present : int or None
        In `unit`; None where nothing is promised.
    fault : str
        How the file shows in another way that it was cut short.
    notes : list of str
        What a listener should know.
    edits : dict
        Place -> bytes, that a reader has to see in the header so as to read all that is there.
    pieces : list of (start, end)
        What of the file it has to see; of a file that is several recordings, each.
    longer : int
        As how many times as long it has to see it, so that it does not stop early.
    counted : bool
        Whether the reader's own count of frames can be relied on: not where it is estimated.
    """

    promised: int | None = None
    present: int = 0
    unit: str = "bytes of samples"
    fault: str = ""
    notes: list[str] = field(default_factory=list)
    edits: dict[int, bytes] = field(default_factory=dict)
    pieces: list[tuple[int, int]] = field(default_factory=list)
    longer: int = 1
    counted: bool = True


def length_of(file: BinaryIO) -> Length:
    """What an open file promises and holds; nothing of a container that is not known here."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    head = file.read(64)
    for mark, read in _READERS:
        if re.match(mark, head, re.DOTALL):
            return read(file, size, head)
    return Length()


# ---- chunks ------------------------------------------------------------------------------------------------------


def _riff(file: BinaryIO, size: int, head: bytes) -> Length:
    """WAV, RF64 and BW64."""
    order = ">" if head[:4] == b"RIFX" else "<"
    whole, place, told = struct.unpack(f"{order}I", head[4:8])[0], 12, None
    while place + 8 <= size:
        file.seek(place)
        kind, length = struct.unpack(f"{order}4sI", file.read(8))
        if kind == b"ds64":
            whole, told = struct.unpack("<QQ", file.read(16))
        if kind == b"data":
            length = told if told is not None and length == 0xFFFFFFFF else length
            return _data_of_riff(file, size, order, whole, place, length)
        place += 8 + length + length % 2
    return Length()


def _data_of_riff(file: BinaryIO, size: int, order: str, whole: int, place: int, length: int) -> Length:
    there = size - place - 8
    # Programs that write to a pipe, and recorders that were stopped, leave 0, -1 or the greatest length they know.
    if length >= 0x7FFFF000 > there or (length == 0 and there > 8 and not _is_chunk(file, place + 8, size, order)):
        return Length(notes=[OPEN], present=there, edits={place + 4: struct.pack(f"{order}I", min(there, 2**32 - 1))})
    if length > there and whole == size - 8:
        return Length(notes=[f"its samples are said to be {length} bytes, but by its own length it is whole: the "
                             f"{there} that are there are read"])
    after = place + 8 + length + length % 2
    while _is_chunk(file, after, size, order):
        file.seek(after + 4)
        step, = struct.unpack(f"{order}I", file.read(4))
        after += 8 + step + step % 2
    rest = size - after
    if rest <= max(1024, length // 50):
        return Length(length, there)
    return Length(length, there, notes=[f"{rest} bytes after the samples that its header tells of are not read"],
                  pieces=[(0, after)])


def _is_chunk(file: BinaryIO, place: int, size: int, order: str) -> bool:
    file.seek(place)
    head = file.read(8)
    return bool(re.match(rb"[A-Za-z0-9_ ]{4}", head)) and head[:4] != b"RIFF" and len(head) == 8 and (
        place + 8 + struct.unpack(f"{order}I", head[4:])[0] <= size)


def _form(file: BinaryIO, size: int, head: bytes) -> Length:
    """AIFF, AIFF-C and 8SVX."""
    place = 12
    while place + 8 <= size:
        file.seek(place)
        kind, length = struct.unpack(">4sI", file.read(8))
        if kind in (b"SSND", b"BODY"):
            if length >= 0x7FFFF000 or (length in (0, 8) and size - place - 8 > 16):
                return Length(notes=[OPEN], edits={place + 4: struct.pack(">I", size - place - 8)})
            return Length(length, size - place - 8)
        place += 8 + length + length % 2
    return Length()


def _w64(file: BinaryIO, size: int, head: bytes) -> Length:
    place = 40
    while place + 24 <= size:
        file.seek(place)
        kind, _, length = struct.unpack("<4s12sQ", file.read(24))
        if kind == b"data":
            if length <= 24 < size - place or length >= 2**63 - 1:
                return Length(notes=[OPEN], edits={place + 16: struct.pack("<Q", size - place)})
            return Length(length - 24, size - place - 24)
        if length < 24:
            break
        place += -(-length // 8) * 8
    return Length()


def _caf(file: BinaryIO, size: int, head: bytes) -> Length:
    place = 8
    while place + 12 <= size:
        file.seek(place)
        kind, length = struct.unpack(">4sq", file.read(12))
        if kind == b"data":
            if length == -1:
                return Length(notes=[OPEN], edits={place + 4: struct.pack(">q", size - place - 12)})
            return Length(length, size - place - 12)
        if length < 0:
            break
        place += 12 + length
    return Length()


# ---- one header --------------------------------------------------------------------------------------------------


def _au(file: BinaryIO, size: int, head: bytes) -> Length:
    order = ">" if head[:4] == b".snd" else "<"
    start, length = struct.unpack(f"{order}II", head[4:12])
    if length == 0xFFFFFFFF or length == 0 < size - start:
        return Length(notes=[OPEN], edits={8: struct.pack(f"{order}I", 0xFFFFFFFF)})
    return Length(length, size - start)


def _nist(file: BinaryIO, size: int, head: bytes) -> Length:
    start = int(head[8:16]) if head[8:16].strip().isdigit() else 1024
    file.seek(0)
    text = file.read(min(start, 1 << 16)).decode("latin-1")
    told = {name: int(value) for name, value in re.findall(r"^(\w+) -i (\d{1,15})\s*$", text, re.MULTILINE)}
    coding = re.search(r"^sample_coding -s\d+ (\S+)", text, re.MULTILINE)
    if "sample_count" not in told or (coding and coding[1] not in ("pcm", "ulaw", "alaw", "mu-law")):
        return Length()
    # libsndfile writes two bytes a sample for these, which have one.
    width = 1 if coding and coding[1] != "pcm" else told.get("sample_n_bytes", 2)
    frame = told.get("channel_count", 1) * width
    return Length(told["sample_count"] * frame, size - start)


def _flac(file: BinaryIO, size: int, head: bytes) -> Length:
    if int.from_bytes(head[21:26], "big") & 0xFFFFFFFFF:
        return Length()  # the decoder compares
    # A stream: the greatest count there is, as without one the reader gives up.
    return Length(notes=[OPEN], edits={21: bytes([head[21] | 0xF]) + b"\xff" * 4}, counted=False)


def _ogg(file: BinaryIO, size: int, head: bytes) -> Length:
    """Pages, each with its number, the first and the last of a stream marked; streams may follow one another."""
    place, pieces, numbers, ended, lost = 0, [], {}, False, ""
    while place + 27 <= size:
        file.seek(place)
        page = file.read(27 + 255)
        mark, kind, serial, number = page[:4], page[5], page[14:18], int.from_bytes(page[18:22], "little")
        if mark != b"OggS":
            lost = f"no page where one should begin, {place} bytes into it"
            break
        if kind & 2 and (ended or not pieces):
            pieces.append((place, size))
            if len(pieces) > 1:
                pieces[-2] = (pieces[-2][0], place)
            ended = False
        if number != numbers.get(serial, number - 1) + 1:
            lost = f"pages are missing, {place} bytes into it"
            break
        numbers[serial], ended = number, bool(kind & 4)
        place += 27 + page[26] + sum(page[27:27 + page[26]])
    if not lost and place > size:
        lost = "it ends within a page"
    if not lost and not ended:
        lost = "it has no last page"
    return Length(fault=lost, pieces=pieces if len(pieces) > 1 else [])


# ---- MPEG --------------------------------------------------------------------------------------------------------

_LONGER = 64  # frames of one file differ by less: a decoder that takes all to be as the first ends before it or after
_BITRATES = {(1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
             (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
             (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
             (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
             (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)}
_BITRATES[2, 3] = _BITRATES[2, 2]


def _frame_bytes(head: bytes) -> int:
    """Length of the MPEG frame that begins with these bytes; 0 where none does, or its length is not told."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer, rate = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 2 & 3
    index, padding = head[2] >> 4, head[2] >> 1 & 1
    if version == 1 or layer == 4 or rate == 3 or index in (0, 15):
        return 0
    hertz = (44100, 48000, 32000)[rate] // {3: 1, 2: 2, 0: 4}[version]
    bits = 1000 * _BITRATES[1 if version == 3 else 2, layer][index - 1]
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    return (72 if layer == 3 and version != 3 else 144) * bits // hertz + padding


def _mpeg(file: BinaryIO, size: int, head: bytes) -> Length:
    """MP3 and its kin: frames, of which the first may say how many there are. None is trusted: they are counted."""
    start = 0
    while head[:3] == b"ID3":
        start += 10 + sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(head[6:10]))
        file.seek(start)
        head = file.read(64)
    file.seek(start)
    data = file.read()
    end = len(data) - (128 if data[-128:-125] == b"TAG" else 0)
    place = frames = last = 0
    while place + 4 <= end:
        step = _frame_bytes(data[place:place + 4])
        if not step:
            if not frames:
                return Length()
            place = data.find(b"\xff", place + 1, end)
            if place < 0:
                break
            continue
        if place + step > end:
            break
        place += step
        frames, last = frames + 1, place
    if not frames:
        return Length()
    first = _frame_bytes(data[:4])
    tag = re.search(rb"(?:Xing|Info)(....)(....)|VBRI.{10}(....)", data[:first][:200], re.DOTALL)
    told = None
    if tag:
        frames -= 1
        if tag[3] or tag[1][3] & 1:
            told = int.from_bytes(tag[3] or tag[2], "big")
    if told is not None and frames <= told:
        return Length(told, frames, "frames")
    note = f"its header tells of {told} frames, and {frames} are there: all are read"
    if told is None:
        note = CUT if last < end else OPEN
    return Length(notes=[note], pieces=[(start + (first if tag else 0), start + last)], longer=_LONGER, counted=False)


_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def _asf(file: BinaryIO, size: int, head: bytes) -> Length:
    """WMA, whose header tells the size of the file, unless it was sent as it was made."""
    file.seek(0)
    content = file.read(4096)
    at = content.find(_ASF_PROPERTIES)
    if at < 0 or at + 92 > len(content):
        return Length()
    told, = struct.unpack_from("<Q", content, at + 40)
    live = content[at + 88] & 1
    if not told or live or told <= size:
        return Length()
    return Length(fault=f"its header promises {told} bytes and {size} are there")


_READERS = [(rb"(RIFF|RIFX|RF64|BW64)....WAVE", _riff), (rb"FORM....(AIF[FC]|8SVX|16SV)", _form),
            (rb"riff\x2e\x91\xcf\x11", _w64), (rb"caff", _caf), (rb"\.snd|dns\.", _au), (rb"NIST_1A", _nist),
            (rb"fLaC", _flac), (rb"OggS", _ogg), (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _asf),
            (rb"ID3|\xff[\xe2-\xff]", _mpeg)]
