#!/usr/bin/env python3
"""Writes what measure.sh has measured as Markdown: report.py RESULTS > report.md. Nothing but Python 3.8 is needed."""

import json
import re
import statistics
import sys
from pathlib import Path

# The least share of a peer's speed that the project aims at.
GOALS = {"matmul-4096-fp32": 0.8, "matmul-4096-fp16": 0.7}
GOAL_OF_BANDWIDTH = 0.85
GOAL_OF_NETWORKS = 1.0

PRODUCT_OPERATIONS = 2 * 4096**3
MATRIX_BYTES = 8192 * 4096 * 4
# What a kernel has to read and write at least.
BYTES = {"softmax-8192x4096": 2, "layer-norm-8192x4096": 2, "add-relu-8192x4096": 3}
KERNELS = ["matmul-4096-fp32", "matmul-4096-fp16", "matmul-4096-fp16-notma", "matmul-4096-int8", *BYTES]
NAMES = {
    "matmul-4096-fp32": "matmul 4096³, float32",
    "matmul-4096-fp16": "matmul 4096³, float16, sums of float32",
    "matmul-4096-fp16-notma": "the same with `-tma=0`",
    "matmul-4096-int8": "matmul 4096³, int8, sums of int32",
    "softmax-8192x4096": "softmax 8192×4096",
    "layer-norm-8192x4096": "layer norm 8192×4096",
    "add-relu-8192x4096": "add and relu 8192×4096",
}
NETWORKS = ["minilm", "resnet50", "bert-base", "minilm-int8"]
WORDS = {"skipped": "left out", "later": "not reached", "failed": "failed", "cut": "cut off"}
# Of NVML's reasons for a lower clock: slowdown by hardware, heat (software, hardware), the power brake.
HELD_DOWN = 0x8 | 0x20 | 0x40 | 0x80


class Results:
    """The files of one results folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.steps = {path.stem: keys(path) for path in sorted((self.folder / "steps").glob("*.status"))}

    def state(self, step):
        return self.steps.get(step, {}).get("state")

    def document(self, step):
        """What a step printed; None where it did not succeed."""
        if self.state(step) != "ok":
            return None
        try:
            return json.loads(self.text(step))
        except ValueError:
            return None

    def lines(self, step):
        """The documents that a step has printed one a line, until its end or until it was cut off."""
        found = []
        for line in self.text(step).splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return [entry for entry in found if isinstance(entry, dict)]

    def text(self, step):
        path = self.folder / "steps" / f"{step}.out"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def file(self, name):
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def of_stage(self, stage):
        return [name for name in self.steps if name.startswith(stage + ".")]


def keys(path):
    pairs = (line.split("=", 1) for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if "=" in line)
    return dict(pairs)


# ---- Markdown ----


def table(head, rows):
    if not rows:
        return []
    rule = ["---"] * len(head)
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)] + [""]


def figure(value, digits=3):
    """A number to some significant digits, without an exponent; nothing where there is none."""
    if value is None:
        return ""
    if value >= 10 ** (digits - 1):
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    return f"{value:.{digits + 4}f}".rstrip("0") if "e" in text else text


def ms(value):
    return "" if value is None else f"{figure(value, 4)} ms"


def share(ours, goal):
    """How a share of a peer's speed stands beside its goal."""
    if ours is None:
        return ""
    return f"{ours:.2f} ({'reaches' if round(ours, 3) >= goal else 'short of'} {goal:g})"


def shortened(text, most=200):
    return text if len(text) <= most else text[: most - 3] + "..."


# ---- What was measured ----


def device_ms(bench):
    return sum(entry["time_ms"] for entry in bench["profile"]) if bench and bench.get("profile") else None


def latency(bench):
    return bench["latency_ms"]["median"] if bench else None


def quotient(a, b):
    return a / b if a and b else None


def copy_rate(results):
    """Bytes a second, in GB, of a copy within the GPU's memory: the best median of the run."""
    found = [results.document(f"kernels.copy-{when}") for when in ("before", "after")]
    return max((each["gb_s_median"] for each in found if each), default=None)


