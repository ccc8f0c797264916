"""The template, deployed by the real `sam deploy` on an emulator that enforces the roles' policies."""

import json
import sys
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from demo import deploy, emulator  # noqa: E402
from demo.processes import Processes  # noqa: E402
from demo.world import World  # noqa: E402

# The bucket, prefix and repository of the files of events/.
BUCKET = "crema-config"
CHAT = "arn:aws:sns:ap-northeast-1:123456789012:chat"
PARAMETERS = {
    "ConfigBucket": BUCKET, "ReleaseRepositories": "batch,web-*,docker-hub/*", "SweepRate": "rate(1 hour)",
    "CircuitBreaker": "on", "KeepRevisions": "30", "ChatTopicArn": CHAT, "Dashboard": "true",
}
# What the stack `live` permits to look up and to read.
LOOKUPS = {
    "SsmPath": "/shop",
    "SecretPrefix": "shop/",
    "StackPattern": "network-*",
    "StackExports": "true",
    "StateObjectArns": "arn:aws:s3:::crema-states/prod/*",
    "ReadSchedules": "true",
    "KeepRevisions": "500",
    "DoctorReads": "true",
}


class Loader(yaml.SafeLoader):
    """Reads a template; what CloudFormation's own tags hold does not matter here."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Loader)


class Account:
    """The emulated account, with the stack in it."""

    def __init__(self, processes, aws, template):
        self.processes = processes
        self.aws = aws
        self.template = template
        self.client = aws.client
        self.outputs = {}

    def deploy(self, more=None, stack=deploy.STACK):
        return deploy.deploy(self.processes, self.aws, self.template, more, stack)

    def rules(self):
        """The deployed rules by logical id, with their targets."""
        events = self.client("events")
        resources = self.client("cloudformation").list_stack_resources(StackName=deploy.STACK)
        found = {}
        for resource in resources["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::Events::Rule":
                name = resource["PhysicalResourceId"].rpartition("/")[2]
                rule = events.describe_rule(Name=name)
                rule["Targets"] = events.list_targets_by_rule(Rule=name)["Targets"]
                found[resource["LogicalResourceId"]] = rule
        return found

    def recorded(self, group):
        """The records of the function that logs to the group."""
        messages = self.client("logs").filter_log_events(logGroupName=group)["events"]
        return [json.loads(m["message"]) for m in messages if m["message"].startswith('{"recorded"')]

    def wait_for(self, group, event):
        """The record for whose event `event(…)` holds, within ten seconds."""
        for _ in range(100):
            for record in self.recorded(group):
                if event(record["recorded"]):
                    return record
            time.sleep(0.1)
        return None


@pytest.fixture(scope="session")
def account(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wiring")
    template = deploy.running(ROOT / "tests/wiring/recorder", folder / "template.yaml")
    processes = Processes(folder)
    try:
        aws = emulator.start(processes, more={"AUTH": "true"})
        made = Account(processes, aws, template)
        made.outputs = made.deploy(PARAMETERS)
        yield made
    finally:
        processes.stop()


@pytest.fixture(scope="session")
def live(account):
    """A stack with the function in it, and the examples in its bucket."""
    template = deploy.with_code(account.template.parent / "live", deploy.compiled(account.processes))
    # The registrar has nothing to do here, so that only calls change anything.
    parameters = {"SettleSeconds": "0", "RegistrarConcurrency": "off", "RollbackQuietSeconds": "0"}
    outputs = deploy.deploy(account.processes, account.aws, template, {**parameters, **LOOKUPS}, stack="live")
    deploy.allow_http(account.aws, outputs)
    for action in [*deploy.NOT_BY_CONDITION, "events:ListTargetsByRule"]:
        deploy.allow_on_any(account.aws, outputs, action)
    events = account.client("events")
    for rule in events.list_rules(NamePrefix="live-")["Rules"]:
        events.disable_rule(Name=rule["Name"])
    world = World(account.aws, outputs)
    world.make_account()
    for app in ("shop", "reports"):
        world.push_image(app, "release", "1")
    world.upload_examples("lib", "shop", "reports")
    return world


def change(live):
    """Makes the wanted definition of shop another one."""
    changed = "shop/ecs-task-def.jsonnet"
    change.count = getattr(change, "count", 0) + 1
    text = (ROOT / "examples" / changed).read_text().replace("'off'", f"'{change.count}'")
    live.upload(changed, text)
