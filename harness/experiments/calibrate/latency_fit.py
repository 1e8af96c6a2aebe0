"""How long an operation takes, from samples: the model of `mockserver.pacing`, fitted by maximum likelihood.

    seconds = (base_s + per_contact_s * contacts + per_kib_s * KiB) * (1 + penalty * (in_work - 1)) * jitter

Jitter is log-normal around a median of 1; a share of the requests takes `tail_factor` times as long. All is fitted on
logarithms, since the error is a factor. Huber weights keep the tail out of the first fit; then each sample's chance of
being one of the tail is estimated and the rest fitted to what remains, in turns (expectation and maximisation).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TERMS = ("base_s", "per_contact_s", "per_kib_s", "concurrency_penalty")
HUBER = 1.345  # standard deviations; 95 % efficient where errors are normal (Huber 1981)
STEPS, EM_STEPS = 60, 40
LEAST_S = 1e-9
LEAST_SPREAD = 1e-6  # of logarithms
MAD = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
LEAST_TAIL = 1.5  # a factor below this cannot be told from jitter


@dataclass(frozen=True, slots=True)
class Observed:
    """Samples of one operation, an entry a request."""

    seconds: Array
    contacts: Array
    kib: Array
    in_work: Array  # requests of ours in flight when it began, itself included

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyFit:
    """Parameters as a profile names them; those that were not asked for are 0."""

    base_s: float = 0.0
    per_contact_s: float = 0.0
    per_kib_s: float = 0.0
    concurrency_penalty: float = 0.0
    sigma: float = 0.0
    tail_probability: float = 0.0
    tail_factor: float = 1.0

    def median_s(self, observed: Observed) -> Array:
        """What the model expects of each sample, jitter and tail aside."""
        values = np.array([self.base_s, self.per_contact_s, self.per_kib_s, self.concurrency_penalty])
        return _model(values, TERMS, observed)


def fit(observed: Observed, terms: Sequence[str] = TERMS, *, tail: bool = True) -> LatencyFit:
    """The likeliest parameters. Without `tail` there are too few samples to tell one: it counts as jitter, and what few
    samples of it there are weigh little."""
    logs = np.log(np.maximum(LEAST_S, observed.seconds))
    values = _robust(_start(observed, terms), terms, observed, logs)
    residuals = logs - np.log(_model(values, terms, observed))
    mixed = _first_guess(residuals) if tail else None
    for _ in range(EM_STEPS):
        if mixed is None:
            break
        before = values
        belongs = mixed.belongs(residuals)
        values = _improve(values, terms, observed, logs - belongs * mixed.shift, np.ones(len(observed)))
        residuals = logs - np.log(_model(values, terms, observed))
        mixed = mixed.update(residuals, belongs)
        if float(np.abs(np.log(values / before)).max(initial=0.0)) < 1e-5:
            break
    if mixed is None or mixed.shift < np.log(LEAST_TAIL):
        values = _least_squares(values, terms, observed, logs) if tail else values
        residuals = logs - np.log(_model(values, terms, observed))
        mixed = _Mixture(max(LEAST_SPREAD, float(np.sqrt((residuals**2).mean()))), 0.0, 0.0)
    named = dict(zip(terms, map(float, values), strict=True))
    sigma = mixed.sigma * float(np.sqrt(len(observed) / max(1, len(observed) - len(terms))))
    return LatencyFit(**named, sigma=sigma, tail_probability=mixed.share, tail_factor=float(np.exp(mixed.shift)))


def r_squared(fitted: LatencyFit, observed: Observed) -> float:
    """R squared on logarithms: the share of the spread that sizes and concurrency explain."""
    logs = np.log(np.maximum(LEAST_S, observed.seconds))
    total, rest = float(logs.var()), float((logs - np.log(fitted.median_s(observed))).var())
    return 1 - rest / total if total else 1.0


def drawn_again(fitted: LatencyFit, observed: Observed, rng: np.random.Generator) -> Observed:
    """What the same requests might have taken on another day, if the fit is right."""
    jitter = np.exp(fitted.sigma * rng.standard_normal(len(observed)))
    unlucky = rng.random(len(observed)) < fitted.tail_probability
    return replace(observed, seconds=fitted.median_s(observed) * jitter * np.where(unlucky, fitted.tail_factor, 1.0))


@dataclass(frozen=True, slots=True)
class _Mixture:
    """N(0, sigma), a share of which is shifted up. The middle of 0 is held by the regression."""

    sigma: float
    share: float
    shift: float

    def belongs(self, residuals: Array) -> Array:
        """How likely each is one of the tail."""
        common = (1 - self.share) * np.exp(-0.5 * (residuals / self.sigma) ** 2)
        tail = self.share * np.exp(-0.5 * ((residuals - self.shift) / self.sigma) ** 2)
        found: Array = tail / np.maximum(common + tail, 1e-300)
        return np.where(residuals > self.shift, np.maximum(found, 0.5), found)  # where both underflow

    def update(self, residuals: Array, belongs: Array) -> "_Mixture":
        shift = float(np.average(residuals, weights=np.maximum(belongs, 1e-12)))
        spread = (1 - belongs) * residuals**2 + belongs * (residuals - shift) ** 2
        return _Mixture(max(LEAST_SPREAD, float(np.sqrt(spread.mean()))), float(belongs.mean()), shift)


def _first_guess(residuals: Array) -> _Mixture | None:
    """The tail as the samples beyond three standard deviations; None if there are none."""
    centre = float(np.median(residuals))
    sigma = max(LEAST_SPREAD, MAD * float(np.median(np.abs(residuals - centre))))
    far = residuals > centre + max(3 * sigma, float(np.log(LEAST_TAIL)))
    return _Mixture(sigma, float(far.mean()), float(residuals[far].mean() - centre)) if far.any() else None


def _robust(values: Array, terms: Sequence[str], observed: Observed, logs: Array) -> Array:
    for _ in range(STEPS):
        residuals = logs - np.log(_model(values, terms, observed))
        spread = max(LEAST_SPREAD, MAD * float(np.median(np.abs(residuals - np.median(residuals)))))
        weights = np.minimum(1.0, HUBER * spread / np.maximum(np.abs(residuals), LEAST_S))
        before, values = values, _improve(values, terms, observed, logs, weights)
        if float(np.abs(np.log(values / before)).max(initial=0.0)) < 1e-5:
            break
    return values


def _least_squares(values: Array, terms: Sequence[str], observed: Observed, logs: Array) -> Array:
    for _ in range(10):
        values = _improve(values, terms, observed, logs, np.ones(len(observed)))
    return values


def _improve(values: Array, terms: Sequence[str], observed: Observed, logs: Array, weights: Array) -> Array:
    """One step of weighted least squares, in logarithms of the parameters, so that none of them falls below 0.

    Damped a little, so that what the samples do not determine stays where it is.
    """
    expected = _model(values, terms, observed)
    slopes = np.stack([_slope(values, terms, observed, at) for at in range(len(terms))], 1) * values
    residuals = logs - np.log(expected)
    weighted = slopes * weights[:, None]
    normal = slopes.T @ weighted
    damping = 1e-6 * np.trace(normal) / len(normal) + 1e-12
    step = np.linalg.solve(normal + damping * np.eye(len(normal)), weighted.T @ residuals)
    improved: Array = np.clip(values * np.exp(np.clip(step, -1.0, 1.0)), 1e-12, 1e6)
    return improved


def _start(observed: Observed, terms: Sequence[str]) -> Array:
    """Where the search begins: each term as if it alone explained half of the slowest samples."""
    slow = float(np.quantile(observed.seconds, 0.9)) / 2
    scales = {
        "base_s": max(LEAST_S, float(np.quantile(observed.seconds, 0.1)) / 2),
        "per_contact_s": max(LEAST_S, slow / max(1.0, float(observed.contacts.max(initial=1.0)))),
        "per_kib_s": max(LEAST_S, slow / max(1.0, float(observed.kib.max(initial=1.0)))),
        "concurrency_penalty": 0.02,
    }
    return np.array([scales[name] for name in terms])


def _work(values: Array, terms: Sequence[str], observed: Observed) -> tuple[Array, Array]:
    """Seconds of work alone, and the factor of the crowd."""
    named = dict(zip(terms, values, strict=True))
    work = (
        named.get("base_s", 0.0)
        + named.get("per_contact_s", 0.0) * observed.contacts
        + named.get("per_kib_s", 0.0) * observed.kib
    )
    crowd: Array = 1 + named.get("concurrency_penalty", 0.0) * np.maximum(0.0, observed.in_work - 1)
    return np.maximum(LEAST_S, work), crowd


def _model(values: Array, terms: Sequence[str], observed: Observed) -> Array:
    work, crowd = _work(values, terms, observed)
    return work * crowd


def _slope(values: Array, terms: Sequence[str], observed: Observed, at: int) -> Array:
    """How the logarithm of the model changes with one parameter."""
    work, crowd = _work(values, terms, observed)
    match terms[at]:
        case "base_s":
            return 1 / work
        case "per_contact_s":
            return observed.contacts / work
        case "per_kib_s":
            return observed.kib / work
    return np.maximum(0.0, observed.in_work - 1) / crowd
