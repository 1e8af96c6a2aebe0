"""Orgs whose profile nobody tells the calibration: drawn by a seed from wide ranges, on virtual time."""

import random
from pathlib import Path

from harness import simulator
from harness.client.oauth import MOCK_CREDENTIALS
from harness.experiments import calibrate
from harness.simulator import LoadedProfile
from mockserver.loaded_profile import flat, with_changes


def drawn(seed):
    """Settings of an org: fast or slow, steady or not, with limits like the default's or lower ones."""
    rng = random.Random(f"org {seed}")

    def latency(base_s, per_contact_s=0.0, per_kib_s=0.0):
        return {
            "base_s": base_s,
            "per_contact_s": per_contact_s,
            "per_kib_s": per_kib_s,
            "sigma": rng.uniform(0.05, 0.5),
            "tail_probability": rng.uniform(0, 0.04),
            "tail_factor": rng.uniform(2, 8),
            "concurrency_penalty": rng.uniform(0, 0.2),
        }

    def between(low, high):
        """As likely in each of its decades."""
        return low * (high / low) ** rng.random()

    settings = {
        "latency": {
            "*": latency(between(0.03, 0.5)),
            "contacts.add": latency(between(0.05, 0.8), between(2e-4, 5e-3), rng.choice([0.0, between(1e-5, 5e-4)])),
            "import.upload": latency(between(0.2, 2), 0.0, between(3e-6, 3e-4)),
            "export.file": latency(0.2),
        },
        "jobs.import_start_delay_s": between(0.5, 40),
        "jobs.import_rows_per_s": between(300, 30_000),
        "jobs.export_start_delay_s": between(0.5, 25),
        "jobs.export_rows_per_s": between(1_000, 100_000),
        "rate.requests_per_window": rng.choice([120, 180, 300, 300, 600]),
        "rate.window_s": rng.choice([30.0, 45.0, 60.0, 60.0]),
        "rate.window": rng.choice(["fixed", "fixed", "sliding"]),
    }
    if rng.random() < 0.3:
        settings["rate.per_op"] = {"contacts.add": rng.choice([60, 100, 150])}
    return settings


def profile(settings):
    return with_changes(simulator.load_profile("default").profile, settings)


def calibrated(folder: Path, settings, *, seed=1, before=lambda org: None, **caps):
    """The document of a calibration, the org it was made on, and the numbers of lists that are left in it."""

    async def run():
        loaded = simulator.load_profile("default")
        async with simulator.serve_in_process(LoadedProfile(profile(settings), loaded.sources), seed) as (
            target,
            services,
        ):
            org = services.org
            before(org)
            order = calibrate.CalibrationOrder(
                target=target,
                credentials=MOCK_CREDENTIALS,
                folder=folder,
                run_id="test",
                date="2026-01-01",
                to=folder / "found.toml",
                **caps,
            )
            document = await calibrate.calibrate(order, lambda line: None)
            return document, org, len(list(org.store.contact_lists()))

    return simulator.run(run())


def dotted(settings):
    """By dotted names, as a profile writes them."""
    return {
        name: value for name, value in flat(profile(settings)).items() if name.startswith(("latency", "jobs", "rate"))
    }
