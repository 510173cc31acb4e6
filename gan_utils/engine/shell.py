"""What the commands of the shell share: paths, numbers, streams, and Ctrl-C.

Imports neither torch nor anything else that takes time.
"""

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path


def path(text):
    """A path among the arguments: from where the command was called, ~ is the home.

    Raises:
        argparse.ArgumentTypeError: it is empty, or there is no such home.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("a path must not be empty")
    try:
        return Path(text).expanduser().absolute()
    except (OSError, RuntimeError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} leads nowhere: {error}") from error


def port(text):
    """A port among the arguments: a whole number from 1 to 65535."""
    value = int(text) if text.isdecimal() and len(text) < 9 else 0
    if not 1 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} must be a port from 1 to 65535")
    return value


class _Patient:
    """A stream whose writes never fail: once nobody listens, words are dropped."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self):
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name):
        return getattr(self._stream, name)


@contextlib.contextmanager
def loading(name):
    """Prepare streams, and answer Ctrl-C with a sentence while the libraries load.

    A closed pipe, a full disk behind ``> log.txt`` or a code page without the letter in
    question then cost words, but never the work. Call once, at the start of a command.

    Args:
        name: of the command, which begins the sentence.
    """
    for name_of_stream in ("stdout", "stderr"):
        stream = getattr(sys, name_of_stream)
        if stream is None:  # closed by the caller (>&-)
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name_of_stream, _Patient(stream))

    def leave(*_):
        sys.stderr.write(f"{name}: interrupted before the work began.\n")
        sys.stderr.flush()
        os._exit(130)  # an exception could be swallowed by what is being imported

    before = signal.signal(signal.SIGINT, leave)
    if hasattr(signal, "pthread_sigmask"):  # run.py holds Ctrl-C back until here
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    yield
    signal.signal(signal.SIGINT, before)
