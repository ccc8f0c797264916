"""The function itself on the emulator, which enforces its roles: all works, and each missing permission is named."""

import json

import pytest
from conftest import change
from test_policies import DOCTOR, actions, statements

# The values that are there to look up, and an app that asks for all of them.
STATE = {"version": 4, "outputs": {"zone": {"value": "a", "type": "string"}}, "resources": []}
STACK = {
    "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
    "Outputs": {"Subnet": {"Value": "subnet-1", "Export": {"Name": "shop-subnet"}}},
}
LOOKING = {
    "looking/ecspresso.json": json.dumps({
        "task_definition": "def.jsonnet",
        "plugins": [
            {"name": "cloudformation"},
            {"name": "tfstate", "config": {"url": "s3://crema-states/prod/terraform.tfstate"}},
        ],
    }),
    "looking/def.jsonnet": """{
        family: 'looking',
        containerDefinitions: [{
            name: 'app', image: 'busybox', memory: 128,
            environment: [{ name: 'VALUES', value: std.join(' ', [
                std.native('ssm')('/shop/size'), std.native('secretsmanager_arn')('shop/database'),
                std.native('cfn_output')('network-prod', 'Subnet'), std.native('cfn_export')('shop-subnet'),
                std.native('tfstate')('output.zone'),
            ]) }],
        }],
    }""",
}


@pytest.fixture(scope="module", autouse=True)
def values(account, live):
    """What may be looked up, and the app that does."""
    make_values(account)
    for key, text in LOOKING.items():
        live.upload(key, text)


