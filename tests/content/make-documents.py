#!/usr/bin/env python3
"""Makes the documents of tests/documents.rs with the programs that people make them with, and says what is in them.

Usage: make-documents.py [DIRECTORY]

Writes documents and expected.json to the directory (default: documents/ beside this script). What readers see is told by
Python's html.parser and xml.etree, and by python-docx, openpyxl, python-pptx and odfpy, not by tidegate. Needs those
four, XlsxWriter and Pillow; iconv, pandoc and exiftool.
"""

import base64
import email
import email.message
import email.policy
import html.parser
import io
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import textwrap
import urllib.parse
import xml.etree.ElementTree
import zlib

SENTENCE = "Project Tern, the launch valuation is confidential."
BLOCKS = {
    "address", "article", "blockquote", "body", "br", "caption", "dd", "div", "dl", "dt", "figcaption", "form", "h1", "h2",
    "head", "hr", "html", "li", "link", "main", "meta", "ol", "option", "p", "pre", "script", "select", "style", "table", "tbody",
    "td", "textarea", "th", "thead", "title", "tr", "ul",
}
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


class Page:
    """Lines of text, and what stands beside each behind it."""

    def __init__(self):
        self.done, self.line, self.beside = [], "", []

    def end(self):
        line = " ".join(UNSEEN.sub("", self.line).split())
        self.done += ([line] if line else []) + self.beside
        self.line, self.beside = "", []

    def value(self, text, is_address=False):
        if is_address:
            text = urllib.parse.unquote(text)
        if text:
            self.beside.append(re.sub(r"[\t\n\r\f]", " ", text))

    def text(self):
        self.end()
        return "\n".join(self.done)


