"""A web server over IPv6 whose every segment carries extension headers. Arguments: port, folder."""

import functools
import http.server
import socket
import sys

import ext6


class Server(http.server.HTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        ext6.extend(self.socket)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)


class Handler(http.server.SimpleHTTPRequestHandler):
    server_version = "server.example"
    sys_version = ""

    def log_message(self, *_args):
        pass


Server(("::", int(sys.argv[1])), functools.partial(Handler, directory=sys.argv[2])).serve_forever()
