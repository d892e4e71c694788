#!/usr/bin/env python3
"""Makes the documents of tests/pdf_ole.rs with the programs that people make them with, and says what is in them.

Usage: make-pdf-ole.py [DIRECTORY]

Writes documents and expected.json to the directory (default: pdf_ole, where this script is). What is in a document is told
by pdftotext, antiword, xls2csv and LibreOffice, not by tidegate. Needs the Debian packages of PACKAGES, and those of Python in
MODULES.
"""

import email.message
import gzip
import io
import pathlib
import tempfile

import fpdf
import pypdf
import pypdf.generic
import xlwt
from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from objects import STAMP, finish, pdf_text, run, target

PACKAGES = ("antiword catdoc fonts-dejavu-core ghostscript libreoffice-calc-nogui libreoffice-impress-nogui "
            "libreoffice-writer-nogui poppler-utils qpdf")
MODULES = "fpdf2 pillow pypdf reportlab xlwt"
LINES = ["Project Tern: the launch valuation is confidential.", "Price per share (draft) 12.50 \\ 13.75",
         "Gr\u00f6\u00dfe und Ma\u00df, caf\u00e9 na\u00efve", "The quick brown fox jumps over the lazy dog."]
EURO = "Preis 12 \u20ac \u2014 \u201cfinal\u201d office waffle"
GREEK = "\u0391\u03b8\u03ae\u03bd\u03b1 \u041c\u043e\u0441\u043a\u0432\u0430 \u0141\u00f3d\u017a"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def information(path):
    """What strings say of a document but for dates."""
    found = pypdf.PdfReader(path).metadata or {}
    return [str(value) for key, value in found.items() if isinstance(value, str) and not isinstance(value, pypdf.generic.NameObject)
            and not key.endswith("Date")]


def reportlab(path, compressed=1, unicode=False, pages=1, ascii85=True):
    import reportlab.rl_config
    reportlab.rl_config.useA85 = int(ascii85)
    paper = canvas.Canvas(str(path), pagesize=A5, pageCompression=compressed, invariant=1)
    paper.setTitle("Quarterly plan \u20ac")
    paper.setAuthor("Ann Author")
    paper.setSubject("\u0391\u03b8\u03ae\u03bd\u03b1 subject")
    if unicode:
        pdfmetrics.registerFont(TTFont("DejaVu", FONT))
    for page in range(pages):
        paper.setFont("DejaVu" if unicode else "Helvetica", 11)
        text = paper.beginText(40, 500)
        for line in [*LINES, *([GREEK, EURO] if unicode else []), f"Page number {page + 1} ends here"]:
            text.textLine(line)
        paper.drawText(text)
        paper.drawString(40, 300, "Left cell")
        paper.drawString(240, 300, "Right cell")
        paper.linkURL("https://tern.example/plans?q=3", (40, 290, 100, 310))
        paper.showPage()
    paper.save()


def with_fpdf(path):
    paper = fpdf.FPDF(format="A5")
    paper.set_creation_date(__import__("datetime").datetime.fromtimestamp(STAMP, __import__("datetime").timezone.utc))
    paper.set_title("From fpdf")
    paper.add_font("DejaVu", fname=FONT)
    for number in range(2):
        paper.add_page()
        paper.set_font("Times", size=12)
        for line in LINES:
            paper.cell(text=line, new_x="LMARGIN", new_y="NEXT")
        paper.set_font("DejaVu", size=12)
        paper.multi_cell(0, text=f"{GREEK} {EURO} {number}")
    paper.text_annotation(20, 20, "A note in the margin")
    paper.output(str(path))


def embedding(path, source):
    """Files within, a form with a field, and XMP."""
    writer = pypdf.PdfWriter(clone_from=str(source))
    writer.add_attachment("plans/q3.txt", ("\n".join(LINES) + "\n").encode())
    message = email.message.EmailMessage()
    message["Subject"] = "Attached message"
    message.set_content("The body of a message in a document.\n")
    writer.add_attachment("note.eml", bytes(message))
    name = pypdf.generic.NameObject
    action = {name("/S"): name("/JavaScript"), name("/JS"): pypdf.generic.TextStringObject("app.alert('script of the document')")}
    writer.root_object[name("/OpenAction")] = pypdf.generic.DictionaryObject(action)
    xmp = b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>metadata of Tern</x:xmpmeta>"
    stream = pypdf.generic.DecodedStreamObject()
    stream.set_data(xmp)
    stream.update({name("/Type"): name("/Metadata"), name("/Subtype"): name("/XML")})
    writer.root_object[name("/Metadata")] = writer._add_object(stream)
    writer.write(str(path))


