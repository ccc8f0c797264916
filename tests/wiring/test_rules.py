"""Every event goes to the function that is meant to get it, and near misses go nowhere."""

import copy
import json

import pytest
from conftest import BUCKET, CHAT, ROOT
from demo import deploy
from moto.events.models import EventPattern

EVENTS = ROOT / "events"
# The rule that takes each event of EventBridge in events/; every other file is called directly, or by the schedule.
EXPECTED = {
    "ecr-push.json": "RegistrarImagePush",
    "ecr-replication.json": "RegistrarImagePush",
    "ecr-pull-through-cache.json": "RegistrarImagePush",
    "s3-object-created.json": "RegistrarConfigChange",
    "s3-object-deleted.json": "RegistrarConfigChange",
    "rollback.json": "OperatorRollback",
    "work-left.json": "ReconcilerWorkLeft",
    # A task of a service is none of the circuit breaker's.
    **{path.name: "OperatorTaskStopped" for path in EVENTS.glob("task-*.json") if path.name != "task-of-service.json"},
}


def load(name):
    return json.loads((EVENTS / name).read_text())


def changed(name, path, value):
    """The event with one member changed; the value None takes it away."""
    event = copy.deepcopy(load(name))
    *parents, last = path.split(".")
    place = event
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return event


def matching(account, event):
    """The rules that match, by both emulators' reading of the deployed patterns, which must agree."""
    patterns = {name: rule["EventPattern"] for name, rule in account.rules().items() if "EventPattern" in rule}
    by_moto = {name for name, pattern in patterns.items() if EventPattern.load(pattern).matches_event(event)}
    test = account.client("events").test_event_pattern
    by_ministack = {
        name for name, pattern in patterns.items() if test(EventPattern=pattern, Event=json.dumps(event))["Result"]
    }
    assert by_moto == by_ministack
    return by_moto


@pytest.mark.parametrize("name", EXPECTED)
def test_an_event_matches_exactly_its_rule(account, name):
    assert matching(account, load(name)) == {EXPECTED[name]}


@pytest.mark.parametrize("name", sorted({path.name for path in EVENTS.glob("*.json")} - {*EXPECTED, "task-of-service.json"}))
def test_what_is_called_directly_or_by_the_schedule_matches_no_rule(account, name):
    event = load(name)
    assert "detail-type" not in event or event["detail-type"] == "Scheduled Event"
    # An engine takes only what has an event's members.
    assert matching(account, {**load("rollback.json"), "detail-type": "", "detail": {}, **event}) == set()


NEAR_MISSES = {
    "another tag": changed("ecr-push.json", "detail.image-tag", "latest"),
    "a tag that only contains a release tag": changed("ecr-push.json", "detail.image-tag", "pre-release"),
    "no tag": changed("ecr-push.json", "detail.image-tag", None),
    "another repository": changed("ecr-push.json", "detail.repository-name", "worker"),
    "a deleted image": changed("ecr-push.json", "detail.action-type", "DELETE"),
    "a failed push": changed("ecr-push.json", "detail.result", "FAILURE"),
    "another account's push": changed("ecr-push.json", "account", "210987654321"),
    "a forged source": changed("ecr-push.json", "source", "my.ecr"),
    "a replication that failed": changed("ecr-replication.json", "detail.result", "FAILED"),
    "a replication of another tag": changed("ecr-replication.json", "detail.image-tag", "latest"),
    "a replication of another repository": changed("ecr-replication.json", "detail.repository-name", "worker"),
    "a replication into another account": changed("ecr-replication.json", "account", "210987654321"),
    "another action of replication": changed("ecr-replication.json", "detail.action-type", "DELETE"),
    "a pull through a cache that failed": changed("ecr-pull-through-cache.json", "detail.sync-status", "FAILURE"),
    "a pull through a cache of another tag": changed("ecr-pull-through-cache.json", "detail.image-tag", "3.17"),
    "a pull through a cache by digest": changed("ecr-pull-through-cache.json", "detail.image-tag", None),
    "a scan of an image": changed("ecr-push.json", "detail-type", "ECR Image Scan"),
    "a referrer of an image": changed("ecr-push.json", "detail-type", "ECR Referrer Action"),
    "a key beside the prefix": changed("s3-object-created.json", "detail.object.key", "crema-old/batch/x.json"),
    "a key above the prefix": changed("s3-object-created.json", "detail.object.key", "x/crema/batch.json"),
    "another bucket": changed("s3-object-deleted.json", "detail.bucket.name", "crema-config-2"),
    "another event of S3": changed("s3-object-created.json", "detail-type", "Object Tags Added"),
    "a rollback of another account": changed("rollback.json", "account", "210987654321"),
    "a service's task": load("task-of-service.json"),
    "a task of another group that is a service's": changed("task-exit-1.json", "detail.group", "service:shop"),
    "a task that still runs": changed("task-spot.json", "detail.lastStatus", "RUNNING"),
    "a task that a person started": changed("task-exit-1.json", "detail.startedBy", "ecs-console"),
    "a task that nobody says to have started": changed("task-exit-1.json", "detail.startedBy", None),
    "a task of another account's definition": changed(
        "task-exit-1.json", "detail.taskDefinitionArn", "arn:aws:ecs:ap-northeast-1:210987654321:task-definition/batch:42"
    ),
    "another event of ECS": changed("task-exit-1.json", "detail-type", "ECS Deployment State Change"),
    "a rollback of something else": changed("rollback.json", "detail-type", "Task Definition Rollback Done"),
}


def notice(decision, kind="image_push", **more):
    """A notice of crema's on the bus."""
    detail = {"decision": decision, "trigger": {"kind": kind}, "title": "t", "text": "x", "next": "n", "thread": "f", **more}
    return {**load("rollback.json"), "source": "crema", "detail-type": "Task Definition Outcome", "detail": detail}


# Were one matched by a rule to a function, crema would call itself without an end. These are not for the chat either.
NEAR_MISSES["a notice that is not for the chat"] = notice("registered")
NEAR_MISSES["what a sweep finds held again"] = notice("held", "sweep")
NEAR_MISSES["what a sweep finds drifted again"] = notice("drifted", "sweep")
NEAR_MISSES["a failed task of a revision that ran well"] = notice("kept", "task_stopped", proven_at="2026-11-22T18:04:12Z")
NEAR_MISSES["a notice of somebody else"] = {**notice("failed"), "source": "my.crema"}


@pytest.mark.parametrize("event", NEAR_MISSES.values(), ids=NEAR_MISSES.keys())
def test_a_near_miss_matches_no_rule(account, event):
    assert matching(account, event) == set()


@pytest.mark.parametrize(
    "event",
    [notice("failed"), notice("failed", "sweep"), notice("refused", "rollback"), notice("rolled_back", "task_stopped"), notice("held"),
     notice("drifted", "config_change"), notice("kept", "task_stopped")],
    ids=lambda event: f"{event['detail']['decision']} by {event['detail']['trigger']['kind']}",
)
def test_the_chat_gets_what_somebody_should_read(account, event):
    assert matching(account, event) == {"ChatNotices"}


def test_a_notice_becomes_a_custom_notification_whose_texts_are_taken_as_a_whole(account):
    (target,) = account.rules()["ChatNotices"]["Targets"]
    assert target["Arn"] == CHAT
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {name: f"$.detail.{name}" for name in ("title", "text", "next", "thread")}
    filled = transformer["InputTemplate"]
    texts = {"title": 'a "title"', "text": "two\nlines", "next": "aws '{\"a\": 1}'", "thread": "shop-batch"}
    for name, text in texts.items():
        filled = filled.replace(f"<{name}>", json.dumps(text))
    notification = json.loads(filled)
    assert (notification["version"], notification["source"]) == ("1.0", "custom")
    assert notification["content"] == {
        "textType": "client-markdown", "title": texts["title"], "description": texts["text"], "nextSteps": [texts["next"]],
    }
    assert notification["metadata"] == {"threadId": "shop-batch"}


@pytest.mark.parametrize("tag, repository", [("v1.2.3", "batch"), ("v1", "web-front"), ("release", "web-")])
def test_a_star_in_tags_and_repositories_is_any_text(account, tag, repository):
    event = changed("ecr-push.json", "detail.image-tag", tag)
    event["detail"]["repository-name"] = repository
    assert matching(account, event) == {"RegistrarImagePush"}


def test_the_daily_expiry_asks_for_it_with_the_id_and_the_time_of_its_event(account):
    rule = account.rules()["OperatorExpire"]
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(1 day)")
    (target,) = rule["Targets"]
    filled = target["InputTransformer"]["InputTemplate"]
    event = load("scheduled-sweep.json")
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        filled = filled.replace(f"<{name}>", json.dumps(event[path.removeprefix("$.")]))
    assert json.loads(filled) == {**load("expire.json"), "id": event["id"], "time": event["time"]}


