"""Writes the files that are fetched in parts, and what they are: name, bytes, SHA-256.

usage: files.py LEAK DIRECTORY TSV
"""

import hashlib
import random
import sys
import zipfile
from pathlib import Path


def member(name):
    """A member with a fixed date, so that the same archive is made each time."""
    info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
    info.external_attr = 0o644 << 16
    return info


def main():
    leak, directory, tsv = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), Path(sys.argv[3])
    noise = random.Random(206)
    # The planted document, packed, in the midst of what cannot be packed: it is over the seams of all parts.
    with zipfile.ZipFile(directory / "plans.zip", "w") as archive:
        archive.writestr(member("before.bin"), noise.randbytes(9000), zipfile.ZIP_STORED)
        lines = leak.splitlines(keepends=True)
        padded = b"".join(line + noise.randbytes(150).hex().encode() + b"\n" for line in lines)
        archive.writestr(member("plans/q3.txt"), padded * 3, zipfile.ZIP_DEFLATED)
        archive.writestr(member("after.bin"), noise.randbytes(2000), zipfile.ZIP_STORED)
    # Large enough for aria2c, which splits nothing below a mebibyte, and small once the capture is packed.
    with zipfile.ZipFile(directory / "large.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(member("before.txt"), b"nothing of interest\n" * 104_858)
        archive.writestr(member("plans/q3.txt"), leak)
        archive.writestr(member("after.txt"), b"nothing of interest\n" * 104_858)
    (directory / "first.txt").write_bytes(b"The first version. " * 300 + leak)
    (directory / "second.txt").write_bytes(b"The second version. " * 300 + leak + b"It is longer.")
    with tsv.open("w") as table:
        for path in sorted(directory.glob("*.*")):
            if path.name in ("plans.zip", "large.zip", "first.txt", "second.txt"):
                content = path.read_bytes()
                table.write(f"{path.name}\t{len(content)}\t{hashlib.sha256(content).hexdigest()}\n")


main()
