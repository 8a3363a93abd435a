#!/usr/bin/env python3
"""Writes the reference network of `scripts/bench peers`: torchvision's Swin-T, once for each runtime.

    apt-get install --no-install-recommends python3-torch python3-torchvision libopenblas0-pthread   # Debian 12
    /usr/bin/python3 scripts/bench-export.py DIRECTORY

One network with one set of weights goes into DIRECTORY, which should lie outside the repository (120 MB each):

    swin_t.pth         state dict of torchvision's names: what Swinlake reads
    traced/swin_t.pt   torch.jit.trace of torchvision's module: what DJL runs
    swin_t.onnx        torch.onnx.export of the same module, batch size dynamic: what ONNX Runtime and SynapseML run
    spark-nlp/         the same ONNX file, with the two files that Spark NLP wants beside it
"""

import hashlib
import json
import math
import pathlib
import shutil
import sys
import warnings

try:
    import torch
    import torchvision
except ImportError as error:
    sys.exit(f"bench-export: {error}; install python3-torch and python3-torchvision (this script's head says how)")

OPSET = 13  # the newest that ONNX Runtime 1.8, the one of SynapseML 1.1, surely knows


def fill(model):
    """Weights by a rule: uniform, of a spread that keeps activations of about unit size through the network."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") >> 1
            unit = torch.rand(parameter.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
            if name.endswith("relative_position_bias_table"):
                values = 0.9 * unit
            elif name.endswith("weight") and parameter.dim() == 1:
                values = 1 + 0.35 * unit
            elif name.endswith("weight"):
                spread = math.sqrt(3 / parameter[0].numel())
                values = (2 if "qkv" in name else 1) * spread * unit
            else:
                values = 0.35 * unit
            parameter.copy_(values)


def export(folder):
    model = torchvision.models.swin_t(weights=None).eval()
    fill(model)
    # torchvision 0.14 calls dropout with probability 0 as if it were training, and ONNX would keep such nodes.
    torch.nn.functional.dropout = lambda x, p=0.0, training=True, inplace=False: x
    image = torch.rand((2, 3, 224, 224), generator=torch.Generator().manual_seed(0)) * 4 - 2
    with torch.no_grad():
        logits = model(image)
        traced = torch.jit.trace(model, image)
        one = (traced(image[:1]) - logits[:1]).abs().max().item()
        if one > 1e-4 * logits.abs().max().item():
            sys.exit(f"bench-export: the traced module differs by {one} at batch 1: its batch size is not free")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "traced").mkdir(exist_ok=True)
        torch.save(model.state_dict(), folder / "swin_t.pth")
        traced.save(str(folder / "traced" / "swin_t.pt"))
        torch.onnx.export(
            model,
            image,
            str(folder / "swin_t.onnx"),
            opset_version=OPSET,
            input_names=["pixel_values"],
            output_names=["logits"],
            dynamic_axes={"pixel_values": {0: "batch"}, "logits": {0: "batch"}},
        )
    spark_nlp(folder)
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}: Swin-T in {folder}")


def spark_nlp(folder):
    """Classes are named by their numbers; images are squashed to 224 pixels, as the other jobs do."""
    assets = folder / "spark-nlp" / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "swin_t.onnx", assets.parent / "model.onnx")
    (assets / "labels.json").write_text(json.dumps({str(index): index for index in range(1000)}))
    preprocessor = {
        "do_normalize": True,
        "do_resize": True,
        "do_rescale": True,
        "feature_extractor_type": "ViTFeatureExtractor",
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": 224,
    }
    (assets / "preprocessor_config.json").write_text(json.dumps(preprocessor))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    warnings.simplefilter("ignore")  # the tracer's warnings about Python integers: their values do not change
    export(pathlib.Path(sys.argv[1]))
