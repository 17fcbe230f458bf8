"""Every code block of README and documentation is executed, page by page, in a folder of its own.

Blocks of ``bash`` and ``python`` run in the order of their page; those of ``yaml`` are put into the params file, which
must then be valid. Blocks of ``text`` are output. A block that is run elsewhere names the test above it:
``<!-- not executed: covered by tests/... -->``.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from leadlight.pipelines.params import load_params

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "notebooks" / "README.md"])
MARKER = re.compile(r"<!-- not executed: covered by (tests/[\w/]+\.py) -->")
#: pages that begin with nothing but an export; the others begin with a trained folder
FRESH = {"README.md", "docs/tutorial/first-project.md"}
#: pages that train anew, which one candidate shows as well as five
RETRAINED = {"docs/how-to/retrain-and-promote.md"}
RUN = {"bash", "python", "yaml"}
#: commands that do not end by themselves, or whose training a block makes short through WRAPPER
PROCESSES = {"init", "serve"}
#: the files that the pages name
FILES = {"leads": "leads.csv", "deals": "deals.csv", "activities": "activities.parquet"}
#: `leadlight` for the blocks: after `init`, training is made short
WRAPPER = """#!/bin/bash
"{python}" -c 'from leadlight.pipelines.cli.main import main; main()' "$@" || exit $?
if [ "$1" = init ]; then
  short='training: {{seed: 7, max_rounds: 40, min_wins: 20, candidates: [points, logistic]}}'
  find . -name params.yaml -exec sed -i "s/^training: {{seed: 7}}/$short/" {{}} +
fi
"""


class Block(NamedTuple):
    """A code block: its language, its text, the line it begins at, and the comment above it."""

    language: str
    text: str
    line: int
    comment: str


def read_blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page, in order."""
    blocks, lines = [], page.read_text(encoding="utf-8").splitlines()
    comment, start, indent = "", None, ""
    for number, line in enumerate(lines, start=1):
        fence = re.match(r"( *)```(\w*)", line)
        if fence and start is None:
            start, indent, language = number, fence[1], fence[2]
        elif fence and start is not None:
            text = "\n".join(inner.removeprefix(indent) for inner in lines[start : number - 1])
            blocks.append(Block(language, text, start, comment))
            start, comment = None, ""
        elif start is None and line.strip():
            comment = line.strip() if line.strip().startswith("<!--") else ""
    assert start is None, f"{page}: the block of line {start} has no end"
    return blocks


BLOCKS = {page.relative_to(ROOT).as_posix(): read_blocks(page) for page in PAGES}
EXECUTED = {
    name: [block for block in blocks if block.language in RUN and not block.comment.startswith("<!-- not executed")]
    for name, blocks in BLOCKS.items()
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment of the shell, with a `leadlight` that trains shortly."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "leadlight").write_text(WRAPPER.format(python=sys.executable), encoding="utf-8")
    (folder / "leadlight").chmod(0o755)
    path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100", "DVC_NO_ANALYTICS": "true"}


@pytest.fixture(scope="module")
def registered(trained, tmp_path_factory, environment, write_some):
    """A trained folder with a champion, whose registry all copies write into: each has a database of its own."""
    folder = tmp_path_factory.mktemp("registered") / "project"
    write_some(trained / "data" / "simulated", folder, 4, FILES)
    shutil.copytree(trained, folder, dirs_exist_ok=True)
    shutil.rmtree(folder / "work" / "mlartifacts", ignore_errors=True)
    for file in ("mlflow.db", "registered.json"):
        (folder / "work" / file).unlink(missing_ok=True)
    run_shell("leadlight register", folder, environment)
    return folder


@pytest.fixture
def place(request, trained, tmp_path, write_some):
    """The folder that the blocks of a page run in."""
    folder, name = tmp_path / "project", request.getfixturevalue("name")
    if name in FRESH:
        write_some(trained / "data" / "simulated", folder, 4, FILES)
    else:
        shutil.copytree(request.getfixturevalue("registered"), folder)
    if name in RETRAINED:
        text = (folder / "params.yaml").read_text(encoding="utf-8")
        assert text.count("training: {") == 1
        short = re.sub(r"candidates: \[[^]]*\], ", "", text)
        short = short.replace("training: {", "training: {candidates: [logistic], ")
        (folder / "params.yaml").write_text(short, encoding="utf-8")
    return folder


def run_block(text: str, folder: Path, environment: dict[str, str], call: Callable[..., tuple[int, str]]) -> None:
    """Run a block of ``bash``; lines of plain ``leadlight`` in this process, as importing it takes longer than most."""
    lines = [shlex.split(line, comments=True) for line in text.replace("\\\n", " ").splitlines()]
    if any(words and (words[0] != "leadlight" or words[1] in PROCESSES) for words in lines):
        run_shell(text, folder, environment)
        return
    for words in filter(None, lines):
        code, printed = call(words[1:], folder)
        assert code in ({0, 10} if words[1] == "watch" else {0}), f"{' '.join(words)}\n{printed[-2000:]}"


def run_shell(text: str, folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    # `watch` ends with 10 where it calls for action
    expected = {0, 10} if "leadlight watch" in text else {0}
    assert done.returncode in expected, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def put_into_params(text: str, folder: Path) -> None:
    """Replace sections of the params file, which must then be valid."""
    yaml, path = YAML(), folder / "params.yaml"
    content = yaml.load(path.read_text(encoding="utf-8"))
    content.update(yaml.load(text))
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(content, file)
    load_params(path)


@pytest.mark.slow
@pytest.mark.usefixtures("without_shap_plots")
@pytest.mark.parametrize("name", [name for name, blocks in EXECUTED.items() if blocks])
def test_blocks_of_a_page_run_in_order(name, place, environment, call_leadlight, monkeypatch):
    monkeypatch.chdir(place)
    names: dict[str, object] = {}
    for block in EXECUTED[name]:
        if block.language == "bash":
            if name == "README.md":
                run_shell(block.text, place, environment)
            else:
                run_block(block.text, place, environment, call_leadlight)
        elif block.language == "yaml":
            put_into_params(block.text, place)
        else:
            exec(compile("\n" * block.line + block.text, name, "exec"), names)


def test_blocks_have_a_language_that_is_known():
    unknown = {
        f"{name}:{block.line}": block.language
        for name, blocks in BLOCKS.items()
        for block in blocks
        if block.language not in {*RUN, "text", "toml"}
    }
    assert unknown == {}


def test_a_block_that_is_not_executed_names_the_test_that_covers_it():
    for name, blocks in BLOCKS.items():
        for block in blocks:
            if not block.comment.startswith("<!-- not executed"):
                continue
            found = MARKER.fullmatch(block.comment)
            assert found, f"{name}:{block.line}: {block.comment}"
            assert (ROOT / found[1]).is_file(), f"{name}:{block.line}: {found[1]} does not exist"


def test_most_blocks_are_executed():
    runnable = [block for blocks in BLOCKS.values() for block in blocks if block.language in RUN]
    executed = sum(map(len, EXECUTED.values()))
    assert executed >= 15
    assert executed >= len(runnable) * 0.6


def test_a_block_that_fails_is_noticed(tmp_path, environment):
    with pytest.raises(AssertionError, match="No such"):
        run_shell("leadlight sql nothing --params missing.yaml 2>&1 || ls missing", tmp_path, environment)
