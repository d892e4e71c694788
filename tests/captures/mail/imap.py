"""Reads and stores mail by IMAP: imap.py SERVER FILE."""

import imaplib
import sys
from pathlib import Path

server, file = sys.argv[1:]
imap = imaplib.IMAP4(server)
imap.login("anna", "hunter2")
imap.select("INBOX")
imap.fetch("1", "(UID RFC822)")
imap.uid("FETCH", "1:*", "(BODY.PEEK[HEADER] BODY.PEEK[TEXT]<0.100>)")
imap.append("INBOX", None, None, Path(file).read_bytes())
imap.search(None, "ALL")
imap.logout()
