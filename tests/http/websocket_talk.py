#!/usr/bin/env python3
"""A WebSocket server that answers each message with itself, and a client that talks to it through another port.

`websocket_talk.py PORT VIA_PORT FILE takeover|fresh|plain`: sends FILE whole, its lines as fragments of one message, and
binary bytes; with permessage-deflate, with or without taking the window over, or without.
"""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main(port, via, path, how):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    fresh = how == "fresh"
    factory = ClientPerMessageDeflateFactory(server_no_context_takeover=fresh, client_no_context_takeover=fresh)
    extensions = None if how == "plain" else [factory]
    options = {"compression": None, "extensions": extensions, "proxy": None}
    async with serve(echo, "127.0.0.1", port):
        async with connect(f"ws://127.0.0.1:{via}/chat", **options) as client:
            for message in [text, text.splitlines(keepends=True), bytes(range(256)), ""]:
                await client.send(message)
                await client.recv()
            await (await client.ping(b"still there"))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
