"""The promises of docs/RELIABILITY.md: runs the tests that the page names, and says what they tried.

    python3 scripts/reliability.py           run them, print each promise with its tests and what they tried
    python3 scripts/reliability.py --check   run nothing: only that every named test exists

The page is the only list: each row of its tables has a promise and the tests that prove it. What these tried they say in
their own words (the `tried` lines, which they print where `CREMA_TRIED` is set); it is printed here and stands nowhere else.
A test is named as `target::path::of::test`, where the target is `lib` or a folder of tests/; as `tests/wiring/file.py::test`;
or as `make target`.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/RELIABILITY.md"
HEAD = ["Promise", "Proved by"]
PYTHON = ROOT / ".venv/bin/python"


class Row:
    """A line of the page's tables: a promise and the names of its tests."""

    def __init__(self, number, group, cells):
        self.number = number
        self.group = group
        self.promise = cells[0]
        self.tests = re.findall(r"`([^`]+)`", cells[1])


class Result:
    def __init__(self, passed, tried=()):
        self.passed = passed
        self.tried = list(tried)


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows_of(page):
    rows, group, is_table = [], "", False
    for number, line in enumerate(page.splitlines()):
        if line.startswith("## "):
            group = line.removeprefix("## ")
        if not line.startswith("|"):
            is_table = False
        elif cells_of(line) == HEAD:
            is_table = True
        elif is_table and not line.startswith("|---"):
            rows.append(Row(number, group, cells_of(line)))
    return rows


def run(command):
    env = os.environ | {"CREMA_TRIED": "1", "CREMA_ALL": "1"}
    return subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")


def target_of(name):
    """How cargo is told which tests: `lib`, `command`, or the name of a folder of tests/."""
    if name == "command":
        return ["-p", "crema-cli", "--test", name]
    return ["--lib"] if name == "lib" else ["--test", name]


def existing_rust(target):
    done = run(["cargo", "test", "--quiet", *target_of(target), "--", "--list"])
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nthe tests of {target} cannot be listed")
    return {f"{target}::{m[1]}" for m in re.finditer(r"^(\S+): test$", done.stdout, re.MULTILINE)}


def exists(name, known):
    if name.startswith("make "):
        return f"\n{name.removeprefix('make ')}:" in (ROOT / "Makefile").read_text()
    if ".py::" in name:
        path, _, test = name.partition("::")
        return (ROOT / path).is_file() and f"def {test}(" in (ROOT / path).read_text()
    target, _, _ = name.partition("::")
    if target not in known:
        known[target] = existing_rust(target)
    return name in known[target]


def check(rows):
    """Ends with what the page names and nobody has."""
    known, missing = {}, []
    for row in rows:
        if not row.tests:
            missing.append(f"line {row.number + 1}: no test proves: {row.promise}")
        for name in row.tests:
            if not exists(name, known):
                near = difflib.get_close_matches(name, [n for names in known.values() for n in names], 1)
                missing.append(f"line {row.number + 1}: there is no test {name}" + (f"; is it {near[0]}?" if near else ""))
    if missing:
        sys.exit("docs/RELIABILITY.md: " + "\ndocs/RELIABILITY.md: ".join(missing))


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_rust(target, names):
    """Runs the named tests of a target; the output of those that fail is shown."""
    say(f"running the tests of {target}: {len(names)} …")
    paths = [name.removeprefix(f"{target}::") for name in names]
    done = run(["cargo", "test", "--quiet", *target_of(target), "--", "--exact", *paths, "--show-output", "--format=pretty"])
    passed = dict(re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (\w+)$", done.stdout, re.MULTILINE))
    tried, test = {}, None
    for line in done.stdout.splitlines():
        if header := re.fullmatch(r"---- (\S+) stdout ----", line):
            test = header[1]
        elif line.startswith("tried\t") and test:
            tried.setdefault(test, []).append(line.split("\t")[2])
    if done.returncode != 0:
        say(done.stdout)
    return {f"{target}::{path}": Result(passed.get(path) == "ok", tried.get(path, ())) for path in paths}


def run_python(names):
    say(f"running the tests of tests/wiring: {len(names)} …")
    done = run([str(PYTHON), "-m", "pytest", "-v", "-s", *names])
    if done.returncode != 0:
        say(done.stdout)
    results = {name: Result(done.returncode == 0) for name in names}
    for line in done.stdout.splitlines():
        _, word, rest = line.rpartition("tried\t")
        test, _, what = rest.partition("\t")
        for name in names if word else ():
            if name.endswith(f"::{test}"):
                results[name].tried.append(what)
    return results


def run_make(name):
    say(f"running {name} …")
    done = run(name.split())
    if done.returncode != 0:
        say(done.stdout)
    # What a tool says of its own checks: `bans ok, licenses ok, sources ok`.
    return Result(done.returncode == 0, re.findall(r"^(.* ok|.* NOT checked.*)$", done.stdout, re.MULTILINE))


def run_all(rows):
    names = list(dict.fromkeys(name for row in rows for name in row.tests))
    made = [name for name in names if name.startswith("make ")]
    python = [name for name in names if ".py::" in name]
    rust = {}
    for name in names:
        if name not in made and name not in python:
            rust.setdefault(name.partition("::")[0], []).append(name)
    results = {}
    for target, of_target in rust.items():
        results |= run_rust(target, of_target)
    if python:
        results |= run_python(python)
    return results | {name: run_make(name) for name in made}


def told(tried):
    """What the tests said, one after the other; a test that says nothing tried one thing once."""
    counts = {what: tried.count(what) for what in tried}
    return "; ".join(what if count == 1 else f"{count} times {what}" for what, count in counts.items()) or "once"


def table(rows, results):
    group = None
    for row in rows:
        if row.group != group:
            group = row.group
            print(f"\n{group}\n{'=' * len(group)}")
        print(f"\n{re.sub(r'`', '', row.promise)}")
        for name in row.tests:
            result = results[name]
            print(f"  {'passed' if result.passed else 'FAILED'} | {name} | {told(result.tried)}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true", help="only check that every named test exists")
    options = options.parse_args()
    rows = rows_of(PAGE.read_text())
    if not rows:
        sys.exit(f"docs/RELIABILITY.md has no table with the head | {' | '.join(HEAD)} |")
    check(rows)
    count = len({name for row in rows for name in row.tests})
    if options.check:
        print(f"docs/RELIABILITY.md: {len(rows)} promises, {count} tests, all there")
        return
    results = run_all(rows)
    table(rows, results)
    failed = [name for name, result in results.items() if not result.passed]
    print(f"\n{len(rows)} promises, {count} tests: {count - len(failed)} passed, {len(failed)} failed")
    if failed:
        sys.exit("failed or not run: " + ", ".join(failed))


if __name__ == "__main__":
    main()
