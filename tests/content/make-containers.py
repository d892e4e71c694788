#!/usr/bin/env python3
"""Makes the containers of tests/containers.rs with the programs that people make them with, and says what is in them.

Usage: make-containers.py [DIRECTORY]

Writes objects and expected.json to the directory (default: containers, where this script is). What is in an object is told
by the programs that unpack it, not by tidegate. Images, which have times of access, and encrypted archives, which have
salt, differ each time they are made. Needs the Debian packages of PACKAGES.
"""

import gzip
import io
import os
import pathlib
import sqlite3
import struct
import subprocess
import tarfile
import tempfile
import zlib

from objects import NOTE, STAMP, TEXT, compact, finish, put, run, target, unpacked

PACKAGES = "7zip binutils cabextract cpio dpkg gcab genisoimage libarchive-tools sharutils tnef tshark uudeview xorriso"
LONG = "a-member-whose-name-is-longer-than-a-header-has-room-for.txt"


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


def cab(work):
    folder = work / "cab"
    names = ["plans/q3.txt", "long.txt", "empty.txt", "note.txt"]
    # Longer than two blocks, each of which refers to the one before.
    long = b"".join(b"%d: Project Tern, the launch valuation.\n" % (n * n % 7919) for n in range(1700))
    for name, data in zip(names, (TEXT, long, b"", NOTE)):
        put(folder, name, data)
    run("gcab", "-c", "stored.cab", names[0], names[3], cwd=folder)
    run("gcab", "-c", "-z", "mszip.cab", *names, cwd=folder)
    for name in ("stored.cab", "mszip.cab"):
        data = (folder / name).read_bytes()
        files = unpacked(data, "cabextract", "-q", "../object")
        order = [name for name in names if name in files]
        cuts = []
        yield name, data, named("cab", order, files), cuts
    # No program makes LZX here: one that says so is named only.
    other = bytearray((folder / "stored.cab").read_bytes())
    other[36 + 6] = 3
    yield "lzx.cab", bytes(other), [], [(f"cab:{name}", "unsupported") for name in (names[0], names[3])]


def vint(number):
    digits = b""
    while number > 127:
        digits += bytes([number & 127 | 128])
        number >>= 7
    return digits + bytes([number])


def rar5_header(kind, flags, fields, extra=b"", data=None):
    flags |= (1 if extra else 0) | (0 if data is None else 2)
    sizes = (vint(len(extra)) if extra else b"") + (b"" if data is None else vint(len(data)))
    header = vint(kind) + vint(flags) + sizes + fields + extra
    header = vint(len(header)) + header
    return struct.pack("<I", zlib.crc32(header)) + header + (data or b"")


def rar5_file(name, data, method=0, extra=b"", flags=0, content=None):
    name = name.encode()
    fields = vint(4) + vint(len(data)) + vint(0o100644) + struct.pack("<I", zlib.crc32(data))
    fields += vint(method << 7) + vint(1) + vint(len(name)) + name
    return rar5_header(2, flags, fields, extra, data if content is None else content)


def rar4_block(kind, flags, fields, data=b""):
    block = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(block) & 0xFFFF) + block + data


def rar4_file(name, data, method=0x30, flags=0):
    name = name.encode()
    fields = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x5000_0000, 29, method, len(name), 0o100644)
    return rar4_block(0x74, 0x8000 | flags, fields + name, data)


def rar(work):
    """No program of Debian's makes them: they are put together as their descriptions say (rarlab.com/technote.htm)."""
    files = {"plans/q3.txt": TEXT, "Größe.txt": NOTE}
    start5 = b"Rar!\x1a\7\1\0" + rar5_header(1, 0, vint(0))
    stored = b"".join(rar5_file(name, data) for name, data in files.items())
    end5 = rar5_header(5, 0, vint(0))
    data = start5 + stored + end5
    yield "stored5.rar", data, named("rar", list(files), unpacked(data, "bsdtar", "-xf", "../object")), []
    # An encryption record, and a method other than 0.
    record = vint(1) + vint(0) + vint(0) + bytes(33)
    locked = rar5_file("locked.txt", TEXT, extra=vint(len(record)) + record, content=bytes(64))
    packed = rar5_file("packed.txt", TEXT, method=3, content=bytes(64))
    one = rar5_file("q3.txt", TEXT)
    cuts = [("rar:locked.txt", "encrypted"), ("rar:packed.txt", "unsupported")]
    yield "locked5.rar", start5 + locked + packed + one + end5, [("rar:q3.txt", TEXT)], cuts
    header = rar5_header(4, 0, vint(0) + vint(0) + bytes(17))
    yield "hidden5.rar", b"Rar!\x1a\7\1\0" + header + bytes(100), [], [("rar", "encrypted")]
    start4 = b"Rar!\x1a\7\0" + rar4_block(0x73, 0, bytes(6))
    end4 = rar4_block(0x7B, 0x4000, b"")
    data = start4 + rar4_file("plans/q3.txt", TEXT) + rar4_file("note.txt", NOTE) + end4
    found = named("rar", ["plans/q3.txt", "note.txt"], unpacked(data, "bsdtar", "-xf", "../object"))
    yield "stored4.rar", data, found, []
    locked = rar4_file("locked.txt", bytes(64), flags=4) + rar4_file("packed.txt", bytes(64), method=0x33)
    yield "locked4.rar", start4 + locked + rar4_file("q3.txt", TEXT) + end4, [("rar:q3.txt", TEXT)], cuts
    hidden = b"Rar!\x1a\7\0" + rar4_block(0x73, 0x80, bytes(6)) + bytes(100)
    yield "hidden4.rar", hidden, [], [("rar", "encrypted")]


