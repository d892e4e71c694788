"""An HTTP/1.0 server on port 8000 that sends no length: the end of the connection ends the body. Argument: its folder."""

import http.server
import pathlib
import sys

FILES = {path.name: path.read_bytes() for path in pathlib.Path(sys.argv[1]).iterdir()}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    server_version = "server.example"
    sys_version = ""

    def do_GET(self):
        body = FILES[self.path.lstrip("/")]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


http.server.HTTPServer(("", 8000), Handler).serve_forever()
