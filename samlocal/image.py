"""The image that SAM asks for: pulled where an engine runs already, else made of this machine's distribution."""

import platform
import shutil
import subprocess

import docker

from demo import deploy
from demo.screen import Failure, Progress
from samlocal.engine import Skip, unmount

REPOSITORY = "public.ecr.aws/lambda/provided"
SUITE = "VERSION_CODENAME"


def ensure(engine, processes):
    """Sees to it that the image is there."""
    tag = f"al2023-{deploy.architecture()}"
    if engine.own:
        make(engine, processes, tag)
    else:
        try:
            engine.client.images.get(f"{REPOSITORY}:{tag}")
        except docker.errors.ImageNotFound:
            pull(engine, tag)
    try:
        engine.client.containers.run(f"{REPOSITORY}:{tag}", entrypoint="/bin/true", remove=True)
    except docker.errors.DockerException as error:
        raise Skip(f"the engine starts no container here ({error})") from error


def pull(engine, tag):
    progress = Progress(f"pulling {REPOSITORY}:{tag}")
    try:
        engine.client.images.pull(REPOSITORY, tag=tag)
    except (docker.errors.APIError, OSError) as error:
        progress.failed()
        raise Skip(f"the image {REPOSITORY}:{tag} cannot be pulled ({error})") from error
    progress.done()


def make(engine, processes, tag):
    """Imports a minimal system of the machine's own distribution under the tag that SAM asks for.

    It has the shell and the C library that the function and SAM's emulator need; that the function runs with Amazon
    Linux's library is not shown by it.
    """
    archive = processes.folder / "base.tar"
    if not archive.exists():
        bootstrap(processes, archive)
    progress = Progress("importing it as the image that SAM asks for")
    engine.client.api.import_image_from_file(str(archive), repository=REPOSITORY, tag=tag)
    progress.done()


def bootstrap(processes, archive):
    root = processes.folder / "base"
    remove(root)
    site, suite = mirror()
    try:
        processes.run(
            f"making a minimal system of {suite} (debootstrap)",
            ["debootstrap", "--variant=minbase", suite, str(root), site],
            "debootstrap.log",
            "The mirror is the one that apt-get uses: is it reachable?",
            limit=900,
        )
        made = archive.with_suffix(".part")
        subprocess.run(["tar", "--directory", str(root), "--create", "--file", str(made), "."], check=True)
        made.rename(archive)
    except (Failure, subprocess.CalledProcessError) as error:
        raise Skip(f"no minimal system of {suite} can be made: {str(error).strip().splitlines()[-1]}") from error
    finally:
        remove(root)


def remove(root):
    unmount(root)
    shutil.rmtree(root, ignore_errors=True)


def mirror():
    """The mirror and the suite of this machine's apt-get."""
    suite = platform.freedesktop_os_release().get(SUITE, "")
    form = ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)"]
    lines = subprocess.run(form, capture_output=True, text=True, check=True).stdout.splitlines()
    sites = [line.split()[0] for line in lines if suite and line.endswith(f" {suite}")]
    if not sites:
        raise Skip("apt-get names no mirror of this machine's distribution, of which the image would be made")
    return sites[0], suite
