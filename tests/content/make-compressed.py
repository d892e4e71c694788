#!/usr/bin/env python3
"""Makes the compressed objects of tests/compressed.rs with the programs that people compress with.

Usage: make-compressed.py [DIRECTORY]

Writes objects, the contents they are of, and expected.json to the directory (default: compressed/ next to this script).
Each object is first read back by the program that made it, or by another one. Needs bzip2, xz, zstd, lz4, ncompress,
brotli and 7z.
"""

import bz2
import json
import lzma
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

WORDS = (
    "project tern launch valuation confidential quarter plan draft revenue margin supplier contract price board memo "
    "forecast schedule delivery component prototype review approval budget risk the of and to in for with on by is are"
).split()


def numbers(seed):
    """The same ones everywhere, whatever Python's version."""
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        yield seed >> 33


def text(length, seed):
    source = numbers(seed)
    out = bytearray()
    while len(out) < length:
        word = WORDS[next(source) % len(WORDS)]
        out += word.encode() + (b".\n" if next(source) % 12 == 0 else b" ")
    return bytes(out[:length])


def noise(length, seed):
    source = numbers(seed)
    return bytes(next(source) % 256 for _ in range(length))


def varied():
    """Text, noise, and runs of all lengths that matter."""
    runs = b"".join(bytes([65 + n % 26]) * length for n, length in enumerate((1, 2, 3, 4, 5, 6, 254, 255, 256, 258, 259, 260, 1000)))
    return text(1500, 1) + noise(200, 2) + runs + bytes(range(256)) + text(700, 3)


def code(length, seed):
    """What is like machine code of all processors that xz has filters for: calls, addresses, and what only looks like them."""
    source = numbers(seed)
    byte = lambda: next(source) % 256
    near = lambda: byte() if next(source) % 4 == 0 else (0, 0xFF)[next(source) % 2]
    out = bytearray()
    while len(out) < length:
        out += {
            # x86: calls and jumps, near each other too.
            0: lambda: bytes([0xE8 + next(source) % 2, byte(), byte(), byte(), near()]),
            1: lambda: bytes([0xE8, 0xE9, byte(), 0xE8, near(), near(), near(), near()]),
            # ARM, ARM Thumb, ARM64 (calls, pages), PowerPC, SPARC.
            2: lambda: bytes([byte(), byte(), byte(), 0xEB]),
            3: lambda: bytes([byte(), 0xF0 | byte() & 7, byte(), 0xF8 | byte() & 7]),
            4: lambda: struct.pack("<I", 0x94000000 | next(source) & 0x03FFFFFF),
            5: lambda: struct.pack("<I", 0x90000000 | next(source) & 0x60FFFFFF),
            6: lambda: struct.pack(">I", 0x48000001 | next(source) & 0x03FFFFFC),
            7: lambda: struct.pack(">I", (0x40000000, 0x7FC00000)[next(source) % 2] | next(source) & 0x003FFFFF),
            # IA-64: bundles of three instructions, those of which may be calls.
            8: lambda: bytes(-len(out) % 16) + ((16, 18, 22, 24, 28)[next(source) % 5] | sum(
                (5 << 37 | next(source) & 0x9FFFFE1FF) << 5 + 41 * slot for slot in range(3)) & (1 << 128) - 1).to_bytes(16, "little"),
            9: lambda: bytes([byte()]),
            10: lambda: bytes(-len(out) % 4),
        }[next(source) % 11]()
    return bytes(out[:length])


def long(part):
    """More than one block of each format; tests/compressed.rs builds it alike."""
    return b"".join(b"part %d\n" % n + part for n in range(70))


CONTENTS = {
    "empty": b"",
    "short": b"".join(b"Line %d: Project Tern, the launch valuation is confidential.\n" % n for n in range(1, 21)),
    "noise": noise(1000, 4),
    "varied": varied(),
    "zeros": bytes(3000),
    "code": code(2000, 5),
}
CONTENTS["long"] = long(CONTENTS["varied"])
TWO = CONTENTS["short"] + CONTENTS["varied"]


