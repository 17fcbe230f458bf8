"""Notebooks run on a trained folder, write nothing into it, and are committed without results."""

import ast
import json
import os
import re
import shutil
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from leadlight.features.errors import SourceError
from leadlight.models.metrics.metrics import compute_metrics
from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.inference.trained_run import find_folder
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.stages.table import select_stages
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
#: a kernel that hangs ends the test after so many seconds a cell
PATIENCE = 600
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: what is asked of a notebook after its last cell
PROBES = {
    "1_look_at_the_data": "int(per_month['count'].sum())",
    "2_why_the_label_is_what_it_is": "[len(both), *(len(side.won) for pair in sides.values() for side in pair)]",
    "3_compare_candidates_and_calibrations": "[choice.name, selected[choice.name].calibrator.kind]",
    "4_explore_thresholds": "thresholds['agreed']",
    "5_retrain_and_compare_runs": (
        "[len(runs), versions['champion'][0], written['verdict'], Path(rehearsal.name).exists()]"
    ),
    "6_load_predict_explain": "[list(computed.index), float(losses['Leadlight'].mean()), float(low), float(high)]",
}

#: a table of leads with their outcome and no date, which may have a column that grows with time
UNDATED = """\
source:
  leads: {path: leads.csv, lead_id: id, outcome: {column: bought, won: [1], lost: [0]}MORE}
attributes: {origin: {kind: category}, size: {kind: number}}
training: {candidates: [logistic], min_wins: 20, min_category_leads: 5}
"""
#: what only dates can give
INVENTED = re.compile(r"2000-01-01|1970-01-01|\b\d+ (?:days|weeks)\b|within \d|horizon of|a week", re.IGNORECASE)


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def tree(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def execute(notebook, folder):
    """Run the cells of a notebook on a trained folder in a kernel of its own."""
    resources = {"metadata": {"path": str(FOLDER)}}
    client = NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", resources=resources)
    return client.execute(env=os.environ | {"LEADLIGHT_NOTEBOOK_FOLDER": str(folder)})


def prose(notebook):
    """Return the words of a notebook without code in them and without the number of its title."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "", text)
    return re.sub(r"^# \d\. ", "", text)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """A kernel named python3 that is this interpreter, whatever the machine has under that name."""
    place = tmp_path_factory.mktemp("jupyter")
    spec = place / "share" / "kernels" / "python3"
    spec.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {"argv": command, "display_name": "Python 3", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(place / "share"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(place / "runtime"))
        patch.setenv("IPYTHONDIR", str(place / "ipython"))
        yield


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    copy = Path(shutil.copytree(trained, tmp_path_factory.mktemp("notebooks") / "copy"))
    open_registry(Workdir(copy / "work"))  # which writes where a folder was copied from elsewhere
    return copy


@pytest.fixture(scope="module", params=NAMES)
def executed(request, kernels, folder):
    """Name, cells with their outputs, the answer to the probe, and which files were changed."""
    notebook = read(request.param)
    notebook.cells.append(nbformat.v4.new_code_cell(f"print(repr({PROBES[request.param]}))"))
    before = tree(folder)
    try:
        execute(notebook, folder)
    except CellExecutionError as error:
        pytest.fail(f"{request.param}: {COLOURS.sub('', str(error))}", pytrace=False)
    probe = notebook.cells.pop()
    changed = set(before.items() ^ tree(folder).items())
    return request.param, notebook, ast.literal_eval(probe.outputs[0].text), changed


def train_undated(folder, more):
    """Train on 900 leads with an outcome and no dates."""
    rng = np.random.default_rng(3)
    columns = {"id": np.arange(1, 901), "origin": rng.choice(["web", "fair", "call"], 900)}
    frame = pd.DataFrame(columns | {"size": rng.integers(1, 900, 900)})
    chance = np.where(frame["origin"] == "fair", 0.4, 0.1) + frame["size"] / 3000
    frame["bought"] = (rng.random(900) < chance).astype(int)
    folder.mkdir()
    frame.to_csv(folder / "leads.csv", index=False)
    (folder / "params.yaml").write_text(UNDATED.replace("MORE", more), encoding="utf-8")
    params = load_params(folder / "params.yaml")
    for stage in select_stages(params).values():
        stage.run(params, folder, Workdir(folder / "work"))


@pytest.fixture(scope="module")
def undated(kernels, tmp_path_factory, without_shap_plots):
    """Cells of all notebooks, executed on a source without dates and on one with an order; files before and after."""
    place = tmp_path_factory.mktemp("undated")
    for time, more in {"none": "", "order": ", order: id"}.items():
        train_undated(place / time, more)
    # and no collection of garbage among a million objects of imported modules
    patch = (
        "import gc\ngc.set_threshold(50_000, 20, 100)\n"
        "from leadlight.pipelines.stages import evaluate\nevaluate.write_shap_plots = lambda *_: []"
    )
    cells = [nbformat.v4.new_code_cell(patch)]
    # one kernel for all, because imports take longer than most notebooks; each notebook begins without names
    for time in ("none", "order"):
        cells.append(nbformat.v4.new_code_cell(f"%env LEADLIGHT_NOTEBOOK_FOLDER={place / time}", id=f"begin-{time}"))
        for name in NAMES:
            code = [cell for cell in read(name).cells if cell.cell_type == "code"]
            named = [nbformat.v4.new_code_cell(cell.source, id=f"{time}-{cell.id}"[:64]) for cell in code]
            cells += [nbformat.v4.new_code_cell("%reset -f"), *named]
    before = tree(place)
    return execute(nbformat.v4.new_notebook(cells=cells), place).cells, before, tree(place)


@pytest.mark.slow
def test_without_dates_notebooks_run_and_write_nothing(undated):
    cells, before, after = undated
    assert before == after
    kinds = {output.get("name", output.output_type) for cell in cells for output in cell.outputs}
    assert not kinds & {"error", "stderr"}


@pytest.mark.slow
@pytest.mark.parametrize("time", ["none", "order"])
def test_without_dates_notebooks_invent_none(undated, time):
    said = {}
    for cell in undated[0]:
        if cell.id.startswith(f"{time}-") and "cannot-be-met" not in cell.id:  # that error lists all forms of a policy
            parts = [part for output in cell.outputs for part in (output.get("text"), *output.get("data", {}).items())]
            said[cell.id] = "\n".join(str(part) for part in parts if part and part[0] != "image/png")
    assert len(said) > 40
    assert {cell: found for cell, text in said.items() if (found := INVENTED.findall(text))} == {}
    text = "".join(said.values())
    assert ("a hash of the lead chooses its window" in text) == (time == "none")
    assert ("windows follow the order" in text) == (time == "order")


@pytest.mark.slow
def test_a_notebook_runs_from_top_to_bottom_in_this_interpreter(executed):
    _, notebook, _, _ = executed
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.slow
def test_a_reader_stumbles_over_no_warning_and_no_wall_of_output(executed):
    _, notebook, _, _ = executed
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", f"{cell.id}: {output.text}"
            assert len(output.get("text", "").splitlines()) <= 20, cell.id


@pytest.mark.slow
def test_every_section_shows_a_picture_a_table_or_a_sentence(executed):
    name, notebook, _, _ = executed
    kinds = {
        cell.id: {kind for o in cell.outputs for kind in o.get("data", {"stream": None})}
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert [cell for cell, shown in kinds.items() if not shown] == []
    assert any("image/png" in shown for shown in kinds.values()), name
    assert any("text/html" in shown for shown in kinds.values()), name


@pytest.mark.slow
def test_a_notebook_writes_nothing_into_the_folder_it_looks_at(executed):
    _, _, _, changed = executed
    assert changed == set()


@pytest.mark.slow
def test_a_notebook_speaks_of_the_run_in_its_folder(executed, folder):
    name, _, answer, _ = executed
    workdir = Workdir(folder / "work")
    scorer, judged = load_scorer(workdir.bundle), load_evaluation_scorer(workdir.bundle)
    if name.startswith("1"):
        deals = read_frame(workdir.tables / "deals.parquet")
        won = deals.loc[deals["won"], "lead_id"].nunique()
        assert answer == read_json(workdir.ingest_report)["rows"]["leads"] + won
    elif name.startswith("2"):
        frame, windows = read_frame(workdir.snapshots), read_json(workdir.snapshot_report)["windows"]
        past, test = frame[frame["as_of"] < windows["calibrate_end"]], frame[frame["split"] == "test"]
        both = set(past["lead_id"]) & set(test["lead_id"])
        rest = [int((~side["lead_id"].isin(both)).sum()) for side in (past, test)]
        assert answer == [len(both), len(past), len(test), rest[0], len(test), len(past), rest[1]]
        assert both
    elif name.startswith("3"):
        assert answer == [judged.metadata.candidate, judged.metadata.choice["calibration"]]
    elif name.startswith("4"):
        assert answer == pytest.approx(scorer.thresholds["sales_qualified"].probability, rel=1e-12)
    elif name.startswith("6"):
        leads, loss, low, high = answer
        test = read_labelled_snapshots(workdir).select_split("test")
        expected = compute_metrics(judged.predict(test.frame)["probability"].to_numpy(), test.won)["log_loss"]
        assert leads == pd.read_csv(folder / "data" / "simulated" / "leads.csv.gz")["lead_id"].head(5).tolist()
        assert loss == pytest.approx(expected, rel=1e-9)
        assert low < high
    else:
        runs, champion, verdict, left_behind = answer
        assert (runs, champion) == (1, read_json(workdir.registered)["champion"])
        assert verdict in {"better", "not worse", "worse", "no evidence"}
        assert not left_behind


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_committed_without_results_and_with_ids_that_stay(name):
    raw = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert sorted(PROBES) == NAMES
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert (raw["nbformat"], raw["nbformat_minor"]) == (4, 5)
    assert raw["metadata"] == {"kernelspec": kernel}
    nbformat.validate(nbformat.from_dict(raw))
    ids = [cell["id"] for cell in raw["cells"]]
    assert len(set(ids)) == len(ids)
    for before, cell in zip([None, *raw["cells"]], raw["cells"], strict=False):
        assert cell["metadata"] == {}
        if cell["cell_type"] == "markdown":
            assert re.fullmatch(r"[a-z][a-z0-9-]*", cell["id"])
            continue
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert cell["id"] == f"{before['id']}-code", "a code cell is named for the prose before it"


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_asks_one_question_and_speaks_before_it_computes(name):
    assert 8 <= len(cells := read(name).cells) <= 15
    assert re.match(rf"# {name[0]}\. [^\n]+\?\n", cells[0].source)
    assert "code" not in {a.cell_type for a, b in pairwise(cells) if b.cell_type == "code"}


@pytest.mark.parametrize("name", NAMES)
def test_prose_quotes_no_result(name):
    assert re.findall(r"[^\n]{0,30}\d[^\n]{0,30}", prose(read(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_names_no_place_of_one_machine_and_only_files_that_exist(name, root):
    text = "\n".join(cell.source for cell in read(name).cells)
    assert re.findall(r"(?<![\w.}])(?:/(?:home|root|tmp|var|opt|mnt|work|Users)/|[A-Z]:\\)\S*", text) == []
    for named in re.findall(r"`([\w/.-]+\.(?:md|ipynb))`", text):
        if not named.startswith("work/"):
            assert (root / named).exists() or (FOLDER / named).exists(), named


@pytest.mark.parametrize("name", NAMES)
def test_without_a_trained_run_a_notebook_says_what_to_run(name, tmp_path, monkeypatch):
    monkeypatch.setenv("LEADLIGHT_NOTEBOOK_FOLDER", str(tmp_path))
    with pytest.raises(SourceError, match=f"The folder {tmp_path} must hold a trained run. .* run `make demo` first."):
        exec(read(name).cells[1].source, {})


def test_without_the_variable_a_notebook_opens_the_clone(root, monkeypatch):
    monkeypatch.delenv("LEADLIGHT_NOTEBOOK_FOLDER", raising=False)
    assert "open_run(find_folder())" in read(NAMES[0]).cells[1].source
    assert find_folder() == root
