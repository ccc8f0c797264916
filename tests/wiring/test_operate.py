"""What DEPLOY.md and OPERATE.md tell people to run does what they say, on the emulator."""

import json
import re
import shutil

import pytest
from conftest import ROOT, TEMPLATE, change
from pages import Shell, marked, names, page

FAMILY = "shop-batch"
REGISTER = {"action": "register", "app": "shop"}
# The two pages' marked blocks, each run by a test below.
RUN = {
    "OPERATE": [
        "log", "status", "told", "rollback", "event", "to", "again", "register", "by-itself", "redrive", "lifecycle",
        "expire", "delete",
    ],
    "DEPLOY": ["deploy", "notifications", "doctor"],
}


@pytest.fixture
def shell(account, tmp_path):
    """For commands of which only the way to the function is looked at."""
    return Shell(tmp_path, account.aws.environment)


@pytest.fixture
def living(account, live, tmp_path):
    """For commands whose answer is the function's."""
    return Shell(tmp_path, account.aws.environment, stack="live")


def answer(text):
    """The function's answer, before what the CLI says of the call."""
    return json.JSONDecoder().raw_decode(text)[0]


def only(found, family=FAMILY):
    (outcome,) = [outcome for outcome in found["outcomes"] if outcome["family"] == family]
    return outcome


def register(live):
    """Registers another revision of shop-batch; gives its number."""
    change(live)
    return only(live.operator(REGISTER))["revision"]


@pytest.mark.parametrize("name", RUN)
def test_every_marked_block_is_run(name):
    assert names(name) == RUN[name]


def test_a_rollback_says_what_schedules_run_from_now_on(live, living):
    first, second = register(live), register(live)
    found = only(answer(living.output(marked("OPERATE", "rollback"))))
    assert (found["decision"], found["revision"], found["latest"]) == ("rolled_back", second, first)
    assert found["request_reason"] == "wrong totals"


def test_again_goes_one_further_back(live, living):
    revisions = [register(live) for _ in range(3)]
    living.output(marked("OPERATE", "rollback"))
    found = only(answer(living.output(marked("OPERATE", "again"))))
    assert (found["decision"], found["latest"]) == ("rolled_back", revisions[0])


def test_to_goes_back_a_release(live, living):
    before, *release = [register(live) for _ in range(3)]
    script = marked("OPERATE", "to")
    assert script.count('"to": 40') == 1
    found = only(answer(living.output(script.replace('"to": 40', f'"to": {before}'))))
    assert (found["decision"], found["revisions"], found["latest"]) == ("rolled_back", release[::-1], before)


def test_register_ends_the_hold(live, living):
    register(live), register(live)
    living.output(marked("OPERATE", "rollback"))
    assert only(live.registrar({"action": "sweep"}))["decision"] == "held"
    assert only(answer(living.output(marked("OPERATE", "register"))))["decision"] == "registered"


def test_deregistering_in_ecs_is_a_rollback(live):
    """What the console's Deregister does."""
    register(live)
    number = register(live)
    live.ecs.deregister_task_definition(taskDefinition=f"{FAMILY}:{number}")
    assert only(live.registrar({"action": "sweep"}))["decision"] == "held"


def test_status_tells_of_every_family(live, living):
    register(live)
    found = answer(living.output(marked("OPERATE", "status")))
    states = {family["family"]: family["state"] for family in found["families"]}
    assert states[FAMILY] == "in_sync" and "reports-ec2" in states


def test_the_log_tells_what_happened_to_a_family(live, living):
    number = register(live)
    # The emulator gives every line, whatever the filter's pattern: it is applied here.
    lines = [json.loads(line) for line in re.split(r"[\t\n]", living.output(marked("OPERATE", "log"))) if line[:1] == "{"]
    found = [line for line in lines if line.get("family") == FAMILY]
    assert number in [line["revision"] for line in found if line["decision"] == "registered"]


def test_a_request_on_the_bus_reaches_the_operator(account, shell):
    assert json.loads(shell.output(marked("OPERATE", "event")))["FailedEntryCount"] == 0
    record = account.wait_for(account.outputs["OperatorLogGroup"], lambda e: e.get("source") == "on-call")
    assert record["recorded"]["detail"] == {"family": FAMILY, "reason": "wrong totals"}


def push(id):
    """The event of a push of shop's image."""
    event = json.loads((ROOT / "events/ecr-push.json").read_text())
    return {**event, "id": id, "detail": {**event["detail"], "repository-name": "shop"}}


