# SPDX-License-Identifier: MIT
"""script: what a call of a Lua handler costs, from events in memory."""

import subprocess

from bench import LOAD_CPU, table, verdict

# ns a call without and with limits, of handlers that read three fields: 8 and 5 million calls a second.
BOUNDS = (125, 200)


def run(build, quick):
    subprocess.run(["cmake", "--build", build.folder, "--target", "bench_script"], check=True,
                   stdout=subprocess.DEVNULL)
    out = subprocess.run(["taskset", "-c", str(LOAD_CPU), f"{build.folder}/bin/bench_script", "0.3" if quick else "2"],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = []
    for line in out.splitlines():
        name, *ns = line.split("\t")
        row = [name]
        for value, bound in zip(map(float, ns), BOUNDS):
            three = name.startswith(("two", "three"))
            row += [f"{1e9 / value:,.0f}", f"{value:.1f}", verdict(value, bound) if three else ""]
        rows.append(row)
    table("script: calls of a Lua handler, without and with limits; bounds 8,000,000 and 5,000,000",
          ["a handler that reads", "calls/s", "ns", "", "calls/s", "ns", ""], rows)
