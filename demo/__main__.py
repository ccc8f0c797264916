"""`make demo`: builds, starts the emulator, deploys, shows each step, and stops all of it however it ends."""

import fcntl
import os
import shutil
import signal
import sys
import time

from demo import deploy, emulator
from demo.processes import Processes
from demo.screen import Failure, bold, ended, green, note, red, say
from demo.steps import Steps
from demo.world import World

FOLDER = deploy.ROOT / ".demo"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main():
    began = time.monotonic()
    FOLDER.mkdir(exist_ok=True)
    lock = only_one(FOLDER / "lock", "make demo")
    for number in SIGNALS:
        signal.signal(number, interrupted)
    shutil.rmtree(FOLDER / "emulator", ignore_errors=True)
    processes = Processes(FOLDER)
    try:
        wrong = show(processes)
    finally:
        # Whoever presses again while things are being stopped does not keep them from it.
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        processes.stop()
        shutil.rmtree(FOLDER / "emulator", ignore_errors=True)
        lock.close()
    say()
    if wrong:
        say(red(f"{len(wrong)} checks came out otherwise than they should:"))
        for what in wrong:
            say(f"  {what}")
        return 1
    say(green(f"Every step came out as it should ({time.monotonic() - began:.0f} s). Everything that was started is stopped."))
    return 0


def show(processes):
    say(bold("crema: task definitions that follow their configuration and their images"))
    say()
    asked = port()
    template = deploy.build(processes)
    aws = emulator.start(processes, asked, {"AUTH": "true"})
    note("it runs the function as a process of this machine, with the permissions of its role in the template and no others")
    outputs = deploy.deploy(processes, aws, template, {"CircuitBreaker": "on"})
    deploy.allow_http(aws, outputs)
    for action in deploy.NOT_BY_CONDITION:
        deploy.allow_on_any(aws, outputs, action)
    return Steps(World(aws, outputs)).run()


def port():
    """The port that was asked for, if any."""
    text = os.environ.get("CREMA_DEMO_PORT", "")
    if not text:
        return None
    if not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise Failure(f"CREMA_DEMO_PORT is {text!r}; expected a number from 1024 to 65535, or nothing for a free port.")
    if emulator.taken(int(text)):
        raise Failure(f"Port {text} is taken: set CREMA_DEMO_PORT to another one, or leave it out to get a free one.")
    return int(text)


def only_one(path, command):
    lock = open(path, "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Failure(f"`{command}` runs already in this folder: wait until it ends, or stop it with Ctrl-C there.") from error
    return lock


def interrupted(number, _frame):
    raise Failure(f"Interrupted ({signal.Signals(number).name}): everything that was started is stopped. Run it again when you like.")


if __name__ == "__main__":
    sys.exit(ended(main))
