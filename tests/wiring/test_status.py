"""`status` on the emulator: what schedules run, as EventBridge and Scheduler have them, with exactly the roles' permissions."""

import pytest
from conftest import change
from test_permissions import Without

REPORTS = {"action": "register", "app": "reports"}
STATUS = {"action": "status", "app": "reports"}
DEFINITION = "arn:aws:ecs:ap-northeast-1:123456789012:task-definition"
CLUSTER = "arn:aws:ecs:ap-northeast-1:123456789012:cluster/reports"
ROLE = "arn:aws:iam::123456789012:role/schedule"


@pytest.fixture(scope="module")
def scheduled(account, live):
    """Three revisions of each family of reports, the last of reports-fargate taken back, and four that start them."""
    for memory in (1, 2, 3):
        live.push_image("reports", "release", f"status {memory}")
        assert live.operator(REPORTS)["counts"] == {"registered": 2}
    taken_back = live.operator({"action": "rollback", "family": "reports-fargate"})["outcomes"][0]["revision"]
    ec2 = newest(live, "reports-ec2")
    rule(account, "reports-latest", f"{DEFINITION}/reports-ec2")
    rule(account, "reports-pinned", f"{DEFINITION}/reports-ec2:{ec2 - 1}")
    schedule(account, "reports-gone", f"{DEFINITION}/reports-fargate:{taken_back}")
    schedule(account, "reports-follows", f"{DEFINITION}/reports-fargate")
    yield {"ec2": ec2, "taken_back": taken_back}
    for name in ("reports-latest", "reports-pinned"):
        account.client("events").remove_targets(Rule=name, Ids=["t"])
        account.client("events").delete_rule(Name=name)
    for name in ("reports-gone", "reports-follows"):
        account.client("scheduler").delete_schedule(Name=name)


def newest(live, family):
    arns = live.ecs.list_task_definitions(familyPrefix=family, status="ACTIVE")["taskDefinitionArns"]
    return max(int(arn.rpartition(":")[2]) for arn in arns)


def rule(account, name, definition):
    events = account.client("events")
    events.put_rule(Name=name, ScheduleExpression="cron(0 18 * * ? *)", State="DISABLED")
    ecs = {"TaskDefinitionArn": definition, "TaskCount": 1}
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": ecs}])


def schedule(account, name, definition):
    account.client("scheduler").create_schedule(
        Name=name, ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"}, State="ENABLED",
        Target={"Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": {"TaskDefinitionArn": definition}},
    )


def families(answer):
    return {family["family"]: family for family in answer["families"]}


def test_status_tells_what_each_schedule_runs(live, scheduled):
    answer = live.operator(STATUS)
    found = families(answer)
    assert (answer["warnings"], answer["counts"]) == ([], {"in_sync": 1, "on_hold": 1})
    pinned = scheduled["ec2"] - 1
    once = {"expression": "cron(0 18 * * ? *)", "enabled": False}
    assert found["reports-ec2"]["schedules"] == [
        {"kind": "rule", "name": "reports-latest", **once},
        {"kind": "rule", "name": "reports-pinned", **once, "revision": pinned},
    ]
    hourly = {"expression": "rate(1 hour)", "enabled": True}
    assert found["reports-fargate"]["schedules"] == [
        {"kind": "schedule", "name": "default/reports-follows", **hourly},
        {"kind": "schedule", "name": "default/reports-gone", **hourly, "revision": scheduled["taken_back"]},
    ]


def test_status_warns_of_a_schedule_that_is_pinned_and_of_one_that_names_an_inactive_revision(live, scheduled):
    found = families(live.operator(STATUS))
    (warning,) = found["reports-ec2"]["warnings"]
    assert "reports-pinned" in warning and f"reports-ec2:{scheduled['ec2'] - 1}" in warning
    (warning,) = found["reports-fargate"]["warnings"]
    assert "default/reports-gone" in warning and "INACTIVE" in warning


def test_status_tells_origin_images_and_what_was_taken_back(live, scheduled):
    found = families(live.operator(STATUS))
    ec2, fargate = found["reports-ec2"], found["reports-fargate"]
    assert (ec2["state"], ec2["revision"]) == ("in_sync", scheduled["ec2"])
    assert ec2["registered"]["trigger"].startswith("register ") and ec2["registered"]["at"]
    for image in ec2["images"]:
        assert image["pinned_is_current"] and image["pinned_exists"] and image["digest"] == image["pinned"]
    assert fargate["state"] == "on_hold" and "reason" in fargate
    assert [taken["revision"] for taken in fargate["taken_back"]] == [scheduled["taken_back"]]
    assert fargate["taken_back"][0]["at"]
    assert not fargate["images"][0]["pinned_is_current"] and fargate["images"][0]["pinned_exists"]


def test_status_changes_nothing_and_counts_what_it_finds(live, scheduled):
    before = live.revisions()
    change(live)
    assert families(live.operator({"action": "status", "app": "shop"}))["shop-batch"]["state"] == "behind"
    assert live.operator({"action": "status"})["counts"]["on_hold"] >= 1
    assert live.revisions() == before


@pytest.mark.parametrize(
    "action", ["events:ListRules", "events:ListTargetsByRule", "scheduler:ListSchedules", "scheduler:GetSchedule"]
)
def test_a_missing_permission_for_schedules_is_a_warning_that_names_it(account, live, scheduled, action):
    with Without(account, action):
        answer = live.operator(STATUS)
    assert [w for w in answer["warnings"] if f"`{action}`" in w], answer["warnings"]
    assert families(answer)["reports-ec2"]["state"] == "in_sync"
