"""Creation of the SQLite database of MLflow, which is there as a whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["create_database"]


def create_database(file: Path) -> None:
    """Create an empty database of MLflow beside its place, and put it there when it is complete.

    MLflow creates and migrates tables in many steps where the file is to lie; a process that is killed among them
    would leave a file that MLflow can never open again.

    Parameters
    ----------
    file : Path
        Where the database is to lie; one that another process put there meanwhile stays.
    """
    from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        SqlAlchemyStore(f"sqlite:///{temporary.resolve()}", DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH).engine.dispose()
        _put(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def _put(temporary: Path, file: Path) -> None:
    """Move a file to its place unless there is one."""
    with suppress(FileExistsError):
        try:
            os.link(temporary, file)  # unlike a rename, it replaces nothing
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if not file.exists():
                temporary.replace(file)
