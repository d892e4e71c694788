"""The planted sentence in every format, as real programs make it. What office programs make is in documents/."""

import bz2
import gzip
import io
import lzma
import pathlib
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from email.message import EmailMessage


# What programs make of the sentence, by the file that it becomes.
FILTERS = {
    "leak.txt.zst": ["zstd", "-c"],
    "leak.txt.lz4": ["lz4", "-c"],
    "leak.txt.Z": ["compress", "-c"],
    "leak.txt.uu": ["uuencode", "leak.txt"],
}


def lacking():
    """Programs of formats that are not there."""
    return [command[0] for command in FILTERS.values() if not shutil.which(command[0])]


def tar(name, data, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(name, data, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def mail(name, data):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.net", "papers"
    message.set_content("As you asked.\n")
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def filtered(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def make(directory, leak):
    """Writes all formats; returns the files. Their programs are there (see lacking)."""
    directory.mkdir()
    contents = {
        "leak.txt": leak,
        "leak.txt.gz": gzip.compress(leak),
        "leak.txt.zz": zlib.compress(leak),
        "leak.txt.bz2": bz2.compress(leak),
        "leak.txt.xz": lzma.compress(leak),
        "leak.txt.lzma": lzma.compress(leak, format=lzma.FORMAT_ALONE),
        "leak.tar": tar("plans/leak.txt", leak),
        "leak.tar.gz": tar("plans/leak.txt", leak, "w:gz"),
        "leak.tar.xz": tar("plans/leak.txt", leak, "w:xz"),
        "leak.zip": zipped("plans/leak.txt", leak),
        "stored.zip": zipped("plans/leak.txt", leak, zipfile.ZIP_STORED),
        "lzma.zip": zipped("plans/leak.txt", leak, zipfile.ZIP_LZMA),
        "nested.zip": zipped("inner.tar.gz", tar("plans/leak.txt", leak, "w:gz")),
        "mail.zip": zipped("papers.eml", mail("leak.txt.gz", gzip.compress(leak))),
    }
    documents = pathlib.Path(__file__).resolve().parent / "documents"
    contents |= {path.name: path.read_bytes() for path in documents.glob("*.*")}
    contents["documents.zip"] = zipped("plans/leak.docx", contents["leak.docx"])
    for name, command in FILTERS.items():
        contents[name] = filtered(command, leak)
    files = []
    for name, data in contents.items():
        path = directory / name
        path.write_bytes(data)
        path.chmod(0o644)
        files.append(path)
    return files
