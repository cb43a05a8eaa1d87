"""One uvicorn worker with the settings of `service-catalog serve`; says its port when it is ready.

Run as `python -m benchmarks.server module:factory CORE`.
"""

import socket
import sys

import uvicorn

from benchmarks.processes import stay_on


class Announced(uvicorn.Server):
    """Prints its port once it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for listening in sockets or ():
            print(listening.getsockname()[1], flush=True)


def main(application: str, core: str) -> None:
    """Serve until terminated."""
    stay_on(None if core == "-" else int(core))
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    config = uvicorn.Config(
        application, factory=True, loop="uvloop", http="httptools", access_log=False, server_header=False,
        log_level="warning", timeout_keep_alive=60, timeout_graceful_shutdown=2,
    )  # fmt: skip
    Announced(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