def sevenzip(work):
    folder = work / "7z"
    put(folder, "plans/q3.txt", TEXT)
    put(folder, "note.txt", NOTE)
    for path in (folder / "plans", folder):
        os.utime(path, (STAMP, STAMP))
    kinds = {
        "stored": (["-mx0", "-mhc=off"], "unsupported"),
        "packed": ([], "unsupported"),
        "locked": (["-ptern", "-mhc=off"], "encrypted"),
        "hidden": (["-ptern", "-mhe=on"], "encrypted"),
    }
    for kind, (options, cut) in kinds.items():
        run("7z", "a", *options, f"../{kind}.7z", ".", cwd=folder)
        data = (work / f"{kind}.7z").read_bytes()
        packed, length = struct.unpack("<QQ", data[12:28])
        found = [("7z:(packed)", data[32 : 32 + packed])]
        cuts = [("7z", cut)]
        if data[32 + packed] == 1:
            # The header is not packed.
            listed = run("7z", "l", "-ba", "-slt", "-ptern", f"{kind}.7z", cwd=work).decode().split("\n\n")
            entries = [dict(line.split(" = ", 1) for line in entry.splitlines() if " = " in line) for entry in listed]
            files = [entry["Path"] for entry in entries if entry.get("Size", "0") != "0"]
            assert sorted(files) == ["note.txt", "plans/q3.txt"]
            cuts = [(f"7z:{name}", cut) for name in files] + cuts
        assert kind != "stored" or TEXT in found[0][1]
        yield f"{kind}.7z", data, found, cuts


