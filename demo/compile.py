"""Compiles the function and the command. Needs nothing but Python: on a fresh machine the tools are installed meanwhile.

    python3 -m demo.compile make TARGET    compiles, while the command given installs the tools
"""

import json
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from demo.processes import Processes, tail
from demo.screen import Failure, Progress, ended

ROOT = Path(__file__).resolve().parent.parent


def architecture():
    """The host's processor, since the emulator runs the function on the host."""
    machine = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())
    if platform.system() != "Linux" or machine is None:
        raise Failure(
            f"The demo runs the Linux binary on this machine, which is {platform.system()} on {platform.machine()}: "
            "run it on Linux, or in a container with Rust, Python 3 and make."
        )
    return machine


def compiled(processes):
    """The function for this machine, in the profile of the tests. What is compiled already is not compiled again."""
    architecture()
    need_cargo()
    # A build of the tests' own: one of the function alone has other features of its dependencies, and would compile them twice.
    processes.run(
        "compiling the function and the command (some minutes the first time)",
        [
            *["cargo", "test", "--manifest-path", str(ROOT / "Cargo.toml"), "--no-run"],
            *["-p", "crema", "-p", "crema-cli", "--test", "docs", "--test", "command"],
        ],
        "compile.log",
        "Mend what the compiler says (`cargo build` shows it alone), then run this again.",
        {"CARGO_TERM_PROGRESS_WHEN": "always", "CARGO_TERM_PROGRESS_WIDTH": "120", "CARGO_TERM_COLOR": "never"},
        detail=crates,
    )
    said = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(json.loads(said.stdout)["target_directory"]) / "debug" / "bootstrap"


def command(bootstrap):
    """The command, which is compiled beside the function."""
    return bootstrap.parent / "crema"


def need_cargo():
    if shutil.which("cargo") is None:
        raise Failure("cargo is not there: install Rust (rustup), then run this again.")


def crates(line, seconds):
    """What cargo's line of progress says: `123 of 290 crates, about 2 min left`."""
    found = re.search(r"(\d+)/(\d+)", line)
    if not found:
        return ""
    done, all_of_them = (int(number) for number in found.groups())
    left = seconds / max(done, 1) * (all_of_them - done)
    # The first crates are small, and the last ones the SDK's.
    about = f", about {left / 60:.0f} min left" if done > 20 and left > 60 else ""
    return f"{done} of {all_of_them} crates{about}"


def main():
    """Compiles while the command of the arguments runs, and waits for both."""
    folder = ROOT / ".demo"
    folder.mkdir(exist_ok=True)
    processes = Processes(folder)
    try:
        tools = processes.start(sys.argv[1:], "tools.log")
        compiled(processes)
        progress = Progress("installing the tools of tests and demo into .venv")
        while tools.poll() is None:
            progress.tick(tail(folder / "tools.log", 1).strip())
            time.sleep(0.2)
        if tools.returncode != 0:
            progress.failed()
            raise Failure(tail(folder / "tools.log"))
        progress.done()
    finally:
        processes.stop()
    return 0


if __name__ == "__main__":
    sys.exit(ended(main))