class Peers:
    """What one comparison with PyTorch gave: groups of contenders that were measured in turn."""

    def __init__(self, lines):
        self.groups, self.errors = {}, {}
        for line in lines:
            if "error" in line:
                self.errors[line["contender"]] = line["error"]
            elif "group" in line:
                self.groups.setdefault(line["group"], {})[line["contender"]] = line

    def time(self, contender, kind):
        """The median of the turns' times; of the first group that has it."""
        for group in self.groups.values():
            if contender in group:
                return best_kind(group[contender], kind)
        return None

    def ratio(self, ours, theirs, kind):
        """Their time over ours: the median of the turns, each beside the other."""
        for group in self.groups.values():
            if ours in group and theirs in group:
                pairs = zip(turns(group[theirs], kind), turns(group[ours], kind))
                return statistics.median(their / our for their, our in pairs)
        return None

    def names(self):
        return list(dict.fromkeys(name for group in self.groups.values() for name in group))


def turns(line, kind):
    """The times of each turn; on the device the graph's, where there is one: the host is no part of it."""
    if kind == "device_ms" and "graph_ms" in line:
        return [min(pair) for pair in zip(line["graph_ms"], line["device_ms"])]
    return line[kind]


def best_kind(line, kind):
    return statistics.median(turns(line, kind))


# ---- Sections ----


def heading(results):
    system = keys(results.folder / "system.txt") if (results.folder / "system.txt").exists() else {}
    copy = results.document("kernels.copy-before") or {}
    doctor = results.document("doctor.jtvmc") or {"findings": []}
    found = {entry["name"]: entry["found"] for entry in doctor["findings"]}
    torch = next((line for step in results.of_stage("peers") for line in results.lines(step) if "torch" in line), None)
    facts = [
        ("GPU", found.get("gpu") or system.get("name") or "none that can be used"),
        ("driver", ", ".join(filter(None, [system.get("driver_version"), found.get("cuda driver")]))),
        ("ptxas", found.get("ptxas") or "none"),
        ("CPU", f"{system.get('cpu', '')}, {system.get('cores', '?')} cores"),
        ("jtvmc", ", ".join(filter(None, [found.get("jtvmc"), system.get("kit")]))),
        ("PyTorch", f"{torch['torch']}, CUDA {torch['cuda']}" if torch else "not measured"),
        ("a copy within its memory", f"{figure(copy_rate(results), 4)} GB/s" if copy_rate(results) else ""),
        ("clock under load", clocks(results)),
        ("date", system.get("date", "")),
    ]
    title = copy.get("device") or found.get("gpu") or "no GPU"
    lines = [f"# jtvmc on {title}", ""]
    lines += [f"- {name}: {value}" for name, value in facts if value]
    notes = results.file("notes.txt").splitlines()
    return lines + [""] + (["## Noticed", ""] + [f"- {note}" for note in notes] + [""] if notes else [])


def clocks(results):
    """Medians of the samples while the GPU worked."""
    samples = []
    for line in results.file("clocks.csv").splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) >= 6 and cells[0].isdigit() and cells[1].isdigit() and cells[2].isdigit() and int(cells[2]) >= 20:
            samples.append(cells)
    if not samples:
        return ""
    clock = statistics.median(int(cells[0]) for cells in samples)
    text = f"{clock:.0f} MHz of {samples[0][1]}"
    held = sum(1 for cells in samples if re.fullmatch(r"0x[0-9a-fA-F]+", cells[5]) and int(cells[5], 16) & HELD_DOWN)
    return text + (f"; heat or power held it down in {held} of {len(samples)} samples" if held else "")


def answers(results):
    rows = []
    for step in results.of_stage("answers"):
        name = step.split(".", 1)[1]
        document = results.document(step)
        if name.endswith("-nodes") or not document:
            continue
        outputs = document["outputs"]
        wrong, elements = (sum(output[key] for output in outputs) for key in ("wrong", "elements"))
        verdict = "equal" if document["ok"] else "**differs**" + nodes(results, step)
        largest = max(output["max_abs"] for output in outputs)
        rows.append([name, document["reference"], f"{largest:.2g}", f"{wrong} of {elements}", verdict])
    head = ["model", "reference", "largest absolute difference", "beyond the tolerance", ""]
    return section("Answers", table(head, rows))


