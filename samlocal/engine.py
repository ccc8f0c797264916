"""The container engine: one that runs already, or Debian's own, started for this run and gone after it."""

import ipaddress
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import docker

from demo.processes import tail
from demo.screen import Failure, Progress, note

BRIDGE = "docker0"


class Skip(Exception):
    """This machine cannot run containers; its text says why."""


class Engine:
    """`client` is docker's; `environment` lets SAM find the same engine."""

    def __init__(self, client, environment, own=None):
        self.client = client
        self.environment = environment
        self.own = own

    def gateway(self):
        """The address under which a container reaches this machine."""
        settings = (self.client.networks.get("bridge").attrs["IPAM"]["Config"] or [{}])[0]
        if "Subnet" not in settings:
            raise Skip("the engine has no bridge network by which a container reaches this machine")
        # An engine that made its bridge a moment ago tells the network alone; the bridge has its first address.
        return settings.get("Gateway") or str(next(ipaddress.ip_network(settings["Subnet"]).hosts()))

    def stop(self):
        """Removes the containers of an engine that was started here; that of others is left as it is."""
        if self.own:
            for container in self.client.containers.list(all=True, ignore_removed=True):
                container.remove(force=True)
        self.client.close()


class Own:
    """What an engine started here leaves on the machine: folders, mounts and a bridge."""

    def __init__(self, folder):
        self.data = folder / "engine"
        # Paths of sockets are short, so they cannot lie in a folder of any depth.
        self.sockets = Path(tempfile.mkdtemp(prefix="crema-"))
        self.had_bridge = has_bridge()

    def remove(self):
        """To be called once the engine is stopped."""
        for folder in (self.data, self.sockets):
            unmount(folder)
            shutil.rmtree(folder, ignore_errors=True)
        if not self.had_bridge and has_bridge():
            subprocess.run(["ip", "link", "delete", BRIDGE], check=False, capture_output=True)


def running():
    """The engine that runs already, if one answers."""
    try:
        client = docker.from_env()
        client.ping()
    except (docker.errors.DockerException, OSError):
        return None
    note(f"a container engine runs already: {client.api.base_url}")
    return Engine(client, {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")})


def start(processes, own):
    """Starts dockerd, installed by apt-get where it is missing; raises `Skip` where that cannot be."""
    if os.geteuid() != 0:
        raise Skip("no container engine answers, and only root may start one")
    install(processes)
    own.data.mkdir(exist_ok=True)
    socket = f"unix://{own.sockets}/docker.sock"
    process = processes.start(
        [
            shutil.which("dockerd"),
            "--host", socket,
            "--data-root", str(own.data),
            "--exec-root", str(own.sockets / "exec"),
            "--pidfile", str(own.sockets / "pid"),
            # The machine's firewall and routes stay as they are: a container needs this machine and nothing beyond.
            "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false",
        ],
        "engine.log",
    )
    client = docker.DockerClient(base_url=socket, version="1.40", timeout=120)
    progress = Progress("starting a container engine (dockerd)")
    while progress.seconds() < 30:
        if process.poll() is not None:
            break
        try:
            client.ping()
            progress.done("ready")
            return Engine(client, {"DOCKER_HOST": socket}, own)
        except (docker.errors.DockerException, OSError):
            progress.tick()
            time.sleep(0.2)
    progress.failed()
    raise Skip(f"no container engine starts here: {tail(processes.folder / 'engine.log', 1)}")


def install(processes):
    wanted = {"dockerd": "docker.io", "debootstrap": "debootstrap"}
    missing = [package for program, package in wanted.items() if shutil.which(program) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise Skip(f"no container engine answers, and there is no apt-get to install {' and '.join(missing)}")
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    try:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        processes.run("reading what can be installed (apt-get update)", ["apt-get", "update"], "apt.log", "", quiet)
        processes.run(f"installing {' and '.join(missing)} (apt-get)", command, "apt.log", "", quiet)
    except Failure as failure:
        raise Skip(f"`{' '.join(command)}` failed: {str(failure).strip().splitlines()[-1]}") from failure


def has_bridge():
    return Path(f"/sys/class/net/{BRIDGE}").exists()


def unmount(folder):
    """Takes away what is still mounted in the folder, innermost first."""
    with open("/proc/self/mounts") as mounts:
        points = [line.split()[1] for line in mounts]
    for point in sorted((p for p in points if p.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", point], check=False, capture_output=True)
