"""Pipelined requests: all in one write. Arguments: address, port, source port, then "METHOD PATH" for each request."""

import socket
import sys

address, port, source = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
requests = [
    f"{request} HTTP/1.1\r\nHost: server.example\r\nUser-Agent: client.example\r\n" for request in sys.argv[4:]
]
with socket.create_connection((address, port), timeout=10, source_address=("", source)) as connection:
    connection.sendall(("\r\n".join(requests) + "Connection: close\r\n\r\n").encode("ascii"))
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
if answer.count(b"HTTP/1.1 ") != len(requests):
    sys.exit(f"{len(requests)} requests, {answer.count(b'HTTP/1.1 ')} responses")
