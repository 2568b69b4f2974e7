"""A T-one for sherpa-onnx that tells three pressures apart: above ("а"), below ("б"), none.

Inputs, outputs and metadata are those of the real one (300 ms of 8 kHz in, ten frames of log-probabilities
out, a state in float16); what happens between them is arithmetic.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

ABOVE, BELOW = 0.5, -0.5
_CHUNK, _FRAMES = 2400, 10
_STATE = 4


def write(folder: Path) -> tuple[Path, Path]:
    """Model and tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    model, tokens = folder / "model.onnx", folder / "tokens.txt"
    tokens.write_text("а 0\nб 1\n<blk> 2\n", encoding="utf-8")
    onnx.save(_model(), str(model))
    return model, tokens


def _model() -> onnx.ModelProto:
    constants: dict[str, NDArray[np.generic]] = {
        "frames": np.array([-1, _FRAMES, _CHUNK // _FRAMES], np.int64),
        "levels": np.array([ABOVE, BELOW, 0], np.float32).reshape(1, 1, 3) * 32767,
        "sharpness": np.array(-0.001, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["signal"], ["samples"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["samples", "frames"], ["framed"]),
        helper.make_node("ReduceMean", ["framed"], ["level"], axes=[2], keepdims=1),
        helper.make_node("Sub", ["level", "levels"], ["difference"]),
        helper.make_node("Abs", ["difference"], ["distance"]),
        helper.make_node("Mul", ["distance", "sharpness"], ["score"]),
        helper.make_node("LogSoftmax", ["score"], ["logprobs"], axis=2),
        helper.make_node("Identity", ["state"], ["state_next"]),
    ]
    graph = helper.make_graph(
        nodes,
        "t-one",
        [
            helper.make_tensor_value_info("signal", TensorProto.INT32, ["N", _CHUNK, 1]),
            helper.make_tensor_value_info("state", TensorProto.FLOAT16, ["N", _STATE]),
        ],
        [
            helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["N", _FRAMES, 3]),
            helper.make_tensor_value_info("state_next", TensorProto.FLOAT16, ["N", _STATE]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    metadata = {
        "model_type": "t-one",
        "frame_length_ms": "300",
        "state_dim": str(_STATE),
        "sample_rate": "8000",
    }
    helper.set_model_props(model, metadata)
    return model
