from prometheus_client.parser import text_string_to_metric_families

from deployments.serve.nodes import OURS, merged

NOISE = 'Component="core_worker",NodeAddress="{node}",SessionName="s",Version="2",WorkerId="{worker}"'
NODE = """\
# HELP ray_audiogpt_run_seconds Time in the model
# TYPE ray_audiogpt_run_seconds histogram
ray_audiogpt_run_seconds_bucket{{{noise},le="0.1",model="m",otel_scope_name="ray._private",task="t"}} 1.0
ray_audiogpt_run_seconds_bucket{{{noise},le="+Inf",model="m",otel_scope_name="ray._private",task="t"}} 2.0
ray_audiogpt_run_seconds_count{{{noise},model="m",otel_scope_name="ray._private",task="t"}} 2.0
ray_audiogpt_run_seconds_sum{{{noise},model="m",otel_scope_name="ray._private",task="t"}} 3.0
# HELP ray_audiogpt_requests_total Calls
# TYPE ray_audiogpt_requests_total counter
ray_audiogpt_requests_total{{{noise},model="m",tenant_class="standard"}} 2.0
# HELP ray_audiogpt_live_tasks Tasks
# TYPE ray_audiogpt_live_tasks gauge
ray_audiogpt_live_tasks{{{noise}}} 16.0
# HELP ray_node_mem_used Memory
# TYPE ray_node_mem_used gauge
ray_node_mem_used{{{noise}}} 5.0
"""


def node(name: str) -> str:
    return NODE.format(noise=NOISE.format(node=name, worker=f"w-{name}"))


def test_figures_of_all_nodes_stand_together_by_metric_and_are_told_apart_by_node() -> None:
    lines = merged([node("a"), node("b")], OURS)
    families = {family.name: family for family in text_string_to_metric_families("\n".join([*lines, ""]))}
    assert families.keys() == {"ray_audiogpt_run_seconds", "ray_audiogpt_requests", "ray_audiogpt_live_tasks"}
    assert len([line for line in lines if line.startswith("# TYPE")]) == 3
    requests = families["ray_audiogpt_requests"].samples
    assert [sample.labels["NodeAddress"] for sample in requests] == ["a", "b"]
    assert requests[0].labels == {
        "NodeAddress": "a", "WorkerId": "w-a", "model": "m", "tenant_class": "standard"
    }  # fmt: skip
    assert len(families["ray_audiogpt_run_seconds"].samples) == 8
    assert families["ray_audiogpt_live_tasks"].samples[0].labels == {"NodeAddress": "a", "WorkerId": "w-a"}


def test_other_figures_are_read_by_their_name() -> None:
    assert merged([node("a")], "ray_node_mem_used")[-1].endswith("5.0")