class Html(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.page, self.raw = Page(), False

    def handle_starttag(self, tag, attributes):
        if tag in BLOCKS:
            self.page.end()
        for name, value in attributes:
            if name in ("alt", "title", "content", "value", "placeholder", "href"):
                self.page.value(value or "", name == "href")
        self.raw = tag in ("script", "style")

    def handle_endtag(self, tag):
        if tag in BLOCKS:
            self.page.end()
        self.raw = False

    def handle_data(self, data):
        if not self.raw:
            self.page.line += data


def html_text(text):
    parser = Html()
    parser.feed(text)
    parser.close()
    return parser.page.text()


def xml_text(data):
    """Every element but a few is a line of its own; values without those of name spaces."""
    page = Page()
    inline = ("b", "i", "em", "emphasis", "strong", "span")

    def walk(element):
        if element.tag.rpartition("}")[2] not in inline:
            page.end()
        for name, value in element.attrib.items():
            page.value(value, name.rpartition("}")[2] == "href")
        page.line += element.text or ""
        for child in element:
            walk(child)
            page.line += child.tail or ""
        if element.tag.rpartition("}")[2] not in inline:
            page.end()

    walk(xml.etree.ElementTree.fromstring(data))
    return page.text()


PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><meta http-equiv="Content-Type" content="text/html; charset=%s">
<title>Q3 &mdash; plans</title>
<style>p {{ color: red }} /* <p>not text</p> */</style>
<script>if (a < b && c) {{ document.write("<p>not text</p>"); }}</script >
</head>
<body class="x" onload='go("a>b")'>
<!-- a comment > with <b>tags</b> -- and hyphens --->
<h1>Plans&nbsp;for <em>Q3</em></h1>
<p>Pro<b>ject</b> T&#101;r&#x6e;, the
   launch valu&shy;ation <a href="https://example.org/q3%%20plan?a=1&amp;b=2" title="The &quot;plan&quot;">is</a> confidential.</p>
<p>Gr&ouml;&szlig;e: 12 &euro; &lt;net&gt; AT&T 3 < 5 &unknown; &#128; &copy; 2026</p>
<table><tr><th>Name<th>Value</tr><tr><td>Tern</td><td>4111&nbsp;1111&nbsp;1111&nbsp;1111</td></tr></table>
<img src=a.png alt="A chart of Tern"><br/>
<form action="/send"><input name=q value='Project Tern' placeholder="search"><textarea>in
the area</textarea></form>
<ul><li>one<li>two &amp; three</ul>%s
</body></html>
"""
FRAGMENT = f'<div dir="ltr">Hello,<div><br></div><div>{SENTENCE}</div><p>12&nbsp;&euro;</p></div>\r\n'
XHTML = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head><body><p>{SENTENCE}<br />second</p></body></html>
"""
RECORDS = f"""<?xml version="1.0" encoding="%s"?>
<!DOCTYPE plans [
  <!ENTITY tern "Project Tern">
  <!ELEMENT plans (plan*)>
]>
<!-- not text -->
<plans xmlns="urn:example:plans" xmlns:x="urn:x" owner="A &amp; B">
  <plan id="1" x:href="https://example.org/a%%20b"><name>Tern</name><text>{SENTENCE}</text></plan>
  <plan id="2"><name>%s</name><text>1 &lt; 2 &#38; <![CDATA[<b>3]] > 2</b>]]]></text>
  <?processing instruction?><note>The <em>whole</em> of <b>it</b></note></plan>
</plans>
"""
BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [
<!ENTITY lol "lol">
%s
]>
<lolz>Before &lol9; behind.</lolz>
""" % "\n".join(f'<!ENTITY lol{n} "{"&lol" + str(n - 1 if n > 1 else "") + ";"!s}{"&lol;" * 9}">' for n in range(1, 10))


def pages():
    yield "page.html", (PAGE % ("utf-8", "")).encode(), {"exact": {"html:(text)": html_text(PAGE % ("utf-8", ""))}}
    yield "fragment.html", FRAGMENT.encode(), {"exact": {"html:(text)": html_text(FRAGMENT)}}
    yield "xhtml.html", XHTML.encode(), {"exact": {"html:(text)": html_text(XHTML)}}
    for charset, words in (("shift_jis", "売上予測は極秘"), ("windows-1251", "Совершенно секретно"), ("gb18030", "机密文件€"),
                           ("iso-2022-jp", "売上予測は極秘"), ("koi8-r", "Совершенно секретно"), ("utf-7", "Größe <秘密> + 1")):
        text = PAGE % (charset, f"<p>{html_escape(words)}</p>")
        yield f"{charset}.html", text.encode(charset), {"exact": {"html:(text)": html_text(text)}}


def html_escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def records():
    text = RECORDS % ("UTF-8", "Größe")
    yield "records.xml", text.encode(), {"exact": {"xml:(text)": xml_text(text.encode())}}
    text = RECORDS % ("iso-8859-15", "12 €")
    yield "latin9.xml", text.encode("iso-8859-15"), {"exact": {"xml:(text)": xml_text(text.encode("iso-8859-15"))}}
    yield "bomb.xml", BOMB.encode(), {"exact": {"xml:(text)": "Before lol9 behind."}}


def docx_file():
    import docx

    document = docx.Document()
    document.add_heading("Plans for Q3", 1)
    paragraph = document.add_paragraph("Pro")
    paragraph.add_run("ject").bold = True
    paragraph.add_run(" Tern, the launch valuation ")
    paragraph.add_run("is").italic = True
    paragraph.add_run(" confidential.")
    document.add_paragraph("Größe: 12 € < 13 & more")
    document.add_paragraph("left\tright")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Tern", "4111 1111 1111 1111"
    document.sections[0].footer.paragraphs[0].text = "For your eyes only"
    document.core_properties.author = "Ada Author"
    file = io.BytesIO()
    document.save(file)
    opened = docx.Document(io.BytesIO(file.getvalue()))
    lines = [paragraph.text for paragraph in opened.paragraphs]
    lines += [cell.text for row in opened.tables[0].rows for cell in row.cells]
    return file.getvalue(), {
        "zip:word/document.xml/xml:(text)": lines,
        "zip:docProps/core.xml/xml:(text)": [opened.core_properties.author],
        "zip:word/footer1.xml/xml:(text)": [opened.sections[0].footer.paragraphs[0].text],
    }


def xlsx_file():
    import openpyxl
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Name", "Value", "Größe <1>"])
    sheet.append(["Tern", 4111111111111111, SENTENCE])
    sheet["A3"] = CellRichText("Pro", TextBlock(InlineFont(b=True), "ject"), " Tern")
    sheet["A4"].value = "linked"
    sheet["A4"].hyperlink = "https://example.org/a%20b"
    file = io.BytesIO()
    book.save(file)
    cells = [str(cell) for row in openpyxl.load_workbook(io.BytesIO(file.getvalue())).active.values for cell in row if cell]
    return file.getvalue(), {
        "zip:xl/worksheets/sheet1.xml/xml:(text)": cells,
        "zip:xl/worksheets/_rels/sheet1.xml.rels/xml:(text)": ["https://example.org/a b"],
    }


def shared_file():
    import openpyxl
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("Plans")
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, ["Name", "Value", "Größe <1>"])
    sheet.write_row(1, 0, ["Tern", 4111111111111111, SENTENCE])
    sheet.write_rich_string(2, 0, "Pro", bold, "ject", " Tern")
    book.close()
    cells = [str(cell) for row in openpyxl.load_workbook(io.BytesIO(file.getvalue())).active.values for cell in row if cell]
    return file.getvalue(), {
        "zip:xl/sharedStrings.xml/xml:(text)": [cell for cell in cells if not cell.isdigit()],
        "zip:xl/worksheets/sheet1.xml/xml:(text)": [cell for cell in cells if cell.isdigit()],
    }


def pptx_file():
    import pptx

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Plans for Q3"
    frame = slide.placeholders[1].text_frame
    frame.text = "Größe: 12 €"
    paragraph = frame.add_paragraph()
    for word in ("Pro", "ject Tern, the launch", " valuation is confidential."):
        paragraph.add_run().text = word
    slide.notes_slide.notes_text_frame.text = "Say nothing of Tern"
    file = io.BytesIO()
    deck.save(file)
    opened = pptx.Presentation(io.BytesIO(file.getvalue())).slides[0]
    lines = [paragraph.text for shape in opened.shapes for paragraph in shape.text_frame.paragraphs]
    return file.getvalue(), {
        "zip:ppt/slides/slide1.xml/xml:(text)": lines,
        "zip:ppt/notesSlides/notesSlide1.xml/xml:(text)": [opened.notes_slide.notes_text_frame.text],
    }


def odt_file():
    import odf.opendocument
    import odf.teletype
    import odf.text

    document = odf.opendocument.OpenDocumentText()
    document.text.addElement(odf.text.H(outlinelevel=1, text="Plans for Q3"))
    paragraph = odf.text.P(text="Pro")
    paragraph.addElement(odf.text.Span(text="ject"))
    paragraph.addText(" Tern,")
    paragraph.addElement(odf.text.S())
    paragraph.addText("the launch valuation is confidential.")
    document.text.addElement(paragraph)
    columns = odf.text.P(text="left")
    columns.addElement(odf.text.Tab())
    columns.addText("right: 12 €")
    document.text.addElement(columns)
    file = io.BytesIO()
    document.write(file)
    opened = odf.opendocument.load(io.BytesIO(file.getvalue()))
    found = opened.getElementsByType(odf.text.H) + opened.getElementsByType(odf.text.P)
    return file.getvalue(), {"zip:content.xml/xml:(text)": [odf.teletype.extractText(one) for one in found]}


def offices():
    for name, make in (("plans.docx", docx_file), ("plans.xlsx", xlsx_file), ("shared.xlsx", shared_file),
                       ("plans.pptx", pptx_file), ("plans.odt", odt_file)):
        data, lines = make()
        yield name, data, {"lines": lines}


def texts():
    words = f"Dear all,\r\n{SENTENCE}\r\nGröße: 12 €\r\n"
    japanese = "Project Tern、売上予測は極秘です。\r\n" * 3
    cases = [
        ("bom-le.txt", "utf-16", "UTF-16LE", b"\xff\xfe", words), ("bom-be.txt", "utf-16", "UTF-16BE", b"\xfe\xff", words),
        ("bare-le.txt", "utf-16", "UTF-16LE", b"", words), ("bare-be.txt", "utf-16", "UTF-16BE", b"", words),
        ("astral.txt", "utf-16", "UTF-16LE", b"\xff\xfe", words + "\U0001f600"),
        ("utf-32-le.txt", "utf-32", "UTF-32LE", b"\xff\xfe\0\0", words), ("utf-32-be.txt", "utf-32", "UTF-32BE", b"\0\0\xfe\xff", words),
        ("jis.txt", "iso-2022-jp", "ISO-2022-JP", b"", japanese),
    ]
    for name, kind, charset, mark, text in cases:
        data = mark + subprocess.run(["iconv", "-f", "UTF-8", "-t", charset], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
        yield name, data, {"exact": {f"{kind}:(text)": data[len(mark):].decode(charset).rstrip("\r\n")}}
    wide = PAGE % ("utf-16", "<p>Größe</p>")
    yield "wide-html.txt", wide.encode("utf-16"), {"exact": {"utf-16:(text)/html:(text)": html_text(wide)}}
    wide = (RECORDS % ("UTF-16", "Größe"))
    yield "wide-xml.txt", wide.encode("utf-16"), {"exact": {"utf-16:(text)/xml:(text)": xml_text(wide.encode("utf-16"))}}


def letters():
    """Mail whose parts declare their charsets, by Python's email."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Q3"
    page = PAGE % ("utf-8", "<p>Größe</p>")
    message.set_content("Größe: Project Tern\n", charset="iso-8859-1", cte="quoted-printable")
    message.add_alternative(page.replace("12 €", "12"), subtype="html", charset="windows-1252", cte="base64")
    message.add_attachment("Project Tern、売上予測は極秘です。\n", charset="iso-2022-jp", filename="jis.txt")
    message.add_attachment("Совершенно секретно\n", charset="koi8-r", filename="koi8.txt", cte="base64")
    message.add_attachment("plain ASCII\n", charset="us-ascii", filename="ascii.txt")
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"part{number}")
    data = message.as_bytes()
    opened = email.message_from_bytes(data, policy=email.policy.default)
    plain, page, jis, koi8, _ = (part.get_content() for part in opened.walk() if not part.is_multipart())
    yield "charsets.eml", data, {"exact": {
        "mime[3]/charset:(text)": plain.replace("\n", "\r\n").rstrip("\r\n"),
        "mime[5]/html:(text)": html_text(page),
        "mime:jis.txt/iso-2022-jp:(text)": jis.replace("\n", "\r\n").rstrip("\r\n"),
        "mime:koi8.txt/charset:(text)": koi8.replace("\n", "\r\n").rstrip("\r\n"),
        "mime:ascii.txt": "plain ASCII",
    }}