def nodes(results, step):
    """Which kernels of a wrong model differ from the interpreter."""
    document = results.document(step + "-nodes")
    if not document or not document.get("nodes"):
        return ""
    wrong = [node["name"] for node in document["nodes"] if not node["ok"]]
    return f": kernels {', '.join(wrong[:5])}" if wrong else ": each kernel is right on what it is given"


def kernels(results):
    rate = copy_rate(results)
    rows = []
    for name in KERNELS:
        default, tuned = results.document(f"kernels.{name}"), results.document(f"kernels.{name}-tuned")
        if not default and not tuned:
            continue
        peers = Peers(results.lines(f"peers.{name.replace('-notma', '')}"))
        best = min(filter(None, [device_ms(default), device_ms(tuned)]), default=None)
        theirs, compared = beside(name, best, peers, rate)
        rows.append(
            [
                NAMES[name],
                timed(name, device_ms(default)),
                " ".join(filter(None, [timed(name, device_ms(tuned)), trials(results, f"kernels.{name}-tune")])),
                theirs,
                compared,
            ]
        )
    head = ["kernel, time on the device", "default", "tuned", "PyTorch (cuBLAS for products)", "the better of ours, and the goal"]
    return section("Kernels", table(head, rows))


def beside(name, best, peers, rate):
    """PyTorch's time as text, and how ours stands beside the goal."""
    names = [name for name in peers.names() if not name.startswith("jtvmc")]
    times = {each: peers.time(each, "device_ms") for each in names}
    theirs = "; ".join(f"{each} {timed(name, time)}" for each, time in times.items())
    if name in BYTES:
        moved = quotient(BYTES[name] * MATRIX_BYTES / 1e6, best)
        of_copy = quotient(moved, rate)
        return theirs, share(of_copy, GOAL_OF_BANDWIDTH) + (" of a copy's rate" if of_copy else "")
    ours = best_ratio([peers], names, "device_ms") or quotient(min(times.values(), default=None), best)
    return theirs, share(ours, GOALS.get(name, GOALS["matmul-4096-fp16"])) + (" of cuBLAS" if ours else "")


def timed(name, time):
    """A kernel's time, with operations or bytes a second."""
    if time is None:
        return ""
    if name in BYTES:
        return f"{ms(time)}, {figure(BYTES[name] * MATRIX_BYTES / time / 1e6, 4)} GB/s"
    unit = "TOP/s" if name.endswith("int8") else "TFLOP/s"
    return f"{ms(time)}, {figure(PRODUCT_OPERATIONS / time / 1e9)} {unit}"


def trials(results, step):
    document = results.document(step)
    return f"({document['trials']} trials)" if document else ""


def networks(results):
    rows = []
    for name in NETWORKS:
        for batch in (1, 8):
            for precision in ("fp32", "fp16"):
                row = network(results, name, batch, precision)
                if row:
                    rows.append(row)
    head = ["model, one run with a wait", "default", "tuned", "PyTorch eager", "torch.compile", "best of ours beside eager", "beside torch.compile"]
    return section("Networks", table(head, rows), "In brackets: time on the device, of all kernels together; of PyTorch that of a graph where it is less.")


def network(results, name, batch, precision):
    step = f"{name}-b{batch}-{precision}"
    default, tuned = results.document(f"networks.{step}"), results.document(f"tuned.{step}")
    found = [Peers(results.lines(f"peers.{step}")), Peers(results.lines(f"tuned.{step}-peers"))]
    if not default and not tuned and not any(each.groups for each in found):
        return None
    eager = [each for each in found[0].names() + found[1].names() if each.startswith("eager")]
    compiled = [each for each in found[0].names() + found[1].names() if each.startswith("torch.compile")]
    return [
        f"{name}, batch {batch}, {precision}",
        both(latency(default), device_ms(default)),
        both(latency(tuned), device_ms(tuned)),
        "; ".join(peer_times(found, dict.fromkeys(eager), "eager")),
        "; ".join(peer_times(found, dict.fromkeys(compiled), "torch.compile")),
        share(best_ratio(found, eager, "latency_ms"), GOAL_OF_NETWORKS),
        share(best_ratio(found, compiled, "latency_ms"), GOAL_OF_NETWORKS),
    ]