PRESET = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    rb"Times New RomanCourier{\colortbl\red0\green0\blue0" b"\r\n" rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def lzfu(data):
    """Compressed RTF ([MS-OXRTFCP]), of less than the dictionary has room for."""
    window, at, out, group = bytearray(PRESET), 0, bytearray(), []
    assert len(PRESET) == 207 and len(data) < 3500

    def flush():
        out.append(sum(1 << place for place, (bit, _) in enumerate(group) if bit))
        out.extend(b"".join(code for _, code in group))
        group.clear()

    while at < len(data):
        length, found = next(
            ((n, window.find(data[at : at + n])) for n in range(17, 1, -1) if window.find(data[at : at + n]) >= 0), (1, -1)
        )
        length = min(length, len(data) - at)
        if found >= 0 and length > 1:
            group.append((1, struct.pack(">H", found << 4 | length - 2)))
        else:
            length = 1
            group.append((0, data[at : at + 1]))
        window += data[at : at + length]
        at += length
        if len(group) == 8:
            flush()
    group.append((1, struct.pack(">H", len(window) % 4096 << 4)))
    flush()
    sum_ = zlib.crc32(out, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return struct.pack("<II4sI", len(out) + 12, len(data), b"LZFu", sum_) + out


def attribute(level, number, data):
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def long_property(kind, number, data):
    return struct.pack("<HHII", kind, number, 1, len(data)) + data + bytes(-len(data) % 4)


def tnef(work):
    """No program of Debian's writes it: put together as [MS-OXTNEF] says, and read by tnef."""
    wide = "Größe des Plans".encode("utf-16-le") + b"\0\0"
    named = struct.pack("<HH16sII", 3, 0x8001, bytes(16), 0, 7) + struct.pack("<I", 9)
    strings = struct.pack("<HH16sII", 0x1E, 0x8002, bytes(16), 1, 6) + "abc".encode("utf-16-le") + b"\0\0"
    strings += struct.pack("<II", 1, 3) + b"xy\0\0"
    numbers = struct.pack("<HHIII", 0x1003, 0x0F00, 2, 1, 2)
    time = struct.pack("<HHQ", 0x40, 0x0039, 0)
    properties = [
        long_property(0x1F, 0x0037, wide), named, strings, numbers, time, long_property(0x102, 0x1009, lzfu(TEXT))
    ]
    attached = [long_property(0x1F, 0x3707, "die Größe 3.txt".encode("utf-16-le") + b"\0\0")]
    data = struct.pack("<IH", 0x223E9F78, 1) + b"".join([
        attribute(1, 0x00089006, struct.pack("<I", 0x10000)),
        attribute(1, 0x00018004, b"plans\0"),
        attribute(1, 0x00069003, struct.pack("<I", len(properties)) + b"".join(properties)),
        # An attachment with its title in front, and one with it behind, as Outlook writes them.
        attribute(2, 0x00069002, bytes(14)),
        attribute(2, 0x00018010, b"q3.txt\0"),
        attribute(2, 0x0006800F, TEXT),
        attribute(2, 0x00069002, bytes(14)),
        attribute(2, 0x0006800F, NOTE),
        attribute(2, 0x00018010, b"note.txt\0"),
        attribute(2, 0x00069005, struct.pack("<I", len(attached)) + b"".join(attached)),
    ])
    files = unpacked(data, "tnef", "--save-body=body", "--body-pref=R", "../object")
    assert files["q3.txt"] == TEXT and files["body.rtf"] == TEXT, files.keys()
    assert NOTE in files.values()
    found = [
        ("tnef:(subject)", b"plans\0"),
        ("tnef:(subject)", "Größe des Plans".encode()),
        ("tnef:(rtf)", files["body.rtf"]),
        ("tnef:q3.txt", files["q3.txt"]),
        ("tnef[4]", NOTE),
        ("tnef:(name)", b"note.txt"),
        ("tnef:(name)", "die Größe 3.txt".encode()),
    ]
    yield "winmail.tnef", data, found, []


def sqlite(work):
    for name, encoding in (("utf8", "UTF-8"), ("utf16", "UTF-16le")):
        path = work / f"{name}.sqlite"
        database = sqlite3.connect(path)
        database.execute("PRAGMA page_size = 1024")
        database.execute(f"PRAGMA encoding = '{encoding}'")
        database.execute("CREATE TABLE plans (number INTEGER, name TEXT, body TEXT)")
        database.execute("CREATE TABLE notes (text TEXT, weight REAL, more BLOB)")
        database.execute("INSERT INTO plans VALUES (3, 'q3.txt', ?)", (TEXT[:400].decode(),))
        rows = [(NOTE.decode(), 1.5, None), ("Größe \U0001f600", 2, b"blob of bytes"), ("", -7, b"")]
        database.executemany("INSERT INTO notes VALUES (?, ?, ?)", rows)
        if name == "utf8":
            # Longer than a page.
            database.execute("CREATE TABLE long (text TEXT)")
            database.execute("INSERT INTO long VALUES (?)", (TEXT.decode() * 2,))
        database.commit()
        values = []
        for table in ("sqlite_schema", "plans", "notes", "long")[: 4 if name == "utf8" else 3]:
            for row in database.execute(f"SELECT * FROM {table} ORDER BY rowid"):
                values += [value.encode() if isinstance(value, str) else value for value in row if isinstance(value, (str, bytes))]
        database.close()
        text = b"".join(value + b"\n" for value in values)
        # Behind what goes on elsewhere there is no line end.
        found = text[:-1] if name == "utf8" else text
        # The line end at the very end of a page cannot be told from the page's.
        yield f"{name}.sqlite", path.read_bytes(), [("sqlite:(text)", found)], []


def capture(work):
    captures = pathlib.Path(__file__).parent.parent / "captures"
    kinds = [
        ("http-leak-v4.pcap", "pcap", "http.pcap"),
        ("http-leak-v6.pcap", "pcapng", "http6.pcapng"),
        ("dns.pcap", "nsecpcap", "dns.pcap"),
        ("raw-ip.pcap", "modpcap", "raw-ip.pcap"),
        ("sll2.pcap", "pcapng", "sll2.pcapng"),
        ("null.pcap", "pcap", "null.pcap"),
    ]
    fields = "ip.src ipv6.src ip.dst ipv6.dst tcp.srcport udp.srcport tcp.dstport udp.dstport tcp.payload udp.payload".split()
    arguments = [argument for field in fields for argument in ("-e", field)]
    for source, kind, name in kinds:
        # ARP has no payload: its frames are handed out as they stand.
        run("editcap", "-F", kind, "-r", str(captures / source), name, "3-12", cwd=work)
        lines = run("tshark", "-r", name, "-T", "fields", "-o", "tcp.desegment_tcp_streams:FALSE", *arguments, cwd=work)
        text, last = b"", None
        for line in lines.decode().splitlines():
            *flow, tcp, udp = line.split("\t")
            payload = bytes.fromhex((tcp or udp).replace(":", ""))
            if payload:
                text += (b"" if last in (None, flow) else b"\n") + payload
                last = flow
        assert text
        yield name, (work / name).read_bytes(), [("pcap:(packets)", text)], []


MAKERS = [cpio, ar, deb, uuencode, yenc, iso, cab, rar, sevenzip, tnef, sqlite, capture]


def main():
    folder, expected = target(__doc__, "containers"), {}
    with tempfile.TemporaryDirectory() as work:
        for maker in MAKERS:
            for name, data, leaves, cuts in maker(pathlib.Path(work)):
                (folder / name).write_bytes(data)
                leaves = [{"path": path, "zlib": compact(content)} for path, content in leaves]
                expected[name] = {"leaves": leaves, "cuts": cuts}
    finish(folder, expected)


main()
