"""The manifests as `kubectl kustomize` makes them, against the schemas of Kubernetes."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from cryptography import x509
from ray.serve.schema import ServeDeploySchema

from deployments.placement.cluster import read_cluster
from deployments.placement.tls_check import FILES, SWITCH
from scripts.tables.kubernetes import OVERLAYS, SOURCES, overlay_config

ROOT = Path(__file__).parents[2]
RAYSERVICE = json.loads((Path(__file__).parent / "rayservice.json").read_text())
KUBERNETES = "1.33"
OWN = {"RayService", "PodMonitor"}  # kinds that Kubernetes itself does not have
SLOW_START_S = 600  # of a pod on a node whose disk is cold
PAUSE_S = 60  # for which a raylet may be too busy to answer
NEWEST_WITHOUT_REPLACEMENTS = (1, 20)  # of kubectl


def kubectl_is_new() -> bool:
    """Tell whether there is a `kubectl` whose kustomize knows replacements and components."""
    if shutil.which("kubectl") is None:
        return False
    told = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v(\d+)\.(\d+)", told)
    return found is not None and (int(found[1]), int(found[2])) > NEWEST_WITHOUT_REPLACEMENTS


pytestmark = pytest.mark.skipif(not kubectl_is_new(), reason="needs kubectl 1.21 or newer")
overlays = pytest.mark.parametrize("overlay", list(SOURCES))
overlays_and_tls = pytest.mark.parametrize("overlay", [*SOURCES, "production-tls"])


@cache
def built(overlay: str) -> list[dict[str, Any]]:
    """Return the objects of an overlay."""
    command = ["kubectl", "kustomize", str(OVERLAYS / overlay)]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [each for each in yaml.safe_load_all(made) if each]


def of_kind(overlay: str, kind: str) -> list[dict[str, Any]]:
    return [each for each in built(overlay) if each["kind"] == kind]


def cluster_of(overlay: str) -> dict[str, Any]:
    (service,) = of_kind(overlay, "RayService")
    return service["spec"]["rayClusterConfig"]


def pod_templates(overlay: str) -> list[dict[str, Any]]:
    jobs = [job["spec"] for job in of_kind(overlay, "Job")]
    return [each["template"] for each in (*groups_of(overlay), *jobs)]


def workers_of(overlay: str) -> list[dict[str, Any]]:
    return cluster_of(overlay).get("workerGroupSpecs", [])


def groups_of(overlay: str) -> list[dict[str, Any]]:
    return [cluster_of(overlay)["headGroupSpec"], *workers_of(overlay)]


def asked(probe: dict[str, Any]) -> list[tuple[str, str]]:
    """Return port and path of all that a probe asks for."""
    return re.findall(r"http://127\.0\.0\.1:(\d+)(\S+)", probe["exec"]["command"][-1])


@overlays_and_tls
def test_objects_are_valid(overlay: str) -> None:
    for each in built(overlay):
        if each["kind"] not in OWN:
            kubernetes_validate.validate(each, KUBERNETES, strict=True)
    (service,) = of_kind(overlay, "RayService")
    jsonschema.validate(service, RAYSERVICE)
    for template in pod_templates(overlay):
        pod = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": template}
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


@overlays
def test_serve_config_is_the_projects_own(overlay: str) -> None:
    (service,) = of_kind(overlay, "RayService")
    assert service["spec"]["serveConfigV2"] == overlay_config(overlay)
    ServeDeploySchema.model_validate(yaml.safe_load(service["spec"]["serveConfigV2"]))


@overlays_and_tls
def test_no_pod_runs_as_root_or_may_become_it(overlay: str) -> None:
    for template in pod_templates(overlay):
        assert template["spec"]["securityContext"]["runAsNonRoot"]
        for container in (*template["spec"]["containers"], *template["spec"].get("initContainers", [])):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert re.search(r"audiogpt-serve:[\w.]+-c", container["image"])


@overlays_and_tls
def test_no_secret_is_written_down(overlay: str) -> None:
    assert of_kind(overlay, "Secret") == []
    for config in of_kind(overlay, "ConfigMap"):
        assert not any(re.search(r"DATABASE_URL|KEY|TOKEN|PASSWORD", name) for name in config["data"])


def test_ray_asks_everybody_for_a_token_and_is_reached_by_few() -> None:
    assert cluster_of("production")["authOptions"] == {"mode": "token"}
    (policy,) = of_kind("production", "NetworkPolicy")
    open_to_all = [rule for rule in policy["spec"]["ingress"] if "from" not in rule]
    assert open_to_all == []


def test_every_pod_of_ray_makes_a_certificate_and_its_processes_never_see_the_authority() -> None:
    def files(container: dict[str, Any]) -> set[str]:
        return {each["name"] for each in container["volumeMounts"]}

    cluster = cluster_of("production-tls")
    for group in groups_of("production-tls"):
        (ray,), (making,) = (group["template"]["spec"][each] for each in ("containers", "initContainers"))
        assert {each["name"]: each["value"] for each in ray["env"]} == {
            "RAY_USE_TLS": "1",
            "RAY_TLS_CA_CERT": "/tls/ca.crt",
            "RAY_TLS_SERVER_CERT": "/tls/tls.crt",
            "RAY_TLS_SERVER_KEY": "/tls/tls.key",
        }
        assert making["image"] == ray["image"]
        assert files(making) == {"authority", "tls"}
        assert files(ray) & files(making) == {"tls"}
        assert files(making) <= {each["name"] for each in group["template"]["spec"]["volumes"]}
    autoscaler = cluster["autoscalerOptions"]
    assert autoscaler["env"] == cluster["headGroupSpec"]["template"]["spec"]["containers"][0]["env"]
    assert files(autoscaler) == {"tls"}


def test_certificate_of_a_pod_names_its_address_and_the_heads_service(tmp_path: Path) -> None:
    (making,) = cluster_of("production-tls")["headGroupSpec"]["template"]["spec"]["initContainers"]
    pod = {"$(POD_IP)": "10.1.2.3", "$(NAMESPACE)": "audiogpt", "/authority": str(tmp_path), "/tls": str(tmp_path)}
    script, *words = making["command"][1:]
    for placeholder, value in pod.items():
        words = [word.replace(placeholder, value) for word in words]
    for arguments in (["authority", str(tmp_path)], words):
        subprocess.run(["sh", ROOT / script, *arguments], check=True)
    certificate = x509.load_pem_x509_certificate((tmp_path / "tls.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "*.audiogpt.svc.cluster.local"]
    assert list(map(str, names.get_values_for_type(x509.IPAddress))) == ["127.0.0.1", "10.1.2.3"]


def test_groups_are_those_of_the_cluster_file() -> None:
    pods = {group["groupName"]: group for group in cluster_of("production")["workerGroupSpecs"]}
    nodes = {group.name: group for group in read_cluster(ROOT / "cluster.yaml") if not group.is_head}
    assert pods.keys() == nodes.keys()
    for name, node in nodes.items():
        params = pods[name]["rayStartParams"]
        resources = json.loads(json.loads(params["resources"]))
        assert int(params["num-cpus"]) == node.cpus_per_node
        assert int(params.get("num-gpus", 0)) == node.gpus_per_node
        assert pods[name]["maxReplicas"] == node.max_nodes
        assert resources.keys() == node.resources - {"CPU", "GPU", "memory"}
        limits = pods[name]["template"]["spec"]["containers"][0]["resources"]["limits"]
        assert int(limits["memory"].removesuffix("Gi")) * 1024 >= node.memory_mb * 0.9
        assert int(limits.get("nvidia.com/gpu", 0)) == node.gpus_per_node


def test_head_serves_no_model_and_may_die() -> None:
    cluster = cluster_of("production")
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    assert cluster["gcsFaultToleranceOptions"]["redisPassword"]["valueFrom"]["secretKeyRef"]["name"]


@overlays
def test_ray_pods_have_time_to_start_and_die_only_with_their_raylet(overlay: str) -> None:
    for group in groups_of(overlay):
        container = group["template"]["spec"]["containers"][0]
        start, alive = container["startupProbe"], container["livenessProbe"]
        assert start["periodSeconds"] * start["failureThreshold"] >= SLOW_START_S
        assert alive["periodSeconds"] * alive["failureThreshold"] >= PAUSE_S
        for probe in (start, alive):
            assert asked(probe) == [("52365", "/api/healthz")]


def test_workers_take_requests_while_an_ingress_answers_through_their_proxy() -> None:
    probes = [group["template"]["spec"]["containers"][0]["readinessProbe"] for group in workers_of("production")]
    assert all(probe == probes[0] for probe in probes)
    assert asked(probes[0])[1:] == [("8000", "/-/healthz"), ("8000", "/healthz")]
    patience = [int(seconds) for seconds in re.findall(r"-T (\d+)", probes[0]["exec"]["command"][-1])]
    assert sum(patience) < probes[0]["timeoutSeconds"]
    assert probes[0]["failureThreshold"] > 1


def test_one_pod_of_each_group_may_be_drained_at_a_time() -> None:
    budgets = {
        budget["spec"]["selector"]["matchLabels"].get("ray.io/group", "head"): budget["spec"]
        for budget in of_kind("production", "PodDisruptionBudget")
    }
    assert budgets.keys() == {"head"} | {group["groupName"] for group in workers_of("production")}
    assert all(spec["maxUnavailable"] == 1 for spec in budgets.values())


def test_environment_is_that_of_production_nodes() -> None:
    def variables(path: Path) -> dict[str, str]:
        lines = path.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    (config,) = of_kind("production", "ConfigMap")
    nodes = variables(ROOT / "deploy" / "production.env")
    secret = {"AUDIOGPT_DATABASE_URL"}
    nodes = {
        name: value for name, value in nodes.items() if name not in (SWITCH, *FILES)
    }  # the overlay with TLS has it
    assert config["data"].keys() == nodes.keys() - secret
    paths = {"RAY_SERVE_HAPROXY_BINARY_PATH", "AUDIOGPT_MODELS"}
    assert {name: config["data"][name] for name in nodes.keys() - secret - paths} == {
        name: nodes[name] for name in nodes.keys() - secret - paths
    }
