"""Asks for a part of a file, and resets the connection after so many bytes of it.

usage: abort.py ADDRESS TARGET RANGE BYTES
"""

import socket
import struct
import sys


def main():
    address, target, part, most = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    with socket.socket() as connection:
        # No more than this comes on its way before it is read.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        connection.connect((address, 80))
        request = f"GET {target} HTTP/1.1\r\nHost: server.example\r\nRange: bytes={part}\r\n\r\n"
        connection.sendall(request.encode())
        got = b""
        while len(got.partition(b"\r\n\r\n")[2]) < most:
            piece = connection.recv(500)
            if not piece:
                sys.exit("abort.py: the server closed first")
            got += piece
        # Closing resets.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


main()
