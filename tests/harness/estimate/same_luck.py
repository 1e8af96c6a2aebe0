"""The draws of full runs, seed by seed, for the machine: with them it has to end when those runs do."""

import random

import numpy as np

from harness.estimate.cases import Case, case_tables
from harness.estimate.recording import program
from harness.estimate.server_model import LOST_APPLIED, OK, Fates, Outcomes
from harness.estimate.simulate import Simulator
from mockserver.pacing import latency_of, seconds


def played(upload, profile, concurrency, seeds):
    """A row a seed, under a profile without faults."""
    recorded = program(upload)
    case = Case(program=recorded, profile=profile, concurrency=concurrency, replicates=len(seeds))
    made = case_tables([case])
    steps = [node.step for shape in recorded.shapes for node in shape]
    return Simulator(made, SameLuck(made, profile, steps, seeds)).play()


class SameLuck(Outcomes):
    """Each row draws from the streams that an org of its seed has."""

    def __init__(self, made, profile, steps, seeds):
        super().__init__(made, np.random.default_rng(0))
        self.profile, self.steps, self.seeds, self.streams = profile, steps, seeds, {}

    def stream(self, row, op):
        return self.streams.setdefault((row, op), random.Random(f"{self.seeds[row]}//latency/{op}"))

    def fates(self, rows, nodes, in_work, is_fresh):
        takes = np.array([self.seconds_of(*each) for each in zip(rows, nodes, in_work, strict=True)])
        patience = self.profile.request_timeout_s or np.inf
        return Fates(np.minimum(takes, patience), np.where(takes > patience, LOST_APPLIED, OK))

    def seconds_of(self, row, node, in_work):
        step = self.steps[node]
        model, rng = latency_of(self.profile, step.op), self.stream(row, step.op)
        return seconds(model, contacts=step.contacts, kib=step.kib, in_flight=int(in_work), rng=rng)
