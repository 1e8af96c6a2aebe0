"""The index of ids, and what the stores promise of it at sizes that other tests do not reach."""

import hypothesis.strategies as st
from hypothesis import given

from mockserver.storage.indexes import SegmentedIndex

IDS = st.text(max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["set", "add", "pop"]), IDS)))
def test_places_are_those_of_one_dict(steps):
    """Whichever part an id falls into."""
    places, plain = SegmentedIndex(), dict[str, int]()
    for place, (step, id_) in enumerate(steps):
        match step:
            case "set":
                assert places.setdefault(id_, place) == plain.setdefault(id_, place)
            case "add":
                places.add([(id_, place)])
                plain[id_] = place
            case "pop":
                assert places.pop(id_) == plain.pop(id_, None)
    assert places.find([id_ for _, id_ in steps]) == plain


def test_ids_spread_over_the_parts():
    """So that none of them grows to the size at which to build it anew is a pause."""
    places = SegmentedIndex()
    places.add((f"LEAD-{number}", number) for number in range(64_000))
    assert max(map(len, places._parts)) < 2_000
