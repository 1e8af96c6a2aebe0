"""Where tests of invented leads run when nobody says where."""

from harness.load.locust_options import free_folder


def test_a_run_that_is_not_over_goes_on_and_one_that_is_stays(tmp_path):
    """The same folder for the same test until it is over; then, and for another test, the next one."""
    over = set()
    usual = str(tmp_path / "runs" / "locust-x")

    def folder(**about):
        return free_folder(usual, about, over.__contains__).name

    assert [folder(contacts=10), folder(contacts=10)] == ["locust-x"] * 2
    assert [folder(contacts=20), folder(contacts=10)] == ["locust-x-2", "locust-x"]
    over.add(tmp_path / "runs" / "locust-x")
    assert folder(contacts=10) == "locust-x-3"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    """It does not say what it is about."""
    (tmp_path / "locust-x").mkdir()
    assert free_folder(str(tmp_path / "locust-x"), {}, lambda _: False).name == "locust-x-2"
