"""Files in the landing folder: which ones belong to a table, whether they are whole, their lines.

The text of a file is read by DuckDB. Here it is only looked up, hashed, and its physical lines
are counted, because DuckDB numbers records and a record may span several lines.
"""

import csv
import gzip
import hashlib
import re
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from orchestration.lib.contracts import TableContract

# The file formats by ending, longest first where one ending is the end of another.
FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".tsv.gz": "csv",
    ".txt": "csv",
    ".txt.gz": "csv",
    ".jsonl": "json",
    ".jsonl.gz": "json",
    ".ndjson": "json",
    ".ndjson.gz": "json",
    ".parquet": "parquet",
}
DETECTED_DELIMITERS = (",", ";", "\t")
_CHUNK_BYTES = 1 << 20
# How a line starts that may be blank, in a file with one column too.
_BLANK_STARTS = (b"\n", b"\r", b" ", b'""')
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class LandingError(Exception):
    """A file or table that cannot be landed; the sentence says what is wrong and what to do."""


@dataclass(frozen=True)
class LandingFile:
    """A file that a contract's pattern matches.

    `source_file` is its name for people and for the ledger: relative to the landing folder, with
    what cannot be printed as an escape sequence.
    """

    path: Path
    source_file: str

    @property
    def ending(self) -> str | None:
        """The supported ending of the name, None if there is none."""
        matching = [ending for ending in FORMATS if self.path.name.lower().endswith(ending)]
        return max(matching, key=len, default=None)

    @property
    def format(self) -> str:
        return FORMATS[self.ending]

    @property
    def is_compressed(self) -> bool:
        return self.path.name.lower().endswith(".gz")


@dataclass(frozen=True)
class Fingerprint:
    """What a file was when it was hashed; `checksum` is the sha256 of its bytes as they are."""

    checksum: str
    byte_count: int
    modified_nanoseconds: int


@dataclass(frozen=True)
class Header:
    """The header of a delimited file.

    `blank_lines` precede it and `line_count` physical lines end with it, the blank ones included.
    """

    names: tuple[str, ...]
    delimiter: str
    blank_lines: int
    line_count: int


def find_files(contract: TableContract, landing_folder: Path) -> list[LandingFile]:
    """The files of a table in the order in which they land, which is that of their names.

    Raises LandingError when the landing folder or the folder of the source cannot be listed.
    """
    folder = landing_folder / contract.source_name
    try:
        paths = sorted(path for path in folder.glob(contract.files) if not path.is_dir())
    except OSError as error:
        raise LandingError(f"{folder} cannot be listed ({error.strerror}).") from error
    return [LandingFile(path, _printable(path.relative_to(landing_folder))) for path in paths]


def check_location(file: LandingFile, landing_folder: Path) -> None:
    """Refuse what must not be read: unknown endings, links out of the folder, pipes and devices."""
    if file.ending is None:
        raise LandingError(
            f"{file.source_file} matches the pattern of a table but has no supported ending;"
            f" rename it to one of {', '.join(FORMATS)}, or move it away."
        )
    source_folder = landing_folder / Path(file.source_file).parts[0]
    target = file.path.resolve()
    inside = (landing_folder.resolve(), source_folder.resolve())
    if not any(target.is_relative_to(folder) for folder in inside):
        raise LandingError(
            f"{file.source_file} is a link that leads out of the landing folder;"
            " put the file itself there."
        )
    # A pipe would be read for as long as nobody writes to it.
    if target.exists() and not target.is_file():
        raise LandingError(f"{file.source_file} is no file of data; put a file in its place.")


def fingerprint(file: LandingFile) -> Fingerprint:
    """Hash a file and make sure that it can be read to its end.

    Raises LandingError for a file that is absent, unreadable, empty or a broken gzip.
    """
    checksum = hashlib.sha256()
    try:
        status = file.path.stat()
        with file.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                checksum.update(chunk)
    except OSError as error:
        raise LandingError(
            f"{file.source_file} cannot be read ({error.strerror}); check that it exists and that"
            " its permissions let this user read it."
        ) from error
    if status.st_size == 0:
        raise _empty_file(file)
    if file.is_compressed:
        _check_gzip(file)
    return Fingerprint(checksum.hexdigest(), status.st_size, status.st_mtime_ns)


def check_unchanged(file: LandingFile, before: Fingerprint) -> None:
    """Raise LandingError when a file was written to since its fingerprint was taken."""
    try:
        status = file.path.stat()
        is_same = (status.st_size, status.st_mtime_ns) == (
            before.byte_count,
            before.modified_nanoseconds,
        )
    except OSError:
        is_same = False
    if not is_same:
        raise LandingError(
            f"{file.source_file} changed while it was read; land it again when it is complete, and"
            " write exports under another name first and rename them."
        )


@contextmanager
def safe_name(file: LandingFile) -> Iterator[str]:
    """A path to the file without characters that DuckDB would read as a pattern."""
    with TemporaryDirectory(prefix="landing_") as folder:
        link = Path(folder) / f"file{file.ending}"
        link.symlink_to(file.path.resolve())
        yield str(link)


def open_bytes(file: LandingFile) -> BinaryIO:
    """The file's bytes, unpacked."""
    return gzip.open(file.path, "rb") if file.is_compressed else file.path.open("rb")


def read_header(file: LandingFile, contract: TableContract) -> Header:
    """The column names of a delimited file, and its delimiter.

    An undeclared delimiter is the one that finds most declared columns in the header.

    Raises LandingError for a file without header, in another encoding, or with a broken header.
    """
    declared = {name.lower() for name in contract.column_names}
    delimiter = contract.delimiter or _detect_delimiter(file, contract.encoding, declared)
    header = _parse_header(file, contract.encoding, delimiter)
    if _count_declared(header, declared) == 0:
        raise LandingError(
            f"{file.source_file} has none of the declared columns in its first line; start it with"
            f" a header line that names {', '.join(map(repr, contract.column_names))}."
        )
    if any(not name for name in header.names):
        position = header.names.index("") + 1
        raise LandingError(
            f"{file.source_file} has no name for column {position} in its header; name every"
            " column, or remove the delimiter at the end of the header."
        )
    return header