def run(*command, data=b"", cwd=None):
    return subprocess.run(command, input=data, cwd=cwd, stdout=subprocess.PIPE, check=True).stdout


def one(objects, name, content, command, back, path):
    data = run(*command, data=CONTENTS[content])
    assert run(*back, data=data) == CONTENTS[content], name
    objects[name] = (data, [(path, content)])


def bzip2(objects):
    back = ("bzip2", "-dc")
    for name, content, options in (
        ("empty", "empty", "-9"), ("short", "short", "-9"), ("varied", "varied", "-5"), ("noise", "noise", "-1"),
        ("zeros", "zeros", "-1"), ("long", "long", "-1"),
    ):
        one(objects, f"{name}.bz2", content, ("bzip2", "-c", options), back, "bzip2")
    streams = run("bzip2", "-c", data=CONTENTS["short"]) + run("bzip2", "-c", "-3", data=CONTENTS["varied"])
    assert bz2.decompress(streams) == TWO
    objects["streams.bz2"] = (streams, [("bzip2", "short varied")])
    objects["trailing.bz2"] = (objects["short.bz2"][0] + b"BZh, and text", [("bzip2", "short"), ("bzip2:(trailing)", b"BZh, and text")])


def xz(objects):
    back = ("xz", "-dc")
    for name, content, *options in (
        ("empty", "empty"), ("short", "short"), ("varied", "varied", "-9e"), ("noise", "noise", "-0"), ("zeros", "zeros"),
        ("long", "long", "-T1"), ("crc32", "short", "--check=crc32"), ("sha256", "short", "--check=sha256"),
        ("none", "short", "--check=none"), ("blocks", "varied", "-T1", "--block-size=1000"),
        ("sized", "varied", "-T2", "--block-size=1500"), ("properties", "varied", "--lzma2=lc=1,lp=3,pb=0"),
        ("literals", "varied", "--lzma2=lc=4,lp=0,pb=4,mode=fast,nice=4"), ("chunks", "long", "--lzma2=preset=0,dict=4KiB"),
    ):
        one(objects, f"{name}.xz", content, ("xz", "-c", *options), back, "xz")
    for name in ("x86", "arm", "armthumb", "arm64", "powerpc", "ia64", "sparc"):
        one(objects, f"{name}.xz", "code", ("xz", "-c", f"--{name}", "--lzma2=preset=6"), back, "xz")
    one(objects, "start.xz", "code", ("xz", "-c", "--x86=start=1048576", "--lzma2=preset=6"), back, "xz")
    for distance, content in (("1", "short"), ("4", "code"), ("256", "varied")):
        one(objects, f"delta{distance}.xz", content, ("xz", "-c", f"--delta=dist={distance}", "--lzma2=preset=6"), back, "xz")
    one(objects, "chain.xz", "code", ("xz", "-c", "--delta=dist=4", "--x86", "--arm", "--lzma2=preset=6"), back, "xz")
    # More than is filtered at a time, and two blocks.
    one(objects, "filtered.xz", "long", ("xz", "-c", "-T1", "--block-size=65537", "--arm64", "--delta=dist=3", "--lzma2=preset=6"), back, "xz")
    streams = run("xz", "-c", data=CONTENTS["short"]) + bytes(8) + run("xz", "-c", data=CONTENTS["varied"]) + bytes(4)
    assert run(*back, data=streams) == TWO
    objects["streams.xz"] = (streams, [("xz", "short varied")])
    objects["trailing.xz"] = (objects["short.xz"][0] + b"\xfd, and text", [("xz", "short"), ("xz:(trailing)", b"\xfd, and text")])
    for name in ("short", "varied", "long"):
        one(objects, f"{name}.lzma", name, ("xz", "-c", "--format=lzma"), (*back, "--format=lzma"), "lzma")
    # With the size in the header, and the marker as well: 7z has written both.
    data = zip_entry("varied", "lzma")
    properties, packed = data[4:9], data[9:]
    known = properties + struct.pack("<Q", len(CONTENTS["varied"])) + packed
    assert lzma.decompress(known, lzma.FORMAT_ALONE) == CONTENTS["varied"]
    objects["known.lzma"] = (known, [("lzma", "varied")])
    # The marker's last bytes are behind all of the content; without it the first chunk of LZMA2 is just such content.
    chunk = run("xz", "-c", "--format=raw", "--lzma2=preset=6", data=CONTENTS["varied"])
    assert chunk[0] >= 0xE0 and chunk[-1] == 0 and struct.unpack(">H", chunk[3:5])[0] + 1 == len(chunk) - 7
    bare = chunk[5:6] + struct.pack("<IQ", 1 << 23, len(CONTENTS["varied"])) + chunk[6:-1]
    assert lzma.decompress(bare, lzma.FORMAT_ALONE) == CONTENTS["varied"]
    objects["bare.lzma"] = (bare, [("lzma", "varied")])


