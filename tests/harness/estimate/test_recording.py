"""What recordings of the real flows look like."""

import pytest

from harness.estimate.recording import END, REPEAT, program
from harness.strategies import STRATEGIES

from .test_machine import an_upload


def stages(made):
    return {stage.name: len(stage.flows) for stage in made.stages}


def shape(made, op):
    """The first shape that begins with `op`."""
    return next(shape for shape in made.shapes if shape[0].step.op == op)


def way(nodes, number):
    """Operations and pauses from a node on, as long as everything goes well."""
    while number != END:
        yield nodes[number].step.op, nodes[number].step.pause_s
        number = nodes[number].done


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ("batch-api", {"login": 1, "lists": 2, "upload": 30, "verification": 2}),
        ("batch-api-own-ids", {"login": 1, "lists": 2, "canary": 1, "upload": 29, "verification": 2}),
        ("csv-import-export", {"login": 1, "lists": 2, "upload": 2, "mapping": 2, "verification": 2}),
        ("csv-import-search", {"login": 1, "lists": 2, "upload": 2, "mapping": 16, "verification": 2}),
    ],
)
def test_every_flow_is_there(strategy, counts):
    """One flow a batch, a file, a page or a list, as the strategy has them."""
    assert stages(program(an_upload(strategy, leads=1500, cap=1000))) == counts


def test_alike_flows_share_a_shape():
    """Of three sizes of batches there are three shapes, however many batches there are; each knows its contacts."""
    made = program(an_upload(leads=995, batch=100, cap=600))
    contacts = sorted(shape[0].step.contacts for shape in made.shapes if shape[0].step.op == "contacts.add")
    assert contacts == [97, 98, 100]
    assert made.rows == [497, 498]


def test_a_batch_in_doubt_is_searched_for():
    """A lost answer leads through two searches of all pages: to the end if all is there, else back to the batch."""
    nodes = shape(program(an_upload(leads=250, batch=250)), "contacts.add")
    there, not_there = list(way(nodes, nodes[0].lost_applied)), list(way(nodes, nodes[0].lost))
    searched = [("contacts.search", pause) for pause in (60.0, 0.0, 0.0, 5.0, 0.0, 0.0)]
    assert there == searched
    assert not_there == [*searched, ("contacts.add", 0.0)]


def test_what_is_safe_is_repeated():
    """A batch with ids of its own has no way round: the same request goes again."""
    node = shape(program(an_upload("batch-api-own-ids")), "contacts.add")[0]
    assert (node.lost, node.lost_applied) == (REPEAT, REPEAT)


def test_an_import_is_asked_after_until_it_has_ended():
    """Pauses grow to their cap; while nothing shows, the list's size is asked for in between."""
    nodes = shape(program(an_upload("csv-import-export")), "import.upload")
    pauses, number = [], 1
    while nodes[number].running != number:
        waiting = nodes[number].waiting
        assert nodes[waiting].step.op == "contacts.search"
        number = nodes[waiting].done
        assert number == nodes[number - 1].running or nodes[number].step.op == "import.status"
        pauses.append(nodes[number].step.pause_s)
    assert pauses[:6] == [1.0, 1.5, 2.25, 3.375, 5.0, 5.0]
    assert [op for op, _ in way(nodes, number)] == ["import.status", "contacts.search"]


def test_a_lost_upload_starts_over():
    """The list that may hold half of the rows is deleted, another is made, and the file is sent again."""
    nodes = shape(program(an_upload("csv-import-export")), "import.upload")
    assert [op for op, _ in way(nodes, nodes[0].lost)][:3] == ["lists.delete", "lists.create", "import.upload"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_somebody_makes_the_mapping(strategy):
    """Each strategy has a step whose answer makes rows of the mapping, and it is none of the proof."""
    made = program(an_upload(strategy))
    mapping = {n for stage in made.stages for n, _ in stage.flows if any(node.step.maps for node in made.shapes[n])}
    assert mapping
    assert not mapping & {n for n, _ in made.stages[-1].flows}
