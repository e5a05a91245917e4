#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times verifiers side by side on the same instances, alternating, whole processes.

usage: compare.py --instances FILE.csv [--root FOLDER] [--timeout S] [--repeat N] NAME=COMMAND NAME=COMMAND …

FILE has the columns onnx, vnnlib (relative to --root). A COMMAND contains {onnx}, {vnnlib}, {timeout} and {out}; its verdict is the first known word in
{out} or on standard output. Prints one row per instance with the medians, and the ratio of every command to the first over the instances that both solved.
"""
import argparse, csv, os, shlex, statistics, subprocess, tempfile, time

WORDS = {"sat": "sat", "violated": "sat", "unsat": "unsat", "holds": "unsat", "unknown": "unknown", "timeout": "timeout"}


def run(command, onnx, vnnlib, timeout):
    fd, out = tempfile.mkstemp()
    os.close(fd)
    argv = [a.format(onnx=onnx, vnnlib=vnnlib, timeout=timeout, out=out) for a in shlex.split(command)]
    begin = time.monotonic()
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout + 15)
        output = done.stdout
    except subprocess.TimeoutExpired:
        output = "timeout"
    wall = time.monotonic() - begin
    with open(out) as stream:
        text = stream.read() + " " + output
    os.unlink(out)
    return next((WORDS[w] for w in text.split() if w in WORDS), "error"), wall


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", required=True)
    parser.add_argument("--root", default="")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("commands", nargs="+")
    args = parser.parse_args()
    commands = [c.split("=", 1) for c in args.commands]
    ratios = {name: [] for name, _ in commands[1:]}
    with open(args.instances) as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        onnx, vnnlib = (os.path.join(args.root, row[k]) for k in ("onnx", "vnnlib"))
        results = {name: [] for name, _ in commands}
        for _ in range(args.repeat):
            for name, command in commands:
                results[name].append(run(command, onnx, vnnlib, args.timeout))
        summary = {n: (r[0][0], statistics.median(t for _, t in r)) for n, r in results.items()}
        print(os.path.basename(onnx), os.path.basename(vnnlib), *(f"{n}: {v} {t:.3f} s" for n, (v, t) in summary.items()), sep="  ", flush=True)
        first = summary[commands[0][0]]
        for name in ratios:
            if first[0] == summary[name][0] in ("sat", "unsat"):
                ratios[name].append((summary[name][1] / first[1], summary[name][1]))
    for name, values in ratios.items():
        if not values:
            continue
        parts = [("all", values), ("theirs < 2 s", [v for v in values if v[1] < 2]), ("theirs ≥ 2 s", [v for v in values if v[1] >= 2])]
        for label, part in parts:
            if part:
                only = sorted(r for r, _ in part)
                print(f"{name} / {commands[0][0]}, {label}: {len(only)} instances, time ratio median {statistics.median(only):.1f}, least {only[0]:.2f}, most {only[-1]:.1f}")


if __name__ == "__main__":
    main()
