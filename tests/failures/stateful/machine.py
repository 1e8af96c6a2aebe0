"""Everything that may happen to an upload, in any order, and what must be true after each step of it.

The model is small: the contacts that the org's own store has for each lead, and what was done to the run so far. From
these two alone it is told which exit code may come next.
"""

import csv
from collections import Counter
from typing import Any, ClassVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness.strategies.job import Strategy
from mockserver.faults import Faults, parse_rules

from ..faults.rig import End
from .possible import SETTING, WIDE, Deeds, caps
from .troubles import KINDS, kinds, operations, reads_as_no
from .world import World

MOST_STARTS = 8  # of the same command on an org that is well again: GaveUp (5) helps so often at most
RULES = (
    "start",
    "some steps",
    "many steps",
    "finish",
    "kill",
    "stop",
    "second process",
    "other input",
    "trouble",
    "tokens end",
    "time passes",
    "setting",
    "cap",
    "meddle",
    "tamper",
)  # as they are counted


class Uploads(RuleBasedStateMachine):
    """`counts`: how often each rule was followed, and how often each kind of trouble struck."""

    strategy: ClassVar[Strategy]
    counts: ClassVar[Counter[str]]

    @initialize(
        leads=st.integers(60, 200),
        lists=st.integers(1, 3),
        concurrency=st.integers(1, 4),
        troubles=st.integers(0, 6),
        data=st.data(),
    )
    def org(self, leads: int, lists: int, concurrency: int, troubles: int, data: st.DataObject) -> None:
        self.world = World(self.strategy, leads, lists=lists, concurrency=concurrency)
        self.rig = self.world.rig
        self.meddlers, self.tamperers = leads % 2 == 1, leads // 2 % 2 == 1  # drawn, they would be too much alike
        self.kinds: list[str] = []  # of the rules in force, in their order
        self.deeds = Deeds()
        self.last = End(-1)
        self.mistakes = 0  # times that the command was given for other leads
        self.finished: bytes | None = None  # the mapping of a run that ended well and was left alone since
        with self.rig.leads.open(newline="", encoding="utf-8") as file:
            self.longest = sorted(max(map(len, row)) for row in csv.reader(file))
        self.trouble_comes(data, troubles)

    # --- the command --------------------------------------------------------------------------------------------------

    @rule(steps=st.integers(1, 5))
    def some_steps(self, steps: int) -> None:
        """The command goes on for a moment; it is given first if it is not under way."""
        self.started("some steps")
        self.step(steps)

    @rule(steps=st.integers(5, 20))
    def many_steps(self, steps: int) -> None:
        """The same for a while."""
        self.started("many steps")
        self.step(steps)

    @precondition(lambda self: self.world.alive is not None)
    @rule()
    def finish(self) -> None:
        """It comes to its end, whatever that is."""
        self.count("finish")
        self.step(float("inf"))

    @precondition(lambda self: self.world.alive is not None)
    @rule(away_s=st.sampled_from([0.0, 3.0, 90.0]))
    def kill(self, away_s: float) -> None:
        """The process dies where it stands, requests on their way."""
        self.count("kill")
        self.deeds.unseen = False
        self.world.kill()
        self.rig.sleep(away_s)

    @precondition(lambda self: self.world.alive is not None)
    @rule()
    def stop(self) -> None:
        """SIGTERM."""
        self.count("stop")
        self.deeds.unseen = False
        self.world.stop()

    @precondition(lambda self: self.world.alive is not None)
    @rule(another=st.booleans())
    def second_process(self, another: bool) -> None:
        """The same command, or one for another input, in the folder that is in use: exit 7, and not one step."""
        self.count("second process")
        if another:
            with self.world.another_input():
                told = self.world.beside()
        else:
            told = self.world.beside()
        assert (told[0].code, told[0].word, told[1]) == (7, "STATE_LOCKED", 0), told

    @precondition(lambda self: self.world.alive is None and self.world.starts and self.mistakes < 2)
    @rule()
    def other_input(self) -> None:
        """The command for other leads in the same folder: exit 7, and not one step."""
        self.count("other input")
        with self.world.another_input():
            end, steps = self.world.beside()
        self.mistakes += 1
        assert (end.code, steps) == (7, 0), end

    # --- the org ------------------------------------------------------------------------------------------------------

    @rule(data=st.data(), count=st.integers(1, 3))
    def trouble(self, data: st.DataObject, count: int) -> None:
        """The next requests of some operations meet with trouble."""
        self.count("trouble")
        self.trouble_comes(data, count)

    def trouble_comes(self, data: st.DataObject, count: int) -> None:
        for _ in range(count):
            kind = data.draw(st.sampled_from(kinds(self.strategy.name)))
            op = data.draw(st.sampled_from(operations(kind, self.strategy.name)))
            new = {"op": op, "nth": 1, "times": data.draw(st.integers(1, 2)), **data.draw(KINDS[kind])}
            self.count(f"drawn: {kind}")
            event(f"{kind} at {op}")
            self.org_troubles([*self.left_of_troubles(), (kind, new)])
            if reads_as_no(kind, op):
                self.deeds.done.add("said no")

    @rule(what=st.sampled_from(["tokens end", "time passes", "setting", "cap"]), data=st.data())
    def change(self, what: str, data: st.DataObject) -> None:
        """Tokens or caches grow old, or the org becomes another one of those that are possible."""
        self.count(what)
        match what:
            case "tokens end":
                self.world.services.org.tokens.clear()
            case "time passes":
                self.world.pass_time(data.draw(st.sampled_from([1.0, 20.0, 70.0, 1_000.0])))
            case "setting":
                self.rig.settings(**data.draw(SETTING))
            case _:
                self.cap(data)

    def cap(self, data: st.DataObject) -> None:
        name, value = data.draw(caps(max(self.held_by_lists(), default=0), self.longest))
        self.rig.settings(**{name: value})
        if value != WIDE[name]:
            self.deeds.done.add(name)

    # --- others -------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.meddlers and self.rig.size())
    @rule(how=st.sampled_from(["lose", "lose", "clear", "delete"]), count=st.integers(1, 30))
    def somebody_deletes(self, how: str, count: int) -> None:
        """Contacts of the run, all of them, or its lists."""
        self.meddled("deleted")
        match how:
            case "lose":
                self.rig.lose(count)
            case "clear":
                self.rig.clear()
            case _:
                self.rig.delete()

    @precondition(lambda self: self.meddlers and self.rig.size())
    @rule(count=st.integers(1, 30))
    def somebody_adds(self, count: int) -> None:
        """Some leads have a second contact."""
        self.meddled("added")
        self.rig.add_foreign(count)

    def meddled(self, what: str) -> None:
        self.count("meddle")
        self.deeds.done.add(what)
        self.finished = None
        self.deeds.unseen = self.world.alive is not None and (self.deeds.unseen or self.world.alive.proving)

    @precondition(lambda self: self.tamperers and self.has_journal())
    @rule()
    def journal_lost(self) -> None:
        """Its files are removed."""
        self.tampered("journal gone")
        self.rig.forget_the_journal()

    @precondition(lambda self: self.tamperers and self.has_journal())
    @rule(place=st.floats(0.0, 1.0, exclude_max=True), bit=st.integers(0, 7))
    def journal_altered(self, place: float, bit: int) -> None:
        """One bit of it."""
        self.tampered("journal altered")
        path = self.world.folder / "journal.sqlite"
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] ^= 1 << bit
        path.write_bytes(content)

    def tampered(self, what: str) -> None:
        """Not under a process at work, which would not see it; it is killed first."""
        self.count("tamper")
        if self.world.alive is not None:
            self.world.kill()
        self.deeds.unseen = False
        self.world.trusted = False
        self.deeds.done.add(what)

    # --- what must be true --------------------------------------------------------------------------------------------

    @invariant()
    def nothing_amiss(self) -> None:
        """Intents first, and no two batches with the same lead on their way."""
        assert not self.world.watch.amiss, self.world.watch.amiss

    @invariant()
    def one_contact_a_lead(self) -> None:
        """Unless somebody else gave it one, or the command has said so."""
        twice = [lead for lead, contacts in self.world.held().items() if contacts > 1]
        assert not twice or "added" in self.deeds.done or self.last.code == 4, (
            f"{len(twice)} leads have more than one contact, after {self.deeds}"
        )

    def ended(self, end: End, writes: int) -> None:
        """The exit code fits what was done to the run, and says what CHECK says."""
        event(f"exit {end.code} {end.word}")
        self.count(f"exit {end.code}")
        told = f"exit {end.code} {end.message[:300]} after {self.deeds}"
        assert end.code in self.deeds.codes(), told
        if end.code in (0, 3) and not self.deeds.unseen:
            complaints = self.rig.complaints()
            assert complaints == [], f"{told}: {complaints}"
        if end.code in (0, 3) and self.finished is not None:
            assert (writes, self.rig.mapping()) == (0, self.finished), f"{told}: C10, {writes} writes"
        if end.code in (0, 3) and not self.deeds.unseen:
            self.finished = self.rig.mapping()
        self.last, self.deeds.unseen = end, False

    def teardown(self) -> None:
        """The org is well again, and the command is given until it ends."""
        if not hasattr(self, "world"):
            return
        try:
            self.made_well()
            self.brought_to_an_end()
        finally:
            self.world.close()

    def made_well(self) -> None:
        self.left_of_troubles()
        self.rig.faults()
        self.rig.settings(**WIDE, rate__requests_per_window=300)

    def brought_to_an_end(self) -> None:
        """A no is believed the second time: the first may be old news, of an import that failed when caps were low."""
        answers: Counter[int] = Counter()
        while answers[5] < MOST_STARTS and answers[6] < 2 and answers.total() == answers[5] + answers[6]:
            if self.world.alive is None:
                self.world.begin()
            self.step(float("inf"))
            self.nothing_amiss()
            self.one_contact_a_lead()
            answers[self.last.code] += 1
            self.deeds.done.discard("said no")
        if self.deeds.unforgivable:  # what was done during the last proof shows in another one
            self.world.begin()
            self.step(float("inf"))
        assert self.last.code in self.deeds.final_codes(), (
            f"in the end exit {self.last.code} {self.last.message[:300]} after {self.deeds}"
        )

    # ------------------------------------------------------------------------------------------------------------------

    def started(self, rule: str) -> None:
        self.count(rule)
        if self.world.alive is None:
            self.count("start")
            self.world.begin()

    def step(self, steps: float) -> None:
        start = self.world.alive
        assert start is not None
        if (end := self.world.go_on(steps)) is not None:
            self.ended(end, start.writes)

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def left_of_troubles(self) -> list[tuple[str, dict[str, Any]]]:
        """The rules in force as often as they have not struck yet; how often they did is counted."""
        left = []
        for kind, told in zip(self.kinds, self.world.services.org.faults.report(), strict=True):
            self.counts[f"struck: {kind}"] += told["fired"]
            times = told["planned"] - told["fired"]
            if times:
                left.append((kind, {key: told[key] for key in ("op", "nth", "action", "when")} | {"times": times}))
        return left

    def org_troubles(self, troubles: list[tuple[str, dict[str, Any]]]) -> None:
        self.kinds = [kind for kind, _ in troubles]
        self.world.services.org.faults = Faults(parse_rules([rule for _, rule in troubles]))

    def held_by_lists(self) -> list[int]:
        return [self.world.services.org.store.size(list_id) for list_id in self.rig.lists()]

    def has_journal(self) -> bool:
        journal = self.world.folder / "journal.sqlite"
        return journal.exists() and journal.stat().st_size > 0
