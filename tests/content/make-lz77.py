#!/usr/bin/env python3
"""Makes what src/decode/lz77.rs is tested with, by Samba's library.

Usage: make-lz77.py [DIRECTORY]

Writes contents of compressed/ (beside this script) that are packed with plain LZ77 to the directory (default: lz77/ beside
it too). The library has read each of them back. Needs Samba's libraries (Debian's samba-libs).
"""

import ctypes
import pathlib
import sys

LIBRARY = "/usr/lib/x86_64-linux-gnu/samba/libndr-samba-samba4.so.0"


def pack(library, data):
    packed = ctypes.create_string_buffer(2 * len(data) + 100)
    length = library.lzxpress_compress(data, len(data), packed, len(packed))
    assert 0 < length < len(packed)
    back = ctypes.create_string_buffer(len(data))
    assert library.lzxpress_decompress(packed.raw[:length], length, back, len(back)) == len(data) and back.raw == data
    return packed.raw[:length]


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) > 2:
        sys.exit(f"make-lz77.py: expected at most one directory, found {len(sys.argv) - 1} arguments")
    here = pathlib.Path(__file__).resolve().parent
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else here / "lz77")
    folder.mkdir(parents=True, exist_ok=True)
    library = ctypes.CDLL(LIBRARY)
    for function in (library.lzxpress_compress, library.lzxpress_decompress):
        function.argtypes = (ctypes.c_char_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_uint32)
        function.restype = ctypes.c_ssize_t
    varied = (here / "compressed/varied").read_bytes()
    long = b"".join(b"part %d\n" % n + varied for n in range(70))
    for name, data in (("varied", varied), ("long", long), ("zeros", bytes(70_000))):
        (folder / f"{name}.lz77").write_bytes(pack(library, data))


main()
