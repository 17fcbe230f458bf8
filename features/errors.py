"""Errors that user input can cause.

Each has one sentence
("The X of Y must be Z. Got V.") and the exit code of its kind::

    LeadlightError            1
    ├── ParamsError           3   a key or value of params.yaml is not allowed
    ├── SourceError           4   a file, table or column of the source is not as mapped
    ├── NotEnoughDataError    5   too little data to train on, or no lead to score
    ├── PolicyError           6   a policy cannot be read or met
    ├── BundleError           7   a scorer is missing, damaged or of another catalogue
    ├── StoreError            8   the score store is unreachable or refuses to write
    ├── LockedError           9   another command holds the working folder
    ├── MachineError         12   the disk is full, a file may not be written, or memory is too small
    └── ServerError          13   the web server cannot use its host, port or allowed hosts
"""

__all__ = [
    "BundleError",
    "LeadlightError",
    "LockedError",
    "MachineError",
    "NotEnoughDataError",
    "ParamsError",
    "PolicyError",
    "ServerError",
    "SourceError",
    "StoreError",
    "find_error_class",
]


class LeadlightError(Exception):
    """Base of all errors, shown to users as one sentence without traceback."""

    exit_code = 1


class ParamsError(LeadlightError):
    """The params file has a key or a value that is not allowed."""

    exit_code = 3


class SourceError(LeadlightError):
    """A file, table, column or share of rows of the source is not as mapped."""

    exit_code = 4


class NotEnoughDataError(LeadlightError):
    """There is too little data to train on, or no lead to score."""

    exit_code = 5


class PolicyError(LeadlightError):
    """A policy sentence cannot be read or cannot be met."""

    exit_code = 6


class BundleError(LeadlightError):
    """A scorer bundle is missing, damaged, or made for another catalogue."""

    exit_code = 7


class StoreError(LeadlightError):
    """The score store cannot be reached, or refuses to write."""

    exit_code = 8


class LockedError(LeadlightError):
    """Another command holds the working folder."""

    exit_code = 9


class MachineError(LeadlightError):
    """The disk is full, a file may not be written or read, or the memory is too small."""

    exit_code = 12


class ServerError(LeadlightError):
    """The host, port or allowed hosts of the web server cannot be used."""

    exit_code = 13


def find_error_class(exit_code: int) -> type[LeadlightError]:
    """Return the class of errors with an exit code; LeadlightError where none has it."""
    classes = {kind.exit_code: kind for kind in LeadlightError.__subclasses__()}
    return classes.get(exit_code, LeadlightError)
