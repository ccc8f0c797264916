#!/usr/bin/env python3
"""What go-jsonnet makes of every program of this folder.

    go.py          prints it as JSON: {"name": {"ok": value} or {"error": true}}
    go.py --write  writes it to expected.json
    go.py --check  fails where expected.json says something else

The same for the definitions of the fixtures and of examples/, by family, in definitions.json.

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
DEFINITIONS = HERE / "definitions.json"
ROOT = HERE.parents[3]
# Every definition that is a whole document, and the external variables of its variants.
RENDERED = {
    "tests/fixtures/team/batch/ecs-task-def.jsonnet": [{"type": "batch"}],
    "examples/shop/ecs-task-def.jsonnet": [{"type": "web"}, {"type": "batch"}],
    "examples/reports/ecs-task-def.jsonnet": [{"launch_type": "EC2"}, {"launch_type": "FARGATE"}],
}


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
    definitions = {}
    for path, variants in RENDERED.items():
        for variables in variants:
            definition = evaluate(gojsonnet, ROOT / path, {"ext_str": variables, "ext_code": {}, "env": {}})["ok"]
            definitions[definition["family"]] = definition
    if "--write" in sys.argv:
        EXPECTED.write_text(lines(results))
        DEFINITIONS.write_text(lines(definitions))
    elif "--check" in sys.argv:
        check(EXPECTED, results)
        check(DEFINITIONS, definitions)
        print(f"gojsonnet {VERSION}: {len(results)} programs and {len(definitions)} definitions as expected")
    else:
        print(lines(results), end="")


def lines(results):
    rows = [f"{json.dumps(name)}: {json.dumps(result, ensure_ascii=False)}" for name, result in results.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def check(file, results):
    known = json.loads(file.read_text())
    wrong = sorted(name for name in known.keys() | results.keys() if known.get(name) != results.get(name))
    if wrong:
        sys.exit(f"go.py: {file.name} is not what gojsonnet {VERSION} gives for: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
