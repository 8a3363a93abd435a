#!/usr/bin/env python3
"""Makes random small Swin networks with timm, transformers and torchvision, saves each in one of the ways in which training
code saves networks, and stores what its own library computes for two random images in float64.

usage: networks.py FOLDER COUNT SEED [SIZES]

SIZES more networks of each library are run at random image sizes, other than they were made for. FOLDER gets a folder for
each network (weights, perhaps config.json, input.npy, embedding.npy, logits.npy) and cases.json. Network i of a seed is the
same whatever COUNT is. LibraryNetworksTest reads the folder; the fixtures in src/test/resources/libraries are
`networks.py FOLDER 64 2026`.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import sys
import tempfile
import warnings

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import timm
import torch
import transformers
from safetensors.torch import load_file, save_file
from timm.models.swin_transformer import checkpoint_filter_fn
from timm.models.swin_transformer_v2 import checkpoint_filter_fn as checkpoint_filter_fn_v2
from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformer, SwinTransformerBlockV2

torch.set_num_threads(1)
warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

V1, V2 = "swin_tiny_patch4_window7_224", "swinv2_tiny_window8_256"
SIDES = [64, 68, 96, 100, 112, 120, 128, 136]


def fill(network, rng):
    """Weights at which every part of the network shows in its results."""
    generator = torch.Generator().manual_seed(rng.randrange(1 << 30))
    with torch.no_grad():
        for name, p in network.named_parameters():
            r = torch.randn(p.shape, generator=generator)
            if "bias_table" in name:
                p.copy_(r * 0.5)
            elif "logit_scale" in name:
                p.copy_(2.3 + 0.5 * r)
            elif "cpb_mlp" in name or "continuous_position_bias" in name:
                p.copy_(r * (0.15 if p.ndim == 2 and p.shape[1] == 512 else 0.8))
            elif p.ndim == 1:
                p.copy_((1 if name.endswith("weight") else 0) + 0.3 * r)
            else:
                p.copy_(r * (1.5 / np.sqrt(p[0].numel())))
    return network.eval()


def shape(rng, stages=4):
    depths = [2] + [rng.choice([1, 2]) for _ in range(stages - 1)]
    return rng.choice([8, 16]), depths, [rng.choice([1, 2]) << max(0, stage - 1) for stage in range(stages)]


def sides(rng):
    height = rng.choice(SIDES)
    return height, height if rng.random() < 0.7 else rng.choice(SIDES)


def any_sides(rng):
    """Mostly no multiples of the patch, of windows or of each other."""
    height = rng.randrange(32, 225)
    return height, height if rng.random() < 0.3 else rng.randrange(32, 225)


def other_sides(rng, anywhere):
    """The size at which a network is run, if that is not the one that it was made for."""
    if anywhere:
        return any_sides(rng)
    return sides(rng) if rng.random() < 0.35 else None


# The ways of saving. Each gives what torch.save gets; the rest of the file is what such code leaves beside the weights.
WAYS = {
    "plain": lambda sd: sd,
    "training": lambda sd: {
        "model": sd,
        "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.99)}]},
        "args": argparse.Namespace(device=torch.device("cpu"), dtype=torch.bfloat16, out=pathlib.PurePosixPath("/x")),
    },
    "metrics": lambda sd: {"state_dict": sd, "best": np.float64(0.5), "confusion": np.zeros((2, 2)), None: 1},
    "scheduler": lambda sd: {"model_state_dict": sd, "lr_scheduler": {"milestones": collections.Counter({30: 1})}},
    "lightning": lambda sd: {"state_dict": {"model." + k: v for k, v in sd.items()}, "hyper_parameters": {"lr": 0.1}},
    "compile": lambda sd: {"_orig_mod." + k: v for k, v in sd.items()},
    "parallel": lambda sd: {"module." + k: v for k, v in sd.items()},
    "net": lambda sd: {"net": sd, "accuracy_at": {0.5: 0.1, 0.75: 0.2}},
    "nested": lambda sd: {"checkpoint": {"run": {"model_state_dict": sd}}},
    "average": lambda sd: {
        "state_dict": {k: v * 0.5 if v.is_floating_point() else v for k, v in sd.items()}, "state_dict_ema": sd
    },
}


def save(rng, folder, sd):
    way = rng.choice(["safetensors", "legacy", "protocol4", "nocrc", *WAYS])
    file = "model.safetensors" if way == "safetensors" else "pytorch_model.bin"
    if way == "safetensors":
        save_file({k: v.contiguous().clone() for k, v in sd.items()}, folder / file)
    elif way == "legacy":
        torch.save(sd, folder / file, _use_new_zipfile_serialization=False, pickle_protocol=rng.choice([2, 4]))
    elif way == "protocol4":
        torch.save(sd, folder / file, pickle_protocol=4)
    elif way == "nocrc":
        torch.serialization.set_crc32_options(False)
        torch.save(sd, folder / file)
        torch.serialization.set_crc32_options(True)
    else:
        torch.save(WAYS[way](sd), folder / file)
    return way, file


class Network:
    """A network, what it stores, and how it is run."""

    def __init__(self, kind, size, forward, sd, config=None, options=None):
        self.kind, self.size, self.forward, self.sd = kind, size, forward, sd
        self.config, self.options = config, options or {}

    def write(self, number, rng, out):
        folder = out / f"{number:03d}-{self.kind}"
        folder.mkdir(parents=True)
        way, file = save(rng, folder, self.sd)
        if way == "average" and not self.kind.startswith("timm"):
            self.options["weights"] = "state_dict_ema"  # only timm's loader has a rule for it
        if self.config is not None:
            (folder / "config.json").write_text(json.dumps(self.config))
        image = torch.randn(2, 3, *self.size, generator=torch.Generator().manual_seed(number))
        with torch.no_grad():
            logits, embedding = self.forward(image.double())
        np.save(folder / "input.npy", image.numpy())
        np.save(folder / "embedding.npy", embedding.float().numpy())
        if logits is not None:
            np.save(folder / "logits.npy", logits.float().numpy())
        return dict(id=folder.name, way=way, file=file, options=self.options, has_logits=logits is not None)


def timm_args(rng, v2):
    width, depths, heads = shape(rng)
    args = dict(
        img_size=sides(rng), embed_dim=width, depths=depths, num_heads=heads, num_classes=rng.choice([0, 1, 3, 10]),
        mlp_ratio=rng.choice([2.0, 3.5, 4.0]),
    )
    args["window_size"] = rng.choice([
        rng.choice([4, 7, 8]), rng.choice([4, 7, 8]), (rng.choice([4, 7]), rng.choice([4, 8])),
        [rng.choice([4, 7, 8]) for _ in range(4)], [(rng.choice([4, 6]), rng.choice([4, 8])) for _ in range(4)],
    ])
    if rng.random() < 0.15:
        args["always_partition"] = True
    if rng.random() < 0.15:
        args["qkv_bias"] = False
    if v2 and rng.random() < 0.5:
        args["pretrained_window_sizes"] = [rng.choice([0, 6, 12]) for _ in range(4)]
    return args


def timm_config(name, args):
    return dict(
        architecture=name, num_classes=args["num_classes"], global_pool="avg",
        pretrained_cfg=dict(input_size=[3, *args["img_size"]], crop_pct=0.9, interpolation="bicubic"),
        model_args={k: v for k, v in args.items() if k != "num_classes"},
    )


def run_timm(network, image):
    features = network.forward_features(image)
    logits = network.forward_head(features) if network.num_classes else None
    return logits, network.forward_head(features, pre_logits=True)


def timm_network(rng, anywhere=False):
    v2 = rng.random() < 0.5
    args, name = timm_args(rng, v2), V2 if v2 else V1
    network = fill(timm.create_model(name, **args), rng)
    sd = {k: v.clone() for k, v in network.state_dict().items()}
    size = args["img_size"]
    options = {}
    asked = other_sides(rng, anywhere)
    if asked:
        other = timm.create_model(name, **{**args, "img_size": asked})
        try:
            other.load_state_dict((checkpoint_filter_fn_v2 if v2 else checkpoint_filter_fn)(dict(sd), other))
            network, size, options = other.eval(), asked, dict(image=asked)
        except ValueError:  # a table of windows that are not square, which timm does not resize
            if anywhere:
                args["img_size"] = size = asked
                network = fill(timm.create_model(name, **args), rng)
                sd = {k: v.clone() for k, v in network.state_dict().items()}
    network = network.double()
    return Network("timm2" if v2 else "timm1", size, lambda x: run_timm(network, x), sd, timm_config(name, args), options)


def transformers_network(rng, anywhere=False):
    v2 = rng.random() < 0.5
    width, depths, heads = shape(rng, rng.choice([3, 4, 4]))
    size = sides(rng)
    smallest = (min(size) // 4) >> (len(depths) - 1)  # V1 runs no map that is smaller than its window
    args = dict(
        image_size=list(size), embed_dim=width, depths=depths, num_heads=heads, num_labels=rng.choice([1, 3, 10]),
        window_size=rng.choice([4, 7, 8]) if v2 else max(1, min(smallest, rng.choice([2, 3, 4]))),
        mlp_ratio=rng.choice([2.0, 4.0]), layer_norm_eps=rng.choice([1e-5, 1e-3]), qkv_bias=rng.random() < 0.85,
    )
    if v2 and rng.random() < 0.5:
        args["pretrained_window_sizes"] = [rng.choice([0, 6, 12]) for _ in depths]
    config = (transformers.Swinv2Config if v2 else transformers.SwinConfig)(**args)
    Class = transformers.Swinv2ForImageClassification if v2 else transformers.SwinForImageClassification
    network = fill(Class(config), rng)
    sd = {k: v.clone() for k, v in network.state_dict().items()}
    if rng.random() < 0.5:  # the names in its own files, not those in memory
        with tempfile.TemporaryDirectory() as folder:
            network.save_pretrained(folder)
            sd = load_file(folder + "/model.safetensors")
    told = json.loads(config.to_json_string())
    options = {}
    asked = other_sides(rng, anywhere)
    if asked:
        size = asked
        if not v2:
            size = tuple(max(side, 4 * args["window_size"] << (len(depths) - 1)) for side in size)
        options = dict(image=size)
        config.image_size = list(size)  # from_pretrained(image_size=...)
        other = Class(config)
        other.load_state_dict(network.state_dict())
        network = other.eval()
    network = network.double()
    body = network.swinv2 if v2 else network.swin
    return Network(
        "hf2" if v2 else "hf1", size, lambda x: (network(x).logits, body(x).pooler_output), sd, told, options)


def torchvision_network(rng, anywhere=False):
    v2 = rng.random() < 0.5
    width, depths, heads = shape(rng)
    size = any_sides(rng) if anywhere else tuple(side + rng.choice([0, 0, 3]) for side in sides(rng))
    window = rng.choice([4, 7, 8])
    args = dict(block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2) if v2 else {}
    network = fill(
        SwinTransformer(
            [4, 4], width, depths, heads, [window, window], num_classes=rng.choice([3, 10]),
            mlp_ratio=rng.choice([2.0, 4.0]), **args),
        rng)
    sd = {k: v.clone() for k, v in network.state_dict().items()}
    network = network.double()
    forward = lambda x: (network(x), network.norm(network.features(x)).mean((1, 2)))
    return Network("tv2" if v2 else "tv1", size, forward, sd, options=dict(image=size, window=window))


def backbone_network(rng):
    """A Swin inside another network, or made to be one."""
    T = transformers
    width, depths, heads = shape(rng)
    side, window = rng.choice([64, 96, 100, 128]), rng.choice([2, 4, 7])
    args = dict(image_size=side, embed_dim=width, depths=depths, num_heads=heads)
    backbone = T.SwinConfig(
        **args, window_size=window, layer_norm_eps=rng.choice([1e-5, 1e-3]),
        out_features=["stage1", "stage2", "stage3", "stage4"])
    kind = rng.choice(["SwinBackbone", "Mask2Former", "MaskFormer", "UperNet", "Donut", "Swinv2Backbone", "timm-features"])
    if kind == "timm-features":
        args = dict(img_size=side, embed_dim=width, depths=depths, num_heads=heads, window_size=window)
        whole = part = timm.create_model(V1, features_only=True, **args)
        config, last = None, lambda x: part(x)[-1].mean((1, 2))
    elif kind == "Donut":
        config = T.DonutSwinConfig(**args, window_size=min(window, side // 32))
        whole = part = T.DonutSwinModel(config)
        last = lambda x: part(x).pooler_output
    else:
        makers = {
            "SwinBackbone": lambda: (backbone, T.SwinBackbone(backbone)),
            "Swinv2Backbone": lambda: wrapped(T.Swinv2Config(**args, window_size=window, out_features=["stage4"]), T.Swinv2Backbone),
            "Mask2Former": lambda: wrapped(T.Mask2FormerConfig(backbone_config=backbone), T.Mask2FormerModel),
            "MaskFormer": lambda: wrapped(T.MaskFormerConfig(backbone_config=backbone), T.MaskFormerModel),
            "UperNet": lambda: wrapped(T.UperNetConfig(backbone_config=backbone), T.UperNetForSemanticSegmentation),
        }
        config, whole = makers[kind]()
        part = whole.pixel_level_module.encoder if "Former" in kind else getattr(whole, "backbone", whole)
        last = lambda x: part(x).feature_maps[-1].mean((2, 3))
    fill(whole, rng)
    # of a whole network, decoders of millions of parameters are left out, to keep the files small
    sd = {k: v.clone() for k, v in whole.state_dict().items() if v.numel() < 200_000 or whole is part}
    part.double()
    told = None if config is None else json.loads(config.to_json_string())
    options = dict(image=(side, side)) if config is None else {}
    return Network(kind, (side, side), lambda x: (None, last(x)), sd, told, options)


def wrapped(config, Class):
    return config, Class(config)


MAKERS = [timm_network, transformers_network, torchvision_network, backbone_network]


def main():
    out, count, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    sizes = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    print(f"timm {timm.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, seed {seed}")
    cases = []
    for number in range(count):
        rng = random.Random(seed * 100_000 + number)
        cases.append(MAKERS[number % len(MAKERS)](rng).write(number, rng, out))
    for number in range(count, count + 3 * sizes):
        rng = random.Random(seed * 100_000 + number)
        network = MAKERS[number % 3](rng, anywhere=True)
        network.kind += "-sizes"
        cases.append(network.write(number, rng, out))
    (out / "cases.json").write_text(json.dumps(cases, indent=1))


main()
