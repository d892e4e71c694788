#!/usr/bin/env python3
"""Makes the objects of tests/extractor.rs with the programs that people make them with, and says what is in them.

Usage: make-extractor.py [DIRECTORY]

Writes objects and expected.json to the directory (default: extractor, where this script is). What is in an object is told by
the programs that read such objects (antiword, catppt, xls2csv, olevba, extract_msg, 7z, unar, cabextract, pdftotext), not by tidegate.
What has salt or a time in it (archives of 7z, messages, PDF with AES-256) differs each time it is made.

Documents of Microsoft's programs come with the test data of oletools (BSD-2-Clause), a project of Excel's macros with
XlsxWriter (BSD-2-Clause), archives of WinRAR with rarfile (ISC): their source packages are fetched by pip. Needs the Debian
packages of PACKAGES, and those of Python in MODULES.
"""

import email.message
import gzip
import io
import json
import pathlib
import struct
import sys
import tarfile
import tempfile
import zipfile

import extract_msg
import xlwt
from aspose.email_foss.msg import MapiMessage
from oletools.olevba import VBA_Parser
from xlwt.CompoundDoc import XlsDoc

from objects import NOTE, TEXT, compact, finish, pdf_text, put, run, target, unpacked

PACKAGES = "7zip antiword cabextract catdoc gcab libreoffice-calc-nogui libreoffice-writer-nogui poppler-utils qpdf unar"
MODULES = "aspose-email-foss extract-msg oletools xlwt"
SOURCES = ("oletools==0.60.2", "rarfile==4.5", "xlsxwriter==3.3.1")
LINES = ["Project Tern: the launch valuation is confidential.", "Größe und Maß, café naïve", "Αθήνα Москва Łódź"]


def sources(work):
    """The source packages of SOURCES: names of files, and a function that reads them."""
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", "sources", *SOURCES, cwd=work)
    files = {}
    for path in (work / "sources").iterdir():
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                files |= {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist() if "/tests/" in name}
        else:
            with tarfile.open(path) as archive:
                wanted = (member for member in archive if member.isfile() and "/test" in member.name or "vbaProject" in member.name)
                files |= {member.name.split("/", 1)[1]: archive.extractfile(member).read() for member in wanted}
    return files


def part(name, data):
    """A part whose bytes are those."""
    return {"name": name, "zlib": compact(data)}


def texts(name, found):
    """A part in which all these words are."""
    return {"name": name, "words": found.split()}


def letter(work):
    """A document of LibreOffice's with a table, a link and a note, as antiword reads it."""
    rows = "".join(f"<tr><td>{line}</td><td>{number}</td></tr>" for number, line in enumerate(LINES))
    put(work, "letter.html", ("<html><head><meta charset=utf-8><title>Quarterly plan</title></head><body>"
        + "".join(f"<p>{line}</p>" for line in LINES)
        + '<p>See <a href="https://tern.example/plans?q=3">the plans of this quarter</a> for more.</p>'
        + f"<table>{rows}</table><p>The end.</p></body></html>").encode())
    convert = ("soffice", "--headless", f"-env:UserInstallation=file://{work}/profile", "--convert-to")
    run(*convert, "odt:writer8", "--infilter=HTML (StarWriter)", "letter.html", cwd=work)
    run(*convert, "doc:MS Word 97", "letter.odt", cwd=work)
    found = run("antiword", "-w", "0", "-m", "UTF-8.txt", work / "letter.doc").decode().replace("|", " ")
    yield "letter.doc", (work / "letter.doc").read_bytes(), [texts("(text)", found)], []