def make_values(account):
    account.client("ssm").put_parameter(Name="/shop/size", Value="large", Type="String")
    account.client("secretsmanager").create_secret(Name="shop/database", SecretString="hidden")
    account.client("cloudformation").create_stack(StackName="network-prod", TemplateBody=json.dumps(STACK))
    s3 = account.client("s3")
    s3.create_bucket(Bucket="crema-states", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_object(Bucket="crema-states", Key="prod/terraform.tfstate", Body=json.dumps(STATE).encode())


class Without:
    """Takes one action away from the operator's role, or from one statement of it, and gives it back."""

    def __init__(self, account, action, sid=None):
        self.iam = account.client("iam")
        functions = account.client("lambda")
        self.role = functions.get_function(FunctionName="live-operator")["Configuration"]["Role"].rpartition("/")[2]
        self.action = action
        self.sid = sid
        self.undo = []

    def __enter__(self):
        for name in self.iam.list_role_policies(RoleName=self.role)["PolicyNames"]:
            document = self.iam.get_role_policy(RoleName=self.role, PolicyName=name)["PolicyDocument"]
            self.put(name, document, lambda name, text: self.iam.put_role_policy(
                RoleName=self.role, PolicyName=name, PolicyDocument=text))
        for policy in self.iam.list_attached_role_policies(RoleName=self.role)["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            self.put(arn, document, self.put_managed)
        assert self.undo, f"no statement allows {self.action}"

    def put(self, name, document, write):
        document = json.loads(document) if isinstance(document, str) else document
        kept = []
        for statement in document["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if self.sid in (None, statement.get("Sid")):
                actions = [action for action in actions if action != self.action]
            if actions:
                kept.append({**statement, "Action": actions})
        if kept != document["Statement"]:
            before = json.dumps(document)
            self.undo.append(lambda: write(name, before))
            # A policy must say something.
            kept = kept or [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]
            write(name, json.dumps({**document, "Statement": kept}))

    def put_managed(self, arn, text):
        for version in self.iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                self.iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    def __exit__(self, *_):
        for back in self.undo:
            back()


REGISTER = {"action": "register", "app": "shop"}
ROLLBACK = {"action": "rollback", "family": "shop-batch"}
LOOK = {"action": "register", "app": "looking"}


def test_with_exactly_these_permissions_everything_works(live):
    def decisions(answer):
        return {outcome["family"]: outcome["decision"] for outcome in answer["outcomes"]}

    change(live)
    assert decisions(live.operator(REGISTER)) == {"shop-web": "registered", "shop-batch": "registered"}
    change(live)
    assert decisions(live.operator(REGISTER)) == {"shop-web": "registered", "shop-batch": "registered"}
    assert decisions(live.operator(ROLLBACK)) == {"shop-batch": "rolled_back"}
    assert decisions(live.operator({"action": "plan", "app": "reports"})) == {
        "reports-ec2": "planned", "reports-fargate": "planned",
    }
    assert decisions(live.operator(LOOK)) == {"looking": "registered"}
    (container,) = live.ecs.describe_task_definition(taskDefinition="looking")["taskDefinition"]["containerDefinitions"]
    size, secret, *others = container["environment"][0]["value"].split()
    assert [size, *others] == ["large", "subnet-1", "subnet-1", "a"] and ":secret:shop/database-" in secret
    assert decisions(live.registrar({"action": "sweep"}))["shop-batch"] == "held"


NEEDED = [
    ("s3:ListBucket", REGISTER),
    ("s3:GetObject", REGISTER),
    ("ecr:BatchGetImage", REGISTER),
    ("ecs:DescribeTaskDefinition", REGISTER),
    ("ecs:ListTaskDefinitions", REGISTER),
    ("ecs:RegisterTaskDefinition", REGISTER),
    ("ecs:DeregisterTaskDefinition", ROLLBACK),
]
NEEDED_BY_LOOKUPS = [
    ("ssm:GetParameter", "ReadParameters"),
    ("secretsmanager:DescribeSecret", "FindSecrets"),
    ("cloudformation:DescribeStacks", "ReadStackOutputs"),
    ("cloudformation:ListExports", "ReadStackExports"),
    ("s3:GetObject", "ReadStates"),
]
# Those that are not taken away here, each with its reason.
OTHERS = {
    "ssm:GetParameters": "without it the parameters are read one by one",
    "iam:PassRole": "the emulator does not ask for it: held against the policy's text",
    "ecs:TagResource": "the emulator does not ask for it: held against the policy's text",
    "kms:Decrypt": "the emulator does not ask for it, and the permission is on keys that `live` does not have",
    "logs:CreateLogStream": "Lambda writes the log, and what it cannot write nobody sees",
    "logs:PutLogEvents": "Lambda writes the log, and what it cannot write nobody sees",
    "sqs:SendMessage": "Lambda sends what failed, after the function has answered",
    "events:PutEvents": "what cannot be put is a warning: function::notices",
    "events:ListRules": "test_status.py",
    "events:ListTargetsByRule": "test_status.py",
    "scheduler:ListSchedules": "test_status.py",
    "scheduler:GetSchedule": "test_status.py",
    **dict.fromkeys(DOCTOR, "test_doctor.py"),
}


def test_every_permission_is_taken_away_somewhere_or_says_why_not(account, live):
    tried = {action for action, _ in NEEDED + NEEDED_BY_LOOKUPS}
    given = actions(statements(account, "operator", "live"))
    assert given - tried <= set(OTHERS) and not tried & set(OTHERS)
    assert tried <= given


@pytest.mark.parametrize("action, payload", NEEDED, ids=lambda value: value if isinstance(value, str) else "")
def test_a_missing_permission_is_named(account, live, action, payload):
    change(live)
    live.operator(REGISTER)
    change(live)
    with Without(account, action):
        answer = live.functions.invoke(FunctionName="live-operator", Payload=json.dumps(payload).encode())
        error = json.loads(answer["Payload"].read())
    assert error.get("errorType") == "AwsError", error
    assert f"`{action}`" in error["errorMessage"]
    live.operator(REGISTER)


@pytest.mark.parametrize("action, sid", NEEDED_BY_LOOKUPS, ids=lambda value: value if ":" in value else "")
def test_a_missing_permission_of_a_lookup_is_named(account, live, action, sid):
    with Without(account, action, sid):
        answer = live.functions.invoke(FunctionName="live-operator", Payload=json.dumps(LOOK).encode())
        error = json.loads(answer["Payload"].read())
    assert error.get("errorType") == "LookupError", error
    assert f"`{action}`" in error["errorMessage"]
