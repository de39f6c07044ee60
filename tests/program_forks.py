"""Processes of the program that import nothing anew: one process imports everything, and forks for every command.

A fork has streams of its own, made as Python makes them when it starts, gets signals, and ends as the program does.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import isthmus

MODES = {0: "r", 1: "w", 2: "w"}  # of standard input, standard output and standard error


class ProgramForks:
    """Runs command lines of ``isthmus``, one at a time."""

    def __init__(self) -> None:
        self._channel, other = socket.socketpair()
        with other:
            command = [sys.executable, __file__, str(other.fileno())]
            self._server = subprocess.Popen(command, pass_fds=[other.fileno()], cwd="/")

    def start(self, arguments: Collection[object], streams: dict[int, int]) -> int:
        """Start a command with these open files as its streams, and the others closed; gives its process id."""
        task = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(Path.cwd()),
            "streams": [*streams],
        }
        socket.send_fds(self._channel, [json.dumps(task).encode()], list(streams.values()))
        return int(self._channel.recv(100))

    def wait(self) -> int:
        """The exit code of the command that was started last, as ``subprocess`` gives it."""
        return int(self._channel.recv(100))

    def run(self, *arguments: object, given: bytes = b"", output: Path | str | None = None,
            closed: Collection[int] = ()) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
        """Run a command between pipes, or with standard output in a file, or with some streams closed."""
        pipes = {number: os.pipe() for number in MODES}
        streams = {number: pipes[number][min(number, 1)] for number in MODES}
        if output is not None:
            os.close(streams[1])
            streams[1] = os.open(output, os.O_WRONLY | os.O_CREAT)
        self.start(arguments, {number: stream for number, stream in streams.items() if number not in closed})
        for stream in streams.values():
            os.close(stream)
        with os.fdopen(pipes[0][1], "wb") as feed:
            feed.write(given)
        with os.fdopen(pipes[1][0], "rb") as out, os.fdopen(pipes[2][0], "rb") as err:
            found = out.read(), err.read()
        return subprocess.CompletedProcess([*arguments], self.wait(), *found)

    def close(self) -> None:
        """End the process that forks."""
        self._channel.close()
        self._server.wait(timeout=60)


def serve(channel: socket.socket) -> None:
    """Fork for every command that comes, until nobody can send any more."""
    while True:
        message, files, *_ = socket.recv_fds(channel, 2**16, len(MODES))
        if not message:
            return
        task = json.loads(message)
        process = os.fork()
        if process == 0:
            channel.close()
            become(task["arguments"], task["folder"], dict(zip(task["streams"], files, strict=True)))
        for file in files:
            os.close(file)
        channel.send(str(process).encode())
        channel.send(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())


def become(arguments: list[str], folder: str, streams: dict[int, int]) -> NoReturn:
    """Be the program: take the streams and run the command."""
    from isthmus.cli import main

    os.chdir(folder)
    for number in MODES:
        if number in streams:
            os.dup2(streams[number], number)
            os.close(streams[number])
        else:
            os.close(number)
    sys.stdin, sys.stdout = (os.fdopen(n, MODES[n], closefd=False) if n in streams else None for n in (0, 1))
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False) if 2 in streams else None
    sys.exit(main(arguments))


if __name__ == "__main__":
    for module in ("pyarrow.feather", "pyarrow.parquet", "typer._adapters", "isthmus.cli.stream"):
        import_module(module)
    for name in isthmus.__all__:
        getattr(isthmus, name)
    gc.freeze()  # so that forks do not copy what they only look at
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start programs in the background with it ignored
    serve(socket.socket(fileno=int(sys.argv[1])))
