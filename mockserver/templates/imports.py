"""Imports through a template: the lists are made when the import starts, and filled one after the other.

Assumptions: the whole file is loaded at the pace of one import; either all lists are made or none; the status counts
the records of the file, and fails with the first of its lists that fails.
"""

import math
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import msgspec

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response
from mockserver.ids import new_id
from mockserver.imports.csv_rows import FileRules, ReadFile, Report, read_file
from mockserver.imports.events import Events
from mockserver.imports.list_imports import Imports
from mockserver.imports.upload_request import ListUpload
from mockserver.jobs.import_progress import (
    after_poll,
    after_restart,
    completed_records,
    failing,
    has_ended,
    import_job,
    import_status_at,
    next_step_at,
)
from mockserver.model import ContactList, ImportJob, ImportStatus, Reference
from mockserver.state.org import Org
from mockserver.templates.import_templates import ImportTemplates
from mockserver.templates.list_templates import ContactListTemplates
from mockserver.templates.plans import NONE_MATCH, ListPlan, Planner, named_filter, obstacles
from mockserver.templates.rules import ImportTemplate

_KIND = "template_import"  # in the store
_FILTER_GONE = "RESOURCE_NOT_FOUND"


class _Target(NamedTuple):
    """A list the import has made, and the job that fills it."""

    list_id: str
    job_id: str


class _Saved(msgspec.Struct):
    """What a restart needs to know."""

    template_id: str
    prefix: str
    job: ImportJob
    targets: list[_Target]
    ended: bool


@dataclass(slots=True)
class _TemplateImport:
    template_id: str
    prefix: str
    job: ImportJob
    report: Report = field(default_factory=Report)
    plans: list[ListPlan] = field(default_factory=list)  # until the lists are made
    targets: list[_Target] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.template_id}/{self.prefix}"


