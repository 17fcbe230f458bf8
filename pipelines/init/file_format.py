"""Detect the type, encoding and delimiter of a file from its bytes."""

import codecs
import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from leadlight.features.errors import SourceError
from leadlight.pipelines.init.vocabulary import SHEETS, count_stems
from leadlight.pipelines.sources.files.file_sets import PARQUET, TEXT, WORKBOOK, find_file_kind, list_files
from leadlight.pipelines.sources.files.workbook import list_sheets

__all__ = ["FileFormat", "detect_format"]

#: in order of preference where two fit equally well
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES, SAMPLE_ROWS, CHUNK = 1 << 18, 1_000, 1 << 20
#: share of the sampled rows that must be as wide as the header
MIN_EVEN_SHARE = 0.9
GZIP = b"\x1f\x8b"


class FileFormat(NamedTuple):
    """Format of a file; delimiter and encoding, as in ``source``, are for CSV, the sheet for Excel."""

    kind: str
    sheet: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    sample_word: str = ""  # decoded word with a non-ASCII letter, where the encoding is a guess


def detect_format(name: str, path: Path) -> FileFormat:
    """Detect the format of a file.

    Parameters
    ----------
    name : str
        Name of the table in params, for messages.
    path : Path
        A file, a folder or a pattern.

    Raises
    ------
    SourceError
        If it is missing, empty, of no kind that can be read, or text of a single column.
    """
    try:
        file = list_files(path)[0]
        if file.is_dir():
            return FileFormat(PARQUET)
        with file.open("rb") as opened:
            head = opened.read(16)
        if not head:
            raise SourceError(f"The file of {name} must have a header and rows. Got the empty file {file}.")
        if head.startswith(GZIP) and file.suffix.lower() != ".gz":
            raise SourceError(f"The file of {name}, which is gzip, must be named with .gz. Got {file}.")
        kind = find_file_kind(file)
        if kind == WORKBOOK:
            return FileFormat(kind, _choose_sheet(name, file))
        return _detect_text_format(name, file) if kind == TEXT else FileFormat(kind)
    except FileNotFoundError as error:
        raise SourceError(f"The file of {name} must exist. Got {error}.") from None
    except ValueError as error:
        kinds = "CSV, Parquet, Excel (.xlsx) or JSON lines (.jsonl), and all of one kind"
        raise SourceError(f"The file of {name} must be {kinds}. Got {error}, {path}.") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise SourceError(f"The file of {name}, {path}, must be complete and readable. Got {reason}.") from None


def _choose_sheet(name: str, path: Path) -> str | None:
    """Return the sheet named like the table, else the first named like no other table; None where there is one."""
    sheets = list_sheets(path)
    if len(sheets) == 1:
        return None

    def rank(sheet: str) -> tuple[bool, int]:
        others = sum(count_stems(sheet, stems) for table, stems in SHEETS.items() if table != name)
        return not count_stems(sheet, SHEETS[name]), others

    return min(sheets, key=rank)


def _detect_text_format(name: str, path: Path) -> FileFormat:
    sample = next(_read_chunks(path, SAMPLE_BYTES), b"")
    if not sample.strip():
        raise SourceError(f"The file of {name} must have a header and rows. Got the empty file {path}.")
    encoding, sample_word = _detect_encoding(name, path, sample)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample).lstrip("\ufeff")
    first = text.splitlines()[0][:60]
    if first.lower().startswith("sep="):
        raise SourceError(f"The first row of {name} must name the columns. Got {first!r}: remove that row.")
    whole = len(sample) < SAMPLE_BYTES
    delimiter = _detect_delimiter(text if whole else text.rpartition("\n")[0])
    if delimiter is None:
        raise SourceError(
            f"The file of {name} must have two columns or more, separated by comma, semicolon, tab or |. "
            f"Got {first!r} as the first row of {path}."
        )
    return FileFormat(TEXT, None, delimiter, encoding, sample_word)


def _read_chunks(path: Path, size: int) -> Iterator[bytes]:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rb") as file:
        while chunk := file.read(size):
            yield chunk


def _detect_encoding(name: str, path: Path, sample: bytes) -> tuple[str, str]:
    """Return the encoding and, where it is a guess, a decoded word to check it by.

    Letter statistics do not help: on exports in ASCII with a few names, charset-normalizer mistakes
    German, French and Portuguese cp1252 for cp1250.
    """
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", ""
    if b"\0" in sample:
        return _detect_utf16(name, path, sample), ""
    control = sum(byte < 32 and byte not in b"\t\n\r\f\v" for byte in sample)
    if control > 0.001 * len(sample):
        raise SourceError(f"The file of {name} must be text or Parquet. Got binary data in {path}.")
    decoder, last_chunk = codecs.getincrementaldecoder("utf-8")(), b""
    try:
        for chunk in _read_chunks(path, CHUNK):
            last_chunk = chunk
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        encoding = "latin-1" if set(last_chunk) & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "cp1252"
        words = last_chunk.decode(encoding, "replace").replace('"', " ")
        for mark in DELIMITERS:
            words = words.replace(mark, " ")
        return encoding, next((word for word in words.split() if not word.isascii()), "")
    return "utf-8", ""  # the reader skips a byte order mark


def _detect_utf16(name: str, path: Path, sample: bytes) -> str:
    """Detect UTF-16 without a byte order mark: in ASCII text every other byte is NUL."""
    even, odd = sample[::2], sample[1::2]
    shares = even.count(0) / max(len(even), 1), odd.count(0) / max(len(odd), 1)
    if max(shares) > 0.3 and min(shares) < 0.01:
        return "utf-16-be" if shares[0] > shares[1] else "utf-16-le"
    raise SourceError(f"The file of {name} must be text or Parquet. Got binary data in {path}.")


def _detect_delimiter(text: str) -> str | None:
    """Return the delimiter that splits most rows into as many cells as the header, or None."""
    best: tuple[bool, int, str] | None = None
    for mark in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        try:
            rows = [row for row in itertools.islice(reader, SAMPLE_ROWS) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        even = sum(len(row) == width for row in rows[1:]) >= MIN_EVEN_SHARE * (len(rows) - 1)
        if best is None or (even, width) > best[:2]:
            best = even, width, mark
    return best[2] if best else None
