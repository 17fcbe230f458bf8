"""Another language is another file: nothing but a catalogue is added, and sentences come out in it."""

import json
import os
import shutil
import subprocess
import sys

from babel import Locale

FRENCH = {
    "language.name": "Français",
    "count.times": {"one": "{count} fois en {days} jours", "other": "{count} fois en {days} jours"},
    "count.last": {"one": "{times}, {when}", "other": "{times}, la dernière {when}"},
    "when.days": {"one": "il y a {count} jour", "other": "il y a {count} jours"},
    "value.unknown": "inconnu",
    "evidence.sentence": "{rate} de {cases} {won}, {average} de tous",
    "evidence.such": {"one": "{count} cas semblable", "other": "{count} cas semblables"},
    "evidence.leads": {"one": "{cases} ({count} lead)", "other": "{cases} ({count} leads)"},
    "evidence.within": {"one": "gagné en {count} jour", "other": "gagnés en {count} jours"},
}

SCRIPT = """
import json, sys
from leadlight.serving.scoring_run import parse_context
from leadlight.serving.reasons import Reason
from leadlight.serving.text.messages import LANGUAGES, validate_language
from leadlight.serving.text import format_sentence
from leadlight.serving.text.evidence import format_evidence_sentence
import leadlight.serving
night, reasons = json.loads(sys.argv[1])
context = parse_context(night)
told = [
    [format(Reason(*r), context, "fr") for format in (format_sentence, format_evidence_sentence)]
    for r in reasons
]
print(json.dumps([leadlight.serving.__file__, LANGUAGES, validate_language("fr"), told]))
"""


def test_a_catalogue_that_is_dropped_into_the_folder_is_spoken(root, tmp_path):
    package = tmp_path / "leadlight"
    package.mkdir()
    shutil.copy(root / "src" / "leadlight" / "__init__.py", package)
    for room in ("features", "models", "serving"):
        shutil.copytree(root / room, package / room, ignore=shutil.ignore_patterns("__pycache__"))
    folder = package / "serving" / "messages"
    english = json.loads((folder / "en.json").read_text(encoding="utf-8"))
    forms = [*Locale.parse("fr").plural_form.rules, "other"]
    catalogue = {}
    for key, message in (english | FRENCH).items():
        one_form = isinstance(message, str)
        catalogue[key] = message if one_form else {form: message.get(form, message["other"]) for form in forms}
    (folder / "fr.json").write_text(json.dumps(catalogue), encoding="utf-8")

    counted = {"count_7d": 0, "count_30d": 1200, "count_90d": 1200, "days_since_last": 11.5}
    night = {
        "base_probability": 0.04,
        "calibration": {"all": "holds"},
        "topics": {
            "p": {
                "kind": "signal",
                "group": "engagement",
                "label": {"fr": "Page des prix", "en": "P"},
                "values": {
                    "count_7d": {"role": "count", "window_days": 7},
                    "count_30d": {"role": "count", "window_days": 30},
                    "count_90d": {"role": "count", "window_days": 90},
                    "days_since_last": {"role": "recency"},
                },
            }
        },
        "evidence": {
            "horizon_days": 90,
            "all": [1000, 500, 41],
            "topics": {"p": {"ranges": {"never": [1540, 312, 77], "unknown": [12, 10, 0]}}},
        },
    }
    never = counted | {"count_30d": 0, "count_90d": 0, "days_since_last": None}
    reasons = [["p", "engagement", 1.0, value] for value in (counted, never, None)]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([night, reasons])],
        capture_output=True, text=True, cwd=tmp_path, env=environment, check=True,
    )  # fmt: skip
    where, languages, known, told = json.loads(run.stdout)
    assert where.startswith(str(tmp_path))
    assert languages == ["de", "en", "fr"]
    assert known == "fr"
    narrow, gap = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
    times = f"1{narrow}200 fois en 30 jours, la dernière il y a 12 jours"
    assert told[0] == [f"Page des prix: {times}", None]
    rate, average = f"5,0{narrow}%", f"4,1{narrow}%"
    cases = f"1{narrow}540 cas semblables (312 leads)"
    assert told[1][1].replace(gap, narrow) == f"{rate} de {cases} gagnés en 90 jours, {average} de tous"
    assert told[2][0] == "Page des prix: inconnu"
