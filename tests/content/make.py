#!/usr/bin/env python3
"""Makes the wrapped objects of tests/decode.rs with the programs that people wrap with, and says what is in them.

Usage: make.py [DIRECTORY]

Writes objects and expected.json to the directory (default: where this script is). What is in an object is told by
Python's gzip, zlib, tarfile and zipfile, not by tidegate. Needs gzip, GNU tar and Info-ZIP's zip.
"""

import gzip
import io
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

TEXT = b"".join(b"Line %d: Project Tern, the launch valuation is confidential.\n" % n for n in range(1, 21))
NOTE = "Größe: 12 €\n".encode()


def run(*command, cwd, data=None):
    return subprocess.run(command, cwd=cwd, input=data, stdout=subprocess.PIPE, check=True).stdout


class OneWay(io.RawIOBase):
    """A file that cannot seek, so that zipfile writes data descriptors."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


def streamed_zip():
    out = OneWay()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plans/q3.txt", TEXT)
        archive.writestr("note.txt", NOTE)
    return bytes(out.bytes)


def zip64():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("plans/q3.txt", "w", force_zip64=True) as entry:
            entry.write(TEXT)
    return out.getvalue()


def make(work):
    (work / "plans").mkdir()
    (work / "plans/q3.txt").write_bytes(TEXT)
    (work / "note.txt").write_bytes(NOTE)
    long = "a/" * 60 + "deep.txt"
    (work / long).parent.mkdir(parents=True)
    (work / long).write_bytes(NOTE)
    stamp = ("--mtime=@1700000000", "--owner=0", "--group=0", "--numeric-owner")
    objects = {
        "plain.txt": TEXT,
        "text.gz": run("gzip", "-n", "-c", cwd=work, data=TEXT),
        "named.gz": None,
        "members.gz": run("gzip", "-n", "-c", cwd=work, data=TEXT) + run("gzip", "-n", "-c", cwd=work, data=NOTE),
        "padded.gz": run("gzip", "-n", "-c", cwd=work, data=TEXT) + bytes(7),
        "text.zz": zlib.compress(TEXT, 9),
        "ustar.tar": run("tar", "-c", "--format=ustar", "-b", "1", *stamp, "plans", "note.txt", cwd=work),
        "gnu.tar": run("tar", "-c", "--format=gnu", "-b", "1", *stamp, long, "note.txt", cwd=work),
        "pax.tar": run("tar", "-c", "--format=pax", "-b", "1", *stamp, long, "note.txt", cwd=work),
        "stored.zip": None,
        "deflated.zip": None,
        "locked.zip": None,
        "streamed.zip": streamed_zip(),
        "zip64.zip": zip64(),
    }
    run("gzip", "-k", "-N", "note.txt", cwd=work)
    objects["named.gz"] = (work / "note.txt.gz").read_bytes()
    for name, options in (("stored", ["-0"]), ("deflated", ["-9"]), ("locked", ["-P", "tern"])):
        run("zip", "-q", "-X", *options, f"{name}.zip", "plans/q3.txt", "note.txt", cwd=work)
        objects[f"{name}.zip"] = (work / f"{name}.zip").read_bytes()
    (work / "inner.tar.gz").write_bytes(gzip.compress(objects["ustar.tar"], mtime=0))
    run("zip", "-q", "-X", "nested.zip", "inner.tar.gz", "note.txt", "deflated.zip", cwd=work)
    objects["nested.zip"] = (work / "nested.zip").read_bytes()
    return objects


def leaves(data, path):
    """What is in an object, by Python's own readers: pairs of path and bytes."""
    if data[:3] == b"\x1f\x8b\x08":
        reader = io.BytesIO(data)
        name = ""
        if data[3] & 8:
            name = ":" + data[10 : data.index(b"\0", 10)].decode()
        here = join(path, "gzip")
        yield from leaves(gzip.GzipFile(fileobj=reader).read(), here + name)
        return
    if data[:2] == b"\x78\xda":
        yield from leaves(zlib.decompress(data), join(path, "zlib"))
        return
    if data[:4] == b"PK\x03\x04":
        archive = zipfile.ZipFile(io.BytesIO(data))
        for entry in archive.infolist():
            if entry.flag_bits & 1:
                continue
            yield from leaves(archive.read(entry), f"{join(path, 'zip')}:{entry.filename}")
        return
    if data[257:262] == b"ustar":
        for member in tarfile.open(fileobj=io.BytesIO(data)):
            if member.isfile():
                content = tarfile.open(fileobj=io.BytesIO(data)).extractfile(member).read()
                yield from leaves(content, f"{join(path, 'tar')}:{member.name}")
        return
    yield path, data


def join(path, name):
    return f"{path}/{name}" if path else name


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    with tempfile.TemporaryDirectory() as work:
        objects = make(pathlib.Path(work))
    expected = {}
    for name, data in objects.items():
        (target / name).write_bytes(data)
        found = list(leaves(data, ""))
        # Python's gzip passes over padding; tidegate shows it as what follows.
        if name == "padded.gz":
            found.append(("gzip:(trailing)", bytes(7)))
        expected[name] = [{"path": path, "hex": data.hex()} for path, data in found]
    text = json.dumps(expected, indent=1)
    (target / "expected.json").write_text(text + "\n")


main()
