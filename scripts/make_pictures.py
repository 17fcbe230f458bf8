"""Take the pictures of README and documentation from a trained folder, with a headless Chromium.

``make pictures`` runs it after ``make demo``. docs/images/pictures.json says what each picture was made from, by
checksum, and which leads are on it; tests/rules/test_pictures.py and tests/behaviour/test_commands.py compare.
"""

import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["PICTURES", "Picture", "calculate_checksum", "make_pictures"]

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("serving/templates/base.html", "serving/static/leadlight.css")
#: reasons on the picture of a lead page
SHOWN_REASONS = 6
#: leads of the queue that are written down beside the pictures
SHOWN = 10


class Picture(NamedTuple):
    """A picture: where it is taken, and the files that decide how it looks.

    Parameters
    ----------
    page : str
        Path on the server, or file of the trained folder.
    sources : tuple of str
        Files of the repository.
    selector : str
        What is taken; the window if empty.
    place : int
        Which of the elements that the selector finds.
    size : tuple of int
        Width and height of the window.
    """

    page: str
    sources: tuple[str, ...]
    selector: str = ""
    place: int = 0
    size: tuple[int, int] = (1100, 700)


def _chart(page: str, folder: str, place: int = 0, selector: str = "figure svg", width: int = 1100) -> Picture:
    return Picture(page, (f"pipelines/{folder}/charts.py",), selector, place, (width, 900))


THRESHOLDS, CARD, WATCH = "work/report/thresholds/index.html", "work/plots/card.html", "work/watch/index.html"
PICTURES = {
    "queue": Picture("/", ("serving/templates/queue.html", *PAGES), size=(1100, 640)),
    "lead": Picture("/leads/{telling}", ("serving/templates/lead.html", *PAGES), size=(1100, 1400)),
    "waterfall": Picture("/leads/{first}", ("serving/templates/lead.html", *PAGES), ".waterfall"),
    "audit-strength": _chart("work/audit/audit.html", "audit"),
    "audit-missing": _chart("work/audit/audit.html", "audit", 1),
    "audit-months": _chart("work/audit/audit.html", "audit", 2),
    "card-calibration": _chart(CARD, "reports/model_card"),
    "card-topics": _chart(CARD, "reports/model_card", 1),
    "thresholds-scores": _chart(THRESHOLDS, "reports/thresholds", selector="figure.desktop svg"),
    "thresholds-replay": _chart(THRESHOLDS, "reports/thresholds", 2),
    "watch-drift": _chart(WATCH, "reports/monitoring"),
    "watch-scores": _chart(WATCH, "reports/monitoring", 1),
    "persona-lift": _chart("work/report/persona/index.html", "reports/persona"),
}
#: drawn from invented figures
OUTCOMES = "watch-outcomes"
#: PNG files that the product itself draws, and the module that does
FILES = {
    "curves": ("work/plots/curves.png", "pipelines/reporting/curve_plots.py"),
    "shap-beeswarm": ("work/plots/shap/beeswarm.png", "pipelines/reporting/shap_plots.py"),
    "shap-bar": ("work/plots/shap/bar.png", "pipelines/reporting/shap_plots.py"),
    "shap-dependence": ("work/plots/shap/dependence_01_*.png", "pipelines/reporting/shap_plots.py"),
}
INVENTED_NIGHTS = [
    {"as_of": "2025-03-01", "expected": 104.0, "actual": 98, "ratio": (0.77, 1.15)},
    {"as_of": "2025-04-01", "expected": 110.0, "actual": 121, "ratio": (0.91, 1.31)},
    {"as_of": "2025-05-01", "expected": 115.0, "actual": 82, "ratio": (0.57, 0.89)},
]


