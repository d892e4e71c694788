#!/usr/bin/env python3
"""Makes the pictures, sounds and films of tests/documents.rs with the programs that people make them with.

Usage: make-media.py [DIRECTORY]

Writes files and expected.json to the directory (default: media/ beside this script). Each text that is expected is one that
exiftool or mutagen finds in the file. Needs ffmpeg, exiftool, cwebp, tiffcp, and Debian's Python with mutagen and Pillow.
"""

import gzip
import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import mutagen
import mutagen.apev2
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.mp4
import mutagen.oggopus
import mutagen.wave
from PIL import Image

SENTENCE = "Project Tern, the launch valuation is confidential."
AUTHOR, WIDE, SIZE = "Ada Author", "Tern 秘密", "Größe: 12 €"


def run(*command):
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


class Folder:
    """A folder to make files in."""

    def __enter__(self):
        self.held = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.held.name)
        return self

    def __exit__(self, *_):
        self.held.cleanup()

    def ffmpeg(self, name, *options, video=False, length=0.2):
        source = ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=16000:duration={length}"]
        if video:
            source += ["-f", "lavfi", "-i", f"color=size=16x16:rate=5:duration={length}"]
        path = self.path / name
        run("ffmpeg", "-y", "-nostdin", "-loglevel", "error", *source, "-fflags", "+bitexact", "-flags:a", "+bitexact", "-flags:v", "+bitexact",
            *options, path)
        return path


def seen(path, texts):
    """Each of the texts is found by exiftool, or by mutagen."""
    found = subprocess.run(["exiftool", "-j", "-charset", "UTF8", "-a", "-G1", path], stdout=subprocess.PIPE, check=True).stdout.decode()
    found = json.dumps(json.loads(found), ensure_ascii=False)
    opened = None if path.suffix in (".webp", ".avi") else mutagen.File(path)
    if opened is not None and opened.tags is not None:
        found += str({key: str(value) for key, value in opened.tags.items()})
        free = (one for value in opened.tags.values() if isinstance(value, list) for one in value)
        found += "".join(one.decode() for one in free if isinstance(one, mutagen.mp4.MP4FreeForm))
    for text in texts:
        assert text in found, f"{path.name}: {text} is not in {found}"


def exif(path, *tags):
    run("exiftool", "-overwrite_original", "-charset", "iptc=utf8", *tags, path)


TAGS = (f"-EXIF:ImageDescription={SENTENCE}", f"-EXIF:Artist={AUTHOR}", f"-EXIF:UserComment={SIZE}", f"-EXIF:XPTitle={WIDE}")
FIELDS = {"title": SENTENCE, "artist": AUTHOR, "comment": SIZE}
METADATA = [option for name, value in FIELDS.items() for option in ("-metadata", f"{name}={value}")]


def pictures(folder):
    picture = Image.effect_noise((24, 24), 50).convert("RGB")
    picture.save(folder.path / "pillow.tif", description=SENTENCE, artist=AUTHOR, software=SIZE)
    yield "pillow.tif", {"tiff:(metadata)": [SENTENCE, AUTHOR]}, [SENTENCE, AUTHOR]
    for name, order in (("intel.tif", "II"), ("motorola.tif", "MM")):
        path = folder.path / name
        picture.save(folder.path / "plain.tif")
        run("tiffcp", "-L" if order == "II" else "-B", folder.path / "plain.tif", path)
        exif(path, *TAGS, f"-IPTC:Caption-Abstract={SENTENCE}", "-IPTC:Keywords=launch", f"-XMP-dc:Description={SENTENCE}")
        yield name, {"tiff:(metadata)": [SENTENCE, AUTHOR, SIZE, WIDE, "launch"], "tiff:(metadata)/xml:(text)": [SENTENCE]}, [SENTENCE, WIDE, "launch"]
    # Strips first, directories at the end, as libtiff writes them.
    large = Image.new("L", (400, 400))
    large.save(folder.path / "large.tif", description=SENTENCE, compression=None)
    run("tiffcp", "-c", "none", "-r", "16", folder.path / "large.tif", folder.path / "behind.tif")
    data = (folder.path / "behind.tif").read_bytes()
    assert struct.unpack("<I", data[4:8])[0] > 100_000
    # It is mostly zeros.
    (folder.path / "behind.tif.gz").write_bytes(gzip.compress(data, mtime=0))
    seen(folder.path / "behind.tif", [SENTENCE])
    yield "behind.tif.gz", {"gzip/tiff:(metadata)": [SENTENCE]}, []
    picture.save(folder.path / "plain.png")
    for name, options in (("lossy.webp", ("-q", "50")), ("lossless.webp", ("-lossless",))):
        path = folder.path / name
        run("cwebp", *options, folder.path / "plain.png", "-o", path)
        exif(path, *TAGS, f"-XMP-dc:Description={SENTENCE}")
        yield name, {"webp:(metadata)": [SENTENCE, AUTHOR, SIZE, WIDE], "webp:(metadata)/xml:(text)": [SENTENCE]}, [SENTENCE, WIDE]
    picture.save(folder.path / "pillow.webp", exif=exif_of(picture), quality=30)
    yield "pillow.webp", {"webp:(metadata)": [SENTENCE]}, [SENTENCE]