def word6(work):
    """Documents of Word 6 and 95 made by hand, as antiword reads them, since nothing in the Debian archive saves them any more: only
    header and text, in one piece, and in pieces that stand in another order in the file. LibreOffice reads the same."""
    data = "\r".join([*LINES[:2], "The price is 12,50 €.", "The end.", ""]).encode("cp1252")
    begin = 0x300
    for name, version, pieces in [("word6.doc", 101, 0), ("word95.doc", 104, 3)]:
        header = bytearray(begin)
        struct.pack_into("<6H", header, 0, 0xA5DC, version, 0, 0x0409, 0, 4 if pieces else 0)
        struct.pack_into("<H", header, 12, version)
        # Where the text begins, and where it ends; its length in characters.
        struct.pack_into("<3I", header, 0x18, begin, begin + len(data), begin + len(data))
        struct.pack_into("<I", header, 0x34, len(data))
        body = data
        if pieces:
            # Characters of each piece, and where it is: the last piece comes first.
            ends = [len(data) * number // pieces for number in range(pieces + 1)]
            body, places = b"", {}
            for number in reversed(range(pieces)):
                places[number] = begin + len(body)
                body += data[ends[number]:ends[number + 1]]
            table = struct.pack(f"<{pieces + 1}I", *ends)
            table += b"".join(struct.pack("<HIH", 0, places[number], 0) for number in range(pieces))
            struct.pack_into("<2I", header, 0x160, begin + len(body), len(table) + 5)
            body += b"\x02" + struct.pack("<I", len(table)) + table
        # A table of styles without any: antiword looks beyond one that is not there.
        styles = struct.pack("<3H", 18, 0, 8) + bytes(14)
        struct.pack_into("<2I", header, 0x60, begin + len(body), len(styles))
        stream = bytes(header) + body + styles
        book = io.BytesIO()
        XlsDoc().save(book, stream + bytes(-len(stream) % 512))
        # Its only stream has the name of a workbook's.
        renamed = ["Workbook", "WordDocument"]
        old, new = (label.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(label) + 2) for label in renamed)
        found = book.getvalue()
        assert found.count(old) == 1
        put(work, name, found.replace(old, new))
        shown = run("antiword", "-w", "0", "-m", "UTF-8.txt", work / name).decode()
        convert = ("soffice", "--headless", f"-env:UserInstallation=file://{work}/profile", "--convert-to", "txt:Text (encoded):UTF8")
        run(*convert, "--infilter=MS WinWord 6.0", name, cwd=work)
        office = (work / name).with_suffix(".txt").read_text().lstrip("\ufeff")
        assert shown.split() == office.split(), (shown, office)
        yield name, (work / name).read_bytes(), [texts("(text)", shown)], []


def workbook(work):
    """Strings that go on in other records, in both widths, with formats, notes and numbers."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Quarterly")
    font = xlwt.easyfont("bold on")
    for row in range(120):
        line = f"{row}: {LINES[row % 3]} " + "and so on " * (row % 9)
        if row % 5:
            sheet.write(row, 0, line)
        else:
            sheet.write_rich_text(row, 0, [(line[:20], font), line[20:]])
        sheet.write(row, 1, row * 1.5)
        sheet.write(row, 2, 4111111111111100 + row)
    sheet.write(0, 3, xlwt.Formula('"a" & "b"'))
    path = work / "strings.xls"
    book.save(str(path))
    found = run("xls2csv", "-d", "utf-8", "-c", " ", "-q", "0", path).decode().replace("\f", " ")
    # Which numbers are cut to so many digits.
    found = " ".join(word for word in found.split() if "e+" not in word)
    yield "strings.xls", path.read_bytes(), [texts("(text)", found), texts("(text)", "Quarterly 4111111111111117 178.5")], []


def message(work):
    """A message with attachments, one of them a message."""
    inner = email.message.EmailMessage()
    inner["Subject"] = "The first round"
    inner["From"] = "Carol <carol@example.com>"
    inner["To"] = "ann@example.org"
    inner.set_content(LINES[1] + "\n")
    mail = email.message.EmailMessage()
    mail["Subject"] = "Plans of Größe"
    mail["From"] = "Ann Author <ann@example.org>"
    mail["To"] = "Bob <bob@example.net>, Dave <dave@example.net>"
    mail["Date"] = "Tue, 14 Nov 2023 22:13:20 +0000"
    mail.set_content("\n".join(LINES) + "\n")
    mail.add_alternative(f"<html><body><b>{LINES[0]}</b></body></html>", subtype="html")
    mail.add_attachment(TEXT, maintype="application", subtype="octet-stream", filename="q3-pläne.txt")
    mail.add_attachment(inner)
    for name, wide in (("message.msg", True), ("narrow.msg", False)):
        if not wide:
            # A code page has no letters of three alphabets.
            mail.get_body(("plain",)).set_content("\n".join(LINES[:2]) + "\n")
        data = MapiMessage.from_email_message(mail, unicode_strings=wide).to_bytes()
        path = put(work, name, data)
        with extract_msg.openMsg(str(path)) as read:
            parts = [part("(subject)", read.subject.encode()), part("(body)", read.body.encode())]
            parts += [texts("(properties)", "Ann Author"), texts("(recipient)", " ".join(to.email for to in read.recipients))]
            assert "Ann Author" in read.sender and len(read.recipients) == 2
            if read.htmlBody:
                parts.append(part("(html)", read.htmlBody))
            for attached in read.attachments:
                if isinstance(attached.data, bytes):
                    parts.append(part(attached.longFilename, attached.data))
                else:
                    label = attached.longFilename or attached.name
                    parts += [part(f"{label}/(subject)", attached.data.subject.encode()),
                              part(f"{label}/(body)", attached.data.body.encode())]
        yield name, data, parts, []


def macros(name, data, prefix=""):
    """Modules as olevba unpacks them."""
    found = []
    for _, stream, _, source in VBA_Parser(name, data=data).extract_macros():
        if isinstance(source, str):
            source = source.encode()
        assert source, (name, stream)
        found.append(part(prefix + stream, source) | {"cuts": ["macros"]})
    return found


def office(files):
    """What Microsoft's programs have written."""
    tests = "tests/test-data"
    project = files["examples/vbaProject.bin"]
    yield "vbaProject.bin", project, macros("vbaProject.bin", project), []
    data = files[f"{tests}/encrypted/autostart-encrypt-standardpassword.xls"]
    # olevba cannot see what is in an encrypted workbook; the modules of this one are not.
    yield "locked-macros.xls", data, [texts("_VBA_PROJECT_CUR/VBA/Modul1", "Auto_Open() MsgBox World\"") | {"cuts": ["macros"]}], ["encrypted"]
    for name, child, word in (("embedded-simple-2007.doc", "ObjectPool/_1577691201/simple-text-file.txt", "embedded parsing"),
                              ("embedded-simple-2007.xls", "MBD0009CF7B/simple-text-file.txt", "Tabelle2 spreadsheet")):
        data = files[f"{tests}/oleobj/{name}"]
        yield name, data, [objects(data, child), texts("(text)", word)], []
    data = files[f"{tests}/olevba/sample_with_vba.ppt"]
    yield "macros.ppt.gz", data, [texts("(text)", "PPT VBA TEST Action_Click")], []
    data = files[f"{tests}/excel4-macros/excel4_sample_macro_excel5_format.xls"]
    yield "excel5-macros.xls", data, [texts("(text)", "Macro1 Sheet1") | {"cuts": ["macros"]}], []
    for kind in ("doc", "xls", "ppt", "xlsx"):
        yield f"encrypted.{kind}", files[f"{tests}/encrypted/encrypted.{kind}"], [], ["encrypted"]