def make_pictures(folder: Path, images: Path) -> None:
    """Take all pictures.

    Parameters
    ----------
    folder : Path
        Holds params.yaml and a working folder with a night; reports are written into it.
    images : Path
        Folder for the pictures.
    """
    from playwright.sync_api import sync_playwright

    night = write_reports(folder)
    with serve_store(folder) as (address, leads), sync_playwright() as playwright:
        path = os.environ.get("LEADLIGHT_CHROMIUM") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(
            executable_path=path if Path(path).exists() else None, args=["--no-sandbox"]
        )
        for name, picture in PICTURES.items():
            shown = browser.new_page(
                viewport={"width": picture.size[0], "height": picture.size[1]}, device_scale_factor=1.5
            )
            page = picture.page.format(first=leads[0][1], telling=find_telling_lead(address))
            shown.goto(f"{address}{page}" if page.startswith("/") else (folder / page).resolve().as_uri())
            target = shown.locator(picture.selector).nth(picture.place) if picture.selector else shown
            write_small(target.screenshot(**clip_lead(shown) if name == "lead" else {}), images / f"{name}.png")
            shown.close()
        drawn = browser.new_page(viewport={"width": 800, "height": 300}, device_scale_factor=1.5)
        drawn.set_content(f"<body style='margin:0'>{draw_outcomes()}</body>")
        write_small(drawn.locator("svg").screenshot(), images / f"{OUTCOMES}.png")
        browser.close()
    for name, (drawn_as, _) in FILES.items():
        (path,) = folder.glob(drawn_as)
        write_small(path.read_bytes(), images / f"{name}.png")
    sources = {name: picture.sources for name, picture in PICTURES.items()}
    sources[OUTCOMES] = PICTURES["watch-drift"].sources
    sources |= {name: (source,) for name, (_, source) in FILES.items()}
    record = {
        "night": night,
        "queue": leads,
        "pictures": {
            name: {
                "sha256": hashlib.sha256((images / f"{name}.png").read_bytes()).hexdigest(),
                "sources": {source: calculate_checksum(ROOT / source) for source in files},
            }
            for name, files in sources.items()
        },
    }
    (images / "pictures.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def calculate_checksum(path: Path) -> str:
    """Return the checksum of a text file, whatever its line ends are."""
    return hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()[:16]


def write_reports(folder: Path) -> str:
    """Write the reports that are pictured; return the day of the newest night."""
    from leadlight.serving.store import open_store

    with closing(open_store(f"sqlite:///{(folder / 'work' / 'leadlight.db').resolve()}")) as store:
        run = store.get_latest_run()
        if run is None:
            sys.exit(f"The folder {folder} must hold a scored night. It has none: run `make demo`.")
    # the night is a midnight in source.timezone, which is UTC in the demo
    day = f"{run.as_of:%Y-%m-%d}"
    for command in (["report", "thresholds"], ["report", "persona"], ["watch", "--as-of", day]):
        code = "from leadlight.pipelines.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *command], cwd=folder, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode not in {0, 10}:
            sys.exit(f"The command leadlight {' '.join(command)} must work. Got exit code {done.returncode}.")
    return day


@contextmanager
def serve_store(folder: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    """Serve the pages of a folder; give the address, and place, lead, score and stage of the first leads."""
    import httpx
    import uvicorn

    from leadlight.serving.app import create_app
    from leadlight.serving.store import open_store

    with closing(open_store(f"sqlite:///{(folder / 'work' / 'leadlight.db').resolve()}")) as store:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(create_app(store), port=port, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        address = f"http://127.0.0.1:{port}"
        page = httpx.get(f"{address}/?language=en").text
        yield address, read_queue(page)
        server.should_exit = True
        thread.join(10)


def find_telling_lead(address: str) -> str:
    """Return the first lead below SQL whose page says what changed and what would help."""
    import httpx

    listed = httpx.get(f"{address}/api/leads", params={"stage": "marketing_qualified", "limit": 200}).json()["leads"]
    for lead in listed:
        page = httpx.get(f"{address}/leads/{lead['lead_id']}?language=en").text
        change = page.partition('id="change"')[2].partition("</div>")[0]
        if 'id="recourse"' in page and "<li>" in change:
            return str(lead["lead_id"])
    sys.exit("The night must hold an MQL with a change and a recourse. Got none among the first 200.")


def clip_lead(page: Any) -> dict[str, Any]:
    """Return the part of a lead page that ends after the first reasons, between two rows."""
    box = page.locator(".waterfall tbody tr").nth(SHOWN_REASONS).bounding_box()
    return {"clip": {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": box["y"] + box["height"]}}


def read_queue(page: str) -> list[list[Any]]:
    """Return place, lead, score and stage of the first leads, as the page of the queue shows them."""
    rows = re.findall(
        r'class="rank">(\d+)</td>.*?class="lead"><a [^>]*><bdi>([^<]+)</bdi></a>.*?class="number">(\d+)</span>.*?'
        r'class="chip \w+"[^>]*>([^<]+)<',
        page,
        flags=re.DOTALL,
    )
    return [[int(place), lead, int(score), stage.strip()] for place, lead, score, stage in rows[:SHOWN]]


def draw_outcomes() -> str:
    """Draw the chart of matured nights from invented figures: a trained folder has none."""
    from leadlight.pipelines.reports.monitoring.charts import plot_outcomes

    return str(plot_outcomes(INVENTED_NIGHTS))


def write_small(png: bytes, path: Path) -> None:
    """Write a picture with few colours, which is a third of the size."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.quantize(colors=64, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)


if __name__ == "__main__":
    make_pictures(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT, ROOT / "docs" / "images")
