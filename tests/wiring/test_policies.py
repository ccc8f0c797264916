"""Each role may do what its function does, and nothing else."""

import json

import pytest

# Every `*` that stands alone in a policy, with its reason.
STARS = {
    "ReadHistory": "ecs:DescribeTaskDefinition and ecs:ListTaskDefinitions have no resource level",
    "TakeBack": "ecs:DeregisterTaskDefinition has no resource level",
    "ReadStackExports": "cloudformation:ListExports has no resource level",
    "SeeParameters": "ssm:DescribeParameters has no resource level",
    "ListSchedules": "events:ListRules and scheduler:ListSchedules have no resource level",
}
COMMON = {
    "s3:ListBucket", "s3:GetObject", "ecr:BatchGetImage", "ecs:RegisterTaskDefinition", "ecs:TagResource",
    "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "iam:PassRole", "sqs:SendMessage", "events:PutEvents",
    "logs:CreateLogStream", "logs:PutLogEvents",
}
LOOKUPS = {
    "ssm:GetParameter", "ssm:GetParameters", "secretsmanager:DescribeSecret", "cloudformation:DescribeStacks",
    "cloudformation:ListExports", "kms:Decrypt",
}
PREFLIGHT = {
    "iam:GetRole", "secretsmanager:DescribeSecret", "ssm:DescribeParameters", "logs:DescribeLogGroups",
    "elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeAccessPoints",
}
DOCTOR = {
    "s3:GetBucketNotification", "cloudformation:ListStackResources", "events:DescribeRule", "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionEventInvokeConfig", "sqs:GetQueueAttributes", "cloudwatch:DescribeAlarms", "ecr:GetLifecyclePolicy",
}
SCHEDULES = {"events:ListRules", "events:ListTargetsByRule", "scheduler:ListSchedules", "scheduler:GetSchedule"}


def many(value):
    return value if isinstance(value, list) else [value]


def statements(account, function, stack="crema"):
    """All statements of a function's role, by their ids."""
    iam = account.client("iam")
    arn = account.client("lambda").get_function(FunctionName=f"{stack}-{function}")["Configuration"]["Role"]
    role = arn.rpartition("/")[2]
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
        policy = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)
        documents.append(policy["PolicyVersion"]["Document"])
    documents = [json.loads(d) if isinstance(d, str) else d for d in documents]
    return {statement["Sid"]: statement for document in documents for statement in document["Statement"]}


def actions(found):
    return {action for statement in found.values() for action in many(statement["Action"])}


@pytest.fixture(scope="module")
def everything_on(account):
    """A second stack, with every lookup permitted, and the reading of schedules."""
    account.deploy(
        {
            "ConfigBucket": "crema-lookups-config",
            "SsmPath": "/shop",
            "SecretPrefix": "shop/",
            "StackPattern": "network-*",
            "StackExports": "true",
            "StateObjectArns": "arn:aws:s3:::tf-state/prod/*",
            "StateBucketOwners": "123456789012,210987654321",
            "KmsKeyArns": "arn:aws:kms:ap-northeast-1:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555",
            "TaskRoleArns": "arn:aws:iam::123456789012:role/shop-task",
            "Preflight": "warn",
            "ReadSchedules": "true",
            "Dashboard": "true",
            "DoctorReads": "true",
            "Sweep": "off",
            "PublishOutcomes": "false",
            "ChatTopicArn": "",
            "CircuitBreaker": "off",
            "RegistrarConcurrency": "off",
            "ReconcilerConcurrency": "off",
        },
        stack="lookups",
    )
    return account


def test_the_registrar_may_do_what_it_does_and_nothing_else(account):
    assert actions(statements(account, "registrar")) == COMMON
    assert actions(statements(account, "reconciler")) == COMMON


# What any of the actions above changes, or hands on.
CHANGES = {"ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole", "sqs:SendMessage", "events:PutEvents"}


def test_the_viewer_reads_what_the_others_read_and_may_change_nothing(everything_on):
    assert actions(statements(everything_on, "viewer")) == COMMON - CHANGES
    assert actions(statements(everything_on, "viewer", "lookups")) == COMMON - CHANGES | LOOKUPS | SCHEDULES
    reading = ("Get", "List", "Describe", "BatchGet", "Decrypt")
    writes = {a for a in actions(statements(everything_on, "viewer", "lookups")) if not a.split(":")[1].startswith(reading)}
    # Its log.
    assert writes == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_people_may_call_the_viewer_by_one_policy_and_the_operator_by_the_other(account):
    iam, functions = account.client("iam"), account.client("lambda")
    for output, function in (("DashboardViewPolicyArn", "viewer"), ("DashboardPressPolicyArn", "operator")):
        arn = account.outputs[output]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        document = json.loads(document) if isinstance(document, str) else document
        (statement,) = document["Statement"]
        assert (statement["Effect"], many(statement["Action"])) == ("Allow", ["lambda:InvokeFunction"])
        named = functions.get_function(FunctionName=f"crema-{function}")["Configuration"]["FunctionArn"]
        assert many(statement["Resource"]) == [named]


def test_what_is_left_goes_to_the_default_bus_and_nothing_else_does(account):
    found = statements(account, "reconciler")["HandOn"]
    assert found["Resource"].endswith(":event-bus/default")
    asked = {"events:source": "crema", "events:detail-type": "Task Definition Work Left"}
    assert found["Condition"] == {"StringEquals": asked}