def test_dead_letters_are_sent_again_and_leave_the_queue(account, live, living):
    record = json.loads((ROOT / "events/failed-invocation.json").read_text())
    record["requestPayload"] = push("letter-of-lambda")
    sqs, queue = account.client("sqs"), live.outputs["DeadLetterQueueUrl"]
    hopeless = {"action": "register", "app": "no-such-app"}
    for letter in (push("letter-of-a-rule"), record, hopeless):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(letter))
    change(live)
    said = [json.loads(line) for line in living.output(marked("OPERATE", "redrive")).splitlines()]
    assert {s["trigger"]["id"] for s in said if "trigger" in s} == {"letter-of-a-rule", "letter-of-lambda"}
    assert sorted(only(s)["decision"] for s in said if "trigger" in s) == ["registered", "unchanged"]
    assert [s["errorType"] for s in said if "errorType" in s] == ["InvalidEvent"]
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (left["ApproximateNumberOfMessages"], left["ApproximateNumberOfMessagesNotVisible"]) == ("0", "1")
    sqs.purge_queue(QueueUrl=queue)
    # An empty queue is no error, and says nothing.
    assert living.output(marked("OPERATE", "redrive")) == ""


@pytest.fixture(scope="module")
def by_itself(account):
    """The stack of rules, but for its source: nobody puts an event as aws.cloudwatch, on AWS or here."""
    text = marked("OPERATE", "by-itself")
    for source in ("aws.cloudwatch",):
        assert text.count(f"source: [{source}]") == 1
        text = text.replace(f"source: [{source}]", f"source: [test.{source}]")
    cloudformation = account.client("cloudformation")
    queue = account.client("sqs").create_queue(QueueName="by-itself")["QueueUrl"].rpartition("/")[2]
    arn = f"arn:aws:sqs:ap-northeast-1:123456789012:{queue}"
    cloudformation.create_stack(
        StackName="by-itself", TemplateBody=text, Parameters=[{"ParameterKey": "DeadLetterQueueArn", "ParameterValue": arn}]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="by-itself", WaiterConfig={"Delay": 1})
    found = cloudformation.list_stack_resources(StackName="by-itself")["StackResourceSummaries"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"].rpartition("/")[2] for r in found}


def alarm(name="shop-batch-totals", state="ALARM"):
    return "CloudWatch Alarm State Change", {"alarmName": name, "state": {"value": state}}


def matches(account, rule, source, event):
    """Whether the deployed rule matches. (moto does not look into lists of objects, as EventBridge does.)"""
    kind, detail = event
    whole = {
        "version": "0", "id": "1", "source": source, "account": "123456789012", "time": "2026-11-23T03:00:00Z",
        "region": "ap-northeast-1", "resources": [], "detail-type": kind, "detail": detail,
    }
    events = account.client("events")
    pattern = events.describe_rule(Name=rule)["EventPattern"]
    return events.test_event_pattern(EventPattern=pattern, Event=json.dumps(whole))["Result"]


@pytest.mark.parametrize(
    "logical, event, expected",
    [
        ("Alarm", alarm(), True),
        ("Alarm", alarm(state="OK"), False),
        ("Alarm", alarm(name="another"), False),
    ],
    ids=["alarm", "ok", "another alarm"],
)
def test_a_rule_by_itself_hears_what_it_is_for(account, by_itself, logical, event, expected):
    assert matches(account, by_itself[logical], "test.aws.cloudwatch", event) is expected


def put(account, source, event):
    """Puts an event; gives what reached the operator as its request, and the event's own id."""
    kind, detail = event
    entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
    (sent,) = account.client("events").put_events(Entries=[entry])["Entries"]
    record = account.wait_for(account.outputs["OperatorLogGroup"], lambda e: e.get("id") == sent["EventId"])
    return record["recorded"]


def test_an_alarm_takes_back_the_latest_revision(account, live, by_itself):
    register(live)
    number = register(live)
    request = put(account, "test.aws.cloudwatch", alarm())
    assert request.pop("time") and request.pop("id")
    assert request == {"action": "rollback", "family": FAMILY, "reason": "the alarm shop-batch-totals went off"}
    assert only(live.operator(request))["revision"] == number


def test_an_alarm_that_comes_late_touches_no_newer_revision(account, live, by_itself):
    request = put(account, "test.aws.cloudwatch", alarm())
    number = register(live)
    late = only(live.operator({**request, "time": "2026-11-01T00:00:00Z"}))
    assert late["decision"] in ("superseded", "already_rolled_back") and late["latest"] == number


@pytest.mark.parametrize("decision, expected", [("drifted", True), ("failed", True), ("kept", True), ("registered", False)])
def test_the_pattern_for_programs_finds_what_is_not_as_wished(account, decision, expected):
    pattern = marked("OPERATE", "told")
    event = {
        "version": "0", "id": "1", "source": "crema", "detail-type": "Task Definition Outcome",
        "account": "123456789012", "time": "2026-11-23T03:00:00Z", "region": "ap-northeast-1", "resources": [],
        "detail": {"decision": decision},
    }
    result = account.client("events").test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
    assert result is expected


def test_the_lifecycle_policy_keeps_untagged_images_by_count(account, live, living):
    living.output(marked("OPERATE", "lifecycle"))
    policy = account.client("ecr").get_lifecycle_policy(repositoryName="shop")["lifecyclePolicyText"]
    (rule,) = json.loads(policy)["rules"]
    assert rule["selection"] == {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 50}


@pytest.fixture
def keeping(live):
    """The operator of `live`, which keeps two revisions for the time of a test."""
    variables = live.functions.get_function(FunctionName="live-operator")["Configuration"]["Environment"]["Variables"]
    set_variables(live, {**variables, "KEEP_REVISIONS": "2"})
    yield live
    set_variables(live, variables)


def set_variables(live, variables):
    live.functions.update_function_configuration(FunctionName="live-operator", Environment={"Variables": variables})


def is_own(world, arn):
    tags = world.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]).get("tags", [])
    return any(tag["key"] == "crema:fingerprint" for tag in tags)


