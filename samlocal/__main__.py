"""`make sam-local`: builds, starts engine and emulator where needed, invokes every file of events/, and stops all of it.

Where no container can be run, it says so in one line and ends well.
"""

import shutil
import signal
import socket
import sys
import time

from demo import deploy, emulator
from demo.__main__ import SIGNALS, interrupted, only_one
from demo.processes import Processes
from demo.screen import Failure, bold, ended, green, red, say, yellow
from samlocal import engine, image
from samlocal.calls import Calls
from samlocal.engine import Own, Skip

FOLDER = deploy.ROOT / ".sam-local"


def main():
    began = time.monotonic()
    FOLDER.mkdir(exist_ok=True)
    lock = only_one(FOLDER / "lock", "make sam-local")
    for number in SIGNALS:
        signal.signal(number, interrupted)
    processes = Processes(FOLDER)
    own = Own(FOLDER)
    using = None
    try:
        say(bold("crema: every file of events/ through sam local invoke"))
        using = engine.running() or engine.start(processes, own)
        wrong = invoke(using, processes)
    except Skip as skip:
        say(yellow(f"   skipped: {skip}"))
        return 0
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if using:
            using.stop()
        processes.stop()
        own.remove()
        shutil.rmtree(FOLDER / "emulator", ignore_errors=True)
        lock.close()
    if wrong:
        say(red(f"{len(wrong)} answers came out otherwise than they should."))
        return 1
    say(green(f"Every answer is as it should be ({time.monotonic() - began:.0f} s). Everything that was started is stopped."))
    return 0


def invoke(using, processes):
    image.ensure(using, processes)
    gateway = using.gateway()
    if not ours(gateway):
        raise Skip(f"the engine runs on another machine: a container would reach {gateway}, which is not this one")
    template = deploy.build_release(processes)
    aws = emulator.start(processes, host=gateway)
    return Calls(processes, using, aws, pointed(template, aws.url)).run()


def ours(address):
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def pointed(template, url):
    """The built template, with the functions' calls going to the emulator.

    SAM hands on to the container only those variables that the template declares.
    """
    text = template.read_text()
    # Those of one function are indented further.
    place = "\n      Variables:\n"
    if text.count(place) != 1:
        raise Failure(f"{template} does not declare the functions' variables once, in Globals: make sam-local adds one there.")
    template.write_text(text.replace(place, f"{place}        AWS_ENDPOINT_URL: {url}\n"))
    return template


if __name__ == "__main__":
    sys.exit(ended(main))
