"""The lines of the deployed functions' logs that CloudWatch makes metrics of."""

import json
import time
from datetime import datetime, timezone

import pytest
from conftest import ROOT, change
from demo import deploy
from jsonschema import Draft202012Validator

# The form that CloudWatch asks for, as far as crema uses it:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
DIRECTIVE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["Namespace", "Dimensions", "Metrics"],
    "properties": {
        "Namespace": {"const": "crema"},
        "Dimensions": {"type": "array", "minItems": 1, "items": {"type": "array", "maxItems": 30, "items": NAME}},
        "Metrics": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["Name", "Unit"],
                "properties": {"Name": NAME, "Unit": {"enum": ["Count", "Milliseconds"]}},
            },
        },
    },
}
LINE = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "additionalProperties": False,
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "minItems": 1, "maxItems": 1, "items": DIRECTIVE},
            },
        }
    },
}


def lines(live, group):
    """The lines of metrics in a log, each a whole message, as CloudWatch asks for."""
    events = live.logs.filter_log_events(logGroupName=live.outputs[group])["events"]
    return [json.loads(event["message"]) for event in events if '"_aws"' in event["message"]]


def new(live, call, group="OperatorLogGroup"):
    """The lines that a call adds, held against the form; the whole invocation's is the last."""
    before = len(lines(live, group))
    call()
    for _ in range(100):
        found = lines(live, group)[before:]
        if found and "total_ms" in found[-1]:
            break
        time.sleep(0.1)
    for line in found:
        check(line)
    return found


def check(line):
    Draft202012Validator(LINE).validate(line)
    assert abs(time.time() * 1000 - line["_aws"]["Timestamp"]) < 60_000
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    for metric in directive["Metrics"]:
        assert isinstance(line[metric["Name"]], (int, float)), metric
    for name in (name for names in directive["Dimensions"] for name in names):
        assert isinstance(line[name], str) and line[name], name


def named(line):
    return {metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


REGISTER = {"action": "register", "app": "shop"}
ROLLBACK = {"action": "rollback", "app": "shop", "variant": {"type": "batch"}}


def by_hand(live, family):
    """Registers a revision as somebody at the console does."""
    container = {"name": "app", "image": "busybox", "memory": 128}
    live.ecs.register_task_definition(family=family, containerDefinitions=[container])


@pytest.fixture
def changed(live):
    """Something to register."""
    change(live)
    return live


def test_what_was_done_is_counted_for_the_app_and_what_it_took_for_the_whole(changed):
    app, whole = new(changed, lambda: changed.operator(REGISTER))
    assert app["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["app"], []]
    assert (app["app"], app["registered"], named(app)) == ("shop", 2, {"registered"})
    assert named(whole) == {"render_ms", "total_ms", "requests"}
    assert 0 < whole["render_ms"] < whole["total_ms"] and whole["requests"] >= 3


def test_what_stands_already_is_counted_beside_what_is_new(changed):
    # Only shop-batch is taken back, so shop-web stays as it is wished.
    changed.operator(REGISTER)
    changed.operator(ROLLBACK)
    app, _ = new(changed, lambda: changed.operator(REGISTER))
    assert (app["app"], app["registered"], app["unchanged"]) == ("shop", 1, 1)


def test_what_is_taken_back_is_counted_and_what_is_held_after_it(changed):
    changed.operator(REGISTER)
    app, _ = new(changed, lambda: changed.operator(ROLLBACK))
    assert (app["app"], app["rolled_back"], named(app)) == ("shop", 1, {"rolled_back"})
    found = new(changed, lambda: changed.registrar({"action": "sweep"}), "RegistrarLogGroup")
    assert [line["held"] for line in found if line.get("app") == "shop"] == [1]


def test_what_somebody_else_registered_is_counted(live):
    live.operator(REGISTER)
    by_hand(live, "shop-batch")
    found = new(live, lambda: live.registrar({"action": "sweep"}), "RegistrarLogGroup")
    assert [line["drifted"] for line in found if line.get("app") == "shop"] == [1]
    live.operator(REGISTER)


def test_what_is_refused_is_counted_without_an_app_where_there_is_none(live):
    by_hand(live, "nobodys")
    by_hand(live, "nobodys")
    (whole,) = new(live, lambda: live.operator({"action": "rollback", "family": "nobodys"}))
    assert whole["refused"] == 1 and whole["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


def test_what_fails_is_counted_too(live):
    unknown = json.dumps({"action": "register", "app": "no-such-app"}).encode()
    (whole,) = new(live, lambda: live.functions.invoke(FunctionName="live-operator", Payload=unknown))
    assert whole["failed"] == 1


def requests(live, payload, function="Registrar"):
    """How many requests an invocation made, as it counted them itself."""
    call = live.registrar if function == "Registrar" else live.operator
    return new(live, lambda: call(payload), f"{function}LogGroup")[-1]["requests"]


def upload(live):
    """An upload of a file of reports, and its event."""
    key = "reports/ecs-task-def.jsonnet"
    live.upload(key, (ROOT / "examples" / key).read_text() + "\n" * upload.count)
    upload.count += 1
    event = json.loads((ROOT / "events/s3-object-created.json").read_text())
    event["detail"]["bucket"]["name"] = deploy.BUCKET
    event["detail"]["object"]["key"] = deploy.PREFIX + key
    # One of the time before the last listing would be known already.
    event["time"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return event


upload.count = 1


def test_an_event_costs_the_requests_that_the_page_says(live):
    """The table of DEPLOY.md, for the two families of reports, which have one repository."""

    def push(content):
        return live.push_event("reports", "release", live.push_image("reports", "release", content))

    # Reads all files, once; both functions know from now on what they read.
    live.registrar(push("cost 0"))
    live.operator({"action": "register", "app": "reports"})
    listed, resolved, families, notices = 1, 1, 2, 1
    assert requests(live, push("cost 1")) == listed + resolved + families * (3 + 1) + notices
    assert requests(live, push("cost 1")) == listed + resolved + families * 3
    event, got = upload(live), 1
    assert requests(live, event) == listed + got + resolved + families * 3
    assert requests(live, event) == listed + resolved + families * 3
    # The one below the latest has not been seen by the operator yet.
    revisions = len(live.ecs.list_task_definitions(familyPrefix="reports-ec2", status="ACTIVE")["taskDefinitionArns"])
    found = requests(live, {"action": "rollback", "family": "reports-ec2"}, "Operator")
    assert 1 + 6 + notices <= found <= 1 + 6 + revisions + notices
