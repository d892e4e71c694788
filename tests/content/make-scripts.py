#!/usr/bin/env python3
"""Makes the scripts of tests/documents.rs, and says what their strings with escapes are.

Usage: make-scripts.py [DIRECTORY]

Writes scripts and expected.json to the directory (default: scripts/ beside this script). What is in them is told by node,
whose own parser reads them (acorn, which it has within), not by tidegate. Needs node.
"""

import base64
import html
import json
import pathlib
import subprocess
import sys
import zlib

SENTENCE = "Project Tern, the launch valuation is confidential."

# Strings and parts of templates that have a backslash in them, and what is passed to unescape and its like.
READ = r"""
const acorn = require('internal/deps/acorn/acorn/dist/acorn');
const source = require('fs').readFileSync(0, 'utf8');
const found = [];
const tokens = [...acorn.tokenizer(source, {ecmaVersion: 2022, sourceType: 'script'})];
for (const [at, token] of tokens.entries()) {
  if (!['string', 'template'].includes(token.type.label)) continue;
  const call = at > 1 && tokens[at - 1].type.label === '(' ? tokens[at - 2].value : undefined;
  const raw = source.slice(token.start, token.end);
  if (['unescape', 'decodeURIComponent'].includes(call) && raw.includes('%')) found.push(globalThis[call](token.value));
  else if (raw.includes('\\')) found.push(token.value);
}
process.stdout.write(JSON.stringify(found.map(text => text.toWellFormed())));
"""


def strings(source):
    found = subprocess.run(["node", "--expose-internals", "-e", READ], input=source.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [text for text in json.loads(found) if text]


def by_number(text, pattern):
    return "".join(pattern % ord(letter) for letter in text)


def units(text):
    data = text.encode("utf-16-be")
    return "".join(f"\\u{data[at]:02X}{data[at + 1]:02x}" for at in range(0, len(data), 2))


HEXADECIMAL = by_number(SENTENCE, "\\x%02x")
PLAIN = f"""/*! Plans 1.0 | (c) Ada Author | don't ` copy */
// it's a comment with \\x41 in it, and a ` too
(function (window, undefined) {{
  var hexadecimal = "{HEXADECIMAL}";
  let mixed = '{units("Project")} \\x54ern, the la\\165nch valuation is {units("confidential")}.';
  const template = `The ${{window.name + "is \\"quoted\\"" + `and ${{ {{ deep: 1 }}.deep }} \\u{{1F600}} nested`}} \\u{{47}}r\\u{{00f6}}\\u00DFe: 12 \\u20AC`;
  var lines = "{SENTENCE[:20]}\\
{SENTENCE[20:]}", two = 'first line\\nsecond\\tline', none = 'no escape, {SENTENCE}';
  var ratio = window.width / window.height / 2, quote = /['"`\\/]/g.test(two), other = /[/'"]\\//i;
  if (ratio) /'/.exec("it\\x27s");
  function half(a) {{ return /"/.test(a) ? a++ / 2 : a[0] / 2 / 'two\\x21'.length; }}
  document.write(unescape("%50roject%20Tern%2C %u0047r%F6%DFe %u20AC"), decodeURIComponent('Gr%C3%B6%C3%9Fe'), decode('%50'));
  var odd = "\\0\\b\\v\\f\\q\\'\\uD83D\\uDE00" + '\\uD83D';
}})(this);
"""

MINIFIED = "!function(e,t){'use strict';" + "".join(
    f'var a{n}=e/t>{n}?"{by_number(word, chr(92) + "x%02X")}":\'plain {n}\',b{n}=t.match(/"/g)||`{word}\\n${{a{n}}}\\x{33 + n % 90:02x}`;if(e)/\'/.test(b{n});'
    for n, word in enumerate(SENTENCE.split() * 9)
) + "}(window,1);"

PACKED = base64.b64encode(zlib.compress(SENTENCE.encode() * 20)).decode()
LINES = "\\n".join(PACKED[at:at + 64] for at in range(0, len(PACKED), 64))


def page(body):
    scripts = strings(body)
    text = (f"<!DOCTYPE html><html><head><title>Scripts</title><script>\n{body}</script >\n"
            f'<style>a::before {{ content: "\\66" }}</style></head><body><p>{html.escape(SENTENCE)}</p>'
            '<script>if (a </b/ && "</scrap>\\x21") { }</script><p>behind</p></body></html>')
    return text, "\n".join(["Scripts", *scripts, SENTENCE, "</scrap>!", "behind"])


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) > 2:
        sys.exit(f"make-scripts.py: expected at most one directory, found {len(sys.argv) - 1} arguments")
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent / "scripts")
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}

    def write(name, source, found):
        (folder / name).write_bytes(source.encode())
        expected[name] = {"exact": {}, "lines": {}} | found

    for name, source in (("plain.js", PLAIN), ("minified.js", MINIFIED)):
        write(name, source, {"exact": {"javascript:(text)": "\n".join(strings(source))}})
    write("callback.js", f'callback({{"name":"{units(SENTENCE)}","number":1}});', {"exact": {"javascript:(text)": SENTENCE}})
    # As it stands, with line ends by escape, and behind them text with an escape.
    write("data.js", f'const url = "data:application/zlib;base64,{PACKED}";\nexport default "\\x54ern";\n', {
        "exact": {"javascript:(base64)/zlib": SENTENCE * 20, "javascript:(text)": "Tern"},
    })
    write("lines.js", f'var key = "-----BEGIN-----\\n{LINES}\\n-----END-----\\n";', {"exact": {"javascript:(base64)/zlib": SENTENCE * 20}})
    text, found = page(PLAIN)
    write("scripts.html", text, {"exact": {"html:(text)": found}})
    text = json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / "expected.json").write_text(text + "\n")


main()
