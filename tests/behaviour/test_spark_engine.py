"""Features on Spark: the same numbers as on DuckDB, written by the workers, whole or not at all."""

import shutil

import ibis
import pandas as pd
import pyarrow.parquet as pq
import pytest

from leadlight.features.errors import SourceError
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.featurize import featurize, featurize_as_of
from leadlight.pipelines.workspace.workdir import Workdir, read_json

AS_OF = pd.Timestamp("2025-03-01")
KEYS = ["as_of", "lead_id"]


@pytest.fixture(scope="module")
def small(trained, tmp_path_factory):
    """The clean tables of some hundred leads of the trained folder, several files a table; its params."""
    folder = tmp_path_factory.mktemp("some")
    work, kept = Workdir(folder / "work"), Workdir(trained / "work")
    shutil.copytree(kept.tables, work.tables)
    chosen = set(pd.read_parquet(kept.tables / "leads.parquet")["lead_id"].sort_values()[::20])
    for path in sorted(work.tables.glob("*.parquet")):
        frame = pd.read_parquet(path)
        frame[frame["lead_id"].isin(chosen)].to_parquet(path, index=False)
    work.snapshots.parent.mkdir(parents=True)
    snapshots = pd.read_parquet(kept.snapshots)
    snapshots[snapshots["lead_id"].isin(chosen)].to_parquet(work.snapshots, index=False)
    return load_params(trained / "params.yaml"), work


@pytest.fixture(scope="module")
def expected(small, tmp_path_factory):
    """The features of the open leads, computed on DuckDB."""
    params, work = small
    path = tmp_path_factory.mktemp("duckdb") / "features.parquet"
    rows = featurize_as_of(params, work, AS_OF, path, engine="duckdb")
    frame = pd.read_parquet(path).sort_values("lead_id", ignore_index=True)
    assert len(frame) == rows > 20
    return frame


@pytest.fixture(scope="module")
def written_by_spark(spark, small, tmp_path_factory):
    """The features of an earlier moment as Spark writes them; copy the folder before changing it."""
    folder = tmp_path_factory.mktemp("earlier") / "features.parquet"
    featurize_as_of(*small, pd.Timestamp("2024-11-15"), folder, engine="spark")
    return folder


@pytest.fixture
def earlier_output(written_by_spark, tmp_path):
    """A copy of that folder, alone in a folder of its own."""
    return shutil.copytree(written_by_spark, tmp_path / "earlier" / "features.parquet")


