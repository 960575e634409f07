"""The figures as an SVG: bars from zero on linear scales, each with its number. Readable on light and dark pages."""

from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, ROW, HEAD, GAP = 840, 150, 150, 22, 46, 20

STYLE = """
  svg { font: 13px system-ui, sans-serif; }
  .page { fill: #ffffff; stroke: #d0d7de; } text { fill: #1f2328; } .note { fill: #59636e; }
  .other { fill: #a3b1c2; } .first { fill: #0969da; } .axis { stroke: #59636e; }
  .title { font-size: 16px; font-weight: 600; } .panel { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d; } text { fill: #f0f6fc; } .note { fill: #9198a1; }
    .other { fill: #5b6673; } .first { fill: #4493f8; } .axis { stroke: #9198a1; }
  }
"""


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def times(ratio):
    return f"{ratio:.2f}" if ratio < 2 else f"{ratio:.1f}" if ratio < 20 else f"{ratio:,.0f}"


def panel(top, title, rows, show):
    """Rows of (name, value); the first is drawn in the colour that stands out."""
    parts = [text(20, top + 16, title, "panel")]
    room = WIDTH - LEFT - RIGHT
    greatest = max(value for _, value in rows)
    for number, (name, value) in enumerate(rows):
        y = top + 28 + number * ROW
        width = max(1, room * value / greatest)
        kind, words = "first", show(value)
        if number > 0:
            kind, words = "other", f"{words} ({times(value / rows[0][1])}×)"
        parts += [
            text(LEFT - 10, y + 13, name, "", "end"),
            f'<rect x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="{ROW - 6}" class="{kind}"/>',
            text(LEFT + width + 6, y + 13, words, "note"),
        ]
    bottom = top + 28 + len(rows) * ROW
    parts.append(f'<line x1="{LEFT}" y1="{top + 28}" x2="{LEFT}" y2="{bottom}" class="axis"/>')
    return parts, bottom + GAP


def draw(title, notes, panels):
    """The SVG's text. `panels`: (title, rows, function that shows a value)."""
    parts, top = [text(20, 32, title, "title")], HEAD
    for name, rows, show in panels:
        more, top = panel(top, name, rows, show)
        parts += more
    for line in notes:
        parts.append(text(20, top + 8, line, "note"))
        top += 18
    height = top + 8
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" class="page"/>',
            *parts,
            "</svg>\n",
        ]
    )
