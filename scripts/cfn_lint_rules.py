"""Compares crema's rules with cfn-lint's rules for AWS::ECS::TaskDefinition.

The definitions are those of the rules' cases, drawn pairs of them, and what examples/ and the fixture render; a test of
the library writes them with what crema says. What cfn-lint calls an error, crema refuses or tells by one of the rules
that stand beside it in EXPECTED, or the difference is listed below with its reason.

    python scripts/cfn_lint_rules.py            # 150 drawn pairs
    CREMA_DRAWS=3000 python scripts/cfn_lint_rules.py
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from cfnlint.api import ManualArgs, lint

ROOT = Path(__file__).resolve().parent.parent
TEST = "definitions_are_drawn_that_have_the_shape_of_the_api"
# A template takes no more resources.
BATCH = 100

# cfn-lint's rule: the rules of crema, one of which has to say something.
EXPECTED = {
    "E3002": {"variable-twice"},
    "E3042": {"no-essential-container"},
    "E3046": {"awslogs-options"},
    "E3047": {"fargate-size", "fargate-cpu-unknown", "size-unreadable"},
    "E3048": {
        "fargate-network", "fargate-log-driver", "fargate-placement", "fargate-cpu-missing", "fargate-memory-missing",
        "fargate-size", "fargate-cpu-unknown",
    },
    "E3053": {"awsvpc-host-port"},
    "E1156": {"role-arn", "empty-text"},
    "E3511": {"role-arn", "empty-text"},
}

# Differences: cfn-lint's rule, what its message looks like, and why crema says nothing.
DIFFERENCES = [
    ("E3511", r"^'execution' ", "a bare name is a role's name for ECS: “The short name or full Amazon Resource Name (ARN)”"),
    ("E1156", r"'execution'", "the format of a role's ARN, which a bare name has not; ECS takes bare names"),
    ("E3037", r"non-unique", "CloudFormation wants the elements of these lists to be unique; ECS is not CloudFormation"),
    ("E3046", r"'Options' is a required property|'awslogs-group' is a required property",
     "the group may come from secretOptions, which cfn-lint does not look at"),
    ("E3053", r"^0 does not equal", "a hostPort of 0 counts as absent: ECS takes it with awsvpc"),
]

# Names that CloudFormation spells otherwise than with a capital.
SPELLED = {
    "efsVolumeConfiguration": "EFSVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration": "FSxWindowsFileServerVolumeConfiguration",
    "s3filesVolumeConfiguration": "S3FilesVolumeConfiguration",
    "iam": "IAM",
}
# Maps whose keys are the author's.
MAPS = {"options", "dockerLabels", "driverOpts", "labels"}


def translated(value, key=""):
    """A member of RegisterTaskDefinition as AWS::ECS::TaskDefinition spells it."""
    if key in MAPS:
        return value
    if isinstance(value, list):
        return [translated(element) for element in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, member in value.items():
        spelled = SPELLED.get(name, name[0].upper() + name[1:])
        if key == "efsVolumeConfiguration" and name == "fileSystemId":
            spelled = "FilesystemId"
        if key == "proxyConfiguration" and name == "properties":
            spelled = "ProxyConfigurationProperties"
        found[spelled] = translated(member, name)
    return found


def drawn():
    """The definitions, with what crema says of each."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        environment = {**os.environ, "CREMA_WRITE_DEFINITIONS": file.name}
        subprocess.run(["cargo", "test", "-q", "--lib", TEST], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in file]


def errors(definitions):
    """cfn-lint's errors of each definition: rule and message."""
    found = [[] for _ in definitions]
    for start in range(0, len(definitions), BATCH):
        resources = {
            f"T{start + i}": {"Type": "AWS::ECS::TaskDefinition", "Properties": translated(d)}
            for i, d in enumerate(definitions[start:start + BATCH])
        }
        template = json.dumps({"Resources": resources})
        for match in lint(template, config=ManualArgs(regions=["us-east-1"])):
            if match.rule.id.startswith("E"):
                found[int(match.path[1][1:])].append((match.rule.id, match.message))
    return found


def reason(rule, message):
    return next((why for id, pattern, why in DIFFERENCES if id == rule and re.search(pattern, message)), None)


def main():
    lines = drawn()
    same, listed, unknown = 0, {}, []
    for line, found in zip(lines, errors([line["definition"] for line in lines])):
        said = set(line["refused"]) | set(line["told"])
        for rule, message in found:
            if said & EXPECTED.get(rule, set()):
                same += 1
            elif why := reason(rule, message):
                listed[(rule, why)] = listed.get((rule, why), 0) + 1
            else:
                unknown.append((rule, message, sorted(said), line["definition"]))
    print(f"{len(lines)} definitions: {same} errors of cfn-lint that crema refuses or tells, {sum(listed.values())} that differ:")
    for (rule, why), count in sorted(listed.items()):
        print(f"  {rule}, {count} times: {why}")
    for rule, message, said, definition in unknown[:20]:
        print(f"NOT LISTED: {rule}: {message}\n  crema says: {said}\n  {json.dumps(definition)}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