def rich():
    """By pandoc, in Unicode; and by hand as WordPad writes it, in the code pages of its fonts."""
    words = ("Plans for Q3", SENTENCE, "Größe: 12 € — {x} \\ 秘密", "linked text", "one")
    body = (f"<h1>{words[0]}</h1><p>Pro<b>ject</b> Tern, the <i>launch</i> valuation is confidential.</p><p>{words[2]}</p>"
            f'<p><a href="https://example.org/q3">{words[3]}</a></p><ul><li>{words[4]}</li></ul>')
    data = subprocess.run(["pandoc", "-s", "-f", "html", "-t", "rtf"], input=body.encode(), stdout=subprocess.PIPE, check=True).stdout
    yield "pandoc.rtf", data, {"lines": {"rtf:(text)": [*words[:4], 'HYPERLINK "https://example.org/q3"', "•\tone"]}}

    def escaped(text, page):
        return "".join(chr(byte) if byte < 128 and byte != 0x5C else f"\\'{byte:02x}" for byte in text.encode(page))

    russian, japanese, german = "Совершенно секретно", "売上ソ予測は極秘", "Größe: 12 €"
    native = zlib.compress(SENTENCE.encode() * 3)
    ole = struct.pack("<IIi8siiI", 0x501, 2, 8, b"Package\0", 0, 0, len(native)) + native
    digits = "\r\n".join(textwrap.wrap(ole.hex(), 128))
    data = f"""{{\\rtf1\\ansi\\ansicpg1252\\deff0\\nouicompat\\deflang1031{{\\fonttbl{{\\f0\\fnil\\fcharset0 Calibri;}}{{\\f1\\fnil\\fcharset204 Arial;}}{{\\f2\\fnil\\fcharset128 MS Mincho;}}}}
{{\\colortbl ;\\red0\\green0\\blue255;}}{{\\info{{\\title Plans}}{{\\author Ada Author}}}}
{{\\*\\generator Riched20 10.0.19041}}\\viewkind4\\uc1
\\pard\\sa200\\f0\\fs22 {escaped(german, "cp1252")}\\par
\\f1 {escaped(russian, "cp1251")}\\par
\\f2 {escaped(japanese, "cp932")}\\par
\\f0 Project{{\\b  Te}}rn\\u8212?launch \\u-10179?\\u-8704?\\emdash\\uc2\\u26085\\'93\\'fa{{\\pict\\wmetafile8 0102030405}}\\par
a\\tab b\\line c\\~d\\_e{{\\v hidden}}{{\\object\\objemb{{\\*\\objclass Package}}{{\\*\\objdata
{digits}
}}{{\\result shown}}}} behind\\bin5 {{{{{{{{{{\\par
}}
""".replace("\n", "\r\n")
    lines = ["Plans", "Ada Author", german, russian, japanese, "Project Tern—launch \U0001f600—日", "a\tb", "c d-ehidden"]
    yield "wordpad.rtf", data.encode("ascii"), {
        "lines": {"rtf:(text)": lines},
        "exact": {"rtf:(object)/zlib": SENTENCE * 3},
    }


