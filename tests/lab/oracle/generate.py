"""From a seed to a schedule."""

from . import opening, resets  # noqa: F401, their features register themselves
from .features import FEATURES
from .schedule import Plan

# Their result depends on what the application asked for, or on memory that nobody sees: only when asked for.
NOT_BY_DEFAULT = {"urgent_apart"}
# These write the plan's segments anew, so they go first.
FIRST = ["tiny", "window_right", "window_closed", "wrap"]


def names():
    """All features, in a fixed order."""
    return list(FEATURES)


def by_default():
    """Those that are used when none is named."""
    return [name for name in FEATURES if name not in NOT_BY_DEFAULT]


def generate(seed, chosen, role, alone=False):
    """The schedule of a seed. Half of them have one feature, so that a mismatch says what it is about; the others have
    several, unless all are to be `alone`. `split`, plain segments in order, is in all of them."""
    plan = Plan(seed, role)
    count = 1 if plan.rng.random() < 0.5 or alone else plan.rng.randint(2, 4)
    picked = plan.rng.sample(chosen, min(count, len(chosen)))
    picked.sort(key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    plan.split()
    for name in picked:
        plan.features.add(name)
        FEATURES[name](plan)
    return plan.schedule()
