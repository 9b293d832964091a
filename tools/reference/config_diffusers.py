#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A model folder's configuration as diffusers and transformers hold it, as `sd14 config --json`.

    python3 config_diffusers.py MODEL [--size 512x512] [--steps 50]      prints the dump
    sd14 config MODEL --json | python3 config_diffusers.py MODEL --compare -

--compare makes it for the settings of the other dump and exits with 1 where a key, a value or a
source differs. Networks are built on torch's meta device: shapes without memory, so that SD 1.4
takes seconds. What diffusers knows nothing of, the bytes of activations, is named and not compared.
"""

import argparse
import collections.abc
import hashlib
import inspect
import json
import os
import pathlib
import sys

os.environ["ATEN_CPU_CAPABILITY"] = "default"  # torch's AVX2 linspace gives betas one ulp away
os.environ["TRANSFORMERS_VERBOSITY"] = os.environ["DIFFUSERS_VERBOSITY"] = "error"

import diffusers  # noqa: E402
import safetensors  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

MODEL_LEFT_OUT = {"_class_name", "_name_or_path", "_use_default_values", "transformers_version"}
TOKENIZER_LEFT_OUT = {
    "name_or_path",
    "special_tokens_map_file",
    "tokenizer_class",
    "tokenizer_file",
    "added_tokens_decoder",
    "backend",
    "is_local",
    "local_files_only",
    "vocab_file",
    "merges_file",
}
TOKENIZER_ATTRIBUTES = (
    "bos_token",
    "eos_token",
    "unk_token",
    "pad_token",
    "model_max_length",
    "padding_side",
    "truncation_side",
    "clean_up_tokenization_spaces",
    "split_special_tokens",
    "model_input_names",
)
RENAMED = {"torch_dtype": "dtype"}
DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
DTYPE_ORDER = ("float32", "float16", "bfloat16", "float64")
NOT_IN_DIFFUSERS = "activation_bytes"
Size = tuple[int, int]  # height, width


def read_json(path: pathlib.Path) -> dict:
    """A JSON file's object; empty without the file."""
    return json.loads(path.read_text()) if path.exists() else {}


def plain(value: object) -> object:
    """As JSON has it: lists for tuples, strings for keys."""
    return json.loads(json.dumps(value))


def entry(value: object, source: str) -> dict:
    """One value of the dump."""
    return {"value": plain(value), "source": source}


def derived(**values: object) -> dict:
    """Values that are computed; those that are objects hold more of them."""
    return {
        key: value if isinstance(value, dict) else entry(value, "derived")
        for key, value in values.items()
    }


class Model:
    """A folder's components, without weights."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Loads configurations and tokenizer; the networks get shapes only."""
        self.folder = folder
        load = {"subfolder": "", "local_files_only": True}
        with torch.device("meta"):
            self.unet = diffusers.UNet2DConditionModel.from_config(
                diffusers.UNet2DConditionModel.load_config(folder / "unet")
            ).eval()
            self.vae = diffusers.AutoencoderKL.from_config(
                diffusers.AutoencoderKL.load_config(folder / "vae")
            ).eval()
            self.text_config = transformers.CLIPTextConfig.from_pretrained(
                folder / "text_encoder", **load
            )
            self.text = transformers.CLIPTextModel(self.text_config).eval()
        self.scheduler = diffusers.DDIMScheduler.from_config(
            diffusers.DDIMScheduler.load_config(folder / "scheduler")
        )
        self.scheduler_alone = dict(self.scheduler.config)
        self.tokenizer = transformers.CLIPTokenizer.from_pretrained(folder / "tokenizer", **load)
        self.pipeline = diffusers.StableDiffusionPipeline(
            vae=self.vae,
            text_encoder=self.text,
            tokenizer=self.tokenizer,
            unet=self.unet,
            scheduler=self.scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )

    def weights(self, component: str, module: torch.nn.Module) -> dict:
        """What the files hold of a component: tensors, bytes, types."""
        wanted = set(module.state_dict())
        sizes, dtypes = 0, set()
        files = sorted((self.folder / component).glob("*.safetensors"))
        if len(files) > 1:
            raise SystemExit(f"{component}: shards or variants; leave one .safetensors file")
        for path in files:
            with safetensors.safe_open(path, "pt") as file:
                for name in file.keys():
                    if name.endswith("position_ids") and name not in wanted:
                        continue
                    piece = file.get_slice(name)
                    dtype = DTYPES[piece.get_dtype()]
                    dtypes.add(dtype)
                    count = 1
                    for side in piece.get_shape():
                        count *= side
                    sizes += count * getattr(torch, dtype).itemsize
        return {
            "tensors": sum(1 for _ in module.parameters()),
            "parameters": parameters(module),
            "file_bytes": sizes,
            "file_dtypes": sorted(dtypes, key=DTYPE_ORDER.index),
        }