def both(latency_ms, device):
    return "" if latency_ms is None else ms(latency_ms) + (f" ({ms(device)})" if device else "")


def peer_times(found, names, prefix):
    for name in names:
        peers = next(each for each in found if name in each.names())
        label = name[len(prefix) :].strip(" ,")
        yield (label + " " if label else "") + both(peers.time(name, "latency_ms"), peers.time(name, "device_ms"))


def best_ratio(found, names, kind):
    """Beside the fastest of the peer's forms, with the better of ours: each as measured in turn."""
    best = None
    for ours in ("jtvmc default", "jtvmc tuned"):
        ratios = [each.ratio(ours, name, kind) for each in found for name in names]
        ratios = [ratio for ratio in ratios if ratio]
        if ratios and (best is None or min(ratios) > best):
            best = min(ratios)
    return best


def hot_kernels(results):
    rows = []
    for step in results.of_stage("networks"):
        document = results.document(step)
        if document and document.get("profile"):
            top = sorted(document["profile"], key=lambda entry: -entry["time_ms"])[:4]
            cells = [f"`{entry['kernel']}` {100 * entry['share']:.0f} %, {ms(entry['time_ms'])}" for entry in top]
            rows.append([step.split(".", 1)[1], "; ".join(cells)])
    return section("Where the time of default schedules goes", table(["model", "the most expensive kernels"], rows))


def tuning(results):
    rows = []
    for step in results.steps:
        document = results.document(step)
        if not step.endswith("-tune") or not document:
            continue
        failures = {}
        for task in document["tasks"]:
            for kind, count in task["failures"].items():
                failures[kind] = failures.get(kind, 0) + count
        rows.append(
            [
                step.split(".", 1)[1][: -len("-tune")],
                str(len(document["tasks"])),
                str(document["trials"]),
                f"{document['elapsed_s']:.0f} s",
                f"{document['trials_per_s']:.1f}",
                ", ".join(f"{count} {kind}" for kind, count in failures.items() if count) or "none",
            ]
        )
    return section("Tuning", table(["what", "tasks", "trials", "time", "trials a second", "failures"], rows))


def sanitizer(results):
    rows = []
    for step in results.of_stage("sanitizer"):
        text = results.text(step) + results.file(f"steps/{step}.log")
        found = re.findall(r"ERROR SUMMARY: (\d+) error|RACECHECK SUMMARY: (\d+) hazard", text)
        if found:
            rows.append([step.split(".", 1)[1], str(sum(int(a or b) for a, b in found))])
    return section("compute-sanitizer", table(["tool and model", "errors or hazards"], rows))


def unfinished(results):
    rows = []
    for name, status in results.steps.items():
        if status.get("state") != "ok":
            word = WORDS.get(status.get("state"), str(status.get("state")))
            code = status.get("code", "-")
            code = f", code {code}" if status.get("state") == "failed" else ""
            rows.append([f"`{name}`", word + code, shortened(status.get("reason", "").replace("|", "\\|"))])
    for step in results.of_stage("peers") + results.of_stage("tuned"):
        for contender, error in Peers(results.lines(step)).errors.items():
            rows.append([f"`{step}`", contender, shortened(error.replace("|", "\\|"))])
    return section("Not done", table(["step", "", "why"], rows))


def section(title, lines, remark=""):
    if not lines:
        return []
    return [f"## {title}", "", *([remark, ""] if remark else []), *lines]


def report(folder):
    results = Results(folder)
    parts = (heading, answers, kernels, networks, hot_kernels, tuning, sanitizer, unfinished)
    return "\n".join(line for part in parts for line in part(results)).rstrip() + "\n"


def main():
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "steps").is_dir():
        raise SystemExit("usage: report.py RESULTS, a folder that measure.sh has written")
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(report(sys.argv[1]))


if __name__ == "__main__":
    main()
