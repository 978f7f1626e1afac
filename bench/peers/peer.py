"""What the peers in Python share: the protocol and the method of measuring.

A peer reads a job from its standard input and writes messages, one JSON object
to a line, to its standard output; README.md here describes both. The method is
that of bench/internal/measure: copy, call, copy, call, in one process.
"""

import gc
import json
import math
import platform
import sys
import time

CONFIDENCE_Z = 3.2905  # of a normal interval of 99.9 %


def send(kind, body):
    json.dump({kind: body}, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")
    sys.stdout.flush()


def missing(name, reason):
    send("missing", {"name": name, "reason": str(reason)})
    sys.exit(0)


def quartiles(samples):
    """Quartiles that are values of samples, as gonum's stat.Empirical has them."""
    ordered = sorted(samples)

    def at(p):
        return ordered[max(math.ceil(p * len(ordered)), 1) - 1]

    return {"q1": at(0.25), "median": at(0.5), "q3": at(0.75)}


def spread(q):
    return (q["q3"] - q["q1"]) / q["median"]


def repeat(call, times):
    start = time.perf_counter_ns()
    for _ in range(times):
        call()
    return (time.perf_counter_ns() - start) / times


def batch(plan, call):
    """Warms call up and returns how many of it make a sample."""
    calls, start = 0, time.perf_counter_ns()
    while calls == 0 or time.perf_counter_ns() - start < plan["warm_ns"]:
        call()
        calls += 1
    mean = (time.perf_counter_ns() - start) / calls
    return max(1, int(plan["batch_ns"] / max(mean, 1)))


def sample(plan, call, per_sample, copy, per_copy):
    calls, copies = [], []
    start = time.perf_counter_ns()
    while len(calls) < plan["max_pairs"]:
        spent = time.perf_counter_ns() - start
        if len(calls) >= plan["min_pairs"] and spent >= plan["budget_ns"]:
            break
        if len(calls) >= 3 and spent >= 4 * plan["budget_ns"] > 0:
            break
        copies.append(repeat(copy, per_copy))
        calls.append(repeat(call, per_sample))
    return {
        "ns": quartiles(calls),
        "copy_ns": quartiles(copies),
        "ratio": quartiles([a / b for a, b in zip(calls, copies)]),
        "pairs": len(calls),
    }


def against(plan, call, copy):
    """Measures call against copy; tries again where copy is noisy."""
    per_sample, per_copy = batch(plan, call), batch(plan, copy)
    best, attempts, start = None, 0, time.perf_counter_ns()
    gc.disable()
    while True:
        m = sample(plan, call, per_sample, copy, per_copy)
        attempts += 1
        if best is None or spread(m["copy_ns"]) < spread(best["copy_ns"]):
            best = m
        noisy = spread(best["copy_ns"]) > plan["noise"]
        spent = time.perf_counter_ns() - start
        if not noisy or attempts >= plan["attempts"] or spent >= plan["attempts"] * plan["budget_ns"]:
            break
    gc.enable()
    best.update(attempts=attempts, noisy=noisy, allocs=-1, ghz=0)
    return best


def rate(p, total, dropped, total_sum):
    share = dropped / total
    half = CONFIDENCE_Z * math.sqrt(max(share * (1 - share), 1 / total) / total)
    value = total_sum / (total - dropped)
    return {
        "p": p, "draws": total, "rate": share, "lo": share - half, "hi": share + half,
        "mean": total_sum / total, "mean_lo": (1 - share - half) * value, "mean_hi": (1 - share + half) * value,
    }


class Rival:
    """A way to do dropout. Subclasses set the attributes and define the methods.

    Arrays are of whatever kind the library has; list() must give their floats.
    """

    name = about = backward_needs = ""
    mask_bytes = -1  # per element, -1: can't be had

    # What forward and backward are, by the names that the bench has for its own.
    ops = ("Forward", "Backward")

    def full(self, n, value):
        """Returns an array of n float32, all of that value."""
        raise NotImplementedError

    def ramp(self, n):
        """Returns an array of n float32 for timing."""
        raise NotImplementedError

    def copy(self, dst, src):
        raise NotImplementedError

    def seed(self, seed):
        raise NotImplementedError

    def setup(self, p, n):
        """Prepares for calls of n elements."""
        self.p, self.n = p, n

    def forward(self, dst, src):
        """Returns src with elements dropped, in dst or an array of its own."""
        raise NotImplementedError

    def backward(self, dst, grad):
        raise NotImplementedError

    def plain(self, y):
        """Returns y as something with the methods of NumPy's arrays, or PyTorch's."""
        return y

    def threads(self, n):
        """Sets how many threads are used, and returns whether there is a choice."""
        return n == 1


def counts(rival, y):
    """Returns how many of y are +0, -0, NaN and infinite, and how many others."""
    kinds = {}
    for v in rival.plain(y).tolist():
        if math.isnan(v):
            kind = "NaN"
        elif math.isinf(v):
            kind = "Inf"
        elif v == 0:
            kind = "-0" if math.copysign(1, v) < 0 else "+0"
        else:
            kind = "finite"
        kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


def dropped(rival, n, value):
    rival.setup(0.5, n)
    kinds = counts(rival, rival.forward(rival.full(n, 0.0), rival.full(n, value)))
    for zero in ("+0", "-0"):
        if zero in kinds:
            return zero
    if "NaN" in kinds and (math.isnan(value) or len(kinds) > 1):
        return "NaN"
    return str(kinds)


def masks(rival, n, seed, parts):
    """Returns which elements a seed drops, in so many calls."""
    rival.setup(0.5, n // parts)
    rival.seed(seed)
    out = []
    for _ in range(parts):
        y = rival.forward(rival.full(n // parts, 0.0), rival.full(n // parts, 1.0))
        out += [v == 0 for v in rival.plain(y).tolist()]
    return out


def gradient(rival, n):
    """Returns what kept gradients are multiplied by at p = 0.25, -1 without a backward."""
    if "Backward" not in rival.ops:
        return -1
    rival.setup(0.25, n)
    ones, dst = rival.full(n, 1.0), rival.full(n, 0.0)
    rival.forward(dst, ones)
    return max(rival.plain(rival.backward(dst, ones)).tolist())


def behaviour(rival, check):
    n = 1 << 16
    rates = []
    rival.threads(1)
    for p in check["ps"]:
        rival.setup(p, n)
        src, dst = rival.full(n, 1.0), rival.full(n, 0.0)
        total = zeros = 0
        total_sum = 0.0
        rival.seed(1)
        while total < check["draws"]:
            y = rival.plain(rival.forward(dst, src))
            zeros += int((y == 0).sum())
            total_sum += float(y.astype("f8").sum() if hasattr(y, "astype") else y.double().sum())
            total += n
        rates.append(rate(p, total, zeros, total_sum))
    whole = masks(rival, n, 7, 1)
    chunks = "same bits" if masks(rival, n, 7, 2) == whole else "other bits"
    workers = "not run"
    if rival.threads(2):
        big = 1 << 20
        two = masks(rival, big, 7, 1)
        rival.threads(1)
        workers = "same bits" if masks(rival, big, 7, 1) == two else "other bits"
    return {
        "impl": rival.name, "group": "peer", "about": rival.about, "rates": rates,
        "mask_bytes": rival.mask_bytes,
        "nan": dropped(rival, n, math.nan), "inf": dropped(rival, n, math.inf), "negative": dropped(rival, n, -1.0),
        "chunks": chunks, "workers": workers, "backward": rival.backward_needs,
        "gradient": gradient(rival, n),
    }


def cells(job, rivals):
    """Yields what is to be measured: size, p, rival and the names of its operations."""
    for n in job.get("sizes") or []:
        for p in job.get("ps") or []:
            for r in rivals:
                ops = [op for op in r.ops if op in (job.get("ops") or r.ops)]
                # The bench measures variants, whatever has another name than these, at one p.
                if ops and (p == job["ps"][0] or "Forward" in r.ops):
                    yield n, p, r, ops


def serve(name, versions, rivals):
    """Answers the job on standard input. versions are of what the rivals run on."""
    job = json.load(sys.stdin)
    wanted = job.get("impls") or [r.name for r in rivals]
    rivals = [r for r in rivals if r.name in wanted]
    checked = [r for r in rivals if "Forward" in r.ops] if job.get("check", {}).get("draws", 0) > 0 else []
    steps = len(checked) + sum(len(ops) for _, _, _, ops in cells(job, rivals))
    send("hello", {"name": name, "steps": steps, "with": ["Python " + platform.python_version()] + versions})
    if job["do"] != "measure":
        return
    for r in checked:
        send("step", r.name + ": what it does")
        send("behaviour", behaviour(r, job["check"]))
    for n, p, r, ops in cells(job, rivals):
        r.threads(1)
        r.setup(p, n)
        src, dst = r.ramp(n), r.full(n, 1.0)
        r.seed(1)  # once: a generator that runs on never repeats itself
        for op in ops:
            send("step", "%s: %s, %d elements, p = %g" % (r.name, op, n, p))
            r.forward(dst, src)
            call = r.backward if op.endswith("Backward") else r.forward
            m = against(job["plan"], lambda: call(dst, src), lambda: r.copy(dst, src))
            m.update(impl=r.name, group="peer", op=op, n=n, p=p, workers=1)
            send("measurement", m)
