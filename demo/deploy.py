"""Builds and deploys template.yaml with SAM, as an account would have it, but for the endpoint."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from demo.compile import ROOT, architecture, command, compiled, crates, need_cargo
from demo.emulator import ACCOUNT, REGION
from demo.screen import Failure, note

STACK = "crema"
BUCKET = "crema-demo-configuration"
PREFIX = "crema/"
CODE_BUCKET = "crema-demo-code"
SETTLE_SECONDS = 3

APPS = ["shop", "reports"]


def arns(*forms):
    """The given ARNs for each app of the examples, as a list parameter takes them."""
    return ",".join(form.format(region=REGION, account=ACCOUNT, app=app) for app in APPS for form in forms)


PARAMETERS = {
    "ConfigBucket": BUCKET,
    "CreateConfigBucket": "true",
    "ConfigPrefix": PREFIX,
    "FamilyArns": arns("arn:aws:ecs:{region}:{account}:task-definition/{app}-*:*"),
    "TaskRoleArns": arns("arn:aws:iam::{account}:role/{app}-task", "arn:aws:iam::{account}:role/{app}-execution"),
    "RepositoryArns": arns("arn:aws:ecr:{region}:{account}:repository/{app}"),
    "ReleaseTags": "release,v*",
    "SettleSeconds": str(SETTLE_SECONDS),
    "SweepRate": "rate(1 day)",
}


def tools():
    """The environment in which SAM finds the pinned cargo-lambda and zig."""
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}", "SAM_CLI_TELEMETRY": "0"}


def build(processes):
    """Builds the function for this machine as the tests do, which share what is compiled; gives the template with it."""
    bootstrap = compiled(processes)
    # As a person has it in the path; kept beside, since other builds go on in `target`.
    template = with_code(processes.folder / "build", bootstrap)
    shutil.copy(command(bootstrap), processes.folder / "build" / "crema")
    return template


def with_code(folder, bootstrap):
    """The template of the tree, its functions running this binary."""
    code = folder / "code"
    shutil.rmtree(folder, ignore_errors=True)
    code.mkdir(parents=True)
    shutil.copy(bootstrap, code / "bootstrap")
    # Symbols are most of what would be uploaded; without the tool it is merely larger.
    if shutil.which("strip"):
        subprocess.run(["strip", str(code / "bootstrap")], check=False)
    return running(code, folder / "template.yaml")


def running(code, template):
    """The template of the tree, written there, its functions running what lies in the folder `code`."""
    text = (ROOT / "template.yaml").read_text()
    if text.count("CodeUri: .\n") != 1:
        raise Failure("template.yaml does not say `CodeUri: .` once, in Globals: the binary is put there.")
    template.write_text(text.replace("CodeUri: .\n", f"CodeUri: {code}\n"))
    return template


def build_release(processes):
    """Builds both functions with `sam build`, as they are deployed to an account; gives the built template."""
    need_cargo()
    # What `sam build` does itself, without a word: done before it, its progress can be seen.
    processes.run(
        "compiling the function (release: some minutes the first time)",
        [str(Path(sys.executable).parent / "cargo-lambda"), "lambda", "build", "--release", *(["--arm64"] if architecture() == "arm64" else [])],
        "compile.log",
        "Mend what the compiler says (`cargo build --release` shows it alone), then run this again.",
        {**tools(), "CARGO_TERM_PROGRESS_WHEN": "always", "CARGO_TERM_PROGRESS_WIDTH": "120"},
        detail=crates,
    )
    built = processes.folder / "build"
    processes.run(
        "building for Lambda (sam build)",
        [
            *sam("build"),
            "--beta-features",
            "--template-file", str(ROOT / "template.yaml"),
            "--build-dir", str(built),
            "--cache-dir", str(processes.folder / "sam-cache"),
            "--parameter-overrides", *overrides({"Architecture": architecture()}),
        ],
        "build.log",
        "The end of that output says why.",
        tools(),
    )
    return built / "template.yaml"


def deploy(processes, emulator, template, more=None, stack=STACK):
    """`sam deploy`, with `more` parameters than the demo's own; gives the stack's outputs."""
    s3 = emulator.client("s3")
    if CODE_BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    processes.run(
        "deploying template.yaml (sam deploy)",
        [
            *sam("deploy"),
            "--template-file", str(template),
            "--stack-name", stack,
            "--s3-bucket", CODE_BUCKET,
            "--region", REGION,
            "--capabilities", "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-progressbar",
            "--parameter-overrides", *overrides({**PARAMETERS, "Architecture": architecture(), **(more or {})}),
        ],
        "deploy.log",
        "The end of that output says which resource was refused and why.",
        {**emulator.environment, **tools()},
    )
    made = emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}
    # The emulator leaves the template's reserved concurrency out.
    emulator.client("lambda").put_function_concurrency(
        FunctionName=outputs["RegistrarName"], ReservedConcurrentExecutions=1
    )
    note("reserved concurrency 1 set by the API call: the emulator does not take it from the template")
    return outputs


# What the template's policies allow on certain resources or conditions that the emulator does not read out of the call.
NOT_BY_CONDITION = ["ecs:RegisterTaskDefinition", "ecs:TagResource", "events:PutEvents"]


def allow_on_any(emulator, outputs, action):
    """Lets the roles do this to any resource: the emulator asks for that, since it does not read the resource out of the call.

    AWS asks for the family's, or the rule's, own ARN, to which the template keeps the roles.
    """
    name_of_action = action.rpartition(":")[2]
    statement = {"Sid": f"Emulator{name_of_action}", "Effect": "Allow", "Action": action, "Resource": "*"}
    for name in ("RegistrarName", "OperatorName"):
        role = emulator.client("lambda").get_function(FunctionName=outputs[name])["Configuration"]["Role"]
        emulator.client("iam").put_role_policy(
            RoleName=role.rpartition("/")[2],
            PolicyName=f"emulator-{name_of_action}",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
    note(f"{action} allowed on *: the emulator does not know its resource level or conditions")


def allow_http(emulator, outputs):
    """Takes the created bucket's policy away: it asks for TLS, and the function speaks HTTP to the emulator."""
    emulator.client("s3").delete_bucket_policy(Bucket=outputs["ConfigUri"].split("/")[2])
    note("the bucket's policy (TLS only) taken away: the function speaks HTTP to the emulator")


def sam(command):
    return [str(Path(sys.executable).parent / "sam"), command]


def overrides(parameters):
    return [f'{name}="{value}"' for name, value in parameters.items()]