def objects(data, child):
    """A file in a package as oletools reads it."""
    from oletools.oleobj import OleNativeStream
    import olefile
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        stream = file.openstream([*child.split("/")[:-1], "\x01Ole10Native"]).read()
    return part(child, OleNativeStream(bindata=stream).data)


def sevenzip(work):
    folder = work / "7z"
    names = ["note.txt", "plans/q3.txt"]
    put(folder, names[1], TEXT)
    put(folder, names[0], NOTE)
    program = b"".join(b"\xe8" + struct.pack("<i", 77777 - n * 40) + bytes([n * 7 % 256]) * 35 for n in range(200))
    put(work / "programs", "tern.exe", program)
    kinds = {
        "lzma": ["-m0=lzma"], "lzma2-solid": ["-m0=lzma2", "-ms=on"], "apart": ["-ms=off"], "ppmd": ["-m0=ppmd"],
        "bzip2": ["-m0=bzip2"], "deflate": ["-m0=deflate"], "deflate64": ["-m0=deflate64"], "stored": ["-mx0"], "plain-header": ["-mhc=off"],
        "delta": ["-m0=delta:4", "-m1=lzma"],
    }
    for kind, options in kinds.items():
        run("7z", "a", *options, f"../{kind}.7z", ".", cwd=folder)
        data = (work / f"{kind}.7z").read_bytes()
        if kind == "deflate64":
            yield f"{kind}.7z", data, [named(name, "unsupported") for name in names], []
            continue
        files = unpacked(data, "7z", "x", "../object")
        yield f"{kind}.7z", data, [part(name, files[name]) for name in names], []
    for kind, options in (("bcj", ["-m0=bcj", "-m1=lzma"]), ("bcj2", ["-m0=bcj2", "-m1=lzma", "-m2=lzma", "-m3=lzma", "-mb0:1", "-mb0s1:2", "-mb0s2:3"])):
        run("7z", "a", *options, f"../{kind}.7z", "tern.exe", cwd=work / "programs")
        data = (work / f"{kind}.7z").read_bytes()
        yield f"{kind}.7z", data, [part("tern.exe", unpacked(data, "7z", "x", "../object")["tern.exe"])], []
    run("7z", "a", "-ptern", "../locked.7z", ".", cwd=folder)
    yield "locked.7z", (work / "locked.7z").read_bytes(), [named(name, "encrypted") for name in names], []
    run("7z", "a", "-ptern", "-mhe=on", "../hidden.7z", ".", cwd=folder)
    yield "hidden.7z", (work / "hidden.7z").read_bytes(), [], ["encrypted"]


def named(name, cut):
    return part(name, b"") | {"cuts": [cut]}


