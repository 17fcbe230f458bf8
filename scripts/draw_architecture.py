"""Draw docs/images/architecture.svg: from the export to the pages, with what DVC runs and what MLflow keeps."""

from pathlib import Path

__all__ = ["draw_architecture"]

WIDTH, HEIGHT, BOX = 1060, 330, (112, 56)
#: name -> left edge, top edge, title, second line
BOXES = {
    "export": (16, 56, "export", "leads, deals, ..."),
    "audit": (166, 56, "audit", "leaks, bad rows"),
    "snapshots": (312, 56, "snapshots", "past moments"),
    "features": (458, 56, "features", "known by then"),
    "model": (604, 56, "model", "fit, calibrate"),
    "bundle": (750, 56, "bundle", "the scorer"),
    "card": (896, 56, "model card", "figures, limits"),
    "runs": (604, 176, "runs", "params, figures"),
    "registry": (750, 176, "registry", "champion"),
    "night": (458, 256, "scoring run", "every open lead"),
    "store": (312, 256, "score store", "and Parquet"),
    "pages": (166, 256, "pages, API", "queue, reasons"),
    "watch": (16, 256, "watch", "drift, outcomes"),
}
#: from, to
ARROWS = [
    ("export", "audit"),
    ("audit", "snapshots"),
    ("snapshots", "features"),
    ("features", "model"),
    ("model", "bundle"),
    ("bundle", "card"),
    ("model", "runs"),
    ("bundle", "registry"),
    ("store", "pages"),
    ("night", "store"),
]
#: left, top, width and height; caption, class
FRAMES = [((154, 18, 866, 110), "DVC: dvc repro, dvc exp run", "dvc"), ((548, 150, 326, 92), "MLflow", "mlflow")]
STYLE = """
    svg { font: 14px system-ui, sans-serif; background: #fff; }
    .box { fill: #fff; stroke: #44546a; stroke-width: 1.3; }
    .title { font-weight: 600; fill: #1c2733; text-anchor: middle; }
    .second { font-size: 12.5px; fill: #52606d; text-anchor: middle; }
    .caption { font-size: 12.5px; font-weight: 600; }
    .arrow { fill: none; stroke: #44546a; stroke-width: 1.5; marker-end: url(#tip); }
    .note { font-size: 12.5px; fill: #52606d; }
    .dvc { fill: #eef6fb; stroke: #2f7fb5; } .dvc.caption { fill: #1d5f8c; stroke: none; }
    .mlflow { fill: #f2f7ee; stroke: #5b8c3a; } .mlflow.caption { fill: #3f6b22; stroke: none; }
"""


def draw_architecture() -> str:
    """Return the drawing as SVG."""
    parts = [_draw_frame(*frame) for frame in FRAMES]
    parts += [_draw_arrow(start, end) for start, end in ARROWS]
    # the champion scores the night; watch reads the store and, later, the outcomes
    parts.append('<path class="arrow" d="M806 232 V284 H574"/>')
    parts.append('<path class="arrow" d="M368 312 V322 H72 V316"/>')
    parts.append('<text class="note" x="650" y="278">champion: leadlight score</text>')
    parts.append('<text class="note" x="884" y="200">leadlight register,</text>')
    parts.append('<text class="note" x="884" y="216">promote, retrain, rollback</text>')
    parts += [_draw_box(*box) for box in BOXES.values()]
    body = "\n  ".join(parts)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">
  <title id="title">From the export to the pages: DVC runs the stages, MLflow keeps runs and the registry</title>
  <style>{STYLE}  </style>
  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
    <path d="M0 0 L8 4 L0 8 z" fill="#44546a"/></marker></defs>
  <rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
  {body}
</svg>
"""


def _draw_box(left: int, top: int, title: str, second: str) -> str:
    width, height = BOX
    middle = left + width // 2
    return (
        f'<rect class="box" x="{left}" y="{top}" width="{width}" height="{height}" rx="7"/>'
        f'<text class="title" x="{middle}" y="{top + 25}">{title}</text>'
        f'<text class="second" x="{middle}" y="{top + 43}">{second}</text>'
    )


def _draw_frame(place: tuple[int, int, int, int], caption: str, kind: str) -> str:
    left, top, width, height = place
    return (
        f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="10"/>'
        f'<text class="caption {kind}" x="{left + 12}" y="{top + 19}">{caption}</text>'
    )


def _draw_arrow(start: str, end: str) -> str:
    """Draw an arrow to a box in the same row or in the same column."""
    width, height = BOX
    (left, top), (to_left, to_top) = BOXES[start][:2], BOXES[end][:2]
    if top == to_top:
        x, to_x = (left + width, to_left - 2) if to_left > left else (left, to_left + width + 2)
        return f'<path class="arrow" d="M{x} {top + height // 2} H{to_x}"/>'
    return f'<path class="arrow" d="M{left + width // 2} {top + height} V{to_top - 2}"/>'


if __name__ == "__main__":
    target = Path(__file__).resolve().parent.parent / "docs" / "images" / "architecture.svg"
    target.write_text(draw_architecture(), encoding="utf-8")