def number_lines(
    file: LandingFile, encoding: str, header: Header, rejected: Sequence[tuple[int, int]]
) -> tuple[array, array]:
    """The physical lines on which rejected records start, and those of blank lines.

    `rejected` has for each record the position of its first byte (from 0, in the unpacked UTF-8
    text) and its number of lines, in the order of the file. A blank line between the quotes of a
    value is no blank line; quotes are told by counting them, so that a stray quote inside an
    unquoted value can hide blank lines after it. Lines of the header are not returned.
    """
    rejected_lines, blank_lines = array("q"), array("q")
    blank_line = rb'[ \r]*(?:"")?[ \r]*\n' if len(header.names) == 1 else rb"[ \r]*\n"
    has_quotes = file.format == "csv"
    position, line_number, next_rejected, rejected_until = 0, 0, 0, 0
    is_quoted = False
    for block in _blocks(file):
        block_end = position + _utf8_length(block, encoding)
        has_rejected = next_rejected < len(rejected) and rejected[next_rejected][0] < block_end
        is_body = line_number >= max(header.line_count, rejected_until)
        if is_body and not has_rejected and not _may_have_blank_line(block):
            # Most blocks are plain; walking through their lines would take minutes.
            line_number += block.count(b"\n")
            is_quoted ^= has_quotes and block.count(b'"') % 2 == 1
            position = block_end
            continue
        for line in BytesIO(block):
            line_number += 1
            position += _utf8_length(line, encoding)
            while next_rejected < len(rejected) and rejected[next_rejected][0] < position:
                rejected_lines.append(line_number)
                rejected_until = line_number + rejected[next_rejected][1]
                next_rejected += 1
                is_quoted = False
            if line_number <= header.line_count or line_number < rejected_until:
                continue
            if not is_quoted and re.fullmatch(blank_line, line):
                blank_lines.append(line_number)
            elif has_quotes and line.count(b'"') % 2:
                is_quoted = not is_quoted
    return rejected_lines, blank_lines


def _printable(path: Path) -> str:
    """A path without what would break a line of the log; some bytes are no letters at all."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in path.as_posix()
    )


def _blocks(file: LandingFile) -> Iterator[bytes]:
    """The unpacked bytes in blocks of whole lines."""
    with open_bytes(file) as stream:
        while block := stream.read(_CHUNK_BYTES):
            yield block + stream.readline()


def _may_have_blank_line(block: bytes) -> bool:
    return block.startswith(_BLANK_STARTS) or any(b"\n" + start in block for start in _BLANK_STARTS)


def _utf8_length(text: bytes, encoding: str) -> int:
    return len(text) if encoding == "utf-8" else len(text.decode(encoding).encode())


def _detect_delimiter(file: LandingFile, encoding: str, declared: set[str]) -> str:
    # To a wrong delimiter, names in quotes are quotes in the wrong place: that is no error yet.
    headers = [
        _parse_header(file, encoding, delimiter, is_strict=False)
        for delimiter in DETECTED_DELIMITERS
    ]
    return max(headers, key=lambda header: _count_declared(header, declared)).delimiter


def _parse_header(
    file: LandingFile, encoding: str, delimiter: str, is_strict: bool = True
) -> Header:
    with open_bytes(file) as stream:
        lines = _decoded_lines(file, stream, encoding)
        reader = csv.reader(lines, delimiter=delimiter, strict=is_strict)
        try:
            for record_number, record in enumerate(reader):
                if any(name.strip() for name in record):
                    names = tuple(name.strip() for name in record)
                    return Header(names, delimiter, record_number, reader.line_num)
        except csv.Error as error:
            raise LandingError(
                f"{file.source_file} has a header in line {reader.line_num} that cannot be read"
                f" ({error}); check its quotes."
            ) from error
    raise _empty_file(file)


def _decoded_lines(file: LandingFile, stream: BinaryIO, encoding: str) -> Iterator[str]:
    for line_number, line in enumerate(stream, start=1):
        if line_number == 1:
            if line.startswith(_UTF16_MARKS):
                raise _wrong_encoding(file, 1, "UTF-16", encoding)
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError as error:
            raise _wrong_encoding(file, line_number, "another encoding", encoding) from error
        if "\r" in text.rstrip("\r\n"):
            raise LandingError(
                f"{file.source_file} ends its lines with carriage returns only; save it with line"
                " feeds (Unix) or both (Windows)."
            )
        yield text


def _count_declared(header: Header, declared: set[str]) -> int:
    return sum(name.lower() in declared for name in header.names)


def _check_gzip(file: LandingFile) -> None:
    try:
        with gzip.open(file.path, "rb") as stream:
            has_content = bool(stream.read(_CHUNK_BYTES))
            while stream.read(_CHUNK_BYTES):
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise LandingError(
            f"{file.source_file} is not a whole gzip file; copy or export it again."
        ) from error
    if not has_content:
        raise _empty_file(file)


def _empty_file(file: LandingFile) -> LandingError:
    return LandingError(
        f"{file.source_file} is empty; export it again, with at least the header line."
    )


def _wrong_encoding(file: LandingFile, line_number: int, found: str, declared: str) -> LandingError:
    return LandingError(
        f"{file.source_file} is in {found} (line {line_number}), but {declared} is declared; save"
        " it in that encoding, or declare encoding: latin-1 for the table."
    )
