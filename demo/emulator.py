"""The emulator of AWS: ministack on 127.0.0.1, on a port that is free, with the function as a local process."""

import os
import socket
import sys
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

from demo.processes import tail
from demo.screen import Failure, Progress

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"
HOST = "127.0.0.1"


class Emulator:
    """`clients` are boto3's; `environment` lets a command-line tool talk to the emulator."""

    def __init__(self, processes, port, host):
        self.processes = processes
        self.port = port
        self.url = f"http://{host}:{port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # Nobody's own configuration plays a part.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAM_CLI_TELEMETRY": "0",
            "NO_PROXY": host,
            "no_proxy": host,
        }

    def client(self, service, url=None, tls=True):
        """A client of the emulator, or of what listens at `url`; seen as one that came over TLS."""
        client = boto3.session.Session().client(
            service,
            region_name=REGION,
            endpoint_url=url or self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 2},
                read_timeout=150,
                s3={"addressing_style": "path"},
                proxies={},
            ),
        )
        if tls:
            client.meta.events.register("before-sign.*", over_tls)
        return client

    def wait(self, process, log):
        progress = Progress(f"starting the emulator of AWS on {self.url}")
        while progress.seconds() < 60:
            if process.poll() is not None:
                progress.failed()
                raise Failure(f"{tail(log)}\nThe emulator ended by itself. Run it again; its output is in {log}.")
            if healthy(self.url):
                progress.done("ready")
                return
            progress.tick()
            time.sleep(0.1)
        progress.failed()
        raise Failure(f"The emulator did not answer within 60 s; its output is in {log}.")


def over_tls(request, **_):
    """What a proxy says that ended TLS in front of the emulator."""
    request.headers["X-Forwarded-Proto"] = "https"


def start(processes, port=None, more=None, host=HOST):
    """Starts ministack, on a free port unless one is given, and waits until it answers."""
    emulator = Emulator(processes, port or free_port(host), host)
    state = processes.folder / "emulator"
    state.mkdir(exist_ok=True)
    log = "emulator.log"
    process = processes.start(
        [sys.executable, "-m", "ministack"],
        log,
        {
            **emulator.environment,
            "BIND_HOST": host,
            "GATEWAY_PORT": str(emulator.port),
            "MINISTACK_HOST": host,
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            # Services that would listen on ports of their own.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "STATE_DIR": str(state),
            "TMPDIR": str(state),
            **(more or {}),
        },
    )
    emulator.wait(process, processes.folder / log)
    return emulator


def healthy(url):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}/_ministack/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port(host=HOST):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