def exif_of(picture):
    found = picture.getexif()
    found[0x010E] = SENTENCE
    return found


def sounds(folder):
    folder.ffmpeg("riff.wav", *METADATA)
    yield "riff.wav", {"wav:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]
    folder.ffmpeg("broadcast.wav", "-write_bext", "1", "-metadata", f"description={SENTENCE}", "-metadata", f"originator={AUTHOR}")
    yield "broadcast.wav", {"wav:(metadata)": [SENTENCE, AUTHOR]}, [SENTENCE, AUTHOR]
    sound = mutagen.wave.WAVE(folder.ffmpeg("id3.wav"))
    sound.add_tags()
    sound.tags.add(mutagen.id3.TIT2(encoding=3, text=SENTENCE))
    sound.save()
    yield "id3.wav", {"wav:(metadata)": [SENTENCE]}, [SENTENCE]

    mp3 = ("-c:a", "libmp3lame", "-b:a", "8k")
    for version in ("3", "4"):
        folder.ffmpeg(f"id3v2{version}.mp3", *mp3, "-id3v2_version", version, "-write_id3v1", "1", *METADATA)
        yield f"id3v2{version}.mp3", {"mp3:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]
    sound = mutagen.mp3.MP3(folder.ffmpeg("frames.mp3", *mp3))
    sound.add_tags() if sound.tags is None else None
    for encoding in range(4):
        text = SENTENCE if encoding == 0 else f"{encoding}: {WIDE}"
        sound.tags.add(mutagen.id3.TXXX(encoding=encoding, desc=f"name {encoding}", text=[text, "second"]))
    sound.tags.add(mutagen.id3.COMM(encoding=1, lang="deu", desc="Über", text=SIZE))
    sound.tags.add(mutagen.id3.USLT(encoding=3, lang="eng", desc="", text=f"la la\n{SENTENCE}"))
    sound.tags.add(mutagen.id3.WXXX(encoding=3, desc="page", url="https://example.org/q3"))
    sound.tags.add(mutagen.id3.WCOP(url="https://example.org/copyright"))
    sound.tags.add(mutagen.id3.APIC(encoding=3, mime="image/png", type=3, desc="cover", data=bytes(200)))
    sound.save()
    lines = [SENTENCE, f"1: {WIDE}", f"2: {WIDE}", f"3: {WIDE}", "name 2", "Über", SIZE, "page", "https://example.org/q3",
             "https://example.org/copyright", "second", "la la"]
    yield "frames.mp3", {"mp3:(metadata)": lines}, [SENTENCE, f"2: {WIDE}", "https://example.org/q3"]
    # As older programs protect tags from players: no byte of 0xff is followed by one that would make it sound.
    data = (folder.path / "frames.mp3").read_bytes()
    rest = data[10 + sum(byte << 7 * (3 - at) for at, byte in enumerate(data[6:10])):]
    whole = mutagen.mp3.MP3(folder.path / "frames.mp3").tags
    whole.update_to_v23()
    held = io.BytesIO()
    whole.save(held, v2_version=3, padding=lambda _: 0)
    tag = held.getvalue()[10:]
    stuffed = bytearray()
    for at, byte in enumerate(tag):
        stuffed.append(byte)
        if byte == 0xFF and (at + 1 == len(tag) or tag[at + 1] >= 0xE0 or tag[at + 1] == 0):
            stuffed.append(0)
    size = bytes(len(stuffed) >> 7 * (3 - at) & 0x7F for at in range(4))
    assert len(stuffed) > len(tag)
    (folder.path / "stuffed.mp3").write_bytes(b"ID3\x03\0\x80" + size + stuffed + rest)
    yield "stuffed.mp3", {"mp3:(metadata)": [f"{SENTENCE}/second", f"1: {WIDE}/second", "Über", SIZE]}, [SENTENCE, f"1: {WIDE}/second"]
    ape = mutagen.apev2.APEv2()
    ape["Title"], ape["Size"] = SENTENCE, SIZE
    ape.save(folder.ffmpeg("ape.mp3", *mp3, "-id3v2_version", "0"))
    yield "ape.mp3", {"mp3:(metadata)": ["Title", SENTENCE, SIZE]}, [SENTENCE]

    folder.ffmpeg("vorbis.ogg", "-c:a", "libvorbis", "-b:a", "24k", *METADATA)
    yield "vorbis.ogg", {"ogg:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]
    opus = folder.ffmpeg("long.opus", "-c:a", "libopus", "-b:a", "8k", *METADATA)
    tags = mutagen.oggopus.OggOpus(opus)
    # More than a page of Ogg has room for, which is less than what is kept.
    tags["lyrics"] = "\n".join(f"{number} {SENTENCE}" for number in range(1100))
    tags.save()
    yield "long.opus", {"ogg:(metadata)": [SENTENCE, AUTHOR, SIZE, f"1099 {SENTENCE}"]}, [SENTENCE, AUTHOR]
    folder.ffmpeg("mapped.oga", "-c:a", "flac", *METADATA)
    yield "mapped.oga", {"ogg:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]
    folder.ffmpeg("film.ogv", "-c:a", "libvorbis", "-c:v", "libtheora", *METADATA, video=True)
    yield "film.ogv", {"ogg:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]
    folder.ffmpeg("comments.flac", *METADATA)
    yield "comments.flac", {"flac:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]


def films(folder):
    video = ("-c:v", "mpeg4", "-c:a", "aac", "-b:a", "8k", "-pix_fmt", "yuv420p")
    folder.ffmpeg("list.avi", *video, *METADATA, video=True)
    yield "list.avi", {"avi:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]
    folder.ffmpeg("items.mp4", *video, *METADATA, video=True)
    yield "items.mp4", {"mp4:(metadata)": [SENTENCE, AUTHOR, SIZE]}, [SENTENCE, AUTHOR]
    folder.ffmpeg("first.mp4", *video, "-movflags", "+faststart", *METADATA, video=True)
    exif(folder.path / "first.mp4", f"-XMP-dc:Description={SENTENCE}")
    yield "first.mp4", {"mp4:(metadata)": [SENTENCE, AUTHOR, SIZE], "mp4:(metadata)/xml:(text)": [SENTENCE]}, [SENTENCE, AUTHOR]
    folder.ffmpeg("user.mov", *video, *METADATA, video=True)
    exif(folder.path / "user.mov", f"-XMP-dc:Description={WIDE}")
    yield "user.mov", {"mp4:(metadata)": [SENTENCE, AUTHOR, SIZE], "mp4:(metadata)/xml:(text)": [WIDE]}, [SENTENCE, WIDE]
    folder.ffmpeg("phone.3gp", "-c:v", "mpeg4", "-an", *METADATA, video=True)
    yield "phone.3gp", {"mp4:(metadata)": [SENTENCE, AUTHOR]}, [SENTENCE, AUTHOR]
    song = mutagen.mp4.MP4(folder.ffmpeg("song.m4a", "-c:a", "aac", "-b:a", "8k"))
    song["\xa9lyr"], song["----:org.example:Plan"], song["covr"] = SENTENCE, WIDE.encode(), [mutagen.mp4.MP4Cover(bytes(300))]
    song.save()
    yield "song.m4a", {"mp4:(metadata)": [SENTENCE, "org.example", "Plan", WIDE]}, [SENTENCE, WIDE]


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) > 2:
        sys.exit(f"make-media.py: expected at most one directory, found {len(sys.argv) - 1} arguments")
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent / "media")
    target.mkdir(parents=True, exist_ok=True)
    expected = {}
    with Folder() as folder:
        for maker in (pictures, sounds, films):
            for name, lines, texts in maker(folder):
                seen(folder.path / name, texts)
                (target / name).write_bytes((folder.path / name).read_bytes())
                expected[name] = {"exact": {}, "lines": lines}
    text = json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True)
    (target / "expected.json").write_text(text + "\n")


main()
