#!/usr/bin/env python3
"""What go-jsonnet makes of every program of this folder.

    go.py          prints it as JSON: {"name": {"ok": value} or {"error": true}}
    go.py --write  writes it to expected.json
    go.py --check  fails where expected.json says something else

Needs the wheel gojsonnet, in the version below.
"""

import importlib.metadata
import json
import pathlib
import sys

VERSION = "0.22.0"
STACK = 500
HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"


def natives(env):
    def must_env(name):
        if name not in env:
            raise KeyError(name)
        return env[name]

    return {
        "env": (("name", "default"), lambda name, default: env.get(name) or default),
        "must_env": (("name",), must_env),
    }


def evaluate(gojsonnet, program, surroundings):
    try:
        text = gojsonnet.evaluate_file(
            str(program),
            max_stack=STACK,
            ext_vars=surroundings["ext_str"],
            ext_codes=surroundings["ext_code"],
            native_callbacks=natives(surroundings["env"]),
        )
    except RuntimeError:
        return {"error": True}
    return {"ok": json.loads(text)}


def main():
    try:
        import _gojsonnet as gojsonnet
    except ImportError:
        sys.exit(f"go.py: the wheel gojsonnet is not installed; `pip install gojsonnet=={VERSION}`")
    version = importlib.metadata.version("gojsonnet")
    if version != VERSION:
        sys.exit(f"go.py: gojsonnet is {version}; expected {VERSION}")
    surroundings = json.loads((HERE / "surroundings.json").read_text())
    programs = sorted(HERE.glob("*.jsonnet"))
    results = {program.stem: evaluate(gojsonnet, program, surroundings) for program in programs}
    lines = [f"{json.dumps(name)}: {json.dumps(result, ensure_ascii=False)}" for name, result in results.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    if "--write" in sys.argv:
        EXPECTED.write_text(text)
    elif "--check" in sys.argv:
        known = json.loads(EXPECTED.read_text())
        wrong = sorted(name for name in known.keys() | results.keys() if known.get(name) != results.get(name))
        if wrong:
            sys.exit(f"go.py: expected.json is not what gojsonnet {VERSION} gives for: {', '.join(wrong)}")
        print(f"gojsonnet {VERSION}: {len(results)} programs as in expected.json")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
