"""Swin-T in OpenVINO or in PyTorch with torchao: reads requests, a line each, and answers each with a figure, as Worker.java does.

    forward_peers.py OpenVINO|torchao fp32|bf16|int8 REFERENCE IMAGES LOGITS

    run FIRST COUNT      runs it on these images, writes their logits to LOGITS, float32; seconds

REFERENCE is what scripts/bench-export.py wrote; IMAGES holds float32 [images, 3, 224, 224], normalised. OMP_NUM_THREADS threads compute.
Each batch size is compiled by itself at its first request: both runtimes are faster so.
"""

import os
import sys
import time
from pathlib import Path

import numpy

PEER, PRECISION = sys.argv[1:3]
REFERENCE, IMAGES, LOGITS = map(Path, sys.argv[3:6])
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))
SIDE = 224

images = numpy.fromfile(IMAGES, dtype=numpy.float32).reshape(-1, 3, SIDE, SIDE)


class OpenVino:
    """int8 by NNCF, as OpenVINO's guide has it for transformers: calibrated on these images, the rest in bf16."""

    def __init__(self):
        import openvino

        self.core = openvino.Core()
        self.compiled = {}
        self.file = REFERENCE / "swin_t.onnx"
        if PRECISION == "int8":
            self.file = LOGITS.parent / "openvino-int8.xml"
            if not self.file.exists():
                self.quantize()

    def quantize(self):
        import nncf
        import openvino

        calibration = nncf.Dataset([image[None] for image in images])
        model = nncf.quantize(
            self.core.read_model(REFERENCE / "swin_t.onnx"),
            calibration,
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(images),
        )
        openvino.save_model(model, self.file, compress_to_fp16=False)

    def compile(self, count: int):
        model = self.core.read_model(self.file)
        model.reshape([count, 3, SIDE, SIDE])
        hints = {
            "INFERENCE_PRECISION_HINT": "f32" if PRECISION == "fp32" else "bf16",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": THREADS,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,
        }
        return self.core.compile_model(model, "CPU", hints).create_infer_request()

    def run(self, batch: numpy.ndarray) -> numpy.ndarray:
        request = self.compiled.get(len(batch)) or self.compiled.setdefault(len(batch), self.compile(len(batch)))
        return next(iter(request.infer([batch], share_inputs=True).values()))


class TorchAo:
    """torchvision's module, compiled by Inductor with its weights frozen; int8 by torchao, activations scaled for each token."""

    def __init__(self):
        import torch
        import torchvision

        self.torch = torch
        torch.set_num_threads(THREADS)
        torch.set_grad_enabled(False)
        torch._inductor.config.freezing = True
        self.dtype = torch.float32 if PRECISION == "fp32" else torch.bfloat16
        model = torchvision.models.swin_t(weights=None).eval()
        model.load_state_dict(torch.load(REFERENCE / "swin_t.pth", weights_only=True))
        model = model.to(self.dtype)
        if PRECISION == "int8":
            from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_

            quantize_(model, Int8DynamicActivationInt8WeightConfig())
        self.model = torch.compile(model, dynamic=False)

    def run(self, batch: numpy.ndarray) -> numpy.ndarray:
        return self.model(self.torch.from_numpy(batch).to(self.dtype)).float().numpy()


network = None


def answer(verb: str, first: str, count: str) -> float:
    global network
    network = network or (OpenVino() if PEER == "OpenVINO" else TorchAo())
    start = time.perf_counter()
    logits = network.run(images[int(first) : int(first) + int(count)])
    seconds = time.perf_counter() - start
    LOGITS.write_bytes(numpy.ascontiguousarray(logits, dtype=numpy.float32).tobytes())
    return seconds


answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the runtimes say is no answer
for request in sys.stdin:
    try:
        print(f"figure: {answer(*request.split()):.6f}", file=answers, flush=True)
    except Exception as error:
        print(f"failure: {error!r}"[:300].replace("\n", " "), file=answers, flush=True)
