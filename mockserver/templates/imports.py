"""Imports through a template: the lists are made when the import starts, and filled one after the other.

Assumptions: the whole file is loaded at the pace of one import; either all lists are made or none; the status counts
the records of the file, and fails with the first of its lists that fails.
"""

from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import msgspec

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.ids import new_id
from mockserver.imports import Imports
from mockserver.imports.csv_rows import FileRules, ReadFile, Report, read_file
from mockserver.imports.events import Events
from mockserver.imports.upload_request import ListUpload
from mockserver.jobs import JobQueues, QueuedJob
from mockserver.jobs.import_progress import completed_records, failing, has_ended, import_job
from mockserver.model import ContactList, ImportJob, ImportStatus, Reference
from mockserver.state import Org
from mockserver.templates import ContactListTemplates, ImportTemplates
from mockserver.templates.plans import NONE_MATCH, ListPlan, Planner, named_filter, obstacles
from mockserver.templates.rules import ImportTemplate

_FILTER_GONE = "RESOURCE_NOT_FOUND"


class _Target(NamedTuple):
    """A list the import has made, and the job that fills it."""

    list_id: str
    job_id: str


class _TemplateImport(QueuedJob, kw_only=True):
    template_id: str
    prefix: str
    targets: list[_Target] = msgspec.field(default_factory=list)

    @property
    def owner_id(self) -> str:
        return self.template_id

    @property
    def key(self) -> str:
        return f"{self.template_id}/{self.prefix}"


@dataclass(slots=True)
class _Planned:
    report: Report
    plans: list[ListPlan] = field(default_factory=list)  # until the lists are made


class TemplateImports(JobQueues[_TemplateImport, _Planned]):
    kind = "template_import"
    job_type = _TemplateImport
    one_at_a_time = False

    def __init__(
        self,
        org: Org,
        imports: Imports,
        events: Events,
        list_templates: ContactListTemplates,
        templates: ImportTemplates,
    ) -> None:
        self._imports, self._events = imports, events
        self._list_templates, self._templates = list_templates, templates
        super().__init__(org)

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

    def status_of(self, template_id: str, prefix: str | None = None) -> ImportStatus:
        """The status of the newest import, or of the newest with that prefix, or an empty one."""
        newest = self._shown_job(template_id, prefix)
        return self._status(newest) if newest else ImportStatus()

    def next_step_at(self, template_id: str) -> float:
        """As elsewhere, or when an import that they have begun takes its next step: it may fail."""
        targets = [target.list_id for job in self._active_jobs(template_id) for target in job.targets]
        return min((super().next_step_at(template_id), *map(self._imports.next_step_at, targets)))

    def poll(self, template_id: str) -> None:
        """As elsewhere; the imports that they have begun move on as well."""
        for job in self._active_jobs(template_id):
            for target in job.targets:
                self._imports.poll(target.list_id)
        super().poll(template_id)

    def _start(self, template: ImportTemplate, columns: ContactList, upload: ListUpload, file: ReadFile) -> Response:
        org = self._org
        self._templates.require(template.id)
        progress = import_job(
            new_id(org.rng),
            "",  # several lists
            records=file.report.records,
            accepted=len(file.rows),
            refused=file.refused,
            jobs=org.profile.jobs,
            now=org.clock.now(),
        )
        job = _TemplateImport(progress=progress, template_id=template.id, prefix=upload.list_name_prefix)
        planned = _Planned(file.report)
        if file.refused is None:
            self._plan(job, planned, template, columns, upload, file)
        self._begin(job, planned)
        uri = f"{self._templates.path}/{template.id}/importstatus"
        return json_response({"correlationId": progress.id, "uri": uri})

    def _plan(
        self,
        job: _TemplateImport,
        planned: _Planned,
        template: ImportTemplate,
        columns: ContactList,
        upload: ListUpload,
        file: ReadFile,
    ) -> None:
        """Plan the lists, or fail."""
        org, starts_at = self._org, job.progress.started_at
        planner = Planner(
            template=template, columns=columns, upload=upload, home=org.home_division, starts_at=starts_at
        )
        reason = NONE_MATCH
        try:
            planned.plans = planner.plans(
                file, lambda id_: named_filter(org.store, id_, columns, starts_at), org.rng_for("targets")
            )
        except NotFound:
            reason = _FILTER_GONE
        if not planned.plans:
            job.progress = failing(job.progress, reason, 0)

    def _shown_job(self, template_id: str, prefix: str | None = None) -> _TemplateImport | None:
        found = [each for each in self._remembered.values() if each.template_id == template_id]
        found = [each for each in found if not prefix or each.prefix == prefix]
        return max(found, key=lambda each: each.progress.started_at, default=None)

    def _status(self, job: _TemplateImport) -> ImportStatus:
        """With the lists it has made; failed if the import into one of them has."""
        return msgspec.structs.replace(
            super()._status(msgspec.structs.replace(job, progress=self._progress_with_lists(job))),
            target_contact_list_ids=tuple(target.list_id for target in job.targets),
            list_name_prefix=job.prefix,
        )

    def _work_until(self, now: float, job: _TemplateImport, work: _Planned) -> None:
        """Make the lists once it starts; let the imports into them end before it does."""
        if work.plans and now >= job.progress.started_at:
            self._make_lists(job, work)
        if has_ended(job.progress, now):
            self._imports.advance_to_now()

    def _make_lists(self, job: _TemplateImport, work: _Planned) -> None:
        """Make the lists, and let their imports begin; or fail."""
        org, progress = self._org, job.progress
        plans, work.plans = work.plans, []
        for reason in obstacles(plans, org.store.contact_lists(), org.store.total_size(), org.profile):
            job.progress = failing(progress, reason, 0)
            return
        sizes = [len(plan.file.rows) for plan in plans]
        pace = progress.records_per_s * sum(sizes) / max(1, progress.total_records)
        for plan, before in zip(plans, accumulate(sizes, initial=0), strict=False):
            org.store.create_list(plan.contact_list)
            starts_at = progress.started_at + (before / pace if pace else 0.0)
            begun = self._imports.begin(plan.contact_list.id, plan.file, starts_at, pace)
            job.targets.append(_Target(plan.contact_list.id, begun.id))
        self._remember(job)

    def _record_end(self, job: _TemplateImport, work: _Planned) -> None:
        entity = Reference(id=job.template_id, self_uri=f"{self._templates.path}/{job.template_id}")
        self._events.record_end(entity, job.progress, work.report)

    def _progress_with_lists(self, job: _TemplateImport) -> ImportJob:
        """How far it is, failed if the import into one of its lists has."""
        for target in job.targets:
            reason = self._imports.failure_of(target.list_id, target.job_id)
            if reason is not None:
                return failing(job.progress, reason, completed_records(job.progress, self._org.clock.now()))
        return job.progress
