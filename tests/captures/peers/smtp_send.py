"""Sends a document by mail, as text or as an attachment in base64. Arguments: [--attach] address, source port, document."""

import email.message
import pathlib
import smtplib
import sys

arguments = sys.argv[1:]
attach = arguments[0] == "--attach"
address, source, document = arguments[1:] if attach else arguments
document = pathlib.Path(document)

mail = email.message.EmailMessage()
mail["From"] = "anna@client.example"
mail["To"] = "bert@server.example"
mail["Date"] = "Mon, 01 Jan 2024 08:00:00 +0000"
mail["Message-ID"] = f"<{source}@client.example>"
mail["Subject"] = "Papers for Monday"
if attach:
    mail.set_content("Hello Bert,\n\nyou find it attached.\n\nAnna\n")
    mail.add_attachment(document.read_bytes(), maintype="application", subtype="octet-stream", filename="paper.txt")
    mail.set_boundary("=_client.example_1")
else:
    mail.set_content("Hello Bert,\n\n" + document.read_text("ascii"))

with smtplib.SMTP(address, 25, "client.example", timeout=10, source_address=("", int(source))) as server:
    server.send_message(mail)
