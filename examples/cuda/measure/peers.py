#!/usr/bin/env python3
"""Measures PyTorch beside libraries that jtvmc has compiled, in turn: ours, theirs, ours, theirs.

Each line of output is one JSON document, written at once: {"contender", "latency_ms", "device_ms", ...}, with the lists
of what each turn gave, or {"contender", "error"}. Times are defined as jtvmc's are: latency_ms is the median of runs with
a wait, by the host's clock; device_ms is the time of one of many runs between two events of the device; graph_ms is the
same of runs that a CUDA graph holds, so that the host does not matter.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

TURNS = 3
WARMUP_SECONDS = 0.3
TURN_SECONDS = 0.7
FEWEST_RUNS = 20


def check():
    """Why PyTorch cannot be measured here; None where it can."""
    try:
        import torch
    except ImportError as error:
        return str(error)
    if torch.version.cuda is None:
        return f"PyTorch {torch.__version__} is built without CUDA"
    if not torch.cuda.is_available():
        return f"PyTorch {torch.__version__} finds no GPU that it can use"
    return None


# ---- What is measured ----


def kernel(name, device):
    """A workload of this folder as a function, with its inputs, and which modes of torch.compile are worth a try."""
    import torch
    from torch.nn import functional

    def random(*shape, dtype=torch.float32):
        return torch.rand(*shape, device=device, dtype=dtype)

    rows, columns = 8192, 4096
    if name in ("matmul-4096-fp32", "matmul-4096-fp16"):
        dtype = torch.float32 if name.endswith("fp32") else torch.float16
        return torch.matmul, (random(4096, 4096, dtype=dtype), random(4096, 4096, dtype=dtype)), []
    if name == "softmax-8192x4096":
        return lambda x: torch.softmax(x, -1), (random(rows, columns),), ["default"]
    if name == "layer-norm-8192x4096":
        scale, shift = random(columns), random(columns)
        return lambda x: functional.layer_norm(x, (columns,), scale, shift), (random(rows, columns),), ["default"]
    if name == "add-relu-8192x4096":
        return lambda a, b: torch.relu(a + b), (random(rows, columns), random(rows, columns)), ["default"]
    return None


def subject(name, device):
    """What a name stands for: a function, its inputs, the modes of torch.compile; MODEL-bBATCH-PRECISION is a network."""
    import torch

    found = kernel(name, device)
    if found:
        return found
    from networks import network

    model, batch, precision = name.rsplit("-", 2)
    dtype = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[precision]
    run, inputs = network(model, int(batch[1:]), dtype, device)
    return run, inputs, ["default", "max-autotune"]


def contenders(name, device, quick):
    """Names, and functions that prepare a run; in order of worth, since time may run out."""
    import torch

    run, inputs, modes = subject(name, device)
    yield "eager", lambda: lambda: run(*inputs)
    if name.startswith("resnet50") and not quick:
        yield "eager, channels last", lambda: channels_last(run, inputs)
    for mode in modes[:1] if quick else modes:
        yield f"torch.compile {mode}", lambda mode=mode: compiled(torch.compile(run, mode=mode), inputs)


def channels_last(run, inputs):
    import copy

    import torch

    model = copy.deepcopy(run).to(memory_format=torch.channels_last)
    image = inputs[0].to(memory_format=torch.channels_last)
    return lambda: model(image)


def compiled(run, inputs):
    run(*inputs)  # compiles
    return lambda: run(*inputs)


# ---- How ----


class Gpu:
    """The GPU's clock and its waiting."""

    def __init__(self, torch):
        self.torch = torch
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
        torch.backends.cudnn.benchmark = True

    def wait(self):
        self.torch.cuda.synchronize()

    def device_ms(self, run, count):
        begin, end = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(count):
            run()
        end.record()
        self.wait()
        return begin.elapsed_time(end) / count

    def graph(self, run):
        """The run as a graph; None where it cannot be captured, as one that is a graph already."""
        try:
            side = self.torch.cuda.Stream()
            side.wait_stream(self.torch.cuda.current_stream())
            with self.torch.cuda.stream(side):
                run()
            self.wait()
            captured = self.torch.cuda.CUDAGraph()
            with self.torch.cuda.graph(captured):
                run()
            return captured.replay
        except RuntimeError:
            self.wait()
            return None

    def describe(self):
        torch = self.torch
        return {"torch": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name(0)}