def parameters(*modules: torch.nn.Module) -> int:
    """Elements of all weights."""
    return sum(p.numel() for module in modules for p in module.parameters())


def macs(call: collections.abc.Callable) -> int:
    """Multiply-adds of convolutions, products and attention: half the operations torch counts."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter, torch.device("meta"):
        call()
    return counter.get_total_flops() // 2


# ---- components


def diffusers_config(config: dict) -> dict:
    """diffusers notes which values were not in the file."""
    defaults = set(config.get("_use_default_values", ()))
    return {
        key: entry(value, "default" if key in defaults else "file")
        for key, value in config.items()
        if key not in MODEL_LEFT_OUT
    }


def text_encoder(model: Model, size: Size, steps: int) -> dict:
    """transformers' CLIPTextModel."""
    config = model.text_config
    in_file = {
        RENAMED.get(key, key) for key in read_json(model.folder / "text_encoder/config.json")
    }
    values = {key: value for key, value in config.to_dict().items() if key not in MODEL_LEFT_OUT}
    ids = torch.zeros(1, config.max_position_embeddings, dtype=torch.long, device="meta")
    attention = next(m for n, m in model.text.named_modules() if n.endswith("layers.0.self_attn"))
    return {
        "class": type(model.text).__name__,
        "config": {
            key: entry(value, "file" if key in in_file else "default")
            for key, value in values.items()
        },
        "derived": derived(
            **model.weights("text_encoder", model.text),
            macs=macs(lambda: model.text(ids)),
            head_dim=attention.head_dim,
        ),
    }