def rar(work, files):
    """Archives of WinRAR's, as unar unpacks them."""
    for name in ("rar3-comment-plain", "rar3-solid", "rar3-subdirs", "rar5-crc", "rar5-blake", "rar5-solid", "rar5-subdirs", "rar5-quick-open"):
        data = files[f"test/files/{name}.rar"]
        found = unpacked(data, "unar", "-q", "-D", "../object")
        yield f"{name}.rar", data, [part(path, content) for path, content in sorted(found.items())], []
    for name, cut in (("rar3-comment-psw", "encrypted"), ("rar5-psw", "encrypted")):
        data = files[f"test/files/{name}.rar"]
        listing = json.loads(run("lsar", "-j", put(work, "listed.rar", data)))
        listed = [entry["XADFileName"] for entry in listing["lsarContents"]]
        yield f"{name}.rar", data, [named(path, cut) for path in sorted(listed)], []
    for name in ("rar3-comment-hpsw", "rar5-hpsw"):
        yield f"{name}.rar", files[f"test/files/{name}.rar"], [], ["encrypted"]


# Two files in LZX, made by makecab: from the tests of the crate cab (MIT).
LZX = bytes.fromhex(
    "4d53434600000000970000000000000" "02c000000000000000301010002000000" "2d0500005b000000010003130f0000000000000000002153" "0db2200068692e74787400"
    "100000000f00000000002153" "0bb220006279652e747874005cef2ac734001f005b80808d0030f00110000000010000000100000048656c6c6f2c20776f726c64210d0a"
    "53656520796f75206c61746572210d0a00")


def cab(work):
    folder = work / "cab"
    names = ["plans/q3.txt", "long.txt", "note.txt"]
    # Longer than two blocks, each of which refers to the one before.
    long = b"".join(b"%d: Project Tern, the launch valuation.\n" % (n * n % 7919) for n in range(1700))
    for name, data in zip(names, (TEXT, long, NOTE)):
        put(folder, name, data)
    run("gcab", "-c", "stored.cab", names[0], names[2], cwd=folder)
    run("gcab", "-c", "-z", "mszip.cab", *names, cwd=folder)
    for name, data in (("stored.cab", (folder / "stored.cab").read_bytes()), ("mszip.cab", (folder / "mszip.cab").read_bytes()), ("lzx.cab", LZX)):
        files = unpacked(data, "cabextract", "-q", "../object")
        yield name, data, [part(path, content) for path, content in sorted(files.items())], []
    # No program makes Quantum any more: one that says so is named only.
    other = bytearray((folder / "stored.cab").read_bytes())
    other[36 + 6] = 2
    yield "quantum.cab", bytes(other), [named(names[2], "unsupported"), named(names[0], "unsupported")], []


def pdfs(work):
    """Documents that everybody can open, although they are encrypted, as pdftotext reads them."""
    source = pathlib.Path(__file__).resolve().parent / "pdf_ole/reportlab-flate.pdf"
    kinds = {
        "rc4-40": ["--allow-weak-crypto", "--encrypt", "", "owner", "40"],
        "rc4-128": ["--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n"],
        "aes-128": ["--allow-weak-crypto", "--object-streams=generate", "--encrypt", "", "owner", "128", "--use-aes=y"],
        "aes-256": ["--object-streams=generate", "--encrypt", "", "owner", "256"],
        "linear": ["--linearize", "--encrypt", "", "owner", "256"],
    }
    for kind, options in kinds.items():
        path = work / f"{kind}.pdf"
        run("qpdf", "--static-id", "--static-aes-iv", *options, "--", source, path)
        found = pdf_text(path)
        yield path.name, path.read_bytes(), [texts("(text)", found)], []
    # Ghostscript writes metadata. Where the file says first that it is encrypted, nothing is read in passing.
    source = source.with_name("gs.pdf")
    for kind, options in {"clear-metadata": [], "clear-metadata-linear": ["--linearize"]}.items():
        path = work / f"{kind}.pdf"
        encrypt = ("--encrypt", "", "owner", "256", "--cleartext-metadata", "--")
        run("qpdf", "--static-id", "--static-aes-iv", *options, *encrypt, source, path)
        yield path.name, path.read_bytes(), [texts("(text)", pdf_text(path))], []
    path = work / "locked.pdf"
    run("qpdf", "--static-id", "--static-aes-iv", "--encrypt", "secret", "owner", "256", "--", source, path)
    yield path.name, path.read_bytes(), [], ["encrypted"]


def main():
    folder, expected = target(__doc__, "extractor"), {}
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        files = sources(work)
        makers = {"ole2": (letter(work), word6(work), workbook(work), message(work), office(files)), "7z": (sevenzip(work),), "rar": (rar(work, files),),
                  "cab": (cab(work),), "pdf": (pdfs(work),)}
        for module, objects_ in makers.items():
            for maker in objects_:
                for name, data, parts, cuts in maker:
                    if name.endswith(".gz"):
                        data = gzip.compress(data, mtime=0)
                    assert len(data) < 65536, (name, len(data))
                    (folder / name).write_bytes(data)
                    expected[name] = {"module": module, "parts": parts, "cuts": cuts}
    finish(folder, expected)


main()
