"""An ONNX model of a recurrent layer, with torch's parameters in ONNX's order of gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ostinato.bench.problem import Problem

OPERATORS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}

GATE_ORDER = {"rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}
"""ONNX's gates by their number in torch: GRU z, r, h of r, z, n; LSTM i, o, f, c of i, f, g, o."""

OPSET, IR_VERSION = 17, 8
"""Old enough for every ONNX Runtime of these years."""


@dataclass(frozen=True)
class OnnxModel:
    """A model and the names of what goes in and comes out.

    Args:
        content: The serialised model.
        states: Inputs of the state, if it has them; what comes out has the same name and ``_n``.
    """

    content: bytes
    states: tuple[str, ...] = ()


def sequence_model(problem: Problem) -> OnnxModel:
    """Return a model of ``x``, and ``lengths`` where rows differ in length, to ``y``."""
    from onnx import TensorProto, helper

    layer, directions = problem.layer, problem.workload.directions
    nodes: list[Any] = []
    initializers: list[Any] = []
    lengths = "lengths" if problem.is_ragged else ""
    value = "x"
    for number in range(layer.num_layers):
        initializers += _parameters(problem, number)
        inputs = [value, f"w{number}", f"r{number}", f"b{number}", lengths]
        nodes.append(_node(problem, inputs, [f"out{number}"]))
        value = "y" if number == layer.num_layers - 1 else f"y{number}"
        if directions == 1:
            nodes.append(helper.make_node("Squeeze", [f"out{number}", "axis"], [value]))
        else:
            turned = f"turned{number}"
            nodes.append(
                helper.make_node("Transpose", [f"out{number}"], [turned], perm=[0, 2, 1, 3])
            )
            nodes.append(helper.make_node("Reshape", [turned, "flat"], [value]))
    initializers += [_constant("axis", [1]), _constant("flat", [0, 0, -1])]
    inputs = [_tensor("x", ("time", "rows", layer.input_size))]
    if lengths:
        inputs.append(helper.make_tensor_value_info(lengths, TensorProto.INT32, ["rows"]))
    outputs = [_tensor("y", ("time", "rows", directions * layer.hidden_size))]
    return OnnxModel(_serialised(nodes, inputs, outputs, initializers))


def step_model(problem: Problem) -> OnnxModel:
    """Return a model of one step: ``x`` and each layer's state to each layer's new state."""
    layer = problem.layer
    kinds = ("h", "c") if problem.workload.cell == "lstm" else ("h",)
    nodes: list[Any] = []
    initializers: list[Any] = []
    states: list[str] = []
    value = "x"
    for number in range(layer.num_layers):
        initializers += _parameters(problem, number)
        names = [f"{kind}{number}" for kind in kinds]
        states += names
        inputs = [value, f"w{number}", f"r{number}", f"b{number}", "", *names]
        nodes.append(_node(problem, inputs, ["", *(f"{name}_n" for name in names)]))
        value = f"h{number}_n"  # (1, rows, hidden): one direction is as good as one step
    shape = (1, problem.num_rows, layer.hidden_size)
    inputs = [_tensor("x", (1, problem.num_rows, layer.input_size))]
    inputs += [_tensor(name, shape) for name in states]
    outputs = [_tensor(f"{name}_n", shape) for name in states]
    return OnnxModel(_serialised(nodes, inputs, outputs, initializers), tuple(states))


def _node(problem: Problem, inputs: list[str], outputs: list[str]) -> Any:
    from onnx import helper

    options: dict[str, Any] = {"hidden_size": problem.layer.hidden_size}
    options["direction"] = "bidirectional" if problem.workload.bidirectional else "forward"
    if problem.workload.cell == "gru":
        options["linear_before_reset"] = 1
    while inputs[-1] == "":
        inputs = inputs[:-1]
    return helper.make_node(OPERATORS[problem.workload.cell], inputs, outputs, **options)


def _parameters(problem: Problem, number: int) -> list[Any]:
    """Return ``w``, ``r`` and ``b`` of one layer, directions along the first axis."""
    from onnx import numpy_helper

    layer, cell = problem.layer, problem.workload.cell
    suffixes = ["", "_reverse"] if problem.workload.bidirectional else [""]

    def read(name: str) -> list[npt.NDArray[np.float32]]:
        parts = [getattr(layer, f"{name}_l{number}{suffix}") for suffix in suffixes]
        return [_reordered(part, cell) for part in parts]

    biases = [np.concatenate(pair) for pair in zip(read("bias_ih"), read("bias_hh"), strict=True)]
    arrays = {"w": read("weight_ih"), "r": read("weight_hh"), "b": biases}
    return [
        numpy_helper.from_array(np.stack(parts), f"{name}{number}")
        for name, parts in arrays.items()
    ]


def _reordered(parameter: Tensor, cell: str) -> npt.NDArray[np.float32]:
    blocks = parameter.detach().numpy().reshape(len(GATE_ORDER[cell]), -1, *parameter.shape[1:])
    ordered: npt.NDArray[np.float32] = blocks[list(GATE_ORDER[cell])].reshape(parameter.shape)
    return ordered


def _constant(name: str, values: list[int]) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array(values, np.int64), name)


def _tensor(name: str, shape: tuple[int | str, ...]) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _serialised(
    nodes: list[Any], inputs: list[Any], outputs: list[Any], initializers: list[Any]
) -> bytes:
    from onnx import checker, helper

    graph = helper.make_graph(nodes, "recurrent", inputs, outputs, initializers)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
