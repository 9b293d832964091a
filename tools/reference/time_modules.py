#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times one network of a model folder in PyTorch: float32, eager, channels-last.

Prints one line of JSON: median seconds of the runs after a first one that is not counted, by the
clock and of CPU time per thread (which a busy machine disturbs less), and the peak memory of the
whole process, loading included. Only that network is loaded.
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from pytorch_model import silence

TOKENS = 77
TIMESTEP = 981


def unet_pair(model: Path) -> Callable[[], object]:
    """One denoising step's UNet: a batch of two, as guidance needs."""
    unet = UNet2DConditionModel.from_pretrained(model / "unet", dtype=torch.float32)
    unet.to(memory_format=torch.channels_last)
    size = unet.config.sample_size
    sample = torch.randn(2, 4, size, size).to(memory_format=torch.channels_last)
    text = torch.randn(2, TOKENS, unet.config.cross_attention_dim)
    return lambda: unet(sample, TIMESTEP, encoder_hidden_states=text)


def vae_decode(model: Path) -> Callable[[], object]:
    """Decoding one picture."""
    vae = AutoencoderKL.from_pretrained(model / "vae", dtype=torch.float32)
    vae.to(memory_format=torch.channels_last)
    size = vae.config.sample_size // 2 ** (len(vae.config.block_out_channels) - 1)
    latent = torch.randn(1, vae.config.latent_channels, size, size)
    latent = latent.to(memory_format=torch.channels_last)
    return lambda: vae.decode(latent)


NETWORKS = {"unet": unet_pair, "vae_decoder": vae_decode}


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("component", choices=NETWORKS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=1, help="counted runs, default 1")
    return parser.parse_args()


@torch.inference_mode()
def main() -> None:
    """Loads, runs, prints."""
    arguments = parse_arguments()
    silence()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    run = NETWORKS[arguments.component](arguments.model)

    wall, cpu = [], []
    for _ in range(1 + arguments.runs):
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - wall_start)
        cpu.append((time.process_time() - cpu_start) / arguments.threads)
    report = {
        "component": arguments.component,
        "threads": arguments.threads,
        "torch": torch.__version__,
        "isa": torch.backends.cpu.get_cpu_capability(),
        "median_s": round(statistics.median(wall[1:]), 2),
        "median_cpu_s_per_thread": round(statistics.median(cpu[1:]), 2),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
