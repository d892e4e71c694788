#!/usr/bin/env python3
"""Makes the wrapped objects of tests/decode.rs with the programs that people wrap with, and says what is in them.

Usage: make.py [DIRECTORY]

Writes objects and expected.json to the directory (default: where this script is). What is in an object is told by
Python's email, gzip, zlib, tarfile and zipfile, not by tidegate. Needs gzip, GNU tar and Info-ZIP's zip.
"""

import base64
import email
import email.header
import email.message
import email.policy
import email.utils
import gzip
import html
import io
import json
import pathlib
import re
import struct
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


def headed(message, subject):
    message["From"] = "Ann <ann@example.org>"
    message["To"] = "bob@example.net"
    message["Subject"] = subject
    message["Date"] = "Sat, 01 Aug 2026 10:00:00 +0000"
    message["Message-ID"] = "<1@example.org>"


def boundaries(message, prefix):
    """Boundaries that are the same every time."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            part.set_boundary(f"{prefix}{number}")


def plain_mail():
    message = email.message.EmailMessage()
    headed(message, "The plan of this quarter, whose long title is folded because no line of it may be that long")
    message.set_content(TEXT.decode() + "-- \n--not a boundary\nAnn\n")
    return message


def mixed_mail(archive):
    message = email.message.EmailMessage()
    headed(message, "Größe")
    message.set_content(NOTE.decode() + "So lang ist diese Zeile, dass sie im Brief umgebrochen wird: ä" * 3 + "\n")
    message.add_alternative("<p>Gr\u00f6\u00dfe</p>\n<p>--</p>\n", subtype="html", cte="quoted-printable")
    message.add_attachment(archive, "application", "zip", filename="Größe 3.zip")
    message.add_attachment(NOTE.decode(), filename="note.txt", cte="base64")
    message.add_attachment(plain_mail())
    boundaries(message, "=_limit")
    message.preamble = "This is a message with several parts.\n"
    message.epilogue = "This is behind them.\n"
    return message


def old_mail(archive):
    """As other programs write names, and boundaries that begin alike."""
    return b"".join(
        [
            b"Received: from a by b\r\n\t(c); Sat, 1 Aug 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n",
            b"Content-Type: multipart/mixed; boundary=\"limit\"\r\n\r\n",
            b"--limit\r\nContent-Type: multipart/alternative; boundary=limit-2\r\n\r\n",
            b"--limit-2\r\n\r\n--limit-3\r\nno header\r\n\r\n--limit-2 \t\r\nContent-Type: text/html\r\n\r\n",
            b"x" * 5000 + b"\r\n--limit-2--\r\n--limit\r\nContent-Transfer-Encoding: BASE64\r\n",
            b"Content-Type: application/zip; name=\"=?iso-8859-1?Q?Gr=F6=DFe?= =?utf-8?B?IDMuemlw?=\"\r\n\r\n",
            base64.encodebytes(archive).rstrip().replace(b"\n", b"\r\n"),
            b"\r\n--limit\r\nContent-Disposition: attachment; filename*0=\"plan\"; filename*1*=%20s.txt\r\n\r\n",
            TEXT + b"\r\n--limit--\r\n",
        ]
    )


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
    plain, mixed = plain_mail(), mixed_mail(objects["deflated.zip"])
    objects["plain-crlf.eml"] = plain.as_bytes(policy=email.policy.SMTP)
    objects["plain-lf.eml"] = plain.as_bytes()
    objects["mixed-crlf.eml"] = mixed.as_bytes(policy=email.policy.SMTP)
    objects["mixed-lf.eml"] = mixed.as_bytes()
    objects["old.eml"] = old_mail(objects["stored.zip"])
    objects["one.mbox"] = b"From ann@example.org Sat Aug  1 10:00:00 2026\n" + mixed.as_bytes()
    return objects


def mail(message, end, path):
    """What is in a message as Python's email has read it, whose lines end so."""
    lines = [f"{name}: {value}{end}" for name, value in message.raw_items()]
    header = "".join(lines).encode("ascii", "surrogateescape")
    if message.get_unixfrom():
        header = message.get_unixfrom().encode() + end.encode() + header
    if header:
        yield "(header)", header
    fields = [f"{name}: {value}" for name, value in message.items() if "=?" in value or name == "Subject" and "\n" in value]
    if fields:
        word = re.compile(r"(=\?[^?]*\?[bq]\?[^?]*\?=)(?:\s+(?==\?))?", re.IGNORECASE)
        joined = (re.sub(r"[\r\n]", "", field) for field in fields)
        decoded = [word.sub(lambda found: str(email.header.make_header(email.header.decode_header(found[1]))), field) for field in joined]
        yield "(fields)", "".join(field + "\n" for field in decoded).encode()
    kind = message.get_content_type()
    if kind == "message/rfc822":
        yield "", list(mail_leaves(message.get_payload(0), end, join(path, "mime")))
    elif message.is_multipart():
        if (message.preamble or "").strip():
            yield "(preamble)", message.preamble.encode()
        for part in message.get_payload():
            yield from mail(part, end, path)
        if (message.epilogue or "").strip():
            yield "(epilogue)", message.epilogue.encode()
    else:
        name = email.utils.collapse_rfc2231_value(message.get_filename(""))
        name = str(email.header.make_header(email.header.decode_header(name)))
        yield name, message.get_payload(decode=True)


def mail_leaves(message, end, path):
    """Pairs of path and bytes."""
    for number, (name, content) in enumerate(mail(message, end, path)):
        label = f":{name}" if name else f"[{number}]" if number else ""
        if isinstance(content, list):
            # A message within it, whose paths begin with that of this one.
            here = join(path, "mime")
            yield from ((f"{here}{label}{inner[len(here):]}", data) for inner, data in content)
        elif name.startswith("("):
            yield f"{join(path, 'mime')}{label}", content
        else:
            yield from leaves(content, f"{join(path, 'mime')}{label}")


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
    if data[:3] == b"<p>":
        here = join(path, "html")
        yield here, data
        paragraphs = re.findall("<p>(.*?)</p>", data.decode())
        yield here + ":(text)", "".join(html.unescape(text) + "\n" for text in paragraphs).encode()
        return
    if data[:2] == b"\x78\xda":
        yield from leaves(zlib.decompress(data), join(path, "zlib"))
        return
    if data[:4] == b"PK\x03\x04":
        archive = zipfile.ZipFile(io.BytesIO(data))
        for entry in archive.infolist():
            if entry.flag_bits & 1:
                # What cannot be read is scanned as it stands.
                at = entry.header_offset
                at += 30 + sum(struct.unpack("<HH", data[at + 26 : at + 30]))
                yield f"{join(path, 'zip')}:{entry.filename}", data[at : at + entry.compress_size]
                continue
            yield from leaves(archive.read(entry), f"{join(path, 'zip')}:{entry.filename}")
        return
    if data[257:262] == b"ustar":
        for member in tarfile.open(fileobj=io.BytesIO(data)):
            if member.isfile():
                content = tarfile.open(fileobj=io.BytesIO(data)).extractfile(member).read()
                yield from leaves(content, f"{join(path, 'tar')}:{member.name}")
        return
    if data.startswith((b"From", b"Received:")):
        end = "\r\n" if b"\r\n" in data else "\n"
        yield from mail_leaves(email.message_from_bytes(data), end, path)
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
