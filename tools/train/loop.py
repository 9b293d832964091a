# SPDX-License-Identifier: Apache-2.0
"""The training loop of every stage: schedule, averaged weights, checkpoints, curves.

All chance comes from Step.torch and Step.python, which are seeded by (seed, stage, step): a
step's random numbers are a function of its number, so a resumed run needs no saved generator and
draws what the uninterrupted one would have drawn.
"""

import json
import math
import random
import signal
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
from torch import nn

from .files import write_whole

CHECKPOINT_SECONDS = 120.0
LOG_STEPS = 100
WARM_UP = 100  # steps
LAST_RATE = 0.01  # of the peak, at the end of the cosine
AVERAGE_DECAY = 0.999


@dataclass
class Step:
    """What a loss function gets."""

    number: int
    progress: float  # 0 to 1 over the stage
    device: torch.device
    torch: torch.Generator  # on the device
    python: random.Random


@dataclass(frozen=True)
class Plan:
    """What the loop needs to know of a stage."""

    name: str
    samples: int
    batch: int
    rate: float
    seed: int
    device: torch.device

    @property
    def steps(self) -> int:
        """Length of the stage."""
        return -(-self.samples // self.batch)


Loss = Callable[[Step], tuple[torch.Tensor, dict[str, torch.Tensor]]]


def _rate(plan: Plan, step: int) -> float:
    cosine = 0.5 + 0.5 * math.cos(math.pi * step / plan.steps)
    return plan.rate * min(1, (step + 1) / WARM_UP) * (LAST_RATE + (1 - LAST_RATE) * cosine)


def _step(plan: Plan, number: int) -> Step:
    mixed = zlib.crc32(f"{plan.seed} {plan.name}".encode()) << 31 | number
    generator = torch.Generator(plan.device).manual_seed(mixed)
    return Step(number, number / plan.steps, plan.device, generator, random.Random(mixed))


class _Stop:
    """Ctrl-C or SIGTERM asks; the loop finishes its step, saves and ends."""

    def __init__(self) -> None:
        self.asked = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = number


class _Curve:
    """A JSON line per LOG_STEPS steps, on the screen and in a file that a resumed run continues."""

    def __init__(self, path: Path, plan: Plan, start: int) -> None:
        lines = path.read_text().splitlines() if path.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= start]
        write_whole(path, lambda new: new.write_text("".join(line + "\n" for line in kept)))
        self._path, self._plan = path, plan
        self._begin(start)

    def _begin(self, step: int) -> None:
        self._sums: dict[str, torch.Tensor] = {}
        self._first, self._wall, self._cpu = step, time.monotonic(), time.process_time()

    def add(self, step: int, values: dict[str, torch.Tensor]) -> None:
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0) + value.detach().float()
        if step % LOG_STEPS and step != self._plan.steps:
            return
        steps = step - self._first
        samples = steps * self._plan.batch
        line = {"stage": self._plan.name, "step": step, "of": self._plan.steps}
        line |= {name: round(total.item() / steps, 6) for name, total in self._sums.items()}
        line["samples_per_s"] = round(samples / (time.monotonic() - self._wall), 2)
        line["samples_per_cpu_s"] = round(samples / (time.process_time() - self._cpu), 2)
        text = json.dumps(line)
        print(text, flush=True)
        with self._path.open("a") as file:
            file.write(text + "\n")
        self._begin(step)


def train(plan: Plan, network: nn.Module, loss: Loss, folder: Path) -> None:
    """Trains `network` in place and writes its averaged weights to <folder>/<name>.pt.

    Continues from <name>.checkpoint.pt where there is one.
    """
    weights = list(network.parameters())
    optimizer = torch.optim.AdamW(
        weights, plan.rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True
    )
    average = [weight.detach().clone() for weight in weights]
    checkpoint = folder / f"{plan.name}.checkpoint.pt"
    start = 0
    if checkpoint.exists():
        kept = torch.load(checkpoint, map_location=plan.device)
        network.load_state_dict(kept["network"])
        optimizer.load_state_dict(kept["optimizer"])
        average, start = kept["average"], kept["step"]

    def save(done: int) -> None:
        state = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "average": average,
            "step": done,
        }
        write_whole(checkpoint, lambda new: torch.save(state, new))

    stop, saved = _Stop(), time.monotonic()
    curve = _Curve(folder / f"{plan.name}.jsonl", plan, start)
    network.train()
    for number in range(start, plan.steps):
        for group in optimizer.param_groups:
            group["lr"] = _rate(plan, number)
        value, shown = loss(_step(plan, number))
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        done = number + 1
        decay = min(AVERAGE_DECAY, done / (done + 10))
        with torch.no_grad():
            torch._foreach_lerp_(average, [weight.detach() for weight in weights], 1 - decay)
        curve.add(done, {"loss": value, **shown})
        if stop.asked or time.monotonic() - saved > CHECKPOINT_SECONDS:
            save(done)
            saved = time.monotonic()
        if stop.asked:
            raise SystemExit(128 + stop.asked)

    with torch.no_grad():
        for weight, mean in zip(weights, average, strict=True):
            weight.copy_(mean)
    write_whole(folder / f"{plan.name}.pt", lambda new: torch.save(network.state_dict(), new))
    checkpoint.unlink(missing_ok=True)


def load_trained(network: nn.Module, folder: Path, name: str, device: torch.device) -> nn.Module:
    """The averaged weights of a finished stage, in evaluation mode."""
    network.load_state_dict(torch.load(folder / f"{name}.pt", map_location="cpu"))
    return network.eval().requires_grad_(False).to(device)