def zstd(objects):
    back = ("zstd", "-dc", "--long=27")
    for name, content, *options in (
        ("empty", "empty"), ("short", "short"), ("varied", "varied", "-19"), ("fast", "varied", "--fast=5"), ("noise", "noise"),
        ("zeros", "zeros"), ("long", "long", "-3"), ("ultra", "long", "--ultra", "-22"), ("window", "long", "--long=27"),
        ("unsummed", "varied", "--no-check"), ("level1", "long", "-1", "--no-check"), ("level7", "varied", "-7"),
    ):
        one(objects, f"{name}.zst", content, ("zstd", "-q", "-c", *options), back, "zstd")
    with tempfile.TemporaryDirectory() as work:
        # A file of known size has it in the frame, and the frame is one segment.
        (pathlib.Path(work) / "varied").write_bytes(CONTENTS["varied"])
        sized = run("zstd", "-q", "-c", "-12", "varied", cwd=work)
    assert run(*back, data=sized) == CONTENTS["varied"]
    objects["sized.zst"] = (sized, [("zstd", "varied")])
    skipped = struct.pack("<II", 0x184D2A53, 5) + b"12345"
    frames = run("zstd", "-q", "-c", data=CONTENTS["short"]) + skipped + run("zstd", "-q", "-c", "-9", data=CONTENTS["varied"])
    assert run(*back, data=frames) == TWO
    objects["frames.zst"] = (frames, [("zstd", "short varied")])
    objects["skipped.zst"] = (skipped + objects["short.zst"][0], [("zstd", "short")])
    objects["trailing.zst"] = (objects["short.zst"][0] + b"(, and text", [("zstd", "short"), ("zstd:(trailing)", b"(, and text")])


def lz4(objects):
    back = ("lz4", "-dc")
    for name, content, *options in (
        ("empty", "empty"), ("short", "short"), ("varied", "varied", "-9"), ("noise", "noise"), ("zeros", "zeros"),
        ("linked", "long", "-BD", "-B4"), ("independent", "long", "-B4"), ("summed", "varied", "-BX"),
        ("unsummed", "varied", "--no-frame-crc"), ("long", "long", "-B7", "-12"),
    ):
        one(objects, f"{name}.lz4", content, ("lz4", "-q", "-c", *options), back, "lz4")
    one(objects, "legacy.lz4", "varied", ("lz4", "-l", "-c"), back, "lz4")
    with tempfile.TemporaryDirectory() as work:
        (pathlib.Path(work) / "varied").write_bytes(CONTENTS["varied"])
        sized = run("lz4", "-q", "-c", "--content-size", "varied", cwd=work)
    assert run(*back, data=sized) == CONTENTS["varied"]
    objects["sized.lz4"] = (sized, [("lz4", "varied")])
    skipped = struct.pack("<II", 0x184D2A50, 3) + b"123"
    frames = objects["short.lz4"][0] + skipped + run("lz4", "-c", data=CONTENTS["varied"])
    assert run(*back, data=frames) == TWO
    objects["frames.lz4"] = (frames, [("lz4", "short varied")])
    objects["trailing.lz4"] = (objects["short.lz4"][0] + b"\x04, and text", [("lz4", "short"), ("lz4:(trailing)", b"\x04, and text")])


