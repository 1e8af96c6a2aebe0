"""The plan of the experiment keeps to what may be spent, and asks what tells most."""

import random

import pytest

from harness.experiments.calibrate.calibration_run import (
    FULL,
    LEAST,
    Post,
    concurrent_posts,
    remaining_posts,
    telling_size,
)


@pytest.mark.parametrize(("base_s", "per_contact_s"), [(0.15, 0.001), (0.01, 0.01), (5.0, 0.0001), (1.0, 0.0)])
@pytest.mark.parametrize(("contacts", "requests"), [(17_000, 800), (3_000, 50), (100, 10), (0, 10)])
def test_nothing_beyond_what_may_be_spent(base_s, per_contact_s, contacts, requests):
    """Whatever the org is like, and however little there is."""
    posts = concurrent_posts(base_s, per_contact_s, contacts, requests, random.Random(1))
    assert sum(post.contacts for post in posts) <= contacts
    assert len(posts) <= requests


def test_few_requests_are_larger():
    """Where requests run out before the contacts do, more of them are full."""
    many, few = (concurrent_posts(0.2, 0.001, 20_000, requests, random.Random(1)) for requests in (800, 160))
    assert many.count(Post(FULL)) == 4 < few.count(Post(FULL))
    assert sum(post.contacts for post in few) > 0.9 * 20_000


@pytest.mark.parametrize(
    ("base_s", "per_contact_s", "size"), [(0.2, 0.001, 200), (0.001, 0.01, LEAST), (9.0, 0.001, FULL), (1, 0, FULL)]
)
def test_the_size_that_tells_most(base_s, per_contact_s, size):
    """Contacts take as long as the base; but no fewer than a few, and no more than a request may hold."""
    assert telling_size(base_s, per_contact_s) == size


def test_what_was_done_is_not_planned_again():
    """Each POST that was answered takes one of its size off the plan."""
    planned = [Post(1), Post(1), Post(100), Post(100, wide=True)]
    assert remaining_posts(planned, [Post(1), Post(100)]) == [Post(1), Post(100, wide=True)]
