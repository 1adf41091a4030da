"""A cluster of several nodes on one machine, with the stores that production has."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
import httpx
import psutil
import ray
from ray import serve
from ray.cluster_utils import Cluster
from ray.serve.context import _get_global_client
from ray.serve.schema import ServeDeploySchema

from deployments.local.launch import private_folder
from deployments.local.loopback import loopback_environment
from deployments.local.ports import LOOPBACK, free_ports
from deployments.placement.cluster import read_cluster
from deployments.placement.environment_check import read_variables
from tests import patience
from tests.nodes import certificates
from tests.nodes.config import ROOT, production_config
from tests.router.postgres import Server, postgres
from tests.router.redis_server import redis_server
from tests.router.s3_server import s3_server

CLUSTER = ROOT / "cluster.yaml"
OF_THE_MACHINE = (
    "RAY_SERVE_HAPROXY_BINARY_PATH",
    "AUDIOGPT_MODELS",
    "AUDIOGPT_LLM_BASE_URL",
    "AUDIOGPT_LLM_MODEL",
    *certificates.FILES,
)
OBJECT_STORE_BYTES = 80 * 2**20
BUCKET, BACKUP = "bucket", "backup"
TENANT = "acme"
SCOPES = "infer,artifacts,sessions,runs,usage:read,metrics,admin"
LEASE_S = 5.0
PATIENCE_S = 600.0
POLL_S = 0.2


@dataclass
class Site:
    """The running cluster, its stores, and a client with a key."""

    cluster: Cluster
    database: Server
    folder: Path
    port: int
    bucket: Any  # file system of the S3 server
    nodes: dict[str, Any] = field(default_factory=dict)  # Ray's own objects, by a name
    http: httpx.Client = field(default_factory=httpx.Client)
    config: dict[str, Any] = field(default_factory=dict)  # deployed last

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def add_node(self, name: str, group: str) -> None:
        """Start a node as the launcher file describes those of a group."""
        self.nodes[name] = patience.patiently(lambda: self.cluster.add_node(**node_arguments(group)))

    def kill_node(self, name: str) -> None:
        """Take the power from a node: all its processes are gone at once."""
        node = self.nodes.pop(name)
        processes = [psutil.Process(info.process.pid) for kind in node.all_processes.values() for info in kind]
        for process in [child for parent in processes for child in parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.cluster.remove_node(node, allow_graceful=False)

    def name_of(self, node_id: str) -> str:
        """Return the name of a node that runs, or `head`."""
        return next((name for name, node in self.nodes.items() if node.node_id == node_id), "head")

    def deploy_version(self, version: str) -> None:
        """Roll a version of the code out and wait until all of it runs."""
        self.config = production_config(version, self.port, self.folder)
        self.deploy(self.config["applications"])
        wait_until(lambda: self.http.get("/readyz").is_success, "the API to be ready")

    def deploy_beside(self, application: dict[str, Any]) -> None:
        """Deploy one more application, or another config of it, and wait until it runs."""
        others = [each for each in self.config["applications"] if each["name"] != application["name"]]
        self.config["applications"] = [*others, application]
        self.deploy(self.config["applications"])

    def deploy(self, applications: Sequence[Mapping[str, Any]]) -> None:
        """Send these applications as `serve deploy` does, and wait until they run, and no others."""
        from ray.serve._private.api import serve_start

        schema = ServeDeploySchema.model_validate(self.config | {"applications": applications})
        client = serve_start(http_options=schema.http_options.model_dump(), proxy_location=schema.proxy_location)
        client.deploy_apps(schema, _blocking=False)
        names = {application["name"] for application in applications}
        wait_until(lambda: self.running(names), lambda: f"all applications to run: {unfinished()}")

    @contextmanager
    def holding(self, model: str) -> Iterator[None]:
        """Let a model's answers wait for as long as the block runs."""
        (self.folder / model).touch()
        try:
            yield
        finally:
            (self.folder / model).unlink()

    def back_up(self) -> None:
        """Copy database and bucket as the page on operating says."""
        self.database_program(documented("pg_dump"))
        self.copy_bucket(BUCKET, BACKUP)

    def lose_and_restore(self) -> None:
        """Lose both stores and bring them back as the page on operating says."""
        holding = ("ingress", "runner")
        self.deploy([each for each in self.config["applications"] if each["name"] not in holding])
        self.database_program('psql --quiet --dbname="$POSTGRES_URL" --command="DROP SCHEMA public CASCADE"')
        self.database_program('psql --quiet --dbname="$POSTGRES_URL" --command="CREATE SCHEMA public"')
        self.bucket.rm(f"{BUCKET}/artifacts", recursive=True)
        self.database_program(documented("pg_restore"))
        self.copy_bucket(BACKUP, BUCKET)
        self.deploy(self.config["applications"])
        wait_until(lambda: self.http.get("/readyz").is_success, "the API to be ready")

    def copy_bucket(self, source: str, target: str) -> None:
        """Copy all objects of a bucket, as `aws s3 sync` does."""
        self.bucket.invalidate_cache()
        for path in self.bucket.find(source):
            self.bucket.copy(path, f"{target}{path.removeprefix(source)}")

    def database_program(self, command: str) -> None:
        """Run one of Postgres' programs on the database."""
        url = self.database.url.replace("+psycopg", "")
        subprocess.run(["sh", "-euc", command], check=True, cwd=self.folder, env=os.environ | {"POSTGRES_URL": url})

    def details(self) -> Mapping[str, Any]:
        """Return what Serve knows of its applications."""
        client: Any = _get_global_client()
        return dict(ray.get(client._controller.get_serve_instance_details.remote()))

    def replicas(self, deployment: str, what: str = "node_id") -> list[str]:
        """Return the names of the nodes on which replicas of a deployment run, or something else of each replica."""
        found = [application["deployments"].get(deployment) for application in self.details()["applications"].values()]
        running = [each for one in found if one for each in one["replicas"] if each["state"] == "RUNNING"]
        return [self.name_of(each[what]) if what == "node_id" else str(each[what]) for each in running]

    def running(self, names: Collection[str]) -> bool:
        """Tell whether all of these applications run, and no other is there any more."""
        found = serve.status().applications
        assert not [f"{n}: {a.message}" for n, a in found.items() if a.status == "DEPLOY_FAILED"]
        return found.keys() == set(names) and all(application.status == "RUNNING" for application in found.values())


