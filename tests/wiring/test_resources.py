"""What stands in the account after `sam deploy`, beside rules and roles: alarms, buckets, queue, logs, outputs."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import BUCKET, TEMPLATE

TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:on-call"
# (metric, function or queue, statistic, from where on)
ALARMS = {
    "RegistrarErrors": ("Errors", "registrar", "Sum", 1),
    "ReconcilerErrors": ("Errors", "reconciler", "Sum", 1),
    "OperatorErrors": ("Errors", "operator", "Sum", 1),
    "RegistrarLate": ("AsyncEventAge", "registrar", "Maximum", 900_000),
    "ReconcilerLate": ("AsyncEventAge", "reconciler", "Maximum", 900_000),
    "OperatorLate": ("AsyncEventAge", "operator", "Maximum", 120_000),
    "RegistrarDropped": ("AsyncEventsDropped", "registrar", "Sum", 1),
    "ReconcilerDropped": ("AsyncEventsDropped", "reconciler", "Sum", 1),
    "OperatorDropped": ("AsyncEventsDropped", "operator", "Sum", 1),
    "RegistrarUndelivered": ("DestinationDeliveryFailures", "registrar", "Sum", 1),
    "ReconcilerUndelivered": ("DestinationDeliveryFailures", "reconciler", "Sum", 1),
    "OperatorUndelivered": ("DestinationDeliveryFailures", "operator", "Sum", 1),
    "SweepUnfinished": ("sweep_round", None, "Maximum", 50),
    "DeadLettersFilled": ("ApproximateNumberOfMessagesVisible", None, "Maximum", 1),
}


@pytest.fixture(scope="module")
def other(account):
    """A stack with a bucket that was there before, and the other choice wherever there is one."""
    account.client("s3").create_bucket(
        Bucket="crema-of-before", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
    )
    return account.deploy(
        {
            "ConfigBucket": "crema-of-before", "CreateConfigBucket": "false", "ConfigBucketOwner": "210987654321", "AlarmTopicArn": TOPIC, "LogLevel": "debug",
            "LogRetentionDays": "7", "ReleaseTags": "release", "ReleaseRepositories": "*", "RegistrarConcurrency": "off",
            "ReconcilerConcurrency": "off", "MemorySize": "512", "PublishOutcomes": "false", "SweepRate": "cron(0 18 * * ? *)", "CircuitBreaker": "off",
            "ChatTopicArn": "", "Dashboard": "false",
        },
        stack="other",
    )


def resources(account, stack, kind):
    """Physical ids by logical ones."""
    found = account.client("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found if r["ResourceType"] == kind}


def alarms(account, stack):
    ids = resources(account, stack, "AWS::CloudWatch::Alarm")
    found = account.client("cloudwatch").describe_alarms(AlarmNames=list(ids.values()))["MetricAlarms"]
    by_name = {alarm["AlarmName"]: alarm for alarm in found}
    return {logical: by_name[name] for logical, name in ids.items()}


def test_errors_dead_letters_late_and_dropped_events_raise_an_alarm_and_throttles_do_not(account):
    found = alarms(account, "crema")
    assert set(found) == set(ALARMS)
    for name, (metric, function, statistic, threshold) in ALARMS.items():
        alarm = found[name]
        assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == (metric, statistic, threshold), name
        assert alarm["ComparisonOperator"].startswith("Greater") and alarm["TreatMissingData"] == "notBreaching", name
        if name == "SweepUnfinished":
            assert (alarm["Namespace"], alarm["Dimensions"]) == ("crema", [])
            continue
        (dimension,) = alarm["Dimensions"]
        if function:
            assert (alarm["Namespace"], dimension) == ("AWS/Lambda", {"Name": "FunctionName", "Value": f"crema-{function}"})
        else:
            queue = account.outputs["DeadLetterQueueUrl"].rpartition("/")[2]
            assert (alarm["Namespace"], dimension) == ("AWS/SQS", {"Name": "QueueName", "Value": queue})


def test_an_alarm_notifies_the_topic_where_one_is_given(account, other):
    assert all(alarm["AlarmActions"] == [TOPIC] for alarm in alarms(account, "other").values())
    assert not any(alarm.get("AlarmActions") for alarm in alarms(account, "crema").values())


def test_a_created_bucket_is_versioned_encrypted_private_and_sends_its_events(account):
    s3 = account.client("s3")
    assert resources(account, "crema", "AWS::S3::Bucket") == {"Bucket": BUCKET}
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert TEMPLATE["Resources"]["Bucket"]["DeletionPolicy"] == "Retain"


def test_a_created_bucket_and_the_queue_answer_over_tls_only(account):
    s3, queue = account.client("s3"), account.outputs["DeadLetterQueueUrl"]
    attributes = account.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    policies = {"s3:*": s3.get_bucket_policy(Bucket=BUCKET)["Policy"], "sqs:*": attributes["Policy"]}
    for action, policy in policies.items():
        (refused,) = [s for s in json.loads(policy)["Statement"] if s["Effect"] == "Deny"]
        assert (refused["Action"], refused["Principal"]) == (action, "*")
        assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    with pytest.raises(ClientError, match="AccessDenied"):
        account.aws.client("sqs", tls=False).receive_message(QueueUrl=queue)
    (refused,) = json.loads(policies["s3:*"])["Statement"]
    assert refused["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    # Whoever may send still may.
    (rules,) = [s for s in json.loads(policies["sqs:*"])["Statement"] if s["Effect"] == "Allow"]
    assert rules["Principal"] == {"Service": "events.amazonaws.com"} and len(rules["Condition"]["ArnEquals"]["aws:SourceArn"]) == 7


def test_the_bucket_is_that_of_the_account_that_is_named(account, other):
    for name in ("RegistrarName", "OperatorName"):
        assert configuration(account, account.outputs[name])["Environment"]["Variables"]["CONFIG_BUCKET_OWNER"] == "123456789012"
        assert configuration(account, other[name])["Environment"]["Variables"]["CONFIG_BUCKET_OWNER"] == "210987654321"


def test_a_bucket_that_was_there_is_used_and_not_touched(account, other):
    assert resources(account, "other", "AWS::S3::Bucket") == {}
    assert other["ConfigUri"] == "s3://crema-of-before/crema/"
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        account.client("s3").get_bucket_policy(Bucket="crema-of-before")
    assert "Status" not in account.client("s3").get_bucket_versioning(Bucket="crema-of-before")
    for name in ("RegistrarName", "OperatorName"):
        variables = configuration(account, other[name])["Environment"]["Variables"]
        assert variables["CONFIG_URI"] == "s3://crema-of-before/crema/"


def test_a_created_bucket_may_be_named_by_cloudformation(account):
    outputs = account.deploy({"ConfigBucket": "", "CreateConfigBucket": "true"}, stack="nameless")
    (bucket,) = resources(account, "nameless", "AWS::S3::Bucket").values()
    assert outputs["ConfigUri"] == f"s3://{bucket}/crema/"


def configuration(account, function):
    return account.client("lambda").get_function(FunctionName=function)["Configuration"]


@pytest.mark.parametrize("stack, level, lambdas, days, memory", [("crema", "info", "INFO", 30, 256), ("other", "debug", "DEBUG", 7, 512)])
def test_all_functions_log_json_to_a_group_that_forgets(account, other, stack, level, lambdas, days, memory):
    for function in ("registrar", "reconciler", "operator", *(["viewer"] if stack == "crema" else [])):
        found = configuration(account, f"{stack}-{function}")
        group = f"/aws/lambda/{stack}-{function}"
        assert found["LoggingConfig"]["LogFormat"] == "JSON" and found["LoggingConfig"]["LogGroup"] == group
        # Lambda itself drops what is finer than its own level.
        assert found["LoggingConfig"]["ApplicationLogLevel"] == lambdas
        assert found["Environment"]["Variables"]["RUST_LOG"] == level
        assert (found["Runtime"], found["Handler"], found["Timeout"]) == (
            "provided.al2023", "bootstrap", {"operator": 300, "viewer": 60}.get(function, 120)
        )
        assert found["Environment"]["Variables"]["LANE"] == function
        assert found["MemorySize"] == memory
        (kept,) = account.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert kept["retentionInDays"] == days


def test_lambda_never_drops_the_lines_that_metrics_are_made_of():
    levels = {name: row["Level"] for name, row in TEMPLATE["Mappings"]["LambdaLevel"].items()}
    assert sorted(levels) == sorted(TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"])
    assert set(levels.values()) == {"INFO", "DEBUG", "TRACE"}


def test_the_sweep_may_be_at_a_time_of_the_day(account, other):
    rules = resources(account, "other", "AWS::Events::Rule")
    rule = account.client("events").describe_rule(Name=rules["ReconcilerSweep"].rpartition("/")[2])
    assert rule["ScheduleExpression"] == "cron(0 18 * * ? *)"


def test_outcomes_the_circuit_breaker_and_retention_are_there_only_where_they_are_on(account, other):
    for name, value in (("PUBLISH_OUTCOMES", "false"), ("CIRCUIT_BREAKER", "off"), ("KEEP_REVISIONS", "0")):
        assert configuration(account, other["OperatorName"])["Environment"]["Variables"][name] == value
    rules = resources(account, "other", "AWS::Events::Rule")
    assert not {"OperatorTaskStopped", "OperatorExpire", "ChatNotices"} & set(rules)
    config = account.client("lambda").get_function_event_invoke_config(FunctionName=other["OperatorName"], Qualifier="$LATEST")
    assert set(config["DestinationConfig"]) == {"OnFailure"}


def test_the_dead_letter_queue_keeps_its_letters_for_two_weeks_and_encrypts_them(account):
    found = account.client("sqs").get_queue_attributes(
        QueueUrl=account.outputs["DeadLetterQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    assert found["MessageRetentionPeriod"] == "1209600"
    assert found["SqsManagedSseEnabled"].lower() == "true"


def test_the_dashboard_shows_the_viewers_widget_and_is_there_only_where_it_is_wanted(account, other):
    assert "ViewerName" not in other and not resources(account, "other", "AWS::CloudWatch::Dashboard")
    assert account.outputs["ViewerName"] == "crema-viewer" and account.outputs["DashboardName"] == "crema-ap-northeast-1"
    body = json.loads(account.client("cloudwatch").get_dashboard(DashboardName="crema-ap-northeast-1")["DashboardBody"])
    (custom,) = [widget["properties"] for widget in body["widgets"] if widget["type"] == "custom"]
    viewer = configuration(account, "crema-viewer")
    assert custom["endpoint"] == viewer["FunctionArn"] and custom["params"] == {"actions": True}
    # A page costs reads: nothing of it depends on size and time range.
    assert custom["updateOn"] == {"refresh": True, "resize": False, "timeRange": False}
    assert viewer["Environment"]["Variables"]["OPERATOR_ARN"] == configuration(account, "crema-operator")["FunctionArn"]
    shown = {metric[1] for widget in body["widgets"] if widget["type"] == "metric" for metric in widget["properties"]["metrics"]}
    assert shown == {"registered", "rolled_back", "failed", "total_ms", "requests"}
    assert all(metric[0] == "crema" for widget in body["widgets"] if widget["type"] == "metric" for metric in widget["properties"]["metrics"])


def test_what_asks_the_viewer_in_vain_is_not_asked_again(account):
    config = account.client("lambda").get_function_event_invoke_config(FunctionName="crema-viewer", Qualifier="$LATEST")
    assert config["MaximumRetryAttempts"] == 0 and not config.get("DestinationConfig", {}).get("OnFailure")
    rules = [target for rule in account.rules().values() for target in rule["Targets"]]
    assert rules and not [target for target in rules if target["Arn"].endswith(":crema-viewer")]


def test_reserved_concurrency_can_be_left_out(account):
    """The emulator takes none from a template, so it is the template that CloudFormation got that is read."""
    body = account.client("cloudformation").get_template(StackName="crema", TemplateStage="Processed")["TemplateBody"]
    functions = {name: r["Properties"] for name, r in body["Resources"].items() if r["Type"] == "AWS::Lambda::Function"}
    reserved = functions["Registrar"]["ReservedConcurrentExecutions"]
    assert reserved == {"Fn::If": ["Reserves", 1, {"Ref": "AWS::NoValue"}]}
    assert body["Conditions"]["Reserves"] == {"Fn::Equals": [{"Ref": "RegistrarConcurrency"}, "1"]}
    assert functions["Reconciler"]["ReservedConcurrentExecutions"] == {"Fn::If": ["ReservesReconciler", 1, {"Ref": "AWS::NoValue"}]}
    assert body["Conditions"]["ReservesReconciler"] == {"Fn::Equals": [{"Ref": "ReconcilerConcurrency"}, "1"]}
    assert functions["Reconciler"]["RecursiveLoop"] == "Allow"
    assert "ReservedConcurrentExecutions" not in functions["Operator"]


def test_outputs_name_what_a_person_needs(account):
    assert account.outputs["ConfigUri"] == f"s3://{BUCKET}/crema/"
    assert account.outputs["RegistrarName"] == "crema-registrar" and account.outputs["OperatorName"] == "crema-operator"
    assert account.outputs["OperatorLogGroup"] == "/aws/lambda/crema-operator"
    assert account.outputs["RegistrarLogGroup"] == "/aws/lambda/crema-registrar"
    assert account.outputs["DeadLetterQueueUrl"].startswith("http")
