"""Sends a mail in chunks (RFC 3030): bdat.py SERVER FILE."""

import smtplib
import sys
from pathlib import Path

server, file = sys.argv[1:]
message = Path(file).read_bytes()
with smtplib.SMTP(server, 25, "client.example") as smtp:
    smtp.ehlo()
    assert smtp.has_extn("chunking")
    smtp.mail("anna@example.org")
    smtp.rcpt("ben@example.net")
    for begin in range(0, len(message), 1000):
        chunk = message[begin : begin + 1000]
        last = b" LAST" if begin + 1000 >= len(message) else b""
        smtp.sock.sendall(b"BDAT %d%s\r\n" % (len(chunk), last) + chunk)
        code, text = smtp.getreply()
        assert code == 250, text
