#!/usr/bin/env python3
"""Answers every request with FILE in chunks of 100 bytes and a trailer section: `trailers.py PORT FILE`."""

import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with open(sys.argv[2], "rb") as file:
            body = file.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Disposition", "attachment; filename*=UTF-8''d%C3%A9j%C3%A0.txt")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Trailer", "Checked")
        self.end_headers()
        for at in range(0, len(body), 100):
            piece = body[at : at + 100]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\nChecked: yes\r\n\r\n")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
