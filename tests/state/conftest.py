from ..catalogue.conftest import rig

__all__ = ["rig"]
