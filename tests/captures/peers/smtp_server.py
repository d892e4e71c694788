"""A mail server on port 25 that takes every message. Argument: its address."""

import asyncio
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Sink(), hostname="server.example", ident="ESMTP"), sys.argv[1], 25
    )
    await server.serve_forever()


asyncio.run(serve())