def test_only_the_operator_may_deregister(account):
    # Where retention is on, what schedules name is read, too.
    assert actions(statements(account, "operator")) == COMMON | SCHEDULES | {"ecs:DeregisterTaskDefinition"}


@pytest.mark.parametrize("function", ["registrar", "reconciler", "operator", "viewer"])
def test_no_star_stands_without_a_reason(everything_on, function):
    for stack in ("crema", "lookups"):
        for sid, statement in statements(everything_on, function, stack).items():
            assert statement["Effect"] == "Allow"
            assert not [a for a in many(statement["Action"]) if "*" in a], sid
            if "*" in many(statement["Resource"]):
                assert sid in STARS, f"{sid} is for every resource and gives no reason"


def test_the_configuration_is_read_under_its_prefix_only(account):
    found = statements(account, "registrar")
    assert found["ListConfiguration"]["Resource"] == "arn:aws:s3:::crema-config"
    owned = {"aws:ResourceAccount": "123456789012"}
    assert found["ListConfiguration"]["Condition"] == {"StringEquals": {"s3:prefix": "crema/", **owned}}
    assert found["ReadConfiguration"]["Condition"] == {"StringEquals": owned}
    assert found["ReadConfiguration"]["Resource"] == "arn:aws:s3:::crema-config/crema/*"


def test_roles_are_passed_to_ecs_tasks_only_and_only_those_given(account):
    found = statements(account, "operator")["PassTaskRoles"]
    assert found["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert many(found["Resource"]) and all(":role/" in arn and "*" not in arn for arn in many(found["Resource"]))


def test_tags_are_given_at_registration_and_by_the_registrar_at_no_other_time(account):
    found = statements(account, "registrar")
    assert found["TagOnRegister"]["Condition"] == {"StringEquals": {"ecs:CreateAction": "RegisterTaskDefinition"}}
    assert found["TagOnRegister"]["Resource"] == found["Register"]["Resource"]
    assert all(arn.endswith(("/shop-*:*", "/reports-*:*")) for arn in found["Register"]["Resource"])


def test_only_the_operator_marks_what_ran_well_and_with_no_other_tag(everything_on):
    mark = statements(everything_on, "operator")["MarkProven"]
    assert many(mark["Action"]) == ["ecs:TagResource"]
    assert mark["Resource"] == statements(everything_on, "operator")["Register"]["Resource"]
    keys = mark["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"]
    # Without the second condition a call without tags would pass the first.
    assert (many(keys), mark["Condition"]["Null"]) == (["crema:proven-at"], {"aws:TagKeys": "false"})
    assert "MarkProven" not in statements(everything_on, "registrar")
    assert "MarkProven" not in statements(everything_on, "operator", "lookups")


def test_notices_are_put_on_the_default_bus_and_no_other_events(account):
    put = statements(account, "registrar")["PublishOutcomes"]
    assert put["Resource"].endswith(":event-bus/default")
    named = {"events:source": "crema", "events:detail-type": "Task Definition Outcome"}
    assert put["Condition"] == {"StringEquals": named}


def test_a_lookup_is_off_until_its_parameter_is_set(everything_on):
    on = statements(everything_on, "registrar", "lookups")
    assert actions(on) == COMMON | LOOKUPS | PREFLIGHT
    assert on["ReadParameters"]["Resource"] == "arn:aws:ssm:ap-northeast-1:123456789012:parameter/shop/*"
    assert on["FindSecrets"]["Resource"] == "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:shop/*"
    assert on["ReadStackOutputs"]["Resource"] == "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/network-*/*"
    assert many(on["ReadStates"]["Resource"]) == ["arn:aws:s3:::tf-state/prod/*"]
    owners = on["ReadStates"]["Condition"]["StringEquals"]["aws:ResourceAccount"]
    assert many(owners) == ["123456789012", "210987654321"]


def test_a_preflight_sees_what_it_asks_for_and_no_value(everything_on):
    on = statements(everything_on, "registrar", "lookups")
    assert many(on["SeeRoles"]["Resource"]) == ["arn:aws:iam::123456789012:role/shop-task"]
    assert on["SeeSecrets"]["Action"] == "secretsmanager:DescribeSecret"
    assert on["SeeSecrets"]["Resource"] == "arn:aws:secretsmanager:*:123456789012:secret:*"
    assert on["SeeLogGroups"]["Resource"] == "arn:aws:logs:*:123456789012:log-group:*"


def test_only_the_operator_reads_schedules_and_only_where_that_is_on(everything_on):
    on = statements(everything_on, "operator", "lookups")
    assert actions(on) - actions(statements(everything_on, "registrar", "lookups")) == {
        "ecs:DeregisterTaskDefinition", *SCHEDULES, *DOCTOR,
    }
    assert many(on["ReadSchedules"]["Resource"]) == [
        "arn:aws:events:*:123456789012:rule/*", "arn:aws:scheduler:*:123456789012:schedule/*/*",
    ]


def test_a_sweep_that_is_off_is_a_disabled_schedule(everything_on):
    states = {
        rule["Name"]: rule["State"]
        for rule in everything_on.client("events").list_rules()["Rules"]
        if rule["Name"].startswith(("crema-", "lookups-")) and "Sweep" in rule["Name"]
    }
    # Other tests deploy stacks of their own.
    mine = [(name.split("-")[0], state) for name, state in states.items()]
    assert sorted(entry for entry in mine if entry[0] in ("crema", "lookups")) == [
        ("crema", "ENABLED"), ("lookups", "DISABLED"),
    ]
