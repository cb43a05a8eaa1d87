"""One uvicorn worker with the settings of `service-catalog serve`; says its port on the first line.

Run as `python -m benchmarks.server module:factory CORE`.
"""

import socket
import sys

import uvicorn

from benchmarks.processes import stay_on


def main(application: str, core: str) -> None:
    """Serve until terminated."""
    stay_on(None if core == "-" else int(core))
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        application, factory=True, loop="uvloop", http="httptools", access_log=False, server_header=False,
        log_level="warning", timeout_graceful_shutdown=2,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
