#!/usr/bin/env python3
"""Makes the containers of tests/containers.rs with the programs that people make them with, and says what is in them.

Usage: make-containers.py [DIRECTORY]

Writes objects and expected.json to the directory (default: containers, where this script is). What is in an object is told
by the programs that unpack it, not by tidegate. Needs the Debian packages of PACKAGES.
"""

import gzip
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

PACKAGES = "binutils cpio dpkg genisoimage libarchive-tools sharutils uudeview xorriso"
TEXT = b"".join(b"Line %d: Project Tern, the launch valuation is confidential.\n" % n for n in range(1, 21))
NOTE = "Größe: 12 €\n".encode()
LONG = "a-member-whose-name-is-longer-than-a-header-has-room-for.txt"
STAMP = 1_700_000_000


def run(*command, cwd, data=None):
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(STAMP), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return subprocess.run(command, cwd=cwd, input=data, stdout=subprocess.PIPE, check=True, env=environment).stdout


def put(folder, name, data):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (STAMP, STAMP))
    return path


def unpacked(data, *command):
    """The files that a program unpacks from an object, by name. The object is `object` in its folder, and its input."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        inside = folder / "inside"
        inside.mkdir()
        (folder / "object").write_bytes(data)
        run(*command, cwd=inside, data=data)
        files = (path for path in inside.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(inside)): path.read_bytes() for path in files}


def named(label, names, files):
    """Paths and bytes of files, in the order of their names, which is the order in the object."""
    assert sorted(names) == sorted(files), (names, list(files))
    return [(f"{label}:{name}", files[name]) for name in names]


def cpio(work):
    folder = work / "cpio"
    put(folder, "plans/q3.txt", TEXT)
    put(folder, "odd.txt", b"odd")
    put(folder, "empty.txt", b"")
    put(folder, "note.txt", NOTE)
    (folder / "link").symlink_to("note.txt")
    os.utime(folder / "plans", (STAMP, STAMP))
    os.utime(folder / "link", (STAMP, STAMP), follow_symlinks=False)
    names = ["plans/q3.txt", "odd.txt", "empty.txt", "note.txt"]
    entries = "\n".join(["plans", *names[:2], "link", *names[2:]]).encode() + b"\n"
    objects = {}
    for kind in ("newc", "crc", "odc", "bin"):
        data = run("cpio", "-o", "--quiet", "--reproducible", "-R", "0:0", "-H", kind, cwd=folder, data=entries)
        objects[f"{kind}.cpio"] = data
    # No program of today writes the other order of bytes; cpio reads it.
    swapped, at, data = bytearray(objects["bin.cpio"]), 0, objects["bin.cpio"]
    while data[at : at + 2] == b"\xc7\x71":
        for word in range(at, at + 26, 2):
            swapped[word : word + 2] = data[word : word + 2][::-1]
        number = lambda place: int.from_bytes(data[at + place : at + place + 2], "little")
        at += 26 + (number(20) + 1) // 2 * 2 + (number(22) << 16 | number(24)) + 1 & ~1
    objects["bin-swapped.cpio"] = bytes(swapped)
    for name, data in objects.items():
        yield name, data, named("cpio", names, unpacked(data, "cpio", "-i", "-d", "--quiet")), []
    # As Linux takes them: archives behind each other, and a compressed one behind them.
    data = objects["newc.cpio"]
    found = named("cpio", names, unpacked(data, "cpio", "-i", "-d", "--quiet"))
    inner = [(f"cpio:(trailing)/gzip/{path}", content) for path, content in found]
    yield "initramfs.cpio", data + bytes(512) + data + gzip.compress(data, mtime=0), found + found + inner, []


def ar(work):
    folder = work / "ar"
    put(folder, "q3.txt", TEXT)
    put(folder, LONG, b"odd")
    put(folder, "two words.txt", NOTE)
    run("as", "-o", "x.o", cwd=folder, data=b".globl tern\ntern: ret\n")
    os.utime(folder / "x.o", (STAMP, STAMP))
    names = ["q3.txt", LONG, "x.o", "two words.txt"]
    run("ar", "rcsD", "gnu.ar", *names, cwd=folder)
    run("ar", "rcsDT", "thin.ar", *names, cwd=folder)
    run("bsdtar", "-cf", "bsd.ar", "--format=arbsd", "--uid=0", "--gid=0", *names, cwd=folder)
    for name, command in (("gnu.ar", ["ar", "x", "../object"]), ("bsd.ar", ["bsdtar", "-xf", "../object"])):
        data = (folder / name).read_bytes()
        yield name, data, named("ar", names, unpacked(data, *command)), []
    listed = run("ar", "t", "thin.ar", cwd=folder).decode().splitlines()
    yield "thin.ar", (folder / "thin.ar").read_bytes(), [], [(f"ar:{name}", "unsupported") for name in listed]


def deb(work):
    folder = work / "deb"
    control = b"Package: tern\nVersion: 1\nArchitecture: all\nMaintainer: Ann <ann@example.org>\nDescription: plans\n"
    put(folder, "DEBIAN/control", control)
    put(folder, "usr/share/tern/q3.txt", TEXT)
    for path in sorted(folder.rglob("*")):
        os.utime(path, (STAMP, STAMP))
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", "deb", "tern.deb", cwd=work)
    data = (work / "tern.deb").read_bytes()
    found = []
    for name, content in unpacked(data, "ar", "x", "../object").items():
        if name == "debian-binary":
            found.append((f"deb:{name}", content))
            continue
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                if member.isfile():
                    path = f"deb:{name}/gzip/tar:{member.name if member.name.startswith('./') else './' + member.name}"
                    found.append((path, archive.extractfile(member).read()))
    found.sort(key=lambda leaf: ["debian-binary", "control", "data"].index(leaf[0][4:].split(".")[0].split("/")[0]))
    yield "tern.deb", data, found, []


BEFORE = b"Dear Bob,\n\nthe first of these:\n\n"
BETWEEN = b"and here is the other:\n"
AFTER = b"Ann\n"


def uuencode(work):
    folder = work / "uuencode"
    put(folder, "q3.txt", TEXT)
    put(folder, "note.txt", NOTE)
    old, new = [], []
    for name in ("q3.txt", "note.txt"):
        old.append(run("uuencode", name, name, cwd=folder))
        new.append(run("uuencode", "-m", name, name, cwd=folder))
    for kind, parts in (("old", old), ("new", new)):
        data = BEFORE + parts[0] + b"\n" + BETWEEN + parts[1] + AFTER
        # No reader of today takes several files with text around them.
        files = unpacked(parts[0], "uudecode", "../object") | unpacked(parts[1], "uudecode", "../object")
        texts = [("uuencode:(text)", text) for text in (BEFORE, BETWEEN, AFTER)]
        found = named("uuencode", ["q3.txt", "note.txt"], files)
        yield f"{kind}.uu", data, [texts[0], found[0], texts[1], found[1], texts[2]], []
    # Before there was MIME; and a part of text behind a text that is longer than what tells a format.
    header = b"From: ann@example.org\r\nTo: bob@example.net\r\nSubject: plans\r\n"
    far = b"x" * 70 + b"\r\n"
    body = BEFORE.replace(b"\n", b"\r\n") + far * 20 + b"".join(old).replace(b"\n", b"\r\n") + AFTER
    files = unpacked(old[0], "uudecode", "../object") | unpacked(old[1], "uudecode", "../object")
    found = [
        ("mime:(header)", header),
        ("mime[1]", BEFORE.replace(b"\n", b"\r\n") + far * 20),
        ("mime:q3.txt", files["q3.txt"]),
        ("mime:note.txt", files["note.txt"]),
        ("mime:(text)", AFTER),
    ]
    yield "uuencode.eml", header + b"\r\n" + body, found, []


def yenc(work):
    folder = work / "yenc"
    data = bytes(range(256)) * 9 + TEXT
    put(folder, "every.bin", data)
    coded = run("uuenview", "-y", "every.bin", cwd=folder)
    files = unpacked(coded, "uudeview", "-i", "-q", "../object")
    assert files["every.bin"] == data
    text = [("yenc:(text)", text) for text in (BEFORE, AFTER)]
    yield "one.yenc", BEFORE + coded + AFTER, [text[0], *named("yenc", ["every.bin"], files), text[1]], []
    header = b"From: ann@example.org\r\nNewsgroups: test\r\nSubject: every.bin\r\n"
    article = header + b"\r\n" + BETWEEN + coded
    files = unpacked(article, "uudeview", "-i", "-q", "../object")
    found = [("mime:(header)", header), ("mime[1]", BETWEEN), ("mime:every.bin", files["every.bin"])]
    yield "yenc.eml", article, found, []


def sectors(data, taken):
    """What is in no extent: paths and bytes of the runs of sectors that are not empty and not in `taken`."""
    found, run = [], b""
    for number in range(16, len(data) // 2048):
        sector = data[number * 2048 : (number + 1) * 2048]
        if number in taken or not any(sector):
            if run:
                found.append((number, run))
            run = b""
        else:
            run += sector
    return found + ([(len(data) // 2048, run)] if run else [])


def iso(work):
    """Compressed, since they are mostly zeros."""
    folder = work / "iso"
    names = ["plans/the plan of this quarter.txt", "Größe.txt", "two words.txt"]
    for name, data in zip(names, (TEXT * 3, NOTE, b"odd")):
        put(folder, name, data)
    for path in (folder / "plans", folder):
        os.utime(path, (STAMP, STAMP))
    options = ["-quiet", "-no-pad", "-input-charset", "utf-8"]
    for kind, option in (("rock", ["-R"]), ("joliet", ["-J"]), ("both", ["-J", "-R"]), ("plain", [])):
        run("genisoimage", *options, *option, "-o", "../made.iso", ".", cwd=folder)
        yield from image(work, f"{kind}.iso")
    command = ["xorriso", "-outdev", "made2.iso", "-joliet", "on", "-padding", "0", "-map", "iso", "/", "-commit"]
    subprocess.run(command, cwd=work, check=True, stderr=subprocess.DEVNULL)
    (work / "made2.iso").rename(work / "made.iso")
    yield from image(work, "xorriso.iso")


def image(work, name):
    data = bytearray((work / "made.iso").read_bytes())
    # genisoimage writes when it was run: into the descriptors, and the sector behind them.
    for place in (16, 17):
        if data[place * 2048] in (1, 2):
            data[place * 2048 + 813 : place * 2048 + 881] = b"2023111422132000\0" * 4
    for place in (18, 19):
        if data[place * 2048 :].startswith(b"MKI "):
            data[place * 2048 + 4 : place * 2048 + 28] = b"Tue Nov 14 22:13:20 2023"
    data = bytes(data)
    files = unpacked(data, "bsdtar", "-xf", "../object")
    found = sorted(((data.find(content), path, content) for path, content in files.items()))
    found = [(at // 2048, f"iso9660:{path}", content) for at, path, content in found]
    known = {number for at, _, content in found for number in range(at, at + (len(content) + 2047) // 2048)}
    for number in range(16, len(data) // 2048):
        sector = data[number * 2048 : (number + 1) * 2048]
        # Descriptors, and directories, which begin with their own entry.
        is_directory = sector[0] >= 34 and sector[2:6] == number.to_bytes(4, "little")
        if sector[1:6] == b"CD001" and number < 20 or is_directory:
            known.add(number)
    for place in (16, 17):
        volume = data[place * 2048 :][:2048]
        if volume[0] in (1, 2):
            known |= {int.from_bytes(volume[140:144], "little"), int.from_bytes(volume[148:152], "big")}
    found += [(at, "iso9660:(between)", content) for at, content in sectors(data, known)]
    found = [(path, content) for _, path, content in sorted(found)]
    if any(data[:32768]):
        found.insert(0, ("iso9660:(system area)", data[:32768]))
    yield f"{name}.gz", gzip.compress(data, mtime=0), found, []


MAKERS = [cpio, ar, deb, uuencode, yenc, iso]


def main():
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "containers")
    target.mkdir(exist_ok=True)
    expected = {}
    with tempfile.TemporaryDirectory() as work:
        for maker in MAKERS:
            for name, data, leaves, cuts in maker(pathlib.Path(work)):
                (target / name).write_bytes(data)
                leaves = [{"path": path, "hex": content.hex()} for path, content in leaves]
                expected[name] = {"leaves": leaves, "cuts": cuts}
    (target / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


main()