class TemplateImports:
    def __init__(
        self,
        org: Org,
        imports: Imports,
        events: Events,
        list_templates: ContactListTemplates,
        templates: ImportTemplates,
    ) -> None:
        self._org, self._imports, self._events = org, imports, events
        self._list_templates, self._templates = list_templates, templates
        self.reload()

    def reload(self) -> None:
        """As after a restart: the last imports, none on its way."""
        self._running: list[_TemplateImport] = []
        self._last = {key: _restore(raw) for key, raw in self._org.store.documents(_KIND).items()}

    async def read(self, upload: ListUpload, path: Path) -> PendingOperation:
        """Read a file for a template; the commit starts its import. Raises NotFound if there is no such template."""
        org = self._org
        template = self._templates.require(upload.template_id)
        columns = self._list_templates.require(template.contact_list_template.id)
        rules = FileRules(
            contact_list=columns,
            limits=org.profile.limits,
            semantics=org.profile.semantics,
            contact_id_name=upload.contact_id_name,
            retention=upload.retention,
            now=self._org.clock.now(),
        )
        file = await read_file(path, rules, org.rng, upload)
        return PendingOperation(lambda: self._start(template, columns, upload, file))

    def advance_to_now(self) -> None:
        """Make the lists whose time has come, and note what has ended. Costs nothing while nothing runs."""
        now = self._org.clock.now()
        for current in list(self._running):
            if current.plans and now >= current.job.started_at:
                self._make_lists(current)
            if has_ended(current.job, now):
                self._running.remove(current)
                self._save(current, ended=True)
                self._events.record_end(_entity(current.template_id), current.job, current.report)

    def status_of(self, template_id: str, prefix: str | None = None) -> ImportStatus:
        """The status of the newest import, or of the newest with that prefix, or an empty one."""
        found = [each for each in self._last.values() if each.template_id == template_id]
        found = [each for each in found if not prefix or each.prefix == prefix]
        if not found:
            return ImportStatus()
        newest = max(found, key=lambda each: each.job.started_at)
        visible_rows = self._org.profile.jobs.import_status_visible_rows
        return msgspec.structs.replace(
            import_status_at(self._job_with_lists(newest), self._org.clock.now(), visible_rows),
            target_contact_list_ids=tuple(target.list_id for target in newest.targets),
            list_name_prefix=newest.prefix,
        )

    def poll(self, template_id: str) -> None:
        """Somebody asks for the status: imports whose progress follows the questions move on, and those they began."""
        for current in self._running:
            if current.template_id == template_id and current.job.polls:
                current.job = after_poll(current.job)
                for target in current.targets:
                    self._imports.poll(target.list_id)
        self.advance_to_now()

    def next_step_at(self, template_id: str) -> float:
        """When time alone will bring another status; infinite if it will not."""
        jobs = [current.job for current in self._running if current.template_id == template_id]
        return min((next_step_at(job, self._org.clock.now()) for job in jobs), default=math.inf)

    def running(self, template_id: str) -> bool:
        return any(current.template_id == template_id for current in self._running)

    def _start(self, template: ImportTemplate, columns: ContactList, upload: ListUpload, file: ReadFile) -> Response:
        org = self._org
        self._templates.require(template.id)
        job = import_job(
            new_id(org.rng),
            "",  # several lists
            records=file.report.records,
            accepted=len(file.rows),
            refused=file.refused,
            jobs=org.profile.jobs,
            now=org.clock.now(),
        )
        current = _TemplateImport(template.id, upload.list_name_prefix, job, file.report)
        if file.refused is None:
            self._plan(current, template, columns, upload, file)
        self._running.append(current)
        self._last[current.key] = current
        self._save(current, ended=False)
        uri = f"{self._templates.path}/{template.id}/importstatus"
        return Response(body=msgspec.json.encode({"correlationId": job.id, "uri": uri}))

    def _plan(
        self,
        current: _TemplateImport,
        template: ImportTemplate,
        columns: ContactList,
        upload: ListUpload,
        file: ReadFile,
    ) -> None:
        """Plan the lists, or fail."""
        org, starts_at = self._org, current.job.started_at
        planner = Planner(
            template=template, columns=columns, upload=upload, home=org.home_division, starts_at=starts_at
        )
        try:
            current.plans = planner.plans(
                file, lambda id_: named_filter(org.store, id_, columns, starts_at), org.rng_for("targets")
            )
        except NotFound:
            current.job = failing(current.job, _FILTER_GONE, 0)
        else:
            current.job = current.job if current.plans else failing(current.job, NONE_MATCH, 0)

    def _make_lists(self, current: _TemplateImport) -> None:
        """Make the lists, and let their imports begin; or fail."""
        org, job = self._org, current.job
        plans, current.plans = current.plans, []
        for reason in obstacles(plans, org.store.contact_lists(), org.store.total_size(), org.profile):
            current.job = failing(job, reason, 0)
            return
        sizes = [len(plan.file.rows) for plan in plans]
        pace = job.records_per_s * sum(sizes) / max(1, job.total_records)
        for plan, before in zip(plans, accumulate(sizes, initial=0), strict=False):
            org.store.create_list(plan.contact_list)
            starts_at = job.started_at + (before / pace if pace else 0.0)
            begun = self._imports.begin(plan.contact_list.id, plan.file, starts_at, pace)
            current.targets.append(_Target(plan.contact_list.id, begun.id))
        self._save(current, ended=False)

    def _job_with_lists(self, current: _TemplateImport) -> ImportJob:
        """The job, failed if that of one of its lists has."""
        for target in current.targets:
            reason = self._imports.failure_of(target.list_id, target.job_id)
            if reason is not None:
                return failing(current.job, reason, completed_records(current.job, self._org.clock.now()))
        return current.job

    def _save(self, current: _TemplateImport, *, ended: bool) -> None:
        saved = _Saved(current.template_id, current.prefix, current.job, current.targets, ended)
        self._org.store.save_document(_KIND, current.key, msgspec.json.encode(saved))


def _entity(template_id: str) -> Reference:
    return Reference(id=template_id, self_uri=f"/api/v2/outbound/importtemplates/{template_id}")


def _restore(raw: bytes) -> _TemplateImport:
    """An import as it is after a restart: over, and failed if it was not over before."""
    saved = msgspec.json.decode(raw, type=_Saved)
    job = after_restart(saved.job, ended=saved.ended)
    return _TemplateImport(saved.template_id, saved.prefix, job, targets=saved.targets)
