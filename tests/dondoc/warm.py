"""Commands without the second that Python takes to import the program for each.

A process imports it once and forks for every command: each runs by itself, with its own
environment, input and exit code, as it would from a shell.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Warm:
    """The process that has imported the program."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.dondoc.warm"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        given: str | None,
        folder: Path = ROOT,
    ) -> subprocess.CompletedProcess[str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        ask = {
            "arguments": arguments, "environment": dict(environment), "given": given or "",
            "folder": str(folder),
        }  # fmt: skip
        self.process.stdin.write(json.dumps(ask) + "\n")
        self.process.stdin.flush()
        done = json.loads(self.process.stdout.readline())
        return subprocess.CompletedProcess(arguments, done["code"], done["out"], done["err"])

    def stop(self) -> None:
        self.process.communicate()


def serve() -> None:
    """Answers each line of the input with what became of the command it asks for."""
    # what commands import when they run
    import tasks.answering
    import tasks.mail_samples
    import tasks.registering
    import tasks.units  # noqa: F401
    from dondoc.cli import main

    for line in sys.stdin:
        ask = json.loads(line)
        with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+") as out, \
                tempfile.TemporaryFile("w+") as err:  # fmt: skip
            given.write(ask["given"])
            given.seek(0)
            child = os.fork()
            if child == 0:
                for number, file in enumerate((given, out, err)):
                    os.dup2(file.fileno(), number)
                os.chdir(ask["folder"])
                os.environ.clear()
                os.environ.update(ask["environment"])
                sys.stdin = os.fdopen(0, closefd=False)  # what is read ahead is not the command's
                sys.argv = ["dondoc", *ask["arguments"]]
                code = _code(main)
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
            _pid, status = os.waitpid(child, 0)
            said = []
            for file in (out, err):
                file.seek(0)
                said.append(file.read())
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({"code": code, "out": said[0], "err": said[1]}), flush=True)


def _code(main: Callable[[], None]) -> int:
    """The exit code of a command, as the interpreter would have it."""
    try:
        main()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve()