def unfinished() -> dict[str, str]:
    """Return the deployments that do not run as they should, with what Serve says of them."""
    found = [each for application in serve.status().applications.values() for each in application.deployments.items()]
    return {
        name: f"{deployment.status} {deployment.message} {deployment.replica_states}"
        for name, deployment in found
        if deployment.status != "HEALTHY"
    }


def wait_until(check: Callable[[], Any], what: str | Callable[[], str], patience_s: float = PATIENCE_S) -> Any:
    """Return the first truthy value of `check`."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if value := check():
            return value
        time.sleep(POLL_S)
    raise AssertionError(f"waited {patience_s:.0f} s for {what() if callable(what) else what}")


def node_arguments(group: str) -> dict[str, Any]:
    """Return what Ray is told of a node of a group of the launcher file; nothing is as large as it says."""
    kind = next(found for found in read_cluster(CLUSTER) if found.name == group)
    marks = {name: 1000 if name == "cpu_node" else 1 for name in kind.resources - {"CPU", "GPU", "memory"}}
    sizes = {"num_cpus": int(kind.cpus_per_node), "num_gpus": kind.gpus_per_node, "resources": marks}
    return sizes | {"object_store_memory": OBJECT_STORE_BYTES}


def environment(stores: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of every node: as shipped for production, with these stores."""
    shipped = read_variables(ROOT / "deploy" / "production.env")
    kept = {name: value for name, value in shipped.items() if name not in OF_THE_MACHINE}
    own = {
        "PYTHONPATH": str(ROOT),
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "AUDIOGPT_HOME": str(folder / "home"),
        "AUDIOGPT_AUTH": "on",  # asked for on the loopback interface, too
        "AUDIOGPT_KEY_PEPPER": secrets.token_hex(32),
        "AUDIOGPT_ALLOWED_HOSTS": LOOPBACK,
        "AUDIOGPT_RUN_LEASE_S": str(LEASE_S),
        "AUDIOGPT_MAX_RUNS": "1000",
    }
    return kept | own | patience.VARIABLES | loopback_environment(folder) | stores


def start_head() -> Cluster:
    """Start the head, which serves no model."""
    arguments = node_arguments("head") | {"include_dashboard": False}
    head: Cluster = patience.patiently(lambda: Cluster(True, head_node_args=arguments))
    return head


def documented(program: str) -> str:
    """Return the command that the page on operating gives with a program."""
    page = (ROOT / "docs" / "operating.md").read_text()
    (command,) = re.findall(rf"(?:^|`)({program} [^`#]*?)\s*(?:#.*)?(?:`|$)", page, re.MULTILINE)
    return str(command)


def free_port() -> int:
    return free_ports(1)[0]


def make_key() -> str:
    """Make a tenant and a key that may do everything, as an operator does."""

    def audiogpt(*words: str) -> str:
        command = [sys.executable, "-m", "audiogpt_cli.main", *words]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    audiogpt("tenants", "create", TENANT)
    return audiogpt("keys", "create", "--tenant", TENANT, "--scopes", SCOPES).split()[0]


@contextmanager
def site() -> Iterator[Site]:
    """Start stores, a head that serves no model, two nodes with CPUs and one with a T4; end all of it afterwards."""
    folder = private_folder()
    with postgres() as database, redis_server() as limits, s3_server(BUCKET, BACKUP) as s3:
        stores = {
            "AUDIOGPT_DATABASE_URL": database.url,
            "AUDIOGPT_LIMITS_URL": limits,
            "AUDIOGPT_ARTIFACTS_URL": f"s3://{BUCKET}/artifacts",
            **s3,
        }
        os.environ |= environment(stores, folder)
        patience.be_patient()
        key = make_key()
        running = Site(start_head(), database, folder, free_port(), fsspec.filesystem("s3"))
        try:
            for name, group in (("cpu-1", "cpu"), ("cpu-2", "cpu"), ("t4", "t4")):
                running.add_node(name, group)
            ray.init(address=running.cluster.address, log_to_driver=False)
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=running.api_url, headers=headers, timeout=PATIENCE_S) as running.http:
                yield running
        finally:
            with suppress(Exception):
                serve.shutdown()
            ray.shutdown()
            running.cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)