def test_every_rule_retries_and_has_the_dead_letter_queue(account):
    queue = account.client("sqs").get_queue_attributes(
        QueueUrl=account.outputs["DeadLetterQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    (rules_of_it,) = [s for s in json.loads(queue["Policy"])["Statement"] if s["Effect"] == "Allow"]
    allowed = rules_of_it["Condition"]["ArnEquals"]["aws:SourceArn"]
    rules = account.rules()
    # What a chat does not take is not lost: it is in the log.
    del rules["ChatNotices"]
    names = {"RegistrarImagePush", "RegistrarConfigChange", "ReconcilerSweep", "ReconcilerWorkLeft"}
    assert set(rules) == names | {"OperatorRollback", "OperatorTaskStopped", "OperatorExpire"}
    for name, rule in rules.items():
        (target,) = rule["Targets"]
        function = next(f for f in ("operator", "reconciler", "registrar") if name.lower().startswith(f))
        assert target["Arn"].endswith(f":crema-{function}"), name
        assert target["DeadLetterConfig"]["Arn"] == queue["QueueArn"], name
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0, name
        assert rule["Arn"] in allowed, name


def test_each_rule_may_call_its_function_and_nobody_else_may(account):
    functions = account.client("lambda")
    rules = account.rules()
    for name in ("RegistrarName", "ReconcilerName", "OperatorName"):
        policy = json.loads(functions.get_policy(FunctionName=account.outputs[name])["Policy"])
        mine = {rule["Arn"] for logical, rule in rules.items() if logical.startswith(name.removesuffix("Name"))}
        allowed = set()
        for statement in policy["Statement"]:
            assert (statement["Action"], statement["Principal"]) == ("lambda:InvokeFunction", {"Service": "events.amazonaws.com"})
            (condition,) = statement["Condition"].values()
            allowed.add(condition["AWS:SourceArn"])
        # The stack of OPERATE.md, which may be there by then, has rules of its own that call the operator.
        assert {arn for arn in allowed if ":rule/by-itself-" not in arn} == mine


def test_an_upload_and_a_deletion_reach_the_registrar(account):
    s3 = account.client("s3")
    group = account.outputs["RegistrarLogGroup"]
    s3.put_object(Bucket=BUCKET, Key="elsewhere/a.json", Body=b"1")
    s3.put_object(Bucket=BUCKET, Key="crema/batch/a.json", Body=b"1")
    record = account.wait_for(group, lambda e: e.get("detail-type") == "Object Created")
    assert record and record["recorded"]["detail"]["object"]["key"] == "crema/batch/a.json"
    s3.delete_object(Bucket=BUCKET, Key="crema/batch/a.json")
    assert account.wait_for(group, lambda e: e.get("detail-type") == "Object Deleted")
    # Calls without a detail are other tests'.
    objects = [r["recorded"].get("detail", {}).get("object", {}) for r in account.recorded(group)]
    keys = [found.get("key") for found in objects]
    assert "elsewhere/a.json" not in keys
    assert record["settings"] == {
        "CONFIG_URI": f"s3://{BUCKET}/crema/",
        "EXT_STR": "",
        "EXT_CODE": "",
        "PIN_IMAGES": "true",
        "SETTLE_SECONDS": "3",
        "ROLLBACK_QUIET_SECONDS": "900",
        "ALLOW_UNMANAGED": "false",
        "FAMILY_ARNS": deploy.PARAMETERS["FamilyArns"],
        "ALLOW_LAST_BY_EVENT": "false",
        "CIRCUIT_BREAKER": "on",
        "KEEP_REVISIONS": "30",
        "PUBLISH_OUTCOMES": "true",
        "PREFLIGHT": "off",
        "DOCTOR_READS": "false",
        "CONCURRENCY": "8",
        "ECS_READS_PER_SECOND": "15",
        "ECS_READS_BURST": "40",
        "ECS_CHANGES_PER_SECOND": "0.95",
        "ECS_CHANGES_BURST": "18",
        "LANE": "registrar",
        "BULK": "20",
        "RUST_LOG": "info",
    }


def test_a_rollback_request_reaches_the_operator_and_nobody_else(account):
    entry = {"Source": "my.alarms", "DetailType": "Task Definition Rollback", "Detail": '{"family": "batch"}'}
    sent = account.client("events").put_events(Entries=[entry])["Entries"][0]["EventId"]
    assert account.wait_for(account.outputs["OperatorLogGroup"], lambda e: e.get("id") == sent)
    assert sent not in [r["recorded"].get("id") for r in account.recorded(account.outputs["RegistrarLogGroup"])]


def test_the_sweep_is_a_schedule(account):
    rule = account.rules()["ReconcilerSweep"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 hour)", "ENABLED")


def test_failed_events_have_a_destination_and_successful_ones_none(account):
    functions = account.client("lambda")
    queue = account.client("sqs").get_queue_attributes(
        QueueUrl=account.outputs["DeadLetterQueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    for name in ("RegistrarName", "ReconcilerName", "OperatorName"):
        config = functions.get_function_event_invoke_config(FunctionName=account.outputs[name], Qualifier="$LATEST")
        destinations = {key: value["Destination"] for key, value in config["DestinationConfig"].items()}
        assert destinations == {"OnFailure": queue}
