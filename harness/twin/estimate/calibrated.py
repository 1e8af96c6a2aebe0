"""A calibrated profile is one of several that its samples allow: their replicates are shared out among all of them."""

from collections.abc import Iterator
from dataclasses import replace

from mockserver.profile import changed, flat

from ..calibrate.replicates import of_profile
from .worlds import World


def calibrated(world: World, file: str) -> Iterator[World]:
    """The world under each of the other profiles; none if the profile of that file was not calibrated."""
    others = of_profile(file, flat(world.profile))
    each = world.replicates // (len(others) + 1)
    for settings in others if each else ():
        yield replace(world, profile=changed(world.profile, settings)[0], replicates=each)
