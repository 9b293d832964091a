# SPDX-License-Identifier: Apache-2.0
"""Measures an exported model: python -m tools.train.evaluate --out FOLDER (see README.md).

Writes evaluation.json, evaluation.md and sheet.png into the folder and the guidance scale that
measured best into the model's sd14.json. Prompts and seeds are fixed.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from . import dataset, measures
from .dataset import DataSet
from .drawing import Draw, with_diffusers, with_sd14
from .export import set_guidance
from .measures import Question
from .priority import yield_to_others

GUIDANCE_SCALES = (1.5, 2.0, 3.0, 4.0, 5.0, 7.5)
SWEEP_EVERY = 5  # the sweep asks for one emoji in so many
SEEDS = 3
GROUPS = ("names", "captions", "seen", "unseen")
COLUMNS, GAP = 24, 2


def ask(
    draw: Draw, data: DataSet, questions: list[Question], guidance: float
) -> tuple[np.ndarray, np.ndarray]:
    """The pictures drawn, and whether the nearest of all pictures is the right one."""
    found = draw([q.prompt for q in questions], [q.seed for q in questions], guidance)
    right = np.array([q.answer for q in questions])
    return found, measures.nearest(found, data.pixels) == right


def choose_guidance(draw: Draw, data: DataSet) -> tuple[float, dict[str, float]]:
    """The scale whose pictures lie nearest to what was asked, and recall by scale.

    Recall first; among equals the smaller squared error.
    """
    questions = measures.ask_names(data, 1)[::SWEEP_EVERY]
    wanted = data.pixels[[q.answer for q in questions]].astype(np.float32)
    scores, table = {}, {}
    for scale in GUIDANCE_SCALES:
        found, right = ask(draw, data, questions, scale)
        error = float(((found - wanted) ** 2).mean())
        scores[scale] = (right.mean(), -error)
        table[str(scale)] = {"recall": float(right.mean()), "squared_error": error}
        print(f"guidance {scale}: {table[str(scale)]}", flush=True)
    return max(scores, key=scores.get), table


def contact_sheet(pictures: np.ndarray, right: np.ndarray, path: Path) -> None:
    """All pictures in rows; a red line under each that is not the one asked for."""
    side = pictures.shape[1]
    cell = side + GAP
    rows = -(-len(pictures) // COLUMNS)
    sheet = np.full((rows * cell, COLUMNS * cell, 3), 255, np.uint8)
    for k, picture in enumerate(pictures):
        top, left = k // COLUMNS * cell, k % COLUMNS * cell
        sheet[top : top + side, left : left + side] = picture
        if not right[k]:
            sheet[top + side : top + cell, left : left + side] = (255, 0, 0)
    Image.fromarray(sheet).save(path, optimize=True)


def failures(questions: list[Question], right: np.ndarray) -> list[str]:
    """Prompts that drew something else, with their seeds."""
    return [f"{q.prompt} ({q.seed})" for q, good in zip(questions, right, strict=True) if not good]


def as_markdown(report: dict) -> str:
    """The table of the model card."""
    lines = ["| measured | asked | right | share |", "|---|---:|---:|---:|"]
    for name, part in report["recall"].items():
        share = part["right"] / max(1, part["asked"])
        lines.append(f"| {name} | {part['asked']} | {part['right']} | {share:.1%} |")
    lines += ["", "| autoencoder | mean | median | worst |", "|---|---:|---:|---:|"]
    for name, part in report["autoencoder"].items():
        lines.append(
            f"| {name} | {part['mean']:.2f} | {part['median']:.2f} | "
            f"{part['worst']:.2f} ({part['worst_picture']}) |"
        )
    lines += ["", f"Guidance {report['guidance_scale']}, 20 DDIM steps.", "", "Not drawn as asked:"]
    for name, part in report["recall"].items():
        lines.append(f"- {name}: {', '.join(part['failures']) or 'none'}")
    return "\n".join(lines) + "\n"


def describe(values: np.ndarray, data: DataSet, worst: int) -> dict:
    """Mean, median and the worst of a measure."""
    return {
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "worst": float(values[worst]),
        "worst_picture": data.pictures[worst].phrases[0],
    }


def ask_groups(data: DataSet, chosen: list[str]) -> dict[str, list[Question]]:
    """The questions of these of GROUPS, by what the report calls them."""
    groups = {
        "names": (f"names, {SEEDS} seeds", measures.ask_names(data, SEEDS)),
        "captions": ("held-out captions", measures.ask_held_out_captions(data)),
        "seen": ("colour pairs seen", measures.ask_colours(data, False, 1)),
        "unseen": (
            f"colour pairs never seen, {SEEDS} seeds",
            measures.ask_colours(data, True, SEEDS),
        ),
    }
    return dict(groups[name] for name in GROUPS if name in chosen)


def evaluate(
    folder: Path, draw: Draw, guidance: float | None, chosen: list[str], device: torch.device
) -> None:
    """What is asked for, in order of what it costs."""
    data, model = dataset.load(folder), folder / "model"
    found = measures.reconstruct(model, data, device)
    report = {
        "autoencoder": {
            "PSNR, dB": describe(found.psnr, data, int(found.psnr.argmin())),
            "colour error of 255": describe(
                found.colour_error, data, int(found.colour_error.argmax())
            ),
        }
    }
    print(json.dumps(report), flush=True)
    if guidance is None:
        guidance, report["guidance_sweep"] = choose_guidance(draw, data)
        set_guidance(model, data.names, guidance)
    report["guidance_scale"], report["recall"] = guidance, {}
    sheets = []
    for name, questions in ask_groups(data, chosen).items():
        if not questions:
            continue
        pictures, right = ask(draw, data, questions, guidance)
        report["recall"][name] = {
            "asked": len(questions),
            "right": int(right.sum()),
            "failures": failures(questions, right),
        }
        print(f"{name}: {right.mean():.1%} of {len(questions)}", flush=True)
        if "captions" not in name:
            first = np.array([q.seed == 0 for q in questions])
            sheets.append((pictures[first], right[first]))
    if sheets:
        parts = (np.concatenate(part) for part in zip(*sheets, strict=True))
        contact_sheet(*parts, folder / "sheet.png")
    (folder / "evaluation.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    (folder / "evaluation.md").write_text(as_markdown(report))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.train.evaluate", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the training's folder")
    parser.add_argument("--sd14", type=Path, help="draw with this program instead of diffusers")
    parser.add_argument("--guidance", type=float, help="use this one; default: measure and keep")
    parser.add_argument(
        "--groups", nargs="+", choices=GROUPS, default=GROUPS, help="what to ask; default: all"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    device = torch.device(arguments.device)
    if arguments.device == "cpu":
        yield_to_others()
        torch.set_num_threads(arguments.threads)
    model = arguments.out / "model"
    draw = with_sd14(model, arguments.sd14) if arguments.sd14 else with_diffusers(model, device)
    evaluate(arguments.out, draw, arguments.guidance, arguments.groups, device)


if __name__ == "__main__":
    main()
