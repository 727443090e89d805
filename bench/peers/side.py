"""What every peer script shares: its task, its result line, its peak memory, plain errors."""
import importlib
import json
import sys
import time


def task():
    return json.loads(sys.argv[1])


def peak_megabytes():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6


def say(**result):
    print(json.dumps(result | {"peakMegabytes": peak_megabytes()}), flush=True)


def need(*modules):
    """The modules, or a result that names the one that is missing."""
    found = []
    for name in modules:
        try:
            found.append(importlib.import_module(name))
        except ImportError as e:
            print(json.dumps({"error": f"Python module '{name}' cannot be imported ({e}): install it, or name another --python"}))
            sys.exit(3)
    return found if len(found) > 1 else found[0]


def dtype(torch, asked):
    """auto: whichever type multiplies matrices faster here."""
    if asked != "auto":
        return {"fp32": torch.float32, "bf16": torch.bfloat16}[asked]

    def best(kind):
        a, b = torch.ones(256, 576, dtype=kind), torch.ones(576, 1536, dtype=kind)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            a @ b
            times.append(time.perf_counter() - start)
        return min(times)

    return min((torch.float32, torch.bfloat16), key=best)


def name(kind):
    return str(kind).removeprefix("torch.")


def median_of_three(work):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[1]
