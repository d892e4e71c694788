"""What the scripts beside this one have in common: they make objects with the programs that people make them with."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zlib

TEXT = b"".join(b"Line %d: Project Tern, the launch valuation is confidential.\n" % n for n in range(1, 21))
NOTE = "Größe: 12 €\n".encode()
STAMP = 1_700_000_000


def run(*command, cwd=None, data=None):
    """What a program prints, at a time and in a language that are always the same."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(STAMP), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return subprocess.run(command, cwd=cwd, input=data, stdout=subprocess.PIPE, check=True, env=environment).stdout


def put(folder, name, data):
    """Writes a file, as old as all others."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (STAMP, STAMP))
    return path


def unpacked(data, *command):
    """The files that a program unpacks from an object, by name. The object is `object` in the folder above, and its input."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        inside = folder / "inside"
        inside.mkdir()
        (folder / "object").write_bytes(data)
        run(*command, cwd=inside, data=data)
        files = (path for path in inside.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(inside)): path.read_bytes() for path in files}


def compact(data):
    """Bytes as expected.json has them."""
    return base64.b64encode(zlib.compress(data, 9)).decode()


def pdf_text(path):
    """What a document shows, as pdftotext reads it."""
    return run("pdftotext", "-raw", "-enc", "UTF-8", path, "-").decode().replace("\f", "\n")


def target(usage, default):
    """The folder that the script was told to write to; `default` stands beside it."""
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        print(usage)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    folder = pathlib.Path(sys.argv[1]) if sys.argv[1:] else pathlib.Path(__file__).resolve().parent / default
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def finish(folder, expected):
    """Says what is in the objects."""
    (folder / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