def picture(path):
    from PIL import Image
    image = Image.effect_noise((24, 24), 40).convert("RGB")
    data = io.BytesIO()
    image.save(data, "JPEG", comment=b"comment of a picture")
    (path.parent / "picture.jpg").write_bytes(data.getvalue())
    paper = fpdf.FPDF(format="A5")
    paper.set_creation_date(__import__("datetime").datetime.fromtimestamp(STAMP, __import__("datetime").timezone.utc))
    paper.add_page()
    paper.set_font("Helvetica", size=12)
    paper.cell(text=LINES[0], new_x="LMARGIN", new_y="NEXT")
    paper.image(str(path.parent / "picture.jpg"), w=20)
    paper.output(str(path))
    return data.getvalue()


def pdfs(work):
    """Name, text of the pages, strings that are not on pages, other leaves, cuts."""
    strings = ["Quarterly plan \u20ac", "Ann Author", "\u0391\u03b8\u03ae\u03bd\u03b1 subject", "https://tern.example/plans?q=3"]
    for name, options in (("plain", {"compressed": 0}), ("flate85", {}), ("flate", {"ascii85": False, "pages": 3}),
                          ("unicode", {"unicode": True, "ascii85": False})):
        path = work / f"reportlab-{name}.pdf"
        reportlab(path, **options)
        yield path, pdf_text(path), strings, {}, []
    with_fpdf(work / "fpdf.pdf")
    yield work / "fpdf.pdf", pdf_text(work / "fpdf.pdf"), ["From fpdf", "A note in the margin"], {}, []
    picture(work / "picture.pdf")
    yield work / "picture.pdf", pdf_text(work / "picture.pdf"), [], {"pdf:(image)": "comment of a picture"}, []

    source = work / "reportlab-flate.pdf"
    text = pdf_text(source)
    for name, options in (("objects", ["--object-streams=generate"]), ("linear", ["--linearize", "--object-streams=disable"]),
                          ("linear-objects", ["--linearize", "--object-streams=generate"]),
                          ("uncompressed", ["--stream-data=uncompress", "--object-streams=disable"]), ("qdf", ["--qdf"])):
        path = work / f"qpdf-{name}.pdf"
        run("qpdf", "--deterministic-id", *options, source, path)
        yield path, text, strings, {}, []
    path = work / "qpdf-unicode-objects.pdf"
    run("qpdf", "--deterministic-id", "--object-streams=generate", work / "reportlab-unicode.pdf", path)
    yield path, pdf_text(path), strings, {}, []
    for bits, options in (("40", ["--allow-weak-crypto"]), ("256", [])):
        path = work / f"qpdf-encrypted-{bits}.pdf"
        run("qpdf", "--static-id", "--static-aes-iv", *options, "--encrypt", "secret", "secret", bits, "--", source, path)
        yield path, "", [], {}, [["pdf", "encrypted"]]
    # Readable for everybody who opens it, and encrypted all the same; what comes first says so here.
    path = work / "qpdf-encrypted-linear.pdf"
    run("qpdf", "--static-id", "--static-aes-iv", "--linearize", "--encrypt", "", "owner", "256", "--", source, path)
    yield path, "", [], {}, [["pdf", "encrypted"]]

    path = work / "embedded.pdf"
    embedding(path, work / "reportlab-flate85.pdf")
    body = "The body of a message in a document.\n"
    # Their names stand behind the files, among the strings.
    leaves = {":(file)": "\n".join(LINES) + "\n", "(metadata)": "metadata of Tern", "/mime": body}
    yield path, pdf_text(path), [*strings, "plans/q3.txt", "script of the document"], leaves, []

    page = work / "page.ps"
    shown = "".join(f"40 {500 - 14 * n} moveto ({line}) show\n" for n, line in
                    enumerate(text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for text in (LINES[0], LINES[1], LINES[3])))
    page.write_text(f"%!PS\n/Times-Roman 11 selectfont\n{shown}showpage\n")
    for name, options in (("gs", []), ("gs-lzw", ["-dCompressPages=true", "-dUseFlateCompression=false", "-dEncodeAsASCII85=false"]),
                          ("gs-ascii", ["-dASCII85EncodePages=true"])):
        path = work / f"{name}.pdf"
        run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=pdfwrite", *options, f"-sOutputFile={path}", page)
        yield path, pdf_text(path), [], {}, []


