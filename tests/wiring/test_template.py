"""The template is valid, and refuses what cannot work before anything is created."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
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
        ({"SweepRate": "hourly"}, "SweepRate"),
    ],
    ids=["no bucket", "no tags", "no repositories", "prefix", "families", "roles", "sweep rate"],
)
def test_parameters_that_cannot_work_fail_before_anything_is_created(account, parameters, sentence):
    with pytest.raises(Failure) as failure:
        account.deploy({"ConfigBucket": "crema-refused-config", **parameters}, stack="refused")
    assert sentence in str(failure.value)
    assert "crema-refused-config" not in [b["Name"] for b in account.client("s3").list_buckets()["Buckets"]]
    roles = [r["RoleName"] for r in account.client("iam").list_roles()["Roles"]]
    assert not [name for name in roles if name.startswith("refused")]
