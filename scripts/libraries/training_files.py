#!/usr/bin/env python3
"""Writes src/test/resources/training: one tiny Swin as training code of 2026 leaves it, in forms that are read, and in forms
that are refused with what to do. usage: training_files.py FOLDER"""
import argparse
import collections
import datetime
import enum
import json
import pathlib
import sys
import types

import numpy as np
import timm
import torch

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
torch.manual_seed(1)
net = timm.create_model(
    "swin_tiny_patch4_window7_224", img_size=64, embed_dim=4, depths=(1, 1, 1, 1), num_heads=(1, 1, 1, 1), window_size=4,
    num_classes=3, mlp_ratio=1.0).eval()
sd = net.state_dict()
half = {k: v * 0.5 for k, v in sd.items()}


class Phase(enum.Enum):
    TRAIN = 1


class HistoryBuffer:
    pass


for cls, module in ((Phase, "training.phases"), (HistoryBuffer, "mmengine.logging.history_buffer")):
    for name in [module.rsplit(".", n)[0] for n in range(module.count(".") + 1)]:
        sys.modules.setdefault(name, types.ModuleType(name))
    setattr(sys.modules[module], cls.__name__, cls)
    cls.__module__ = module
history = HistoryBuffer()
history.values = np.zeros(3)

honest = {
    "model": sd,
    "milestones": collections.Counter({30: 1}),
    "confusion": np.zeros((3, 3)),
    "args": argparse.Namespace(dtype=torch.bfloat16, device=torch.device("cuda:0"), out=pathlib.PurePosixPath("/runs")),
    "accuracy_at": {0.5: 0.7, (1, 2): 0.6, None: 0},
    "history": history,
    "phase": Phase.TRAIN,
    "day": datetime.date(2026, 11, 28),
    "rng": torch.get_rng_state()[:8],
}
torch.save(honest, out / "honest.pth")
torch.save(honest, out / "honest_protocol4.pth", pickle_protocol=4)
torch.save({"run": {"models": {"net": sd}}}, out / "nested.pth")
torch.save({"model": half, "model_ema": sd, "state_dict_ema": sd}, out / "timm_average.pth")
torch.save({"student": half, "teacher": sd}, out / "student_teacher.pth")
torch.save({"state_dict": {**{"model." + k: v for k, v in half.items()}, **{"ema.module." + k: v for k, v in sd.items()}}},
           out / "two_prefixes.ckpt")
torch.save({"epoch": 3, "optimizer": {}}, out / "no_weights.pth")
torch.save(net, out / "whole_module.pth")
torch.save({k: v.numpy() for k, v in sd.items()}, out / "arrays.pth")
torch.save({k: v.to(torch.float8_e4m3fn) if v.ndim == 2 else v for k, v in sd.items()}, out / "float8.pth")
torch.save({k: torch.quantize_per_tensor(v, 0.1, 0, torch.qint8) if v.ndim == 2 else v for k, v in sd.items()},
           out / "quantised.pth")
torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), out / "script.pt")
torch.export.save(torch.export.export(torch.nn.Linear(2, 2), (torch.zeros(1, 2),)), out / "exported.pt2")
normed = dict(sd)
normed["head.fc.parametrizations.weight.original0"] = normed["head.fc.parametrizations.weight.original1"] = normed.pop("head.fc.weight")
torch.save(normed, out / "weight_normed.pth")
pruned = dict(sd)
pruned["head.fc.weight_orig"] = pruned["head.fc.weight_mask"] = pruned.pop("head.fc.weight")
torch.save(pruned, out / "pruned.pth")
torch.save({**sd, "layers.0.blocks.0.attn.qkv.lora_A.default.weight": torch.zeros(2, 4)}, out / "lora.pth")
torch.save({"model": sd, "optimizer": {"state": {i: {"exp_avg": torch.zeros(100_000)} for i in range(10)}}},
           out / "optimizer.pth")
