"""A terminal for tests: a stream that says it is one, and a real one for a process."""

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios


class Terminal(io.StringIO):
    """Text that is written to a terminal, kept."""

    def isatty(self):
        return True


def run_on_terminal(*words, columns=80, folder=None, **environment):
    """Run Python on a terminal of so many columns; returns its exit code and all it wrote there."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
        cwd=folder,
        env=inherited | environment,
    )
    os.close(its)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # so Linux says that the other end was closed
        pass
    os.close(ours)
    return process.wait(timeout=60), written.decode().replace("\r\n", "\n")
