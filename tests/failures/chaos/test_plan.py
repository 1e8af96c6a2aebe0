"""What is drawn from a seed."""

from collections import Counter

import pytest

from harness.strategies import STRATEGIES
from mockserver.faults import parse_rules

from .plan import drawn

EFFECTS = {"late_commit_s", "partial_commit", "truncate_at", "content_length_delta"}


@pytest.fixture(scope="module")
def plans():
    return [drawn(seed, strategy) for seed in range(300) for strategy in STRATEGIES]


@pytest.fixture(scope="module")
def rules(plans):
    return [trouble.rule for plan in plans for trouble in plan.troubles]


def test_a_seed_is_all_that_decides(plans):
    """The same seed, the same run; another one, another run."""
    assert drawn(11, "batch-api") == drawn(11, "batch-api")
    assert len({plan.command for plan in plans}) == len(plans)


def test_the_command_plays_the_run_again(plans):
    """The strategy and the number of leads that it names change nothing else."""
    for plan in plans[:50]:
        assert drawn(plan.seed, plan.strategy, plan.leads) == plan


def test_the_mock_takes_every_rule(rules):
    """None is refused, and every one comes to an end."""
    taken = [rule for at in range(0, len(rules), 500) for rule in parse_rules(rules[at : at + 500])]
    assert len(taken) == len(rules)
    assert all(rule.planned_count is not None for rule in taken)


@pytest.mark.parametrize(
    "key",
    sorted({"status", "reset", "stall_s", "headers", "body", "rewrite", "job"} | EFFECTS),
)
def test_every_action_is_drawn(rules, key):
    """Each of those that the mock knows, often enough to matter."""
    assert sum(key in rule["action"] for rule in rules) > 20


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_is_tortured(plans, strategy):
    """With kills, with troubles, with orgs that lie and with orgs that do not."""
    plans = [plan for plan in plans if plan.strategy == strategy]
    assert sum(bool(plan.kills) for plan in plans) > 100
    assert min(Counter(plan.honest for plan in plans).values()) > 40


def test_every_moment_of_a_request_is_struck(plans, rules):
    """And every moment of a step is one to be killed at."""
    assert {"before_parse", "before_commit", "after_commit", "mid_response"} <= {rule.get("when") for rule in rules}
    assert {kill.moment for plan in plans for kill in plan.kills} == {"before", "during", "after"}


def test_somebody_meddles_with_half_of_the_runs(plans):
    """In every way; the others are given again as they are."""
    assert Counter(plan.meddling for plan in plans).keys() == {None, "lost", "doubled"}
    assert 0.4 < sum(plan.meddling is None for plan in plans) / len(plans) < 0.6
