"""A process that has imported everything, and forks for each ``ostinato`` of a shell.

A page's commands take a few hundredths of a second then, where most of their time was the import of torch.
Run as a script it is that process: ``PATH_OF_THE_SOCKET``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READ_AT_IMPORT = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OSTINATO_NATIVE")

COMMAND = """#!{python} -IS
import json, os, socket, sys
if [os.environ.get(name) for name in {names}] != {values}:  # what has been imported would not know
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    socket.send_fds(connection, [b"."], [0, 1, 2])
    request = {{"argv": sys.argv, "cwd": os.getcwd(), "environ": dict(os.environ)}}
    connection.sendall(json.dumps(request).encode())
    connection.shutdown(socket.SHUT_WR)
    code = connection.recv(1)
sys.exit(code[0] if code else "the process of the command has died")
"""


@contextmanager
def command(folder: Path) -> Iterator[Path]:
    """A folder for ``PATH`` with an ``ostinato`` that is answered by a process that is there already.

    Args:
        folder: An empty folder of a short name, as sockets want.
    """
    address, real = folder / "socket", Path(sys.executable).parent / "ostinato"
    script = COMMAND.format(
        python=sys.executable,
        names=READ_AT_IMPORT,
        values=[os.environ.get(name) for name in READ_AT_IMPORT],
        real=str(real),
        address=str(address),
    )
    (folder / "ostinato").write_text(script)
    (folder / "ostinato").chmod(0o755)
    with subprocess.Popen(
        [sys.executable, __file__, str(address)], stdin=subprocess.DEVNULL
    ) as one:
        try:
            while not address.exists():
                assert one.poll() is None
                time.sleep(0.05)
            yield folder
        finally:
            one.terminate()


def serve(address: str) -> None:
    """Answer each connection by a fork that runs the command it names, and tells its exit code."""
    import ostinato.bench
    import ostinato.cli.commands
    import ostinato.cli.evaluate
    import ostinato.cli.predict
    import ostinato.cli.train
    import ostinato.report  # noqa: F401 they are there for those that are forked

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address + ".new")
        listener.listen()
        Path(address + ".new").rename(address)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                answer(connection)
            connection.close()


def answer(connection: socket.socket) -> None:
    """Run the command of a connection in this process, and end it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 for as long as this process lives
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    request = json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
    sys.argv = request["argv"]
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    code = 1
    try:
        from ostinato.cli.main import main

        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException as error:  # as Python would tell it
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(bytes([code]))
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
