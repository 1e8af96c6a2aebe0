"""What README and docs say can be looked up: blocks are tagged, links lead somewhere, options and files are there."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from harness.cli import app

from .documents import DATA, ROOT, RUNS, Block, Document, commands, documents, words

DOCUMENTS = documents()
BLOCKS = [block for document in DOCUMENTS for block in document.blocks]
SHELL = [block for block in BLOCKS if block.info == RUNS]
HELP_WITH_A_SCENARIO = """
import sys
from locust.argument_parser import get_parser
from locust.util.load_locustfile import load_locustfile
load_locustfile(sys.argv[1])
print(get_parser().format_help())
"""
OPTION = re.compile(r"--[a-z][a-z-]*")
PLACE = re.compile(
    r"(?:harness|mockserver|reports|scenarios|tests|docs|deploy)/[\w./-]+\.(?:py|md|toml|svg|yaml|json|html)"
)


def _named(value: object) -> str:
    return str(value) if isinstance(value, Block) else value.name if isinstance(value, Document) else ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_block_says_what_it_is(document):
    """A reader and this suite know which blocks are commands; nothing else is left out of a run than what says why."""
    unknown = [str(block) for block in document.blocks if block.info not in {RUNS, *DATA}]
    assert unknown == []


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.info in ("toml", "json", "yaml", "python")], ids=_named
)
def test_data_and_python_can_be_read(block):
    """What is shown of a file is a file of that kind."""
    readers = {"toml": tomllib.loads, "json": json.loads, "yaml": yaml.safe_load, "python": ast.parse}
    assert readers[block.info](block.text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_links_lead_somewhere(document):
    """Each link within the repository has its file, and its heading."""
    assert [link for link in document.links if not _leads_somewhere(document, link)] == []


def _leads_somewhere(document: Document, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.path.parent / path).resolve() if path else document.path
    if not target.exists():
        return False
    return not anchor or anchor in Document(str(target.relative_to(ROOT))).anchors


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_files_that_are_named_exist(document):
    """A path of the repository in the text is one."""
    named = {found for span in document.spans for found in PLACE.findall(span)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("block", SHELL, ids=_named)
def test_commands_of_blocks_exist(block):
    """Every option of every command, whether the block is run or not, is one of that command."""
    assert [trouble for command in commands(block) for trouble in _troubles(words(command))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_commands_in_the_text_exist(document):
    """The same for commands between backticks."""
    spoken = [span.split() for span in document.spans if re.match(r"(contactbench|locust|tox|make) [a-z-]", span)]
    assert [trouble for command in spoken for trouble in _troubles(command)] == []


def test_the_index_names_every_page():
    """docs/README.md leads to each page of docs/."""
    index = {link.partition("#")[0] for link in Document("docs/README.md").links}
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - index == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_a_page_begins_with_what_it_is_for(document):
    """After the title comes a sentence, not a block, a table or another heading."""
    title, *rest = [line for line in document.lines if line.strip()]
    assert title.startswith("# ")
    assert re.match(r"(?!```)[A-Z`*\d]", rest[0]), rest[0]


def _troubles(command: list[str]) -> list[str]:
    """What a command names that is not there."""
    if not command:
        return []
    program, arguments = Path(command[0]).name, command[1:]
    if program == "contactbench":
        return _unknown_options(arguments)
    if arguments[:2] == ["-m", "mockserver"]:
        return _unknown(arguments, _options_of_the_mock(), "python -m mockserver")
    if program == "locust":
        return _unknown(arguments, _options_of_locust(), program)
    if program == "tox" and "-e" in arguments:
        wanted = arguments[arguments.index("-e") + 1].split(",")
        sections = re.findall(r"\[testenv:(.+)\]", (ROOT / "tox.ini").read_text())
        known = re.findall(r"[\w-]+", " ".join(sections))
        return [f"no tox environment {name}" for name in wanted if name not in {"py", "py311", *known}]
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return [f"no target {name}" for name in arguments if "=" not in name and name not in targets]
    return []


def _unknown_options(arguments: list[str]) -> list[str]:
    name = next((word for word in arguments if not word.startswith("-")), "")
    if name == "mock":
        return _unknown(arguments, _options_of_the_mock(), "contactbench mock")
    all_commands = get_command(app).commands
    if name and name not in all_commands:
        return [] if name.isupper() else [f"no command {name}"]
    known = {option for each in all_commands[name].params for option in each.opts} if name else set()
    return _unknown(arguments, known | {"--help", "--version"}, f"contactbench {name}")


def _unknown(arguments: list[str], known: set[str], program: str) -> list[str]:
    given = [found[0] for word in arguments if (found := OPTION.match(word))]
    return [f"{program} has no {option}" for option in given if option not in known]


@cache
def _options_of_the_mock() -> set[str]:
    return _options_said_by("-m", "mockserver", "--help")


@cache
def _options_of_locust() -> set[str]:
    """Those of Locust itself and of all scenarios; its --help looks at no file."""
    files = ("scenarios/batch_api.py", "scenarios/monthly.py")
    return set().union(*(_options_said_by("-c", HELP_WITH_A_SCENARIO, name) for name in files))


def _options_said_by(*arguments: str) -> set[str]:
    wide = dict(os.environ) | {"COLUMNS": "200"}
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, env=wide)
    assert done.returncode == 0, done.stderr
    return set(OPTION.findall(done.stdout))
