import os

import pytest

from mockserver.loaded_profile import ProfileError, built_in_profiles, flat, load, origins, with_changes
from mockserver.profile import at_cpu_speed


@pytest.fixture
def profile_file(tmp_path):
    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("name", built_in_profiles())
def test_shipped_profiles(name):
    """Each loads, bears its name, and has a source for every setting that counts."""
    loaded = load(name)
    assert name == loaded.profile.name
    assert {"limits.contacts_per_list", "latency.contacts.add.base_s", "request_timeout_s"} <= loaded.sources.keys()


def test_every_setting_has_a_source():
    """The default profile says of each setting in force where it comes from; latencies need name only some."""
    loaded = load("default")
    in_force = {name for name in flat(loaded.profile) if not name.startswith("latency.")} - {"name"}
    assert in_force <= loaded.sources.keys() <= flat(loaded.profile).keys()
    assert all(source.strip() for source in loaded.sources.values())


def test_which_profiles_are_shipped():
    """These names are promised."""
    assert built_in_profiles() == ["default", "optimistic", "pessimistic", "raised-limits", "troubled", "unlimited"]


def test_extends(profile_file):
    """A file changes the settings it names, with their sources, and keeps the others."""
    profile_file('extends = "default"\n[limits]\ncell_chars = {value = 9, source = "measured"}', "base.toml")
    loaded = load(profile_file('extends = "base.toml"\n[jobs]\nimport_rows_per_s = {value = 7, source = "guess"}'))
    assert (
        loaded.profile.limits.cell_chars,
        loaded.profile.jobs.import_rows_per_s,
        loaded.profile.limits.contacts_per_post,
    ) == (9, 7.0, 1000)
    assert (loaded.sources["limits.cell_chars"], loaded.sources["jobs.import_rows_per_s"]) == ("measured", "guess")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[limits]\ncell_chars = {value = 'x', source = 's'}", r"mine.toml: .*limits.cell_chars"),
        ("[limits]\ncell_chars = {value = -1, source = 's'}", r"mine.toml: limits.cell_chars: .*-1"),
        ("[limits]\ncell_chars = {value = 5}", r"mine.toml: limits.cell_chars: needs .* source"),
        ("[limits]\ncell_chars = {value = 5, source = ' '}", r"limits.cell_chars: needs"),
        ("[limits]\ncell_chars = {value = 5, source = 's', unit = 'x'}", r"limits.cell_chars: needs"),
        ("[limits]\ncell_chars = 5", r"limits.cell_chars: expected \{ value"),
        ("[limits]\ncell_char = {value = 5, source = 's'}", r"mine.toml: .*cell_char\b"),
        ("[latency.nonsense]\nbase_s = {value = 5, source = 's'}", r"no operation is called 'nonsense'"),
        ("[limits]\ncontact_id_pattern = {value = '[z-a]+', source = 's'}", r"mine.toml: "),
        ("[rate]\nwindow = {value = 'fuzzy', source = 's'}", r"mine.toml: .*rate.window"),
        ("limits = ", r"mine.toml: "),
        ("[limits]\ncell_chars = " + 5000 * "[", r"mine.toml: it is nested too deeply"),
        ("limits." + 2000 * "a." + "a = {value = 5, source = 's'}", r"mine.toml: it is nested too deeply"),
    ],
)
def test_files_that_are_refused(profile_file, text, complaint):
    """The message names the file and the setting."""
    with pytest.raises(ProfileError, match=complaint):
        load(profile_file(f'extends = "default"\n{text}'))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("none-such", "no profile is called 'none-such'; there are default"), ("/no/such.toml", "No such file")],
)
def test_names_that_lead_nowhere(name, complaint):
    """A name that is not shipped is told apart from a file that is not there."""
    with pytest.raises(ProfileError, match=complaint):
        load(name)


@pytest.mark.hardening("mock-9")
@pytest.mark.parametrize("base", ["mine.toml", "./././mine.toml", "again.toml"])
def test_a_circle(profile_file, base):
    """A file that extends itself is an error, not an endless loop, however it calls itself."""
    profile_file('extends = "mine.toml"', "again.toml")
    with pytest.raises(ProfileError, match=r"mine.toml: extends itself, or more than \d others"):
        load(profile_file(f'extends = "{base}"', "mine.toml"))