def compress(objects):
    back = ("compress", "-d", "-c")
    for name, content, *options in (
        ("short", "short"), ("varied", "varied"), ("noise", "noise"), ("zeros", "zeros"), ("long", "long"),
        ("bits10", "varied", "-b10"), ("bits11", "noise", "-b11"), ("bits12", "long", "-b12"),
    ):
        one(objects, f"{name}.Z", content, ("compress", "-f", "-c", *options), back, "compress")


def brotli(objects):
    back = ("brotli", "-d", "-c")
    for name, content, *options in (
        ("empty", "empty"), ("short", "short"), ("varied", "varied", "-w", "24"), ("fast", "varied", "-q", "0"),
        ("noise", "noise", "-q", "1"), ("zeros", "zeros", "-w", "10"), ("long", "long", "-q", "9"), ("middle", "long", "-q", "5", "-w", "16"),
    ):
        one(objects, f"{name}.br", content, ("brotli", "-c", *options), back, "br")
        objects[f"{name}.br"] += ("br",)


def deflate(objects):
    for name in ("empty", "short", "varied", "long"):
        raw = zlib.compressobj(9, zlib.DEFLATED, -15)
        objects[f"{name}.deflate"] = (raw.compress(CONTENTS[name]) + raw.flush(), [("deflate", name)], "deflate")
        objects[f"{name}.zlib"] = (zlib.compress(CONTENTS[name], 9), [("deflate", name)], "deflate")


def zip_archive(method, *contents):
    with tempfile.TemporaryDirectory() as work:
        for name in contents:
            (pathlib.Path(work) / name).write_bytes(CONTENTS[name])
        run("7z", "a", "-tzip", f"-mm={method}", "-mtm=off", "-mtc=off", "-mta=off", "-bso0", "-bsp0", "x.zip", *contents, cwd=work)
        return (pathlib.Path(work) / "x.zip").read_bytes()


def zip_entry(content, method):
    """The content of an archive's only entry as it stands there."""
    data = zip_archive(method, content)
    packed, name, extra = struct.unpack("<I4xHH", data[18:30])
    return data[30 + name + extra :][:packed]


def zip_of(method, packer, *contents):
    """An archive with a method that 7z reads and does not write."""
    local, directory = b"", b""
    for name in contents:
        data = CONTENTS[name]
        packed = run(*packer, data=data)
        fields = struct.pack("<HHHHHIIIHH", 63, 0, method, 0, 0x5821, zlib.crc32(data), len(packed), len(data), len(name), 0)
        directory += b"PK\x01\x02\x3f\0" + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + name.encode()
        local += b"PK\x03\x04" + fields + name.encode() + packed
    count = len(contents)
    return local + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(local), 0)


def zips(objects):
    inner = {"deflate64": "", "bzip2": "/bzip2", "lzma": "/lzma", "xz": "/xz", "zstd": "/zstd"}
    archives = {method: zip_archive(method, "short", "varied") for method in ("deflate64", "bzip2", "lzma")}
    archives["long64"] = zip_archive("deflate64", "long")
    archives["xz"] = zip_of(95, ("xz", "-c"), "short", "varied")
    archives["zstd"] = zip_of(93, ("zstd", "-q", "-c"), "short", "varied")
    for name, data in archives.items():
        found = ("long",) if name == "long64" else ("short", "varied")
        with tempfile.TemporaryDirectory() as work:
            archive = pathlib.Path(work) / "x.zip"
            archive.write_bytes(data)
            for content in found:
                assert run("7z", "e", "-so", str(archive), content) == CONTENTS[content], name
        objects[f"{name}.zip"] = (data, [(f"zip:{content}{inner.get(name, '')}", content) for content in found])


