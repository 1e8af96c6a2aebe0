"""A clone of the repository with an environment of its own, and a shell in which a document's commands are pasted."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .documents import ROOT, Block, Document, commands, words

# What the commands heed anyway, so that nothing takes as long as it would for a reader.
SHORTER = {
    "CONTACTBENCH_MOCK_PACE": "none",
    "CONTACTBENCH_COMPARE_LEADS": "2000",
    "CONTACTBENCH_ESTIMATE_REPLICATES": "40",
    "CONTACTBENCH_PROBE_SETTLE": "0.2",
    "CONTACTBENCH_CONFORM_SETTLE": "0.2",
    "CONTACTBENCH_CALIBRATE_MAX_CONTACTS": "2000",
    "CONTACTBENCH_CALIBRATE_MAX_MINUTES": "1",
    "CONTACTBENCH_TORTURE_JOBS": "2",
}
# pip finds what is installed already and asks no index; the build of the clone itself is done with what is there, too.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
OF_WHO_RUNS_THE_TESTS = (
    "CONTACTBENCH_",
    "GENESYSCLOUD_",
    "PIP_",
    "LOCUST_",
    "MAKE",
    "MFLAGS",
    "PYTEST_",
    "PYTHON",
    "COV_",
)
NETWORK_OF_ITS_OWN = ["unshare", "--map-root-user", "--net", "bash", "-c", 'ip link set lo up && exec "$@"', "bash"]
SCRIPTS = {"locust": "locust.main:main", "pytest": "pytest:console_main"}
PORTS = {"mock": 8080, "locust": 8089}
PRELUDE = """
set -meo pipefail
trap 'code=$?; jobs -p | xargs -r -I{} kill -- -{}; wait; exit $code' EXIT
reachable() { timeout 60 bash -c "until (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null; do sleep 0.1; done"; }
written() { timeout 60 bash -c "until [ -e '$1' ]; do sleep 0.1; done"; }
"""


@dataclass(frozen=True)
class Pasted:
    code: int
    out: str  # everything that was on the screen


@dataclass(frozen=True)
class Clone:
    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "Clone":
        """A clone of what is committed here, and an environment that has all this one has but contactbench itself."""
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder / ".venv")], check=True)
        (site,) = folder.glob(".venv/lib/python*/site-packages")
        others = folder.with_name(f"{folder.name}-site-packages")
        others.mkdir()
        for path in _installed():
            target = others / path.name
            if not target.is_symlink():
                target.symlink_to(path)
        (site / "others.pth").write_text(f"{others}\n")
        for name, where in SCRIPTS.items():
            module, function = where.split(":")
            script = folder / ".venv/bin" / name
            script.write_text(
                f"#!{folder}/.venv/bin/python\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
            )
            script.chmod(0o755)
        return cls(folder)

    def clean(self) -> None:
        """As it was cloned; the environment stays."""
        for arguments in (["clean", "-fdxq", "-e", ".venv"], ["checkout", "-q", "."]):
            subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def paste(self, blocks: Iterable[Block], *, activated: bool, timeout_s: float = 600) -> Pasted:
        """What a reader sees who pastes the blocks one by one into one new shell, servers given time to come up."""
        script = self.folder.with_name("pasted.sh")
        script.write_text("".join([PRELUDE, ". .venv/bin/activate\n" if activated else "", *_steps(blocks)]))
        return self.run("bash", str(script), folder=self.folder, timeout_s=timeout_s)

    def run(self, *command: str, folder: Path, timeout_s: float = 600) -> Pasted:
        """A command in a session of its own, of which nothing is left when this returns."""
        environ = _environment(self.folder)
        process = subprocess.Popen(
            [*_network(), *command],
            cwd=folder,
            env=environ | {"PATH": f"{self.folder}/.venv/bin{os.pathsep}{environ['PATH']}"}
            if folder != self.folder
            else environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(timeout=timeout_s)
        finally:
            subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=False)
        return Pasted(process.returncode, out)


def runnable(document: Document) -> list[Block]:
    return [block for block in document.blocks if block.info == "sh" and not block.not_run]


def _steps(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        for command in commands(block):
            yield f"echo; echo {_quoted('$ ' + command)}\n"
            server = _server(words(command.removesuffix("&")))
            if server is None:
                yield f"{command}\n"
            elif words(command)[-1:] == ["&"]:
                yield f"{command}\n{server}\n"
            else:  # it stays until the reader, who has looked at its page, presses Ctrl-C
                plain = command.partition(" #")[0].rstrip()
                yield f"{plain} &\n{server}\ncurl -sf -o {{}} http://127.0.0.1:{PORTS['locust']}/\n".replace(
                    "{}", os.devnull
                )
                yield "kill -INT %+; wait %+ || [ $? -lt 128 -o $? = 130 ]\n"


def _server(command: list[str]) -> str | None:
    """How to wait until the server that `command` starts can be asked; None: it starts none."""
    if command and command[-1] == "&":
        command = command[:-1]
    if command[:1] == ["locust"]:
        serves = "--headless" not in command and "--worker" not in command
        return f"reachable {PORTS['locust']}" if serves else None
    if command[:2] != ["contactbench", "mock"] and command[1:3] != ["-m", "mockserver"]:
        return None
    if "--ready-file" in command:
        return f"written {_quoted(command[command.index('--ready-file') + 1])}"
    return f"reachable {command[command.index('--port') + 1] if '--port' in command else PORTS['mock']}"


def _installed() -> Iterator[Path]:
    """All that is importable here from folders of packages, but contactbench itself."""
    ours = (
        "contactbench",
        "_editable_impl_contactbench",
        "harness",
        "mockserver",
        "reports",
        "scenarios",
        "__pycache__",
    )
    for folder in dict.fromkeys(Path(entry) for entry in sys.path if entry.endswith("site-packages")):
        for path in folder.iterdir():
            if not path.name.startswith(ours) and path.suffix != ".pth" and path.name not in ("pip", "setuptools"):
                yield path


def _network() -> list[str]:
    """A network of the shell's own where there can be one: the documents' ports are fixed."""
    if shutil.which("ip") is None or subprocess.run([*NETWORK_OF_ITS_OWN, "true"], capture_output=True).returncode:
        return []
    return NETWORK_OF_ITS_OWN


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_WHO_RUNS_THE_TESTS)}
    ours = sysconfig.get_path("scripts")
    path = os.pathsep.join(entry for entry in kept["PATH"].split(os.pathsep) if entry != ours)
    return kept | SHORTER | OFFLINE | {"PATH": path, "HOME": str(folder.parent)}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
