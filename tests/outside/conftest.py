from ..end_to_end.conftest import contactbench, contactbench_in, fast_mock, make_leads, mock, start_mock, upload_of

__all__ = ["contactbench", "contactbench_in", "fast_mock", "make_leads", "mock", "start_mock", "upload_of"]
