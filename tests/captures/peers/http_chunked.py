"""A web server on port 8000 whose chunked responses cut every planted keyword.

/by-chunk    a chunk boundary in each keyword, one segment a chunk
/by-segment  one chunk; each keyword, and the chunk-size line, cut by a segment boundary
/by-both     five bytes a chunk, seven bytes a segment; chunk extensions and a trailer
/innocent    chunked, nothing planted

Each piece is written by itself, without Nagle's algorithm and with a pause, so that it is a segment of its own.
"""

import http.server
import time

KEYWORDS = ["Project Tern", "confidential", "launch valuation", "term sheet"]
TEXT = (
    "For the steering group only. Project Tern: confidential. The launch valuation of Tern is 41 million. "
    "It stands in the term sheet and nowhere else. This paper is not to be copied.\n"
)
INNOCENT = "The canteen is closed on the last Friday of the month for the yearly cleaning.\n" * 6


def cuts(text):
    """The text cut in the middle of each keyword."""
    places = sorted(text.index(word) + len(word) // 2 for word in KEYWORDS)
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)])]


def every(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def chunk(piece, extension=""):
    return f"{len(piece):x}{extension}\r\n{piece}\r\n"


def writes(path):
    """What is written, one piece a segment."""
    if path == "/by-chunk":
        return [chunk(piece) for piece in cuts(TEXT)] + ["0\r\n\r\n"]
    if path == "/by-segment":
        size = f"{len(TEXT):x}"
        return [size[:1], size[1:] + "\r", "\n", *cuts(TEXT), "\r\n0\r\n\r\n"]
    if path == "/by-both":
        pieces = every(TEXT, 5)
        body = "".join(chunk(piece, ";part=" + str(n)) for n, piece in enumerate(pieces))
        return every(body + "0\r\nX-Pieces: " + str(len(pieces)) + "\r\n\r\n", 7)
    return [chunk(piece) for piece in every(INNOCENT, 100)] + ["0\r\n\r\n"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "server.example"
    sys_version = ""
    disable_nagle_algorithm = True

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        if self.path == "/by-both":
            self.send_header("Trailer", "X-Pieces")
        self.end_headers()
        for piece in writes(self.path):
            time.sleep(0.005)
            self.wfile.write(piece.encode("ascii"))

    def log_message(self, *_args):
        pass


http.server.HTTPServer(("", 8000), Handler).serve_forever()
