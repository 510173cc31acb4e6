"""Command line behind ``run.py test``, ``notebooks``, ``claims``, ``student``, ``slides``."""

import argparse
import contextlib
import functools
import os
import sys

from gan_utils.engine import shell

with shell.loading("course") if __name__ == "__main__" else contextlib.nullcontext():
    from course import lessons, suite
    from course.claims_report import report_claims


def whole(least, most):
    """Reads a whole number of an option, or says what it may be."""

    def read(text):
        digits = text.isascii() and text.isdecimal() and len(text) < 12
        if not (digits and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(
                f"it is a whole number from {least} to {most:,}; got {text!r}"
            )
        return int(text)

    return read


def results(text):
    """Reads the place of results: a name in benchmarks/results, or a path."""
    named = text.strip() and not text.startswith("~") and os.path.basename(text) == text
    return text if named else str(shell.path(text))


def parser():
    """The options of the five commands."""
    top = argparse.ArgumentParser(
        prog="run.py", allow_abbrev=False, description=lessons.__doc__
    )
    commands = top.add_subparsers(dest="command", required=True)
    add = functools.partial(commands.add_parser, allow_abbrev=False)
    notebooks = add("notebooks", help="run lessons and save them clean")
    claims = add("claims", help="run lessons with several seeds")
    for command in (notebooks, claims):
        command.add_argument("lessons", nargs="*", help="like 01 04; all by default")
    for option, least, most, default, what in (
        ("--seeds", 1, 1_000, 5, "how many seeds"),
        ("--first", 0, 2**31, 0, "the first seed"),
        ("--threads", 1, 1_024, 1, "threads a notebook"),
    ):
        read = whole(least, most)
        claims.add_argument(option, type=read, default=default, help=what)
    claims.add_argument(
        "--cpu", choices=["default", "avx2"], help="ATEN_CPU_CAPABILITY"
    )
    claims.add_argument(
        "--output", type=results, default="claims", help="JSON file: a name, or a path"
    )
    student = add("student", help="copies without the solutions")
    student.add_argument(
        "folder", type=shell.path, help="where to write them: beside notebooks/"
    )
    slides = add("slides", help="one HTML file a lesson, for a projector")
    slides.add_argument("folder", type=shell.path, help="where to write them")
    slides.add_argument("lessons", nargs="*", help="like 01 04; all by default")
    test = add("test", help="run the tests: all, some, or by change")
    test.add_argument("words", nargs="*", help="lessons, parts of test files' names")
    test.add_argument("--changed", action="store_true", help="since the last commit")
    return top


def main():
    """Run the command of the shell; returns the exit code."""
    options = parser().parse_args()
    try:
        return run(options)
    except KeyboardInterrupt:
        print(
            "\nStopped. The lessons that were done are saved; name the others to go on."
        )
        return 130


def run(options):
    """Do what one of the five commands says; returns the exit code."""
    if options.command == "notebooks":
        lessons.save_all(options.lessons)
    elif options.command == "test":
        return suite.run(options.words, options.changed)
    elif options.command == "student":
        lessons.write_student_edition(options.folder)
    elif options.command == "slides":
        from course.slides.slides import write_slides  # half a second of imports

        write_slides(options.folder, options.lessons)
    else:
        failed = report_claims(
            options.lessons,
            range(options.first, options.first + options.seeds),
            options.threads,
            options.cpu,
            options.output,
            command=" ".join(["python3 run.py", *sys.argv[1:]]),
        )
        return 1 if failed else 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
