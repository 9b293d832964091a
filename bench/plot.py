# SPDX-License-Identifier: Apache-2.0
"""Line plots as SVG, with nothing but text."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 480, 320
LEFT, RIGHT, TOP, BOTTOM = 60, 12, 30, 44
COLOURS = ("#1f6fb4", "#d1602c", "#3b8c4a", "#7d4fa0")

Points = Sequence[tuple[float, float]]


def ticks(greatest: float) -> list[float]:
    """Round numbers from 0 to the first that is not below `greatest`."""
    rough = greatest / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [step * i for i in range(math.ceil(greatest / step - 1e-9) + 1)]


def line_plot(title: str, x_label: str, y_label: str, series: Mapping[str, Points]) -> str:
    """Lines through points, both axes from 0."""
    points = [point for line in series.values() for point in line]
    across, up = (ticks(max(point[axis] for point in points)) for axis in (0, 1))

    def x_of(value: float) -> float:
        return LEFT + value / across[-1] * (WIDTH - LEFT - RIGHT)

    def y_of(value: float) -> float:
        return HEIGHT - BOTTOM - value / up[-1] * (HEIGHT - TOP - BOTTOM)

    def text(x: float, y: float, words: str, more: str = "") -> str:
        return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'

    middle = 'text-anchor="middle"'
    turned = f'{middle} transform="rotate(-90 14 {HEIGHT / 2:.0f})"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        text(WIDTH / 2, 18, title, f'{middle} font-weight="bold"'),
        text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_label, middle),
        text(14, HEIGHT / 2, y_label, turned),
    ]
    for value in up:
        y = y_of(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 6, y + 4, f"{value:g}", 'text-anchor="end"'))
    parts += [text(x_of(value), HEIGHT - BOTTOM + 18, f"{value:g}", middle) for value in across]
    for index, (name, line) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        path = "L".join(f"{x_of(x):.1f} {y_of(y):.1f}" for x, y in line)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3" fill="{colour}"/>'
            for x, y in line
        ]
        parts.append(text(LEFT + 10, TOP + 16 * (index + 1), name, f'fill="{colour}"'))
    return "\n".join([*parts, "</svg>", ""])
