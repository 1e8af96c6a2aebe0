from ...end_to_end.conftest import contactbench, contactbench_in, fast_mock, make_leads, mock, upload_of
from ..faults.conftest import rig

__all__ = ["contactbench", "contactbench_in", "fast_mock", "make_leads", "mock", "rig", "upload_of"]
