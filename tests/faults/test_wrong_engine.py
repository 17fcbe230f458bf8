"""Spark that is asked for and is not there, or cannot read what it is given: one sentence."""

import sys

import pytest

AT_A_MOMENT = ("--as-of", "2024-10-20", "--engine", "spark")


@pytest.fixture
def ingested(crm, leadlight):
    assert leadlight(crm, "ingest").code == 0
    return crm


def test_without_pyspark_one_sentence_says_how_to_get_it(ingested, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    said = refused(ingested, "featurize", *AT_A_MOMENT, code=3)
    assert "The engine spark must have the package pyspark" in said
    assert "make setup-spark" in said


def test_where_params_name_spark_the_sentence_is_the_same(ingested, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    ingested.set("engine", "spark")
    assert "make setup-spark" in refused(ingested, "featurize", *AT_A_MOMENT[:2], code=3)


def test_duckdb_needs_no_pyspark(ingested, leadlight, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    ingested.set("engine", "spark")
    assert leadlight(ingested, "featurize", *AT_A_MOMENT[:2], "--engine", "duckdb").code == 0


def test_without_java_a_sentence_says_what_is_needed(ingested, process, monkeypatch, tmp_path):
    pytest.importorskip("pyspark")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    before = ingested.listing()
    outcome = process(ingested, "featurize", *AT_A_MOMENT)
    said = outcome.err.strip().splitlines()[-1]  # before it the launcher of Spark says what it missed
    assert outcome.code == 3
    assert "Traceback" not in outcome.err
    assert said.startswith("Error: The engine spark must have Java 17 or 21 to run on. Got ")
    assert ingested.listing() == before


def test_without_a_program_to_start_java_the_sentence_is_the_same(ingested, refused, monkeypatch):
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    def fails(_):
        raise FileNotFoundError(2, "No such file or directory", "java")

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", fails)
    said = refused(ingested, "featurize", *AT_A_MOMENT, code=3)
    assert "The engine spark must have Java 17 or 21 to run on. Got " in said


def test_a_damaged_table_is_one_sentence_on_spark_too(spark, ingested, refused):
    table = ingested.work / "tables" / "activities.parquet"
    table.write_bytes(b"PAR1 this is no table PAR1")
    said = refused(ingested, "featurize", *AT_A_MOMENT, code=4)
    assert f"The file {table} must be as its stage wrote it. Got " in said


def test_an_unknown_engine_is_refused(ingested, leadlight):
    outcome = leadlight(ingested, "featurize", *AT_A_MOMENT[:2], "--engine", "flink")
    assert outcome.code == 2
    assert "Traceback" not in outcome.err
    assert "flink" in outcome.err


def test_a_memory_limit_that_is_no_size_is_one_sentence(ingested, refused, monkeypatch):
    monkeypatch.setenv("LEADLIGHT_DUCKDB_MEMORY", "much")
    said = refused(ingested, "featurize", *AT_A_MOMENT[:2], code=3)
    assert "The LEADLIGHT_DUCKDB_MEMORY must be a size such as 4GB. Got much" in said
