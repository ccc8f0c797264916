"""The pages of docs/, and a shell in which their commands run against the emulator."""

import re
import subprocess
import sys

from conftest import ROOT
from demo import deploy


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def marked(name, test):
    """The block of a page that is marked ```LANGUAGE test=NAME."""
    (body,) = re.findall(rf"^```\w+ test={test}\n((?:.*\n)*?)```$", page(name), re.MULTILINE)
    return body


def names(name):
    return re.findall(r"^```\w+ test=(\S+)$", page(name), re.MULTILINE)


class Shell:
    """A folder of its own, with `aws` and `sam` in the path; `stack` stands for the stack `crema` of the pages."""

    def __init__(self, folder, environment, stack="crema"):
        self.folder = folder
        self.stack = stack
        tools = folder / "tools"
        tools.mkdir()
        aws = tools / "aws"
        # The operations of s3api are those of S3.
        aws.write_text(
            '#!/bin/bash\n[ "$1" = s3api ] && set -- s3 "${@:2}"\n'
            f'exec {sys.executable} {ROOT / "tests/wiring/aws_cli.py"} "$@"\n'
        )
        aws.chmod(0o755)
        (tools / "sam").symlink_to(deploy.sam("")[0])
        self.environment = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(folder), **environment}

    def output(self, script):
        """Runs a script as it stands on the page; gives what it writes."""
        script = re.sub(r"\bcrema-(operator|registrar)\b", rf"{self.stack}-\1", script)
        script = script.replace("--stack-name crema", f"--stack-name {self.stack}")
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout
