#!/usr/bin/env python3
"""Writes src/definition/shape.json: the shape of RegisterTaskDefinition, from the service model that botocore carries.

    python3 -m venv .venv && .venv/bin/pip install -r scripts/requirements.txt
    .venv/bin/python scripts/shape.py            # write it
    .venv/bin/python scripts/shape.py --check    # fail if the committed file is another

The service model (ecs/2014-11-13/service-2.json) is Copyright Amazon.com, Inc. or its affiliates, licensed under the
Apache License, Version 2.0. What is taken of it: types, members, required members, enum values and limits; no text.
"""

import gzip
import json
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src" / "definition" / "shape.json"
# `long` and the like would need a look at src/definition/shape.rs first.
TYPES = {"structure", "list", "map", "string", "integer", "boolean"}


def pinned():
    """The version of botocore that requirements.txt names."""
    lines = (HERE / "requirements.txt").read_text().splitlines()
    return next(line.split("==")[1].strip() for line in lines if line.startswith("botocore=="))


def model():
    """The service model of the installed botocore, which has to be the pinned one."""
    spec = find_spec("botocore")
    if spec is None:
        sys.exit("botocore is not installed: pip install -r scripts/requirements.txt")
    import botocore

    if botocore.__version__ != pinned():
        sys.exit(f"botocore {botocore.__version__} is installed, scripts/requirements.txt pins {pinned()}")
    path = Path(spec.origin).parent / "data" / "ecs" / "2014-11-13" / "service-2.json"
    if path.exists():
        return json.loads(path.read_bytes())
    return json.loads(gzip.decompress(path.with_name("service-2.json.gz").read_bytes()))


def reduced(name, shape):
    """What the check needs of one shape."""
    kind = shape["type"]
    if kind not in TYPES:
        sys.exit(f"{name}: the type {kind} is new; src/definition/shape.rs has to learn it")
    out = {"type": kind}
    if kind == "structure":
        out["members"] = {member: at["shape"] for member, at in shape["members"].items()}
        out |= {key: shape[key] for key in ("required", "union") if shape.get(key)}
    elif kind == "list":
        out["member"] = shape["member"]["shape"]
    elif kind == "map":
        out["value"] = shape["value"]["shape"]
    # The order of an enum is the model's: messages list it so.
    return out | {key: shape[key] for key in ("enum", "min", "max", "pattern") if key in shape}


def shapes(model, root):
    """Every shape that is reached from `root`."""
    found, open_ = {}, [root]
    while open_:
        name = open_.pop()
        if name not in found:
            found[name] = reduced(name, model["shapes"][name])
            members = found[name].get("members", {}).values()
            open_ += [*members, *(found[name][key] for key in ("member", "value") if key in found[name])]
    return found


def text():
    """The file: one line a shape, so that a new model is a readable difference."""
    service = model()
    root = service["operations"]["RegisterTaskDefinition"]["input"]["shape"]
    found = shapes(service, root)
    lines = [f"    {json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}" for name in sorted(found)]
    head = {"botocore": pinned(), "root": root}
    head = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    return "{\n" + head + '  "shapes": {\n' + ",\n".join(lines) + "\n  }\n}\n"


def main():
    made = text()
    if sys.argv[1:] == ["--check"]:
        if not TARGET.exists() or TARGET.read_text() != made:
            sys.exit(f"{TARGET.name} is not what scripts/shape.py makes of botocore {pinned()}: run it and commit the file")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        TARGET.write_text(made)


if __name__ == "__main__":
    main()
