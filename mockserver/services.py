"""The services of one org: what its handlers work with beside the state, each given what it uses."""

import random
from dataclasses import dataclass
from pathlib import Path

from mockserver.bulk_jobs import BulkJobs
from mockserver.clock import Clock
from mockserver.dnc.book import DncBook
from mockserver.dnc.imports import DncExports, DncImports, DncUploads
from mockserver.exports import Exports
from mockserver.imports import Imports
from mockserver.imports.events import Events
from mockserver.jobs.signed_addresses import Downloads, PresignedUploads
from mockserver.loaded_profile import LoadedProfile
from mockserver.notifications import Notifications
from mockserver.notifications.events import Sources
from mockserver.state import Org
from mockserver.state.auth import OAuthClient
from mockserver.storage import Store
from mockserver.templates import ContactListTemplates, ImportTemplates
from mockserver.templates.imports import TemplateImports
from mockserver.uploads import UploadService


@dataclass(slots=True, kw_only=True)
class Services:
    """Built once for an org; a reset empties them in place, so that routes may hold their methods."""

    org: Org
    downloads: Downloads
    presigned: PresignedUploads
    events: Events
    imports: Imports
    exports: Exports
    bulk_jobs: BulkJobs
    list_templates: ContactListTemplates
    import_templates: ImportTemplates
    template_imports: TemplateImports
    dnc: DncBook
    dnc_imports: DncImports
    dnc_exports: DncExports
    dnc_uploads: DncUploads
    uploads: UploadService
    notifications: Notifications

    def advance_to_now(self) -> None:
        """Bring the lists up to now. Every operation does it first, so nothing has to run in between."""
        self.template_imports.advance_to_now()
        self.imports.advance_to_now()
        self.dnc_imports.advance_to_now()
        self.bulk_jobs.advance_to_now()
        self.org.retention.advance_to_now()

    def reset(self, seed: int | None = None) -> None:
        """Empty the org and start its generators anew: the same requests will get the same answers again.

        With `seed`, the luck of another org is the org's from now on.
        """
        self.org.reset(seed)
        self.reload()

    def reset_list(self, list_id: str) -> None:
        """Leave a list as it was made: without contacts, imports and exports. Raises NotFound."""
        self.org.store.clear(list_id)
        self.imports.forget(list_id)
        self.forget_jobs(list_id)

    def forget_jobs(self, list_id: str) -> None:
        """Let go of what is known of a list beside its contacts. Assumption: its exports go with it."""
        self.exports.forget(list_id)
        self.bulk_jobs.forget(list_id)
        self.org.queues.pop(list_id, None)

    def reload(self) -> None:
        """Take in what the store holds, as after a restart. Who listens has to come again."""
        self.org.reload()
        for service in (
            *(self.downloads, self.presigned, self.imports, self.exports, self.bulk_jobs, self.template_imports),
            *(self.dnc, self.dnc_imports, self.dnc_exports, self.notifications),
        ):
            service.reload()


def services_of(org: Org) -> Services:
    """The services of `org`, with what its store holds."""
    downloads, presigned, events = Downloads(org), PresignedUploads(org), Events(org)
    imports, exports, dnc = Imports(org, events), Exports(org, downloads), DncBook(org.store)
    # Templates and their imports ask each other: the former whether they are in use, the latter what is in them.
    list_templates = ContactListTemplates(org, lambda: import_templates.all())
    import_templates = ImportTemplates(org, list_templates, lambda: template_imports)
    template_imports = TemplateImports(org, imports, events, list_templates, import_templates)
    dnc_imports = DncImports(org, dnc, events)
    dnc_uploads = DncUploads(org, dnc_imports, presigned)
    uploads = UploadService(org, presigned, imports, template_imports, import_templates, events)
    uploads.readers["dnclist"] = dnc_uploads.reader_for
    services = Services(
        org=org,
        downloads=downloads,
        presigned=presigned,
        events=events,
        imports=imports,
        exports=exports,
        bulk_jobs=BulkJobs(org, downloads),
        list_templates=list_templates,
        import_templates=import_templates,
        template_imports=template_imports,
        dnc=dnc,
        dnc_imports=dnc_imports,
        dnc_exports=DncExports(org, downloads, dnc),
        dnc_uploads=dnc_uploads,
        uploads=uploads,
        notifications=Notifications(
            org, Sources(org, imports, template_imports, dnc, dnc_imports), lambda: services.advance_to_now()
        ),
    )
    return services


def create_services(
    *,
    store: Store,
    clock: Clock,
    profile: LoadedProfile,
    spool: Path,
    clients: list[OAuthClient],
    seed: int = 0,
    name: str = "",
    browser_origins: frozenset[str] = frozenset(),
) -> Services:
    """An org with all its services, ready for `app.create_app`. Of the clients it takes those that belong to it."""
    run = str(clock.now()) if store.contact_lists() or store.document_kinds() else ""
    org = Org(
        store=store,
        clock=clock,
        rng=random.Random(),
        profile=profile.profile,
        spool=spool,
        seed=seed,
        name=name,
        run=run,
        sources=dict(profile.sources),
        clients={client.id: client for client in clients if client.org == name},
        browser_origins=browser_origins,
    )
    org.reseed()
    return services_of(org)
