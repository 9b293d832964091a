# SPDX-License-Identifier: Apache-2.0
"""The measurements as one object for machines and as Markdown for people."""

import math
from collections.abc import Iterator, Sequence

from engines import Engine
from figures import paired_ratio, spread_of
from rounds import Result, Results
from work import NETWORKS, PICTURE

TITLES = {
    "text_encoder": "Text encoder, one prompt",
    "unet": "UNet, guidance pair",
    "vae_decoder": "VAE decoder",
    PICTURE: "Whole picture, from process start to PNG",
}
ERRORS = {
    "text_encoder": "relative L2 to float32",
    "unet": "relative L2 to float32, t = 981 and 1",
    "vae_decoder": "relative L2 to float32",
    PICTURE: "PSNR to float32",
}


def part_report(result: Result, ours: dict[str, Result]) -> dict:
    """One engine's part of the work; ratios are its time by that of each of our ways."""
    if result.left_out or not result.seconds:
        return {"left_out": result.left_out or "not asked for"}
    return {
        "seconds": result.seconds,
        **spread_of(result.seconds)._asdict(),
        "ratios": {
            name: paired_ratio(result.seconds, other.seconds)
            for name, other in ours.items()
            if other.seconds and not other.left_out
        },
        "peak_rss_bytes": result.peak_rss_bytes,
        "errors": [error if math.isfinite(error) else None for error in result.errors],
    }


def report_of(results: Results, engines: Sequence[Engine]) -> list[dict]:
    """Per engine its name and its parts."""
    parts = [part for part in (*NETWORKS, PICTURE) if any(part in r for r in results.values())]
    found = []
    for engine in engines:
        own = {
            part: part_report(
                results[engine.name][part],
                {other.name: results[other.name][part] for other in engines if other.ours},
            )
            for part in parts
            if part in results[engine.name]
        }
        found.append(
            {"name": engine.name, "title": engine.title, "ours": engine.ours, "parts": own}
        )
    return found


def seconds_text(seconds: float) -> str:
    """Three digits or so."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def error_text(errors: Sequence[float | None], part: str) -> str:
    """As many digits as mean something."""
    if part == PICTURE:
        return ", ".join("equal" if error is None else f"{error:.1f} dB" for error in errors)
    return ", ".join("not finite" if error is None else f"{error:.1e}" for error in errors)


def row(engine: dict, part: str, ways: Sequence[str]) -> str:
    """A line of a part's table."""
    found = engine["parts"][part]
    if "left_out" in found:
        reason = found["left_out"].replace("|", "/")
        return f"| {engine['title']} | left out: {reason} |" + " |" * (3 + len(ways))
    ratios = [found["ratios"].get(way) for way in ways]
    cells = [
        engine["title"],
        seconds_text(found["median"]),
        f"{seconds_text(found['min'])} .. {seconds_text(found['max'])}",
        *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        f"{found['peak_rss_bytes'] / 2**30:.2f} GiB",
        error_text(found["errors"], part),
    ]
    return f"| {' | '.join(cells)} |"


def part_table(engines: Sequence[dict], part: str) -> Iterator[str]:
    """A part's lines."""
    having = [engine for engine in engines if part in engine["parts"]]
    ways = [engine["name"] for engine in having if engine["ours"]]
    heads = ["", "median", "min .. max", *(f"by {way}" for way in ways), "peak RSS", ERRORS[part]]
    yield f"**{TITLES[part]}**"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for engine in having:
        yield row(engine, part, ways)
    yield ""


def markdown(report: dict) -> str:
    """All tables, below a line on machine and versions."""
    work, engines = report["work"], report["engines"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    lines = [
        f"{report['machine']}, {work['threads']} threads, {work['size']}x{work['size']}, "
        f"{work['rounds']} rounds. {versions}.",
        "",
    ]
    for part in (*NETWORKS, PICTURE):
        if any(part in engine["parts"] for engine in engines):
            lines += part_table(engines, part)
    return "\n".join(lines)
