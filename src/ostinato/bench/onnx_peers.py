"""ONNX Runtime as a contestant, for inference and for one streamed step."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

from ostinato.bench.onnx_model import OnnxModel, sequence_model, step_model
from ostinato.bench.peers import Peer, Results
from ostinato.bench.problem import Problem
from ostinato.bench.streaming import Step, step_peer

OWN_ERROR = 1e-4
"""Its sigmoid and tanh are approximations of their own."""


def sequences(problem: Problem) -> Peer | str:
    """Return ONNX Runtime on the padded batch with ``sequence_lens``, threads not spinning."""
    return _sequences(problem, spinning=False)


def sequences_spinning(problem: Problem) -> Peer | str:
    """Return the same with threads that spin while they wait, which disturbs who comes next."""
    if problem.workload.threads == 1:
        return "one thread has nobody to wait for"
    return _sequences(problem, spinning=True)


def step(problem: Problem) -> Peer | str:
    """Return a call of ONNX Runtime with the state of the one before."""
    reason = _unfit(problem)
    if reason:
        return reason
    model = step_model(problem)
    session = _session(model, problem.workload.threads, spinning=False)
    given = problem.data.unsqueeze(0).numpy()
    shape = (1, problem.num_rows, problem.layer.hidden_size)
    outputs = [f"{name}_n" for name in model.states]
    # The output of a step is the new h of the top layer: the last state, or the one before c.
    top = outputs.index(f"h{problem.layer.num_layers - 1}_n")

    def start() -> Step:
        feed: dict[str, Any] = {name: torch.zeros(shape).numpy() for name in model.states}
        feed["x"] = given

        def one() -> Any:
            found = session.run(outputs, feed)
            feed.update(zip(model.states, found, strict=True))
            return found[top][0]

        return one

    return step_peer(start, "a call of session.run with the state", OWN_ERROR)


def _sequences(problem: Problem, *, spinning: bool) -> Peer | str:
    reason = _unfit(problem)
    if reason:
        return reason
    session = _session(sequence_model(problem), problem.workload.threads, spinning=spinning)
    feed = {"x": problem.padded(problem.data).numpy()}
    if problem.is_ragged:
        feed["lengths"] = problem.lengths.int().numpy()

    def run() -> Any:
        return session.run(None, feed)[0]

    def results() -> Results:
        output = torch.from_numpy(run()).flatten(0, 1)
        return {"output": output.index_select(0, problem.cells)}

    note = (
        "threads spin; timed after the others" if spinning else "session.intra_op.allow_spinning 0"
    )
    if problem.is_ragged:
        note += ", sequence_lens"
    return Peer(run, results, note, OWN_ERROR)


def _session(model: OnnxModel, threads: int, *, spinning: bool) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    return onnxruntime.InferenceSession(model.content, options, providers=["CPUExecutionProvider"])


def _unfit(problem: Problem) -> str:
    """Return why ONNX Runtime cannot take part, or nothing if it can."""
    if problem.workload.mode == "train":
        return "it does not train"
    if problem.data.dtype != torch.float32 or problem.workload.autocast:
        return "its recurrent operators are for float32"
    if not all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime")):
        return "not installed; pip install ostinato[bench]"
    return ""
