"""Time recurrent layers against torch and ONNX Runtime: in turns, with results checked first."""

from ostinato.bench.workloads import Workload as Workload

__all__ = ["Workload"]
