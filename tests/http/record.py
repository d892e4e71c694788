#!/usr/bin/env python3
"""Passes TCP connections on and writes what each side sends: `record.py FILE PORT TO_PORT`, on loopback.

FILE gets a line `connection` for each, then a line a piece in the order in which they passed: `> ` what the client sent,
`< ` what the server sent, in base64; `>.` and `<.` where a side has ended. Stops at SIGTERM.
"""

import asyncio
import base64
import signal
import sys


async def main(path, port, to_port):
    logs = []
    tasks = set()

    async def pump(mark, reader, writer, log):
        try:
            while piece := await reader.read(16384):
                log.append(f"{mark} {base64.b64encode(piece).decode()}")
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        log.append(f"{mark}.")
        if writer.can_write_eof():
            writer.write_eof()

    async def relay(reader, writer):
        log = ["connection"]
        logs.append(log)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", to_port)
        await asyncio.gather(pump(">", reader, up_writer, log), pump("<", up_reader, writer, log))
        up_writer.close()
        writer.close()

    def accept(reader, writer):
        task = asyncio.ensure_future(relay(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    # the file is there from when connections are taken
    open(path, "w", encoding="ascii").close()
    async with server:
        await stop.wait()
    with open(path, "w", encoding="ascii") as out:
        out.writelines(f"{line}\n" for log in logs for line in log)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
