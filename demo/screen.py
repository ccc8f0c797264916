"""What the demo shows: titles, notes, checks, and the progress of long commands."""

import os
import sys
import time

LIVE = sys.stdout.isatty()
COLOUR = LIVE and "NO_COLOR" not in os.environ


class Failure(Exception):
    """Something that a person must act on; its text is the sentence that says what to do."""


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def bold(text):
    return paint(text, "1")


def green(text):
    return paint(text, "32")


def yellow(text):
    return paint(text, "33")


def red(text):
    return paint(text, "31")


def dim(text):
    return paint(text, "2")


def say(text=""):
    print(text, flush=True)


def title(number, text):
    say()
    say(bold(f"{number}. {text}"))


def note(text):
    say(dim(f"   {text}"))


class Progress:
    """One line that tells how long something takes: redrawn on a terminal, repeated now and then in a log."""

    EVERY = 20

    def __init__(self, what):
        self.what = what
        self.start = time.monotonic()
        self.told = self.start
        if not LIVE:
            say(f"   {what} …")

    def seconds(self):
        return time.monotonic() - self.start

    def tick(self, detail=""):
        if LIVE:
            line = f"   {self.what} … {self.seconds():.0f} s  {detail}"
            print(f"\r\033[K{line[: columns() - 1]}", end="", flush=True)
        elif time.monotonic() - self.told >= self.EVERY:
            self.told = time.monotonic()
            say(f"   {self.what} … {self.seconds():.0f} s  {detail[:100]}")

    def done(self, how="done"):
        if LIVE:
            print("\r\033[K", end="")
        say(f"   {self.what}: {green(how)} {dim(f'({self.seconds():.1f} s)')}")

    def failed(self):
        if LIVE:
            print("\r\033[K", end="")
        say(f"   {self.what}: {red('failed')} {dim(f'({self.seconds():.1f} s)')}")


def ended(main):
    """The exit code of a command, its failure told."""
    try:
        return main()
    except Failure as failure:
        say()
        say(red(str(failure)))
        return 1


def columns():
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 100
