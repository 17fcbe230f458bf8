"""A Spark session for features: local unless the usual Spark configuration names a cluster."""

import os
import shutil
from pathlib import Path
from typing import Any

from leadlight.features.errors import ParamsError

__all__ = ["describe_spark_error", "open_spark"]

#: settings that results depend on, also set on an open session
_REQUIRED_CONF = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
#: defaults of a local session
_LOCAL_CONF = {
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}


def open_spark() -> Any:
    """Open Ibis on a Spark session.

    ``spark-submit``, ``spark-defaults.conf`` and ``PYSPARK_SUBMIT_ARGS`` configure it as usual; without
    a master, Spark runs on all cores of this machine.

    Returns
    -------
    ibis backend

    Raises
    ------
    ParamsError
        If pyspark is not installed, or there is no Java to run it.
    """
    try:
        from pyspark import SparkConf
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise ParamsError("The engine spark must have the package pyspark. Got none: run `make setup-spark`.") from None
    import ibis

    _require_java()
    builder = SparkSession.builder.appName("leadlight")
    configured = SparkConf()
    if not configured.contains("spark.master"):
        builder = builder.master("local[*]")
        for key, value in _LOCAL_CONF.items():
            if not configured.contains(key):
                builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise ParamsError(f"The engine spark must have Java 17 or 21 to run on. Got {reason}.") from None
    session.sparkContext.setLogLevel("ERROR")
    for key, value in _REQUIRED_CONF.items():
        session.conf.set(key, value)
    return ibis.pyspark.connect(session)


def _require_java() -> None:
    # checked first: without Java the start script of Spark prints pages of output
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    if "PYSPARK_GATEWAY_PORT" not in os.environ and shutil.which(java) is None:
        where = f"no program {java}" if home else "none on the PATH, and no JAVA_HOME"
        raise ParamsError(f"The engine spark must have Java 17 or 21 to run on. Got {where}.")


def describe_spark_error(error: Exception) -> str | None:
    """Return the first line of an error of Spark; None for other errors."""
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
    except ImportError:
        return None
    if not isinstance(error, (PySparkException, Py4JError)):
        return None
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
