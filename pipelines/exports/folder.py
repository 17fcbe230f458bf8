"""The folder of an export: numbered files below a limit, replaced whole, never in place of anything else."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from leadlight.features.errors import SourceError
from leadlight.pipelines.workspace.workdir import read_json, write_folder_atomically, write_json

__all__ = ["MANIFEST", "ExportFolder", "open_export_folder"]

MANIFEST = "leadlight-export.json"
"""Lists the files of an export: a folder with other files is not replaced."""


class ExportFolder:
    """A folder that is being filled.

    Parameters
    ----------
    path : Path
        Empty folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()
        self._open: dict[str, _NumberedFile] = {}
        #: file name -> rows
        self.rows: dict[str, int] = {}

    def append(
        self, name: str, line: str, *, header: str = "", max_bytes: int | None = None, max_rows: int | None = None
    ) -> str:
        """Append a row; begin the next file, such as ``leads-2.csv``, where one would be larger than allowed.

        Parameters
        ----------
        name : str
            Name of the first file.
        line : str
            With its line end.
        header : str
            First line of each file.
        max_bytes, max_rows : int, optional
            Largest size of a file, and number of its rows, header included.

        Returns
        -------
        str
            Name of the file that holds the row.
        """
        encoded = line.encode()
        file = self._open.get(name)
        full = file is not None and (
            (max_bytes is not None and file.bytes + len(encoded) > max_bytes)
            or (max_rows is not None and file.lines + 1 > max_rows)
        )
        if file is None or full:
            file = self._open[name] = self._start(name, header, file)
        if encoded:
            file.write(encoded)
            self.rows[file.name] += 1
        return file.name

    def write_json(self, name: str, content: Any) -> None:
        """Write a file of JSON."""
        write_json(self._path / name, content)
        self.rows[name] = 0

    def write_text(self, name: str, text: str) -> None:
        """Write a file of text with LF as line end."""
        (self._path / name).parent.mkdir(parents=True, exist_ok=True)
        (self._path / name).write_bytes(text.encode())
        self.rows[name] = 0

    def close(self) -> None:
        """Close all files."""
        self._stack.close()

    def _start(self, name: str, header: str, last: "_NumberedFile | None") -> "_NumberedFile":
        number = last.number + 1 if last else 1
        if last:
            last.stream.close()
        path = Path(name)
        numbered = name if number == 1 else f"{path.stem}-{number}{path.suffix}"
        file = _NumberedFile(numbered, number, self._stack.enter_context((self._path / numbered).open("wb")))
        if header:
            file.write(header.encode())
        self.rows[numbered] = 0
        return file


class _NumberedFile:
    def __init__(self, name: str, number: int, stream: IO[bytes]) -> None:
        self.name, self.number, self.stream = name, number, stream
        self.bytes = self.lines = 0

    def write(self, encoded: bytes) -> None:
        self.stream.write(encoded)
        self.bytes += len(encoded)
        self.lines += 1


@contextmanager
def open_export_folder(path: Path, about: dict[str, Any]) -> Iterator[ExportFolder]:
    """Fill a folder that replaces the export at `path` when the block ends well.

    Parameters
    ----------
    path : Path
        Missing, empty, or the folder of an earlier export.
    about : dict
        What the manifest says beside the files.

    Raises
    ------
    SourceError
        If `path` is a file, or holds files that no export wrote.
    """
    target = path.resolve()
    _check_replaceable(target)
    with write_folder_atomically(target) as fresh:
        folder = ExportFolder(fresh)
        try:
            yield folder
        finally:
            folder.close()
        write_json(fresh / MANIFEST, about | {"files": folder.rows})
        _check_replaceable(target)


def _check_replaceable(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise SourceError(f"The output must be a folder. Got the file {path}.")
    found = {entry.relative_to(path).as_posix() for entry in path.rglob("*") if not entry.is_dir()}
    if not found:
        return
    manifest = path / MANIFEST
    content = read_json(manifest) if manifest.is_file() else None
    own = {MANIFEST, *content.get("files", ())} if isinstance(content, dict) else set()
    others = sorted(found - own)
    if others:
        raise SourceError(
            f"The output folder must be missing, empty or the folder of an earlier export. Got {path} with "
            f"{others[0]}: name another with --output."
        )
