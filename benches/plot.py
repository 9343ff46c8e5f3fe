"""Plots as SVG: a panel for each format, size to the right, time or memory upwards, both by powers of ten."""

import math
from xml.sax.saxutils import escape

COLOURS = {"seal": "#0b6e4f", "rops": "#b5541c", "sops": "#4059ad", "floor": "#888888"}
WIDTH, HEIGHT, LEFT, TOP, GAP = 230, 200, 62, 48, 28


def _range(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _count(power):
    """A power of ten in few characters."""
    return f"{10 ** (power % 3)}{['', 'k', 'M', 'G'][power // 3]}"


def _label(power, unit):
    value = 10.0**power
    if unit == "s":
        return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms" if value >= 1e-3 else f"{value * 1e6:g} µs"
    return f"{value:,.0f}{unit}" if value >= 1 else f"{value:g}{unit}"


def svg(title, unit, panels):
    """`panels` has for each title its lines: a name and the points (x, y) of each."""
    points = [point for lines in panels.values() for line in lines.values() for point in line]
    x_low, x_high = _range([x for x, _ in points])
    y_low, y_high = _range([y for _, y in points])
    width, height = LEFT + len(panels) * (WIDTH + GAP), TOP + HEIGHT + 40

    def place(left, x, y):
        across = (math.log10(x) - x_low) / (x_high - x_low)
        up = (math.log10(y) - y_low) / (y_high - y_low)
        return f"{left + across * WIDTH:.1f},{TOP + HEIGHT - up * HEIGHT:.1f}"

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    names = sorted({name for lines in panels.values() for name in lines}, key=list(COLOURS).index)
    for number, name in enumerate(names):
        x = width - 80 * (len(names) - number)
        out.append(f'<rect x="{x}" y="9" width="18" height="4" fill="{COLOURS[name]}"/>')
        out.append(f'<text x="{x + 23}" y="15">{name}</text>')
    for number, (panel, lines) in enumerate(panels.items()):
        left = LEFT + number * (WIDTH + GAP)
        out.append(f'<text x="{left}" y="{TOP - 8}" font-weight="bold">{escape(panel)}</text>')
        for power in range(y_low, y_high + 1):
            y = TOP + HEIGHT - (power - y_low) / (y_high - y_low) * HEIGHT
            out.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#dddddd"/>')
            if number == 0:
                text = _label(power, unit)
                out.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
        for power in range(x_low, x_high + 1):
            x = left + (power - x_low) / (x_high - x_low) * WIDTH
            out.append(f'<path d="M{x:.1f} {TOP}v{HEIGHT}" stroke="#eeeeee"/>')
            out.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{_count(power)}</text>')
        for name, line in lines.items():
            dash = ' stroke-dasharray="4 3"' if name == "floor" else ""
            path = " ".join(place(left, x, y) for x, y in sorted(line))
            out.append(
                f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"{dash}/>'
            )
    out.append(f'<text x="{LEFT}" y="{height - 6}">values in the file</text>')
    return "\n".join([*out, "</svg>", ""])