def spreadsheet(path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Quarterly")
    for row, line in enumerate([*LINES, GREEK]):
        sheet.write(row, 0, line)
        sheet.write(row, 1, row * 1.5)
    book.save(str(path))


def slides(path):
    """A presentation as LibreOffice reads it."""
    names = {"office": "office", "draw": "drawing", "text": "text", "presentation": "presentation", "svg": "svg-compatible"}
    spaces = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in names.items())
    frames = "".join(f'<draw:frame svg:x="1cm" svg:y="{2 * n + 1}cm" svg:width="20cm" svg:height="2cm"><draw:text-box><text:p>'
                     f"{line}</text:p></draw:text-box></draw:frame>" for n, line in enumerate([*LINES, GREEK]))
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?><office:document {spaces} office:version="1.2" '
                    'office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body><office:presentation>'
                    f'<draw:page draw:name="one">{frames}</draw:page></office:presentation></office:body></office:document>')


def office(work):
    """Documents that LibreOffice writes, from text and tables: name, and text."""
    letter = work / "letter.html"
    letter.write_text("<html><head><meta charset=utf-8><title>Quarterly plan</title></head><body>"
                      + "".join(f"<p>{line}</p>" for line in [*LINES, GREEK, EURO] * 4)
                      + "<p>A word in <b>bold</b> and one in <i>italics</i>.</p></body></html>")
    convert = ("soffice", "--headless", f"-env:UserInstallation=file://{work}/profile", "--convert-to")
    run(*convert, "odt:writer8", "--infilter=HTML (StarWriter)", letter.name, cwd=work)
    run(*convert, "pdf:writer_pdf_Export", "letter.odt", cwd=work)
    (work / "letter.pdf").rename(work / "office.pdf")
    run(*convert, "doc:MS Word 97", "letter.odt", cwd=work)
    spreadsheet(work / "made.xls")
    (work / "sheets").mkdir()
    run(*convert, "xls:MS Excel 97", "--outdir", "sheets", "made.xls", cwd=work)
    (work / "sheets/made.xls").rename(work / "office.xls")
    slides(work / "slides.fodp")
    run(*convert, "ppt:MS PowerPoint 97", "slides.fodp", cwd=work)
    yield work / "office.pdf", pdf_text(work / "office.pdf")
    for name, reader in (("letter.doc", ["antiword", "-w", "0", "-m", "UTF-8.txt"]), ("made.xls", ["xls2csv", "-d", "utf-8"]),
                         ("office.xls", ["xls2csv", "-d", "utf-8"])):
        yield work / name, run(*reader, work / name).decode().replace("\f", "\n")
    # catppt shows nothing of text boxes.
    run(*convert, "pdf:impress_pdf_Export", "slides.ppt", cwd=work)
    yield work / "slides.ppt", pdf_text(work / "slides.pdf")


def main():
    folder, expected = target(__doc__, "pdf_ole"), {}
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        for path, text, strings, leaves, cuts in pdfs(work):
            (folder / path.name).write_bytes(path.read_bytes())
            if not cuts:
                strings = [*strings, *information(path)]
            expected[path.name] = {"text": text, "strings": strings, "leaves": leaves, "cuts": cuts}
        for path, text in office(work):
            data, name = path.read_bytes(), path.name
            if len(data) > 65536:
                data, name = gzip.compress(data, mtime=0), f"{name}.gz"
            (folder / name).write_bytes(data)
            strings = information(path) if path.suffix == ".pdf" else []
            expected[name] = {"text": text, "strings": strings, "leaves": {}, "cuts": []}
    finish(folder, expected)


main()
