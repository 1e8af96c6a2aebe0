"""How help looks: options under headings; what the environment may say is told in one sentence at the end."""

from typing import Any

from typer.core import TyperCommand

OTHER = "Options"
HEADINGS = {
    "Input": "leads lead_id phone separator sheet count dedupe again from_server",
    "How": "strategy strategies lists contacts_per_list batch_size body_bytes"
    " concurrency quiet_period max_duration seed",
    "Where": "target against host port control_port allow_host max_connections exposed",
    "Mock org": "profile pace store client clients strict",
    "Versions": "layers expected update base base_tree head_tree upload_leads only accept",
    "Limits": "threshold thresholds junit summary",
    "Output": "run out to journal ready_file force as_json",
}
BY_NAME = {name: heading for heading, names in HEADINGS.items() for name in names.split()}


class GroupedHelp(TyperCommand):
    """A command whose options stand under headings: of their own, or by their names."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in ("Arguments", *HEADINGS)}
        for param in self.get_params(ctx):
            param.show_envvar = False  # type: ignore[attr-defined]
            if (row := param.get_help_record(ctx)) is not None:
                rows.setdefault(_heading(param), []).append(row)
        for heading, options in rows.items():
            if options:
                with formatter.section(heading):
                    formatter.write_dl(options)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """One name of the environment as an example, in place of one beside each option."""
        one = next(param for param in self.params if param.param_type_name == "option")
        name = f"{ctx.auto_envvar_prefix}_{str(one.name).upper()}"
        formatter.write_paragraph()
        formatter.write_text(f"Each option may also come from the environment: {one.opts[-1]} as {name}.")


def _heading(param: Any) -> str:
    if param.param_type_name == "argument":
        return "Arguments"
    return getattr(param, "rich_help_panel", None) or BY_NAME.get(param.name, OTHER)
