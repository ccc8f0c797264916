"""The template is valid, and refuses what cannot work before anything is created."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, TEMPLATE
from demo import deploy
from demo.screen import Failure

TOOLS = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command", [["sam", "validate", "--lint", "--template-file", "template.yaml"], ["cfn-lint", "template.yaml"]],
    ids=["sam validate", "cfn-lint"],
)
def test_the_template_is_clean(command, tmp_path):
    environment = {**deploy.tools(), "HOME": str(tmp_path), "AWS_DEFAULT_REGION": "ap-northeast-1"}
    ran = subprocess.run([str(TOOLS / command[0]), *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_nothing_of_the_globals_is_a_reference_where_a_linter_expects_a_text():
    """cfn-lint 1.54 and 1.55 refuse `Architectures: [!Ref …]` there (E3724); at a function no version does."""
    assert "Architectures" not in TEMPLATE["Globals"]["Function"]
    functions = [r for r in TEMPLATE["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert functions and all("Architectures" in function["Properties"] for function in functions)


def test_an_ignored_finding_of_the_linter_has_its_reason_above_it():
    lines = (ROOT / "template.yaml").read_text().splitlines()
    for number, line in enumerate(lines):
        if "ignore_checks" in line:
            assert lines[number - 1].strip().startswith("#"), f"template.yaml:{number + 1}"


@pytest.mark.parametrize(
    "parameters, sentence",
    [
        ({"ConfigBucket": "", "CreateConfigBucket": "false"}, "There is no configuration bucket"),
        ({"ReleaseTags": ""}, "ReleaseTags"),
        ({"RepositoryArns": ""}, "RepositoryArns"),
        ({"ConfigPrefix": "/crema"}, "ConfigPrefix"),
        ({"FamilyArns": "*"}, "FamilyArns"),
        ({"TaskRoleArns": "*"}, "TaskRoleArns"),
        ({"TaskRoleArns": "arn:aws:iam::123456789012:role/*"}, "not * for every role"),
        ({"ConfigBucketOwner": "acme"}, "ConfigBucketOwner"),
        ({"SweepRate": "hourly"}, "SweepRate"),
        ({"SweepRate": "rate(1 hours)"}, "SweepRate"),
        ({"ReleaseTags": "release,v**"}, "ReleaseTags"),
        ({"ExtStr": "type"}, "ExtStr"),
    ],
    ids=[
        "no bucket", "no tags", "no repositories", "prefix", "families", "roles", "every role", "owner",
        "sweep rate", "rate in the plural",
        "two stars", "variable without a value",
    ],
)
def test_parameters_that_cannot_work_fail_before_anything_is_created(account, parameters, sentence):
    with pytest.raises(Failure) as failure:
        account.deploy({"ConfigBucket": "crema-refused-config", **parameters}, stack="refused")
    assert sentence in str(failure.value)
    assert "crema-refused-config" not in [b["Name"] for b in account.client("s3").list_buckets()["Buckets"]]
    roles = [r["RoleName"] for r in account.client("iam").list_roles()["Roles"]]
    assert not [name for name in roles if name.startswith("refused")]


# What the parameters of the same name take and refuse.
TAKEN = {
    "ReleaseTags": ["release", "v*", "*", "*-rc", "v*.*", "2026.11.25-1"],
    "ReleaseRepositories": ["*", "shop", "team/shop-*", "*/batch"],
    "ConfigPrefix": ["crema/", "a/b/", ".hidden/x.y/"],
    "ExtStr": ["", "type=batch", "a=b;c=d", "a=b=c;", "a="],
    "ExtCode": ["", "n=1+1;spec={cpu: 256}"],
    "SweepRate": ["rate(1 hour)", "rate(30 minutes)", "cron(0 18 * * ? *)"],
    "RepositoryArns": [f"arn:aws:ecr:{region}:123456789012:repository/team/shop*" for region in ("eu-west-1", "*")],
    "FamilyArns": ["arn:aws:ecs:*:123456789012:task-definition/shop-*:*", "arn:aws:ecs:eu-west-?:123456789012:task-definition/job-?:*",
                   "arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/a:*"],
    "TaskRoleArns": ["", "arn:aws:iam::123456789012:role/path/shop-task", "arn:aws:iam::123456789012:role/*-task"],
    "KmsKeyArns": ["", "arn:aws:kms:eu-west-1:123456789012:key/mrk-0a1b"],
    "StateObjectArns": ["", "arn:aws:s3:::tf-state/prod/*", "arn:aws:s3:::*-tf-state/*"],
    "ConfigBucketOwner": ["", "123456789012"],
    "StateBucketOwners": ["", "123456789012"],
    "AlarmTopicArn": ["", "arn:aws:sns:eu-west-1:123456789012:on-call"],
    "SsmPath": ["", "/shop", "/shop/prod"],
    "KeepRevisions": ["0", "2", "30", "9999"],
}
# What would be everything there is.
STARS = ["*", "**", "*?", "???", "*_*"]
REFUSED = {
    "ReleaseTags": ["", "v**", "a b", "**"],
    "ReleaseRepositories": ["", "team/**", "Shop"],
    "ConfigPrefix": ["", "crema", "/", "/crema/", "a//b/", "../", "a/./"],
    "ExtStr": ["type", "=batch", "a=b;c"],
    "ExtCode": ["debug"],
    "SweepRate": ["", "hourly", "rate(0 hours)", "rate(1 hours)", "rate(2 hour)", "cron(0 18 * * ?)"],
    "RepositoryArns": ["", "*", "shop", *(f"arn:aws:ecr:eu-west-1:123456789012:repository/{any}" for any in STARS)],
    "FamilyArns": [
        "", "*", "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-batch", "arn:aws:ecs:*:*:task-definition/shop:*",
        *(f"arn:aws:ecs:*:123456789012:task-definition/{any}:*" for any in STARS),
    ],
    "TaskRoleArns": ["*", "shop-task", *(f"arn:aws:iam::123456789012:role/{any}" for any in STARS), "arn:aws:iam::*:role/shop"],
    "KmsKeyArns": [
        "*", "arn:aws:kms:eu-west-1:123456789012:alias/shop", *(f"arn:aws:kms:eu-west-1:123456789012:key/{any}" for any in STARS),
    ],
    "StateObjectArns": ["*", "tf-state/prod", "arn:aws:s3:::tf-state", *(f"arn:aws:s3:::{any}/prod/*" for any in STARS)],
    "ConfigBucketOwner": ["acme", "12345678901", "*"],
    "StateBucketOwners": ["acme", "*"],
    "AlarmTopicArn": ["on-call", "*", "arn:aws:sns:*:123456789012:*"],
    "SsmPath": ["shop", "/shop/", "/"],
    "KeepRevisions": ["", "1", "-2", "02", "all", "10000"],
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_parameter_takes_what_works_and_refuses_what_does_not(name):
    pattern = re.compile(TEMPLATE["Parameters"][name]["AllowedPattern"])
    assert TEMPLATE["Parameters"][name]["ConstraintDescription"]
    assert [value for value in TAKEN[name] if not pattern.search(value)] == []
    assert [value for value in REFUSED[name] if pattern.search(value)] == []


def test_every_parameter_that_text_goes_into_says_what_it_takes():
    for name, parameter in TEMPLATE["Parameters"].items():
        if parameter["Type"] != "Number":
            assert {"AllowedValues", "AllowedPattern"} & set(parameter), name
        if "AllowedPattern" in parameter:
            assert parameter["ConstraintDescription"], name
        assert parameter["Description"], name


def test_every_parameter_stands_in_a_group():
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    assert sorted(shown) == sorted(TEMPLATE["Parameters"])