def demand_the_same(found, expected):
    assert sorted(found.columns) == sorted([*expected.columns, "as_of_month"])
    found = found[expected.columns].sort_values(KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(
        found, expected.sort_values(KEYS, ignore_index=True), check_dtype=False, rtol=1e-9, atol=1e-9
    )


def parts(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet"))


def contents(folder):
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def in_files(table, files):
    """Turn a table of one file into a folder of several."""
    whole = pq.read_table(table)
    table.unlink()
    table.mkdir()
    size = whole.num_rows // files + 1
    for n in range(files):
        pq.write_table(whole.slice(n * size, size), table / f"part-{n:05d}.parquet")


def test_the_features_of_a_moment_are_a_folder_by_month_with_the_numbers_of_duckdb(spark, small, expected, tmp_path):
    params, work = small
    output = tmp_path / "deep" / "features.parquet"
    assert featurize_as_of(params, work, AS_OF, output, engine="spark") == len(expected)
    assert {path.name for path in output.iterdir() if path.is_dir()} == {"as_of_month=2025-03"}
    assert (output / "_SUCCESS").exists()
    demand_the_same(pd.read_parquet(output), expected)
    assert [path.name for path in output.parent.iterdir()] == ["features.parquet"]  # nothing is left beside it


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_tables_may_be_folders_of_several_files(spark, small, expected, tmp_path, engine):
    params, work = small
    split = Workdir(tmp_path / "work")
    shutil.copytree(work.root, split.root)
    tables = sorted(split.tables.glob("*.parquet"))
    for path in tables:
        in_files(path, 3)
    assert len(tables) >= 5
    assert all(path.is_dir() for path in tables)
    output = tmp_path / "features.parquet"
    assert featurize_as_of(params, split, AS_OF, output, engine=engine) == len(expected)
    found = pd.read_parquet(output)
    demand_the_same(found.assign(as_of_month="") if engine == "duckdb" else found, expected)


def test_the_driver_is_never_handed_the_rows(spark, small, expected, tmp_path, monkeypatch):
    from pyspark.sql.classic.dataframe import DataFrame

    handed = []

    def counted(name):
        real = getattr(DataFrame, name)

        def hand_over(self, *arguments, **named):
            rows = real(self, *arguments, **named)
            handed.append((name, getattr(rows, "num_rows", None) or len(rows)))
            return rows

        monkeypatch.setattr(DataFrame, name, hand_over)

    for name in ("collect", "toPandas", "toArrow", "take", "tail"):
        counted(name)
    for name in ("toLocalIterator", "mapInPandas", "foreachPartition"):
        monkeypatch.setattr(DataFrame, name, lambda *_, **__: pytest.fail("rows must stay with the workers"))
    featurize_as_of(*small, AS_OF, tmp_path / "features.parquet", engine="spark")
    assert handed  # counts are handed over
    assert max(rows for _, rows in handed) == 1 < len(expected)


def test_a_folder_that_spark_wrote_is_replaced(spark, small, expected, earlier_output):
    output = earlier_output
    written = []
    for moment in (AS_OF - pd.Timedelta(days=1), AS_OF, AS_OF):
        featurize_as_of(*small, moment, output, engine="spark")
        months = {path.name for path in output.iterdir() if path.is_dir()}
        assert months == {f"as_of_month={moment:%Y-%m}"}
        written.append(set(parts(output)))
    assert not written[1] & written[2]  # the same moment once more: nothing of before is left
    demand_the_same(pd.read_parquet(output), expected)


def test_a_file_of_duckdb_takes_the_place_of_a_folder_of_spark_and_the_other_way_round(
    spark, small, expected, tmp_path
):
    output = tmp_path / "features.parquet"
    for engine in ("spark", "duckdb", "spark"):
        featurize_as_of(*small, AS_OF, output, engine=engine)
        assert output.is_dir() == (engine == "spark")
        found = pd.read_parquet(output)
        demand_the_same(found.assign(as_of_month="") if engine == "duckdb" else found, expected)


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_folder_that_somebody_else_made_is_not_replaced(spark, small, tmp_path, engine):
    output = tmp_path / "mine"
    (output / "letters").mkdir(parents=True)
    (output / "letters" / "dear.txt").write_text("do not lose this", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(SourceError, match=r"^The output must be .*\. Got the folder .*mine\.$"):
        featurize_as_of(*small, AS_OF, output, engine=engine)
    assert contents(tmp_path) == before


def test_an_empty_folder_is_written_into(spark, small, expected, tmp_path):
    output = tmp_path / "empty"
    output.mkdir()
    featurize_as_of(*small, AS_OF, output, engine="spark")
    demand_the_same(pd.read_parquet(output), expected)


@pytest.mark.parametrize("killed", ["while it writes", "after it has written", "while it counts"])
def test_a_write_that_is_killed_leaves_the_earlier_folder_whole(spark, small, earlier_output, monkeypatch, killed):
    params, work = small
    output, before = earlier_output, contents(earlier_output)
    backend = type(spark)
    write, read = backend.to_parquet, backend.read_parquet

    def dies_writing(self, table, path, **named):
        if killed == "after it has written":
            write(self, table, path, **named)
        raise KeyboardInterrupt

    def dies_reading(self, path, *rest, **named):
        if "features" in str(path):
            raise KeyboardInterrupt
        return read(self, path, *rest, **named)

    if killed == "while it counts":
        monkeypatch.setattr(backend, "read_parquet", dies_reading)
    else:
        monkeypatch.setattr(backend, "to_parquet", dies_writing)
    with pytest.raises(KeyboardInterrupt):
        featurize_as_of(params, work, AS_OF, output, engine="spark")
    assert contents(output) == before
    assert [path.name for path in output.parent.iterdir()] == ["features.parquet"]


@pytest.mark.parametrize("engines", [("duckdb", "spark"), ("spark", "duckdb"), ("spark", "spark")])
def test_a_write_that_fails_leaves_what_was_there_whichever_engine_wrote_it(
    spark, small, earlier_output, monkeypatch, engines
):
    first, then = engines
    if first == "duckdb":
        featurize_as_of(*small, pd.Timestamp("2024-11-15"), earlier_output, engine=first)
    before = contents(earlier_output.parent)

    def fails(*_, **__):
        raise OSError("No space left on device")

    for backend in (type(spark), type(ibis.duckdb.connect())):
        monkeypatch.setattr(backend, "to_parquet", fails)
    with pytest.raises(OSError, match="No space left"):
        featurize_as_of(*small, AS_OF, earlier_output, engine=then)
    assert contents(earlier_output.parent) == before


def test_training_goes_on_with_the_features_that_spark_wrote(spark, trained, trained_copy):
    from leadlight.pipelines.stages.train import train

    params, work = load_params(trained / "params.yaml"), Workdir(trained_copy / "work")
    params = params.model_copy(update={"training": params.training.model_copy(update={"candidates": ("logistic",)})})
    of_duckdb = pd.read_parquet(work.features)
    before = read_json(work.candidates / "candidates.json")
    shutil.rmtree(work.candidates)
    assert featurize(params, work, engine="spark") == len(of_duckdb)
    assert work.features.is_dir()
    demand_the_same(pd.read_parquet(work.features), of_duckdb)
    months = {str(month) for month in of_duckdb["as_of"].dt.strftime("%Y-%m")}
    assert {path.name for path in work.features.glob("as_of_month=*")} == {f"as_of_month={m}" for m in months}
    again = train(params, work)
    assert again["tuning"]["logistic"] == before["tuning"]["logistic"]
    losses = [listing["choice"]["log_loss"] for listing in (read_json(work.candidates / "candidates.json"), before)]
    assert losses[0]["logistic"] == pytest.approx(losses[1]["logistic"], rel=1e-9)


def test_params_name_the_engine_where_the_command_does_not(spark, small, expected, tmp_path):
    params, work = small
    output = tmp_path / "features.parquet"
    featurize_as_of(params.model_copy(update={"engine": "spark"}), work, AS_OF, output)
    assert output.is_dir()
    featurize_as_of(params.model_copy(update={"engine": "spark"}), work, AS_OF, output, engine="duckdb")
    assert output.is_file()
