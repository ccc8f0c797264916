"""What the documentation tells people to run is run: blocks marked ```sh test=NAME against the emulator, the others read."""

import json
import re
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT

PAGES = ["FROM_ECSPRESSO", "SCHEDULES", "GITHUB_ACTIONS"]
BUCKET = "acme-crema"
FAMILY = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/shop-batch"
CLUSTER = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/production"
ROLE = "arn:aws:iam::123456789012:role/schedule"


def blocks(page):
    """The fenced blocks of a page: language, words behind it, text."""
    text = (ROOT / "docs" / f"{page}.md").read_text()
    found = re.findall(r"^```(\w+)(.*)\n((?:.*\n)*?)```$", text, re.MULTILINE)
    assert found
    return [(language, words.split(), body) for language, words, body in found]


def marked(page, name):
    (body,) = [body for _, words, body in blocks(page) if f"test={name}" in words]
    return body


class Shell:
    """A folder with an application in it, and `aws` in the path."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        self.tool(f'exec {sys.executable} {ROOT / "tests/wiring/aws_cli.py"} "$@"')
        files = {"ecspresso.yml": "task_definition: ecs-task-def.json\n", "ecs-task-def.json": "{}"}
        (folder / "deploy/shop").mkdir(parents=True)
        for name, text in files.items():
            (folder / "deploy/shop" / name).write_text(text)

    def tool(self, script):
        """What `aws` does."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "aws").write_text(f"#!/bin/bash\n{script}\n")
        (tools / "aws").chmod(0o755)

    def run(self, script, *arguments, **more):
        environment = {"PATH": f"{self.folder / 'tools'}:/usr/bin:/bin", **self.environment, **more}
        command = ["bash", "-euo", "pipefail", "-c", script, "docs", *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120)

    def output(self, script, *arguments, **more):
        ran = self.run(script, *arguments, **more)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


@pytest.fixture
def offline(tmp_path):
    return Shell(tmp_path, {})


@pytest.fixture
def shell(account, tmp_path):
    return Shell(tmp_path, account.aws.environment)