def latencies(run, wait):
    """Milliseconds of runs with a wait, after some that do not count."""
    end = time.perf_counter() + WARMUP_SECONDS
    while time.perf_counter() < end:
        run()
        wait()
    samples = []
    end = time.perf_counter() + TURN_SECONDS
    while time.perf_counter() < end or len(samples) < FEWEST_RUNS:
        start = time.perf_counter()
        run()
        wait()
        samples.append((time.perf_counter() - start) * 1e3)
    return samples


class Theirs:
    """A contender in this process."""

    def __init__(self, name, prepare, gpu):
        self.name = name
        self.gpu = gpu
        self.run = prepare()
        self.run()
        gpu.wait()
        self.replay = gpu.graph(self.run) if name.startswith("eager") else None

    def turn(self):
        samples = latencies(self.run, self.gpu.wait)
        median = statistics.median(samples)
        count = max(5, int(200 / median))
        times = {"latency_ms": median, "latency_min_ms": min(samples), "device_ms": self.gpu.device_ms(self.run, count)}
        if self.replay:
            times["graph_ms"] = self.gpu.device_ms(self.replay, count)
        return times


class Ours:
    """A library, measured by jtvmc in a process of its own."""

    def __init__(self, name, library, jtvmc):
        self.name = "jtvmc " + name
        self.command = [jtvmc, "bench", library, "--json", "--quiet", "--profile", "--warmup", "10"]
        self.command += ["--iterations", str(FEWEST_RUNS), "--duration", str(TURN_SECONDS)]

    def turn(self):
        done = subprocess.run(self.command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "jtvmc failed")
        found = json.loads(done.stdout)
        kernels = sum(entry["time_ms"] for entry in found["profile"])
        latency = found["latency_ms"]
        return {"latency_ms": latency["median"], "latency_min_ms": latency["min"], "device_ms": kernels}


def write(document):
    print(json.dumps(document), flush=True)


def in_turn(group, turns, number):
    """Measures the contenders of a group in turn, and writes what each gave; only within a group are times compared."""
    gave = {contender.name: [] for contender in group}
    errors = {}
    for _ in range(turns):
        for contender in group:
            if contender.name in errors:
                continue
            try:
                gave[contender.name].append(contender.turn())
            except Exception as error:  # out of memory, a fault: the others go on
                errors[contender.name] = sentence(error)
    for name, turns_of in gave.items():
        if name in errors:
            write({"contender": name, "group": number, "error": errors[name]})
        else:
            keys = turns_of[0].keys()
            write({"contender": name, "group": number, **{key: [turn[key] for turn in turns_of] for key in keys}})


def sentence(error):
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300] if lines else ''}"


def measure(name, ours, gpu, device, quick):
    """Ours beside what is ready soon; then, since its compiling may outlast the time, ours beside each of the rest."""
    turns = 2 if quick else TURNS
    group, number = [], 1
    for label, prepare in contenders(name, device, quick):
        if label.startswith("torch.compile max"):
            in_turn(ours + group, turns, number)
            group, number = [], number + 1
        try:
            group.append(Theirs(label, prepare, gpu))
        except Exception as error:  # one that cannot be compiled leaves the others
            write({"contender": label, "error": sentence(error)})
    if group:
        in_turn(ours + group, turns, number)


def main():
    parser = argparse.ArgumentParser(description="Measures PyTorch beside jtvmc's libraries.")
    parser.add_argument("subject", nargs="?", help="a workload's name, or MODEL-bBATCH-PRECISION")
    parser.add_argument("--check", action="store_true", help="only say 'yes' where PyTorch can be measured, else why not")
    parser.add_argument("--quick", action="store_true", help="two turns, eager and torch.compile's default mode")
    parser.add_argument("--jtvmc", default="jtvmc", help="the program")
    parser.add_argument("--ours", action="append", default=[], metavar="LABEL=LIBRARY")
    options = parser.parse_args()
    reason = check()
    if options.check:
        print(reason or "yes")
        return
    if reason:
        raise SystemExit("peers: " + reason)
    if not options.subject:
        parser.error("a subject is needed")
    import torch

    gpu = Gpu(torch)
    write(gpu.describe())
    ours = [Ours(*pair.split("=", 1), options.jtvmc) for pair in options.ours]
    with torch.inference_mode():
        measure(options.subject, ours, gpu, "cuda", options.quick)


if __name__ == "__main__":
    sys.exit(main())
