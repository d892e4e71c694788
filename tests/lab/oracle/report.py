"""Tables for people."""

from . import generate


def table(verdicts):
    """How many schedules of each feature disagree: alone, and with others."""
    rows = []
    for name in generate.names():
        alone = [verdict for verdict in verdicts if verdict.schedule["features"] == [name]]
        mixed = [v for v in verdicts if name in v.schedule["features"] and len(v.schedule["features"]) > 1]
        if not alone and not mixed:
            continue
        wrong = [verdict for verdict in alone if not verdict.agrees]
        kinds = {}
        for verdict in wrong:
            kinds[verdict.kind()] = kinds.get(verdict.kind(), 0) + 1
        example = min(wrong, key=lambda verdict: len(verdict.schedule["steps"])).schedule["seed"] if wrong else ""
        how = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        mixed_wrong = sum(not verdict.agrees for verdict in mixed)
        rows.append((name, len(alone), len(wrong), len(mixed), mixed_wrong, example, how))
    lines = [f"{'feature':<16} {'alone':>6} {'differ':>6} {'mixed':>6} {'differ':>6}  {'seed':<8} how they differ"]
    for name, alone, wrong, mixed, mixed_wrong, example, how in rows:
        lines.append(f"{name:<16} {alone:>6} {wrong:>6} {mixed:>6} {mixed_wrong:>6}  {example!s:<8} {how}")
    return "\n".join(lines)


def explain(verdict):
    """One verdict."""
    lines = [verdict.difference() if not verdict.agrees else "they agree"]
    for end, expected in zip(verdict.ends, verdict.expected or [b""]):
        lines.append(f"  the application read {len(expected)} bytes, versions {versions(expected)}; then: {end}")
    for entry in verdict.entries:
        lines.append(f"  tidegate: {entry['bytes']} bytes, gaps {entry['gaps']}, {entry['state']}, {entry['reason']}")
    for found in verdict.found:
        lines.append(f"  tidegate delivered {len(found)} readable bytes, versions {versions(found)}")
    return "\n".join(lines)


def versions(data):
    """Which version each part is of, as FIRST..END:VERSION."""
    runs = []
    for at, byte in enumerate(data):
        version = byte & 7
        if runs and runs[-1][2] == version:
            runs[-1][1] = at + 1
        else:
            runs.append([at, at + 1, version])
    shown = " ".join(f"{first}..{end}:{version}" for first, end, version in runs[:20])
    return shown + (" ..." if len(runs) > 20 else "") or "-"