@pytest.mark.hardening("mock-9")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "large", "device that is extended"])
def test_files_that_are_not_read(profile_file, tmp_path, kind):
    """What never ends, or is too large, is refused at once."""
    path = tmp_path / "mine.toml"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "large":
            path.write_bytes(b"#" * ((1 << 20) + 1))
        case _:
            path.write_text('extends = "/dev/zero"')
    with pytest.raises(ProfileError, match=r"(regular file|directory|no more than 1048576 bytes)"):
        load(str(path))


@pytest.mark.hardening("mock-25")
@pytest.mark.parametrize("pattern", ["(a+)+$", "[a]+b", "a*", "[^\\]]*", "[a]+|[b]+", "[a]]+", "[a]{1,9}", "[a--]+"])
def test_patterns_that_are_refused(pattern):
    """A setting takes one class of characters: whatever it is matched with, no character is looked at twice."""
    with pytest.raises(ProfileError, match=r"contact_id_pattern: expected one class"):
        with_changes(load("default").profile, {"limits.contact_id_pattern": pattern})


@pytest.mark.parametrize("pattern", ["", "[^,]+", r"[\w\]\\-]+", "[A-Za-z0-9._:@-]+"])
def test_patterns_that_are_taken(pattern):
    """Any class of characters."""
    assert with_changes(load("default").profile, {"limits.contact_id_pattern": pattern})


def test_names_that_are_too_deep():
    """They are no names of settings, and take no time."""
    with pytest.raises(ProfileError, match=r"a\.a\..*: no such setting"):
        with_changes(load("default").profile, {100_000 * "a." + "a": 1})


def test_incomplete(profile_file):
    """Without a base, every setting has to be there."""
    with pytest.raises(ProfileError, match="missing required field"):
        load(profile_file("[limits]\ncell_chars = {value = 5, source = 's'}"))


@pytest.mark.parametrize(
    ("patch", "names"),
    [
        ({"limits": {"contacts_per_list": 500}}, ["limits.contacts_per_list"]),
        ({"limits.contacts_per_list": 500}, ["limits.contacts_per_list"]),
        ({"latency.contacts.add.base_s": 1}, ["latency.contacts.add.base_s"]),
        ({"latency": {"contacts.add": {"base_s": 1}}}, ["latency.contacts.add.base_s"]),
        ({"latency.*.sigma": 1}, ["latency.*.sigma"]),
        ({"rate.per_op.contacts.search": 5}, ["rate.per_op.contacts.search"]),
        ({"rate": {"per_op": {"contacts.search": 5}}}, ["rate.per_op.contacts.search"]),
        ({"request_timeout_s": 5}, ["request_timeout_s"]),
    ],
)
def test_changed(patch, names):
    """Nested and dotted settings change what they name and nothing else."""
    before = load("default").profile
    after = with_changes(before, patch)
    assert set(names) == origins(before, after, {}, "here").keys()


@pytest.mark.parametrize(
    "patch",
    [
        {"limits.none": 1},
        {"limits": 1},
        {"limits.cell_chars": "1"},
        {"name.x": 1},
        {"latency.contacts.add": 3},
        {"": 1},
    ],
)
def test_changes_that_are_refused(patch):
    """A change is checked like a file."""
    with pytest.raises(ProfileError):
        with_changes(load("default").profile, patch)


def test_at_cpu_speed():
    """Nothing waits and nothing is limited by time; the caps stay."""
    profile = at_cpu_speed(load("pessimistic").profile)
    assert (
        profile.rate.requests_per_window,
        profile.tokens.requests_per_window,
        profile.jobs.import_rows_per_s,
    ) == (0, 0, 0.0)
    assert profile.limits.request_body_bytes == 512_000


def test_a_profile_as_editors_save_it(tmp_path):
    """A byte order mark is skipped; UTF-16 is told by name."""
    text = 'extends = "default"\n[limits]\ncell_chars = {value = 9, source = "measured"}'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8-sig")
    assert load(str(tmp_path / "mine.toml")).profile.limits.cell_chars == 9
    (tmp_path / "mine.toml").write_text(text, encoding="utf-16")
    with pytest.raises(ProfileError, match="looks like UTF-16; save it as UTF-8"):
        load(str(tmp_path / "mine.toml"))