def xxh32(data):
    """XXH32 of less than 16 bytes."""
    first, second, third, fourth, fifth = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
    turn = lambda value, by: (value << by | value >> 32 - by) & 0xFFFFFFFF
    value = fifth + len(data) & 0xFFFFFFFF
    while len(data) >= 4:
        value = turn(value + struct.unpack("<I", data[:4])[0] * third & 0xFFFFFFFF, 17) * fourth & 0xFFFFFFFF
        data = data[4:]
    for byte in data:
        value = turn(value + byte * fifth & 0xFFFFFFFF, 11) * first & 0xFFFFFFFF
    value = (value ^ value >> 15) * second & 0xFFFFFFFF
    value = (value ^ value >> 13) * third & 0xFFFFFFFF
    return value ^ value >> 16


def bombs():
    """256 MiB of zeros, packed as tightly as each program does."""
    zeros = bytes(256 << 20)
    return {
        "bomb.bz2": run("bzip2", "-c", "-9", data=zeros),
        "bomb.xz": run("xz", "-c", "-6", data=zeros),
        "bomb.lzma": run("xz", "-c", "--format=lzma", data=zeros),
        "bomb.zst": run("zstd", "-q", "-c", "--ultra", "-22", data=zeros),
        "bomb.br": run("brotli", "-c", "-q", "11", "-w", "24", data=zeros),
    }


def unsupported():
    """What is not read, or not to its end: a repetition from 9 MiB back, an unknown filter, a dictionary."""
    far = CONTENTS["noise"] + bytes(9 << 20) + CONTENTS["noise"]
    objects = {
        "far.xz": run("xz", "-c", "-9", data=far),
        "far.lzma": run("xz", "-c", "-9", "--format=lzma", data=far),
        "far.zst": run("zstd", "-q", "-c", "-19", "--long=27", data=far),
    }
    # A filter of a number that nobody has given away.
    data = bytearray(run("xz", "-c", "--delta=dist=1", "--lzma2=preset=6", data=CONTENTS["short"]))
    length = (data[12] + 1) * 4
    assert data[14:17] == b"\x03\x01\0"
    data[14] = 0x3F
    data[12 + length - 4:12 + length] = struct.pack("<I", zlib.crc32(data[12:12 + length - 4]))
    objects["filter.xz"] = bytes(data)
    # A frame of lz4 that names a dictionary: another one is in front of it, and a frame to skip.
    plain = run("lz4", "-q", "-c", data=CONTENTS["short"])
    header = bytes([plain[4] | 1, plain[5]]) + struct.pack("<I", 7)
    named = plain[:4] + header + bytes([xxh32(header) >> 8 & 0xFF]) + plain[7:]
    assert bytes([xxh32(plain[4:6]) >> 8 & 0xFF]) == plain[6:7]
    objects["dictionary.lz4"] = struct.pack("<II", 0x184D2A5F, 2) + b"12" + plain + named
    with tempfile.TemporaryDirectory() as work:
        samples = [f"sample{n}" for n in range(300)]
        for number, name in enumerate(samples):
            (pathlib.Path(work) / name).write_bytes(text(300, 100 + number))
        run("zstd", "-q", "--train", "--maxdict=2048", "-o", "dictionary", *samples, cwd=work)
        packed = run("zstd", "-q", "-c", "-D", "dictionary", data=CONTENTS["short"], cwd=work)
        objects["dictionary.zst"] = struct.pack("<II", 0x184D2A50, 3) + b"123" + run("zstd", "-q", "-c", data=CONTENTS["short"]) + packed
    assert all(len(objects[name]) < 5000 for name in objects)
    return objects


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "compressed")
    target.mkdir(exist_ok=True)
    objects = {}
    for make in (bzip2, xz, zstd, lz4, compress, brotli, deflate, zips):
        make(objects)
    expected = {}
    for name, (data, found, *coding) in sorted(objects.items()):
        (target / name).write_bytes(data)
        leaves = [
            {"path": path, "text": content.decode("latin-1")} if isinstance(content, bytes) else {"path": path, "contents": content.split()}
            for path, content in found
        ]
        expected[name] = {"leaves": leaves, "coding": coding[0] if coding else None}
    for name, data in (bombs() | unsupported()).items():
        (target / name).write_bytes(data)
    for name in ("short", "noise", "varied", "code"):
        (target / name).write_bytes(CONTENTS[name])
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
