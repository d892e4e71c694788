"""An HTTP request over IPv6 whose every segment carries extension headers. Arguments: address, port, source port, path."""

import socket
import sys

import ext6

address, port, source, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as connection:
    ext6.extend(connection)
    connection.settimeout(10)
    connection.bind(("", source))
    connection.connect((address, port))
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: server.example\r\n\r\n".encode("ascii"))
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
if b" 200 " not in answer.split(b"\r\n", 1)[0]:
    sys.exit(f"GET {path}: {answer[:60]!r}")
