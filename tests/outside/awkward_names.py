"""Names of files and folders as people, tools and other systems make them, each beside what it could be taken for."""

NAMES = {
    # a pattern, and names that it would match
    "march[1]": ("march1",),
    "week[1-4]": ("week2",),
    "[!a]pril": ("bpril",),
    "open[bracket": (),
    "what?": ("whatX",),
    "all*": ("all of it",),
    "**": ("two stars",),
    "{north,south}": ("north", "south"),
    # partitions
    "month=2026-03": (),
    "Phone=1": (),
    "Lead ID=7": (),
    "contact_id=zz": (),
    # quotes and blanks
    "o'clock": (),
    'say "march"': (),
    "two  spaces": (),
    " blank first": (),
    "blank last ": (),
    "line\nend": (),
    "tab\there": (),
    # letters
    "Ünïcödé": (),
    "e\u0301te\u0301": (),
    "名簿三月": (),
    "📞 leads": (),
    "\u202etxt.evil": (),
    "not utf-8 \udce9": (),
    # what a shell, a format or a parser of options would do something with
    "-rf": (),
    "--run": (),
    "100%": (),
    "%20": (),
    "%s%(name)d": (),
    "~": (),
    "back\\slash": (),
    "#1": (),
    "$(id) `id` $HOME": (),
    "a;b&c|d": (),
    "CON": (),
    # what looks like something else
    ".hidden": (),
    "dots.in..name.csv": (),
    "s3:": (),
    "é" * 110: (),
}
# Bytes that are no UTF-8: Python can open such a file, and no JSON document or report can name it.
NOT_TEXT = {"not utf-8 \udce9"}