@pytest.fixture
def bucket(account):
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    yield lambda: {o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
    for key in {o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}:
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.delete_bucket(Bucket=BUCKET)


def test_no_block_to_run_is_forgotten():
    names = {(page, word) for page in PAGES for _, words, _ in blocks(page) for word in words if word.startswith("test=")}
    source = (ROOT / "tests/wiring/test_docs.py").read_text()
    for page, word in names:
        assert f'"{page}", "{word.removeprefix("test=")}"' in source, f"{page}: {word}"


def test_a_folder_is_uploaded_as_an_app(shell, bucket):
    shell.output(marked("FROM_ECSPRESSO", "sync"))
    assert bucket() == {"crema/shop/ecspresso.yml", "crema/shop/ecs-task-def.json"}


@pytest.mark.parametrize("page, name", [("FROM_ECSPRESSO", "plan"), ("FROM_ECSPRESSO", "register")])
def test_a_direct_call_reaches_the_operator(account, shell, page, name):
    assert '"StatusCode": 200' in shell.output(marked(page, name))
    assert account.wait_for(account.outputs["OperatorLogGroup"], lambda e: e == {"action": name, "app": "shop"})


def test_a_rollback_from_a_workflow_reaches_the_operator(account, shell):
    assert json.loads(shell.output(marked("GITHUB_ACTIONS", "rollback")))["FailedEntryCount"] == 0
    is_it = lambda e: e.get("source") == "acme.release"  # noqa: E731
    record = account.wait_for(account.outputs["OperatorLogGroup"], is_it)
    assert record["recorded"]["detail"] == {"family": "shop-batch", "reason": "wrong totals"}


def test_the_env_file_of_a_release_is_the_last_to_go(shell, bucket, account):
    shell.output(marked("GITHUB_ACTIONS", "envfile"), GITHUB_SHA="0123abc")
    body = account.client("s3").get_object(Bucket=BUCKET, Key="crema/shop/release.env")["Body"].read()
    assert body == b"IMAGE_TAG=0123abc\n" and len(bucket()) == 3


def test_a_release_registers_through_the_registrar(account, shell):
    assert shell.output(marked("GITHUB_ACTIONS", "register"), "from-a-workflow").strip() == "{}"
    wanted = {"action": "register", "app": "from-a-workflow"}
    assert account.wait_for(account.outputs["RegistrarLogGroup"], lambda e: e == wanted)


# An `aws` whose answers are as the CLI gives them: a refusal by Lambda, a failed function, a function that did it.
BUSY = 'echo "An error occurred (TooManyRequestsException) when calling the Invoke operation: Rate Exceeded." >&2; exit 254'
DENIED = 'echo "An error occurred (AccessDeniedException) when calling the Invoke operation: no" >&2; exit 254'
FAILED = """echo '{"errorType": "ImageNotFound", "errorMessage": "shop: no tag"}' > "${@: -1}"; echo Unhandled"""
DONE = """echo '{"counts": {"registered": 1}}' > "${@: -1}"; echo None"""


@pytest.mark.parametrize(
    "first, then, calls, status, says",
    [
        (DONE, DONE, 1, 0, '"registered": 1'),
        (FAILED, DONE, 1, 1, "shop: no tag"),
        (BUSY, DONE, 2, 0, '"registered": 1'),
        (BUSY, FAILED, 2, 1, "::error::registering shop failed"),
        (DENIED, DONE, 1, 1, "AccessDeniedException"),
        (BUSY, BUSY, 40, 1, "busy all the time"),
    ],
    ids=["done", "failed", "busy, then done", "busy, then failed", "denied", "always busy"],
)
def test_the_call_of_a_release_fails_where_registering_fails(offline, first, then, calls, status, says):
    offline.tool(f"echo >> calls; if [ $(wc -l < calls) = 1 ]; then\n{first}\nelse\n{then}\nfi")
    ran = offline.run(marked("GITHUB_ACTIONS", "register"), "shop", PAUSE="0")
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert says in ran.stdout + ran.stderr
    assert len((offline.folder / "calls").read_text().splitlines()) == calls


def test_the_workflow_uploads_files_then_image_then_calls(shell, bucket):
    workflow = yaml.safe_load(marked("GITHUB_ACTIONS", "workflow"))
    assert workflow["permissions"] == {"id-token": "write", "contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    steps = [step.get("run", step.get("uses")) for step in workflow["jobs"]["release"]["steps"]]
    order = [i for word in ("docker build", "aws s3 sync", "docker push", "register.sh") for i, s in enumerate(steps) if word in s]
    assert order == sorted(order) and len(order) == 4
    shell.output(steps[order[1]])
    assert "crema/shop/ecspresso.yml" in bucket()
    for step in workflow["jobs"]["release"]["steps"]:
        assert subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True).returncode == 0


def test_schedules_that_name_a_revision_are_found(account, shell):
    events, scheduler = account.client("events"), account.client("scheduler")
    events.put_rule(Name="shop-nightly", ScheduleExpression="cron(0 18 * * ? *)", State="DISABLED")
    ecs = {"TaskDefinitionArn": f"{FAMILY}:41", "TaskCount": 1}
    events.put_targets(Rule="shop-nightly", Targets=[{"Id": "t", "Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": ecs}])
    target = {"Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": {"TaskDefinitionArn": FAMILY}}
    scheduler.create_schedule(
        Name="shop-nightly", ScheduleExpression="cron(0 3 * * ? *)", FlexibleTimeWindow={"Mode": "OFF"},
        State="DISABLED", Target=target,
    )
    try:
        assert shell.output(marked("SCHEDULES", "rules")).split() == ["shop-nightly", f"{FAMILY}:41"]
        found = shell.output(marked("SCHEDULES", "schedules")).split()
        assert "shop-nightly" in found and found[-1] == FAMILY
    finally:
        # Other tests look whether schedules are pinned.
        events.remove_targets(Rule="shop-nightly", Ids=["t"])
        events.delete_rule(Name="shop-nightly")
        scheduler.delete_schedule(Name="shop-nightly")


def test_schedules_of_the_page_name_the_family_alone():
    for language, _, body in blocks("SCHEDULES"):
        if language == "yaml":
            (rule,) = yaml.safe_load(body)["rules"]
            assert rule["taskDefinition"] == "shop-batch"
        if language == "hcl":
            assert not re.search(r"task-definition/[\w-]+:", body)


@pytest.mark.parametrize("page, name", [("SCHEDULES", "policy"), ("GITHUB_ACTIONS", "policy"), ("GITHUB_ACTIONS", "trust")])
def test_policies_are_taken_by_iam(account, page, name):
    document = json.loads(marked(page, name))
    iam = account.client("iam")
    if name == "trust":
        iam.create_role(RoleName="docs", AssumeRolePolicyDocument=json.dumps(document))
        iam.delete_role(RoleName="docs")
    else:
        made = iam.create_policy(PolicyName="docs", PolicyDocument=json.dumps(document))["Policy"]
        iam.delete_policy(PolicyArn=made["Arn"])
    for statement in document["Statement"]:
        alone = statement.get("Resource") == "*" and statement["Action"] != "ecr:GetAuthorizationToken"
        assert not alone, statement
    if page == "SCHEDULES":
        assert f"{FAMILY}:*" in document["Statement"][0]["Resource"]
