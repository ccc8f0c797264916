"""The self-check on the emulator: each thing that it looks at is broken, its own check says so, and its remedy mends it."""

import json

import pytest
from demo import deploy
from pages import Shell, marked
from test_permissions import Without

# What is well in the stack `live` is what `well` makes; what needs a real account is not looked at.
READS = ["notifications", "rules", "concurrency", "destinations", "dead_letters", "alarms", "lifecycle", "schedules"]
CLUSTER = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/shop"
DEFINITION = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition"


# What the emulator asks for in place of these, or without reading the resource out of the call.
ASKED = {
    "cloudformation:ListStackResources": "cloudformation:ListStackResources",
    "events:DescribeRule": "events:DescribeRule",
    "lambda:GetFunctionConcurrency": "lambda:PutFunctionConcurrency",
    "lambda:GetFunctionEventInvokeConfig": "lambda:GetFunction",
}


def bucket(live):
    return live.outputs["ConfigUri"].split("/")[2]


def doctor(live):
    return {check["check"]: check for check in live.operator({"action": "doctor"})["checks"]}


def results(found):
    return {name: check["result"] for name, check in found.items()}


@pytest.fixture(scope="module")
def well(account, live):
    """All as a good installation has it; gives the results of then."""
    events, functions, sqs = account.client("events"), account.client("lambda"), account.client("sqs")
    for action in ASKED.values():
        deploy.allow_on_any(account.aws, live.outputs, action)
    # The function speaks HTTP to the emulator, and the queue takes TLS only.
    queue = live.outputs["DeadLetterQueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    allowed = [s for s in json.loads(policy)["Statement"] if s["Effect"] == "Allow"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": allowed})})
    for rule in events.list_rules(NamePrefix="live-")["Rules"]:
        events.enable_rule(Name=rule["Name"])
    for name in ("live-registrar", "live-reconciler"):
        # The emulator takes none from a template.
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    account.client("s3").put_bucket_notification_configuration(
        Bucket=bucket(live), NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    live.operator({"action": "register", "app": "shop"})
    live.operator({"action": "register", "app": "reports"})
    yield results(doctor(live))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    iam = account.client("iam")
    for function in ("live-registrar", "live-operator"):
        role = functions.get_function(FunctionName=function)["Configuration"]["Role"].rpartition("/")[2]
        for action in ASKED.values():
            iam.delete_role_policy(RoleName=role, PolicyName=f"emulator-{action.rpartition(':')[2]}")
    for rule in events.list_rules(NamePrefix="live-")["Rules"]:
        events.disable_rule(Name=rule["Name"])
    for name in ("live-registrar", "live-reconciler"):
        functions.delete_function_concurrency(FunctionName=name)


def test_a_good_installation_is_well(live, well):
    assert list(well) == ["prefix", "apps", "images", "families", "memory", "clock", "version", *READS]
    found = doctor(live)
    assert "fail" not in well.values(), found
    for name in ("prefix", "apps", "images", "families", "notifications", "rules", "concurrency", "destinations", "lifecycle"):
        assert well[name] == "ok", found[name]


def only(live, well, name, result):
    """This check says so now, and no other anything else than before."""
    found = doctor(live)
    assert results(found) == {**well, name: result}, found
    assert found[name]["fix"], found[name]
    return found[name]


def test_a_bucket_that_sends_no_events(account, live, well, tmp_path):
    s3 = account.client("s3")
    s3.put_bucket_notification_configuration(Bucket=bucket(live), NotificationConfiguration={})
    told = only(live, well, "notifications", "fail")
    # Its remedy is a command.
    Shell(tmp_path, account.aws.environment).output(told["fix"].split(" (it replaces")[0])
    assert results(doctor(live)) == well


def test_a_rule_that_is_disabled(account, live, well):
    events = account.client("events")
    names = [rule["Name"] for rule in events.list_rules(NamePrefix="live-")["Rules"]]
    for part, result in (("ConfigChange", "fail"), ("Sweep", "warn")):
        (name,) = [name for name in names if part in name]
        events.disable_rule(Name=name)
        told = only(live, well, "rules", result)
        assert name in told["found"] and "enable-rule" in told["fix"]
        events.enable_rule(Name=name)
        assert results(doctor(live)) == well


def test_concurrency_that_is_not_reserved(account, live, well):
    functions = account.client("lambda")
    functions.delete_function_concurrency(FunctionName="live-registrar")
    assert "live-registrar" in only(live, well, "concurrency", "warn")["found"]
    functions.put_function_concurrency(FunctionName="live-registrar", ReservedConcurrentExecutions=1)
    assert results(doctor(live)) == well


def test_a_destination_that_is_gone(account, live, well):
    functions = account.client("lambda")
    config = functions.get_function_event_invoke_config(FunctionName="live-operator", Qualifier="$LATEST")
    functions.delete_function_event_invoke_config(FunctionName="live-operator", Qualifier="$LATEST")
    assert "live-operator" in only(live, well, "destinations", "fail")["found"]
    functions.put_function_event_invoke_config(
        FunctionName="live-operator", Qualifier="$LATEST", MaximumRetryAttempts=2,
        MaximumEventAgeInSeconds=21600, DestinationConfig=config["DestinationConfig"],
    )
    assert results(doctor(live)) == well


def test_an_event_in_the_dead_letter_queue(account, live, well):
    sqs, queue = account.client("sqs"), live.outputs["DeadLetterQueueUrl"]
    before = doctor(live)["dead_letters"]["result"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    assert "docs/OPERATE.md" in only(live, well, "dead_letters", "warn")["fix"]
    if before == "ok":
        sqs.purge_queue(QueueUrl=queue)
        assert results(doctor(live)) == well


def test_a_lifecycle_policy_that_is_too_short(account, live, well, tmp_path):
    ecr = account.client("ecr")
    rule = {"rulePriority": 1, "action": {"type": "expire"}, "selection": {
        "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}}
    ecr.put_lifecycle_policy(repositoryName="shop", lifecyclePolicyText=json.dumps({"rules": [rule]}))
    assert "14 days" in only(live, well, "lifecycle", "warn")["found"]
    # `live` keeps 500 revisions, and the page's policy 50 images.
    policy = marked("OPERATE", "lifecycle").replace('"countNumber": 50', '"countNumber": 500')
    Shell(tmp_path, account.aws.environment).output(policy)
    assert results(doctor(live)) == well
    ecr.delete_lifecycle_policy(repositoryName="shop")


def test_a_schedule_that_is_pinned(account, live, well):
    events = account.client("events")
    events.put_rule(Name="pinned-by-test", ScheduleExpression="rate(1 day)")

    def target(reference):
        ecs = {"TaskDefinitionArn": f"{DEFINITION}/{reference}"}
        role = "arn:aws:iam::123456789012:role/schedule"
        events.put_targets(Rule="pinned-by-test", Targets=[{"Id": "1", "Arn": CLUSTER, "RoleArn": role, "EcsParameters": ecs}])

    try:
        target("shop-batch:1")
        assert "pinned-by-test" in only(live, well, "schedules", "warn")["found"]
        target("shop-batch")
        assert results(doctor(live)) == well
    finally:
        events.remove_targets(Rule="pinned-by-test", Ids=["1"])
        events.delete_rule(Name="pinned-by-test")


PERMISSIONS = [
    ("s3:GetBucketNotification", "notifications"),
    ("events:DescribeRule", "rules"),
    ("lambda:GetFunctionConcurrency", "concurrency"),
    ("lambda:GetFunctionEventInvokeConfig", "destinations"),
    ("sqs:GetQueueAttributes", "dead_letters"),
    ("cloudwatch:DescribeAlarms", "alarms"),
    ("ecr:GetLifecyclePolicy", "lifecycle"),
    ("scheduler:ListSchedules", "schedules"),
]


@pytest.mark.parametrize("action, check", PERMISSIONS, ids=[action for action, _ in PERMISSIONS])
def test_a_permission_that_is_missing_is_unknown_and_named(account, live, well, action, check):
    with Without(account, ASKED.get(action, action)):
        told = only(live, well, check, "unknown")
    assert f"{action} on " in told["found"] or f"`{action}`" in told["found"], told
    assert results(doctor(live)) == well


def test_without_the_stack_s_resources_the_wiring_is_unknown_and_nothing_else(account, live, well):
    with Without(account, "cloudformation:ListStackResources"):
        found = results(doctor(live))
    blind = ("rules", "concurrency", "destinations", "dead_letters", "alarms")
    assert found == {**well, **dict.fromkeys(blind, "unknown")}
