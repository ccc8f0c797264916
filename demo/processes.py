"""Every process that the demo starts, so that all of them are stopped, however the demo ends."""

import os
import signal
import subprocess
import time
import uuid

from demo.screen import Failure, Progress

# Inherited by whatever the demo starts, and so by what those start: it tells the demo's processes from all others.
MARK = "CREMA_DEMO_RUN"


class Processes:
    def __init__(self, folder):
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.running = []

    def environment(self, more=None):
        """The caller's environment without anybody's AWS account in it."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**own, MARK: self.mark, **(more or {})}

    def start(self, command, log, environment=None, answer=None):
        """Starts a command in a process group of its own; its output goes to a log of the demo's folder.

        Where `answer` is given, a file takes what it writes to its standard output, apart from the log.
        """
        with open(self.folder / log, "wb") as errors, open(self.folder / (answer or os.devnull), "wb") as out:
            process = subprocess.Popen(
                command,
                cwd=self.folder.parent,
                stdin=subprocess.DEVNULL,
                stdout=out if answer else errors,
                stderr=errors,
                env=self.environment(environment),
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def run(self, what, command, log, advice, environment=None, limit=3000, detail=None):
        """Runs a command to its end with visible progress.

        Fails with the end of its output and `advice`, the sentence that says what to do. `detail` makes of its last line
        and the seconds so far what is shown of it.
        """
        path = self.folder / log
        progress = Progress(what)
        try:
            process = self.start(command, log, environment)
        except OSError as error:
            progress.failed()
            raise Failure(f"{command[0]} does not start ({error}). {advice}") from error
        while process.poll() is None:
            if progress.seconds() > limit:
                progress.failed()
                raise Failure(f"{what} took longer than {limit} s; its output is in {path}. {advice}")
            line = last_line(path)
            progress.tick(detail(line, progress.seconds()) if detail else line)
            time.sleep(0.2)
        self.running.remove(process)
        if process.returncode != 0:
            progress.failed()
            raise Failure(f"{tail(path)}\n{what} failed; all of its output is in {path}. {advice}")
        progress.done()
        return path.read_text(errors="replace")

    def stop(self):
        """Stops everything: politely first, then for certain, and last what left its process group."""
        for process in self.running:
            signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + 5
        for process in self.running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            signal_group(process, signal.SIGKILL)
            process.wait()
        self.running.clear()
        for pid in marked(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def marked(mark):
    """The processes that carry the mark in their environment, the demo itself not among them."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in os.scandir("/proc") if os.path.isdir("/proc") else ():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry.name}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    found.append(int(entry.name))
        except OSError:
            continue
    return found


def last_line(path):
    lines = tail(path, 1)
    return lines.strip()


def tail(path, lines=30):
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 16384))
        text = file.read().decode(errors="replace")
    return "\n".join([line for line in text.replace("\r", "\n").split("\n") if line.strip()][-lines:])