def unet(model: Model, size: Size, steps: int) -> dict:
    """diffusers' UNet2DConditionModel."""
    net = model.unet
    heads, head_dims = [], []
    mirrored = list(reversed(net.up_blocks))
    for down, up in zip(net.down_blocks, mirrored, strict=True):
        block = next((b for b in (down, up, net.mid_block) if getattr(b, "attentions", None)), None)
        attention = block.attentions[0].transformer_blocks[0].attn1
        heads.append(attention.heads)
        head_dims.append(attention.inner_dim // attention.heads)
    latent = torch.zeros(latent_shape(model, size), device="meta")
    context = torch.zeros(
        1, model.text_config.max_position_embeddings, net.config.cross_attention_dim, device="meta"
    )
    time = torch.zeros(1, device="meta")
    return {
        "class": type(net).__name__,
        "config": diffusers_config(net.config),
        "derived": derived(
            **model.weights("unet", net),
            macs=macs(lambda: net(latent, time, context)),
            heads=heads,
            head_dims=head_dims,
            time_embed_dim=net.time_embedding.linear_2.out_features,
        ),
    }


def vae(model: Model, size: Size, steps: int) -> dict:
    """diffusers' AutoencoderKL."""
    net = model.vae
    latent = torch.zeros(latent_shape(model, size), device="meta")
    image = torch.zeros(1, net.config.in_channels, *size, device="meta")
    parts = {
        "decoder": (
            [net.decoder, *filter(None, [net.post_quant_conv])],
            lambda: net.decode(latent).sample,
        ),
        "encoder": ([net.encoder, *filter(None, [net.quant_conv])], lambda: net._encode(image)),
    }
    attention = next(filter(None, net.decoder.mid_block.attentions), None)
    return {
        "class": type(net).__name__,
        "config": diffusers_config(net.config),
        "derived": derived(
            **model.weights("vae", net),
            **{
                name: derived(parameters=parameters(*modules), macs=macs(call))
                for name, (modules, call) in parts.items()
            },
            scale_factor=model.pipeline.vae_scale_factor,
            attention_head_dim=attention.inner_dim // attention.heads,
        ),
    }


def scheduler(model: Model, size: Size, steps: int) -> dict:
    """diffusers' DDIMScheduler as the pipeline leaves it."""
    of = model.pipeline.scheduler
    of.set_timesteps(steps)
    config = diffusers_config(model.scheduler_alone)
    for key, item in config.items():
        # The pipeline's warning prints the scheduler, and printing puts diffusers' own version in.
        if key != "_diffusers_version" and plain(of.config[key]) != item["value"]:
            config[key] = entry(of.config[key], "pipeline")
    return {
        "class": type(of).__name__,
        "config": config,
        "derived": derived(
            timesteps=of.timesteps.tolist(),
            beta_first=of.betas[0].item(),
            beta_last=of.betas[-1].item(),
            alphas_cumprod_first=of.alphas_cumprod[0].item(),
            alphas_cumprod_last=of.alphas_cumprod[-1].item(),
            final_alpha_cumprod=of.final_alpha_cumprod.item(),
            init_noise_sigma=float(of.init_noise_sigma),
        ),
    }


def tokenizer(model: Model, size: Size, steps: int) -> dict:
    """transformers' CLIPTokenizer."""
    of = model.tokenizer
    files = [
        read_json(model.folder / "tokenizer" / f"{n}.json")
        for n in ("special_tokens_map", "tokenizer_config")
    ]
    in_file = {key for file in files for key in file}
    keys = (set(TOKENIZER_ATTRIBUTES) | set(of.init_kwargs) & in_file) - TOKENIZER_LEFT_OUT
    values = {key: getattr(of, key, of.init_kwargs.get(key)) for key in keys}
    return {
        "class": type(of).__name__,
        "config": {
            key: entry(
                value if not isinstance(value, transformers.AddedToken) else value.content,
                "file" if key in in_file else "default",
            )
            for key, value in values.items()
        },
        "derived": derived(
            vocabulary_size=len(of),
            bos_token_id=of.bos_token_id,
            eos_token_id=of.eos_token_id,
            pad_token_id=of.pad_token_id,
            unk_token_id=of.unk_token_id,
        ),
    }


def pipeline(model: Model, size: Size, steps: int) -> dict:
    """The defaults of __call__, under what the folder's sd14.json says."""
    ours = read_json(model.folder / "sd14.json")
    theirs = inspect.signature(model.pipeline.__call__).parameters
    names = {
        "guidance_scale": "guidance_scale",
        "num_inference_steps": "steps",
        "width": "width",
        "height": "height",
    }
    config = {}
    for name, key in names.items():
        if key in ours:
            config[name] = entry(ours[key], "file")
        elif theirs[name].default is not None:
            config[name] = entry(theirs[name].default, "default")
    return {
        "class": type(model.pipeline).__name__,
        "config": config,
        "derived": derived(
            latent_shape=latent_shape(model, size),
            sample_pixels=model.unet.config.sample_size * model.pipeline.vae_scale_factor,
            pixel_multiple=model.pipeline.vae_scale_factor * 2**model.unet.num_upsamplers,
        ),
    }


def latent_shape(model: Model, size: Size) -> list:
    """As torch has it: batch, channels, height, width."""
    scale = model.pipeline.vae_scale_factor
    return [1, model.unet.config.in_channels, size[0] // scale, size[1] // scale]


def memory(model: Model) -> dict:
    """Bytes of the weights in float32."""
    networks = {
        "text_encoder": (2, [model.text]),
        "unet": (2, [model.unet]),
        "vae_decoder": (1, [model.vae.decoder, *filter(None, [model.vae.post_quant_conv])]),
        "vae_encoder": (1, [model.vae.encoder, *filter(None, [model.vae.quant_conv])]),
    }
    return {
        name: derived(batch=batch, weight_bytes=4 * parameters(*modules))
        for name, (batch, modules) in networks.items()
    }


def dump(folder: pathlib.Path, size: Size | None, steps: int | None) -> dict:
    """All of it, but the hash."""
    model = Model(folder)
    if size is None:
        side = model.unet.config.sample_size * model.pipeline.vae_scale_factor
        ours = read_json(folder / "sd14.json")
        size = (ours.get("height", side), ours.get("width", side))
    if steps is None:
        steps = pipeline(model, size, 1)["config"]["num_inference_steps"]["value"]
    makers = (text_encoder, unet, vae, scheduler, tokenizer, pipeline)
    return {
        "format": 1,
        "kind": "config",
        "settings": {"height": size[0], "width": size[1], "steps": steps},
        "components": {maker.__name__: maker(model, size, steps) for maker in makers},
        "memory": memory(model),
    }


# ---- comparison


def canonical(value: object) -> str:
    """The text of src/formats/json_canonical.c."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode())
        return "{" + ",".join(f"{canonical(k)}:{canonical(v)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        digits = next(d for d in (f"%.{n}g" % value for n in range(1, 18)) if float(d) == value)
        return digits if set(digits) & set(".e") else digits + ".0"
    return json.dumps(value, ensure_ascii=False)


def leaves(value: object, path: tuple = ()) -> collections.abc.Iterator:
    """Every entry by its path; a list, a number or a text is one."""
    if isinstance(value, dict) and not ({"value", "source"} == set(value)):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def compare(ours: dict, theirs: dict) -> tuple:
    """-> (sentences about what differs, paths not compared)"""
    ours, theirs = dict(leaves(ours)), dict(leaves(theirs))
    ours.pop(("sha256",), None)
    left_out = sorted(path for path in ours if path[-1] == NOT_IN_DIFFUSERS)
    wrong = []
    for path in sorted({*ours, *theirs} - set(left_out)):
        name = ".".join(path)
        if path not in theirs or path not in ours:
            wrong.append(f"{name}: only {'sd14' if path in ours else 'diffusers'} has it")
        elif canonical(ours[path]) != canonical(theirs[path]):
            wrong.append(
                f"{name}: sd14 {canonical(ours[path])}, diffusers {canonical(theirs[path])}"
            )
    return wrong, left_out, len(ours)


def main() -> int:
    """Prints the dump or the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--size", help="WxH; the model's")
    parser.add_argument("--steps", type=int)
    parser.add_argument(
        "--compare", metavar="OURS", help="what sd14 config --json printed; -: standard input"
    )
    arguments = parser.parse_args()
    if arguments.compare is None:
        size = (
            tuple(int(n) for n in reversed(arguments.size.split("x"))) if arguments.size else None
        )
        print(canonical(dump(arguments.model, size, arguments.steps)))
        return 0
    ours = json.loads(
        sys.stdin.read()
        if arguments.compare == "-"
        else pathlib.Path(arguments.compare).read_text()
    )
    unhashed = canonical({key: value for key, value in ours.items() if key != "sha256"})
    settings = ours["settings"]
    theirs = dump(arguments.model, (settings["height"], settings["width"]), settings["steps"])
    wrong, left_out, count = compare(ours, theirs)
    if hashlib.sha256(unhashed.encode()).hexdigest() != ours["sha256"]:
        wrong.append("sha256: not the hash of the text")
    for sentence in wrong:
        print(sentence)
    print(
        f"{count - len(left_out)} entries compared, {len(wrong)} differ; not in diffusers: "
        + ", ".join(".".join(path) for path in left_out)
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
