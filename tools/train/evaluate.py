# SPDX-License-Identifier: Apache-2.0
"""Measures an exported model: python -m tools.train.evaluate --out FOLDER (see README.md).

Writes evaluation.json, evaluation.md and contact sheets into the folder and, unless --model names
another model, the guidance scale that measured best into the model's sd14.json. Prompts and seeds
are fixed. What was drawn is kept in the folder's `drawn`: the same command goes on after whatever
ended it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from . import dataset, measures
from .adopt import digest
from .dataset import DataSet
from .drawing import Draw, keeping, with_diffusers, with_sd14
from .export import set_guidance
from .measures import Question
from .priority import yield_to_others

GUIDANCE_SCALES = (1.5, 2.0, 3.0, 4.0, 5.0, 7.5)
SWEEP_EVERY = 5  # the sweep asks for one emoji in so many
SEEDS = 3
GROUPS = ("names", "captions", "seen", "unseen")
PSNR_LIMIT, COLOUR_LIMIT = 26.5, 6.0  # what an autoencoder's mean has to reach
WORST = 8  # so many pictures are named
COLUMNS, SIDE, GAP = 24, 64, 2  # of a contact sheet, in pixels


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
    """All pictures in rows, made smaller; a red line under each that is not the one asked for."""
    cell = SIDE + GAP
    rows = -(-len(pictures) // COLUMNS)
    sheet = np.full((rows * cell, COLUMNS * cell, 3), 255, np.uint8)
    for k, picture in enumerate(pictures):
        top, left = k // COLUMNS * cell, k % COLUMNS * cell
        small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)
        sheet[top : top + SIDE, left : left + SIDE] = small
        if not right[k]:
            sheet[top + SIDE : top + cell, left : left + SIDE] = (255, 0, 0)
    image = Image.fromarray(sheet).quantize(256, dither=Image.Dither.NONE)
    image.save(path, optimize=True)


def failures(questions: list[Question], right: np.ndarray) -> list[str]:
    """Prompts that drew something else, with their seeds."""
    return [f"{q.prompt} ({q.seed})" for q, good in zip(questions, right, strict=True) if not good]


def as_markdown(report: dict) -> str:
    """The table of the model card."""
    lines = ["| measured | asked | right | share |", "|---|---:|---:|---:|"]
    for name, part in report["recall"].items():
        share = part["right"] / max(1, part["asked"])
        lines.append(f"| {name} | {part['asked']} | {part['right']} | {share:.1%} |")
    lines += ["", "| autoencoder | pictures | mean | median | worst | beyond the limit |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for name, part in report["autoencoder"].items():
        lines.append(
            f"| {name} | {part['pictures']} | {part['mean']:.2f} | {part['median']:.2f} | "
            f"{part['worst'][0][1]:.2f} | {part['beyond']} |"
        )
    lines += ["", f"Limits: PSNR {PSNR_LIMIT} dB, colour error {COLOUR_LIMIT:g}. Worst:", ""]
    for name, part in report["autoencoder"].items():
        worst = ", ".join(f"{picture} {value:.1f}" for picture, value in part["worst"])
        lines.append(f"- {name}: {worst}")
    lines += ["", f"Guidance {report['guidance_scale']}, 20 DDIM steps.", "", "Not drawn as asked:"]
    for name, part in report["recall"].items():
        lines.append(f"- {name}: {', '.join(part['failures']) or 'none'}")
    return "\n".join(lines) + "\n"


def describe(badness: np.ndarray, limit: float, names: list[str]) -> dict:
    """Of a measure that grows with what is wrong: mean, median, the worst, how many are beyond."""
    worst = np.argsort(-badness, kind="stable")[:WORST]
    return {
        "pictures": len(badness),
        "mean": abs(float(badness.mean())),
        "median": abs(float(np.median(badness))),
        "worst": [(names[k], abs(float(badness[k]))) for k in worst],
        "beyond": int((badness > limit).sum()),
    }


def measure_autoencoder(model: Path, data: DataSet, device: torch.device) -> dict:
    """Emoji as they are, in colours that training saw, in colours it never saw."""
    found = measures.reconstruct(model, data, device)
    kinds = {"emoji": [], "other colours, seen": [], "other colours, never seen": []}
    for index, picture in enumerate(data.pictures):
        seen = "never seen" if picture.held_out else "seen"
        kinds["emoji" if picture.colour is None else f"other colours, {seen}"].append(index)
    report = {}
    for kind, chosen in kinds.items():
        names = [data.pictures[k].phrases[0] for k in chosen]
        if chosen:
            report[f"{kind}: PSNR, dB"] = describe(-found.psnr[chosen], -PSNR_LIMIT, names)
            colour = describe(found.colour_error[chosen], COLOUR_LIMIT, names)
            report[f"{kind}: colour error of 255"] = colour
    return report


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
    folder: Path,
    model: Path,
    draw: Draw,
    guidance: float | None,
    chosen: list[str],
    device: torch.device,
) -> None:
    """What is asked for, in order of what it costs."""
    data = dataset.load(folder)
    report = {"autoencoder": measure_autoencoder(model, data, device)}
    print(json.dumps(report), flush=True)
    if guidance is None:
        guidance, report["guidance_sweep"] = choose_guidance(draw, data)
        if model == folder / "model":
            set_guidance(model, data.names, guidance)
    report["guidance_scale"], report["recall"] = guidance, {}
    sheets = {}
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
        kind = "names" if name.startswith("names") else "colours"
        if "captions" not in name:
            first = np.array([q.seed == 0 for q in questions])
            sheets.setdefault(kind, []).append((pictures[first], right[first]))
    for kind, found in sheets.items():
        parts = (np.concatenate(part) for part in zip(*found, strict=True))
        contact_sheet(*parts, folder / f"sheet-{kind}.png")
    (folder / "evaluation.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    (folder / "evaluation.md").write_text(as_markdown(report))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.train.evaluate", description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="the training's folder, or an empty one"
    )
    parser.add_argument("--model", type=Path, help="measure this one; default: the training's")
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
    if not (arguments.out / "pictures.json").exists():
        arguments.out.mkdir(parents=True, exist_ok=True)
        dataset.make(arguments.out, None)
    model = arguments.model or arguments.out / "model"
    draw = with_sd14(model, arguments.sd14) if arguments.sd14 else with_diffusers(model, device)
    drawn = f"{digest(model)[:16]}-{'sd14' if arguments.sd14 else 'diffusers'}"
    draw = keeping(draw, arguments.out / "drawn" / drawn)
    evaluate(arguments.out, model, draw, arguments.guidance, arguments.groups, device)


if __name__ == "__main__":
    main()