def test_what_is_older_than_what_is_kept_is_told_and_expires(keeping, living):
    revisions = [register(keeping) for _ in range(4)]
    found = only(answer(living.output(marked("OPERATE", "expire"))))
    assert found["decision"] == "would_expire" and not set(revisions[2:]) & set(found["revisions"])
    while expired := keeping.operator({"action": "expire", "app": "shop"})["outcomes"]:
        assert {outcome["decision"] for outcome in expired} == {"expired"}
    for family in ("shop-batch", "shop-web"):
        arns = keeping.ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"]
        # What somebody registered by hand stays.
        assert len([arn for arn in arns if is_own(keeping, arn)]) == 2, arns


def test_deleting_leaves_the_newest_that_were_deregistered(account, living):
    ecs = account.client("ecs")
    script = marked("OPERATE", "delete")
    assert script.count("shop-batch") == 1
    container = {"name": "app", "image": "busybox", "memory": 128}
    for _ in range(33):
        made = ecs.register_task_definition(family="to-delete", containerDefinitions=[container])["taskDefinition"]
        ecs.deregister_task_definition(taskDefinition=made["taskDefinitionArn"])
    living.output(script.replace("shop-batch", "to-delete"))
    left = ecs.list_task_definitions(familyPrefix="to-delete", status="INACTIVE", sort="DESC")["taskDefinitionArns"]
    assert [int(arn.rpartition(":")[2]) for arn in left] == list(range(33, 13, -1))


def test_a_bucket_of_ones_own_is_told_to_send_its_events(account, shell):
    s3 = account.client("s3")
    s3.create_bucket(Bucket="acme-crema", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    try:
        shell.output(marked("DEPLOY", "notifications"))
        assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="acme-crema")
    finally:
        s3.delete_bucket(Bucket="acme-crema")


def test_the_stack_is_deployed_as_the_page_says(account, tmp_path):
    shell = Shell(tmp_path, account.aws.environment, stack="docs")
    shutil.copy(account.template, tmp_path / "template.yaml")
    # The function is built by `make demo`; here the stand-in of the other tests takes its place.
    build, script = marked("DEPLOY", "deploy").split("\n", 1)
    assert build == "sam build"
    shell.output(script)
    (stack,) = account.client("cloudformation").describe_stacks(StackName="docs")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["ConfigUri"] == "s3://acme-crema/crema/"


def test_the_list_of_resources_is_complete():
    rules = {
        f"{name}{event}" for name, resource in TEMPLATE["Resources"].items()
        for event in resource.get("Properties", {}).get("Events", {})
    }
    for name in {*TEMPLATE["Resources"], *rules}:
        assert f"`{name}`" in page("DEPLOY"), name


def test_every_alarm_has_its_advice():
    alarms = [name for name, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert len(alarms) == 14
    advice = page("OPERATE").split("## What to do when an alarm goes off")[1]
    for name in alarms:
        assert f"`{name}`" in advice, name