def programs():
    """What programs send: JSON by Python's json, forms by urllib."""
    key = base64.b64encode(zlib.compress(SENTENCE.encode() * 20)).decode()
    value = {"name": "Project Tern", "text": "Größe \U0001f600 \"quoted\" a/b\n\tsecond", "numbers": [1, 2.5, None, True],
             "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "inner": {"deep": [SENTENCE, ""]}}

    def strings(value):
        if isinstance(value, str):
            return [value]
        if isinstance(value, dict):
            return [text for pair in value.items() for one in pair for text in strings(one)]
        return [text for one in value for text in strings(one)] if isinstance(value, list) else []

    text = "\n".join(text for text in strings(value) if text)
    yield "ascii.json", json.dumps(value).encode(), {"exact": {"json:(text)": text}}
    yield "utf8.json", json.dumps([value], ensure_ascii=False, indent=2).encode(), {"exact": {"json:(text)": text}}
    yield "attached.json", json.dumps({"file": key, "name": "q3"}).encode(), {
        "exact": {"json:(base64)/zlib": SENTENCE * 20},
    }
    pairs = [("name", "Project Tern"), ("größe", "12 € & more = less"), ("text", SENTENCE), ("empty", "")]
    yield "pairs.form", urllib.parse.urlencode(pairs).encode(), {
        "exact": {"form:(text)": "\n".join(text for pair in pairs for text in pair if text)},
    }
    wrapped = base64.encodebytes(zlib.compress(SENTENCE.encode() * 30)).decode()
    wrapped = "\n".join(textwrap.wrap(wrapped.replace("\n", ""), 76))
    yield "wrapped.base64", f"Dear all,\nhere it is:\n\n{wrapped}\n\n-- \nAda".encode(), {
        "exact": {"base64:(base64)/zlib": SENTENCE * 30},
        "lines": {"": ["here it is:"]},
    }


def pictures():
    """By Pillow, with metadata by exiftool."""
    from PIL import Image, PngImagePlugin

    picture = Image.effect_noise((40, 40), 50).convert("RGB")

    def save(kind, **options):
        file = io.BytesIO()
        picture.save(file, kind, **options)
        return file.getvalue()

    def tagged(data, suffix, *tags):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / f"picture{suffix}"
            path.write_bytes(data)
            subprocess.run(["exiftool", "-q", "-overwrite_original", "-charset", "iptc=utf8", *tags, path], check=True)
            return path.read_bytes()

    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SENTENCE)
    texts.add_text("Latin", "Größe")
    png = save("PNG", pnginfo=texts)
    yield "plain.png", png, {"exact": {"png:(metadata)": "Comment\n" + SENTENCE}}
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Packed", SENTENCE * 4, zip=True)
    yield "packed.png", save("PNG", pnginfo=texts), {"exact": {"png:(metadata)/zlib": SENTENCE * 4}}
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("Title", "Größe: 12 €", lang="de", tkey="Titel")
    yield "international.png", save("PNG", pnginfo=texts), {"exact": {"png:(metadata)": "Größe: 12 €"}}
    yield "xmp.png", tagged(save("PNG"), ".png", f"-XMP-dc:Description={SENTENCE}"), {"lines": {"png:(metadata)/xml:(text)": [SENTENCE]}}
    jpeg = save("JPEG", quality=60)
    yield "exif.jpg", tagged(jpeg, ".jpg", f"-EXIF:ImageDescription={SENTENCE}", "-EXIF:Artist=Ada Author", "-EXIF:UserComment=Größe: 12 €",
                             "-EXIF:XPTitle=Tern 秘密"), {"lines": {"jpeg:(metadata)": [SENTENCE, "Ada Author", "Größe: 12 €", "Tern 秘密"]}}
    yield "iptc.jpg", tagged(jpeg, ".jpg", f"-IPTC:Caption-Abstract={SENTENCE}", "-IPTC:Keywords=tern", "-IPTC:Keywords=launch"), {
        "lines": {"jpeg:(metadata)": [SENTENCE, "tern", "launch"]}}
    yield "comment.jpg", tagged(jpeg, ".jpg", f"-Comment={SENTENCE}"), {"exact": {"jpeg:(metadata)": SENTENCE}}
    yield "xmp.jpg", tagged(jpeg, ".jpg", f"-XMP-dc:Description={SENTENCE}"), {"lines": {"jpeg:(metadata)/xml:(text)": [SENTENCE]}}
    gif = save("GIF", comment=SENTENCE.encode() * 6)
    yield "comment.gif", gif, {"exact": {"gif:(metadata)": SENTENCE * 6}}
    yield "xmp.gif", tagged(save("GIF"), ".gif", f"-XMP-dc:Description={SENTENCE}"), {"lines": {"gif:(metadata)/xml:(text)": [SENTENCE]}}


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) > 2:
        sys.exit(f"make-documents.py: expected at most one directory, found {len(sys.argv) - 1} arguments")
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent / "documents")
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for maker in (pages, records, offices, texts, letters, rich, programs, pictures):
        for name, data, found in maker():
            (folder / name).write_bytes(data)
            expected[name] = {"exact": {}, "lines": {}} | found
    text = json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / "expected.json").write_text(text + "\n")


main()
