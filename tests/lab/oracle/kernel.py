"""What the kernel took, by itself: of each kind of crafted segment, how many of its bytes the application read. This is
the specification that a policy named after the kernel has to follow."""

PARAMETERS = ("flags", "ack", "ts", "bad", "opt", "reserved", "at", "off")


def magnitude(value):
    """Numbers by their order: what counts is mostly the side and whether it is far."""
    if not isinstance(value, int) or value in (0, 1, -1):
        return str(value)
    sign = "-" if value < 0 else "+"
    size = abs(value)
    for limit, name in ((10, "few"), (2000, "some"), (1 << 17, "many"), (1 << 31, "far")):
        if size < limit:
            return sign + name
    return sign + "2^31.."


def key(step):
    """A step without what differs between schedules for no reason."""
    words = [step["why"]]
    for name in PARAMETERS:
        value = step.get(name)
        if name == "off" and step["at"] == "data" or name == "at" and value == "data":
            continue
        if name in ("ack", "ts") and value == 0 or name in ("bad", "opt", "reserved") and not value:
            continue
        words.append(f"{name} {magnitude(value) if value is not None else 'none'}")
    return ", ".join(words)


def taken(verdicts):
    """Lines that say of each kind of segment with bytes of its own how often any of these were read, and of each kind
    without how often the application met a reset."""
    bytes_read, resets = {}, {}
    for verdict in verdicts:
        if len(verdict.schedule["features"]) != 1:
            continue
        ends_reset = any(step.get("why") == "end" and "R" in step["flags"] for step in verdict.schedule["steps"])
        read = {byte & 7 for data in verdict.expected for byte in data}
        for step in verdict.schedule["opening"] + verdict.schedule["steps"]:
            if step["op"] != "seg" or step.get("why") in (None, "end", "again"):
                continue
            if step["ver"]:
                count = bytes_read.setdefault(key(step), [0, 0])
                count[0] += step["ver"] in read
                count[1] += 1
            if not ends_reset and ("R" in step["flags"] or "S" in step["flags"]):
                count = resets.setdefault(key(step), [0, 0])
                count[0] += "reset" in verdict.ends
                count[1] += 1
    lines = ["bytes that the application read:"]
    lines += [f"  {yes:>4} of {all_:<4} {name}" for name, (yes, all_) in sorted(bytes_read.items())]
    lines.append("connections that ended with a reset:")
    lines += [f"  {yes:>4} of {all_:<4} {name}" for name, (yes, all_) in sorted(resets.items())]
    return "\n".join(lines)
