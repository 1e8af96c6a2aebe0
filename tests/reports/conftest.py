import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fake():
    """The builder of run directories beside this file, which is no test module of its own."""
    spec = importlib.util.spec_from_file_location("fake_run", Path(__file__).with_name("fake_run.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def drawn(fake, tmp_path_factory):
    """The directory of a comparison of four strategies, with its two documents."""
    import reports

    directory = fake.write(tmp_path_factory.mktemp("run"), fake.run())
    reports.write(directory)
    return directory


@pytest.fixture
def documents(fake, tmp_path):
    """A function from the values of run.json to the text of both documents, drawn without the charts' libraries."""
    import reports

    def of(values):
        directory = fake.write(tmp_path / "run", values)
        html, markdown = reports.write(directory, drawer=lambda: None)
        return html.read_text("utf-8"), markdown.read_text("utf-8")

    return of
