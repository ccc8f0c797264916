"""Runs a command in a pseudo-terminal, types what is told once the screen shows what is waited for, and tells the screen.

Standard input: {"command": [...], "columns": 100, "steps": [["waited for", "typed"]]}. Standard output: {"code": 0, "screen": "…"}.
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

LONGEST = 60
SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def main():
    told = json.load(sys.stdin)
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(told["command"][0], told["command"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, told["columns"], 0, 0))
    shown, steps, end = b"", list(told["steps"]), time.monotonic() + LONGEST
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                read = os.read(terminal, 65536)
            except OSError:
                break
            if not read:
                break
            shown += read
        if steps and steps[0][0] in screen(shown):
            os.write(terminal, steps.pop(0)[1].encode())
    else:
        os.kill(child, 9)
    _, status = os.waitpid(child, 0)
    print(json.dumps({"code": os.waitstatus_to_exitcode(status), "screen": screen(shown), "coloured": b"\x1b[" in shown}))


def screen(shown):
    """The lines as they stand in the end: without colours, and of a line that was written over the last text."""
    text = SEQUENCE.sub("", shown.decode(errors="replace")).replace("\r\n", "\n")
    return "\n".join(line.rsplit("\r", 1)[-1] for line in text.split("\n"))


main()
