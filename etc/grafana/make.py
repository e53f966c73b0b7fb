# SPDX-License-Identifier: MIT
"""
The dashboards, each a table of rows of panels: title, kind, unit, and (legend, expression)s. Writes dashboards/*.json;
tests/house/test_metrics.py checks that they are what this makes, and every expression.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
IN = 'instance=~"$instance"'
BOX = IN + ',container=~"$container"'


def rate(name, by="", more="", where=BOX):
    return f"sum by ({by or 'instance'}) (rate(eunomia_{name}{{{where}{more}}}[$__rate_interval]))"


def quantile(q, name, by=""):
    return (f"histogram_quantile({q}, sum by ({by + ', ' if by else ''}le) "
            f"(rate(eunomia_{name}_bucket{{{BOX}}}[$__rate_interval])))")


def top(expr, n=10):
    return f"topk({n}, {expr})"


LOST = (f"sum by (instance) (increase(eunomia_stream_lost_total{{{IN}}}[$__range]) + "
        f"increase(eunomia_stream_full_total{{{IN}}}[$__range]))")

DASHBOARDS = {
    "overview": ("Eunomia: overview", [
        [("Hosts that answer", "stat", "short", [("up", f'sum(up{{job="eunomia",{IN}}})')]),
         ("Alerts", "stat", "short", [("", f"sum(increase(eunomia_alerts_total{{{BOX}}}[$__range]))")]),
         ("Events lost", "stat", "short", [("{{instance}}", LOST)]),
         ("Alerts lost", "stat", "short", [("", f"sum(increase(eunomia_output_lost_total{{{IN}}}[$__range]))")])],
        [("Records delivered", "timeseries", "ops", [("{{stream}}", rate("stream_delivered_total", "stream", where=IN))]),
         ("Lost, by stream", "timeseries", "ops",
          [("{{stream}}: ring", rate("stream_lost_total", "stream", where=IN)),
           ("{{stream}}: rows", rate("stream_full_total", "stream", where=IN))])],
        [("Ended in the kernel", "timeseries", "ops",
          [("not a target", rate("stream_not_target_total", where=IN)),
           ("filtered", rate("stream_not_where_total", where=IN)),
           ("added up", rate("stream_aggregated_total", where=IN))]),
         ("Rings: the most that waited", "timeseries", "percentunit",
          [("{{ring}}", f"eunomia_ring_most_bytes{{{IN}}} / eunomia_ring_size_bytes{{{IN}}}")])],
        [("CPU of the host", "timeseries", "percentunit",
          [("{{instance}}", f'rate(process_cpu_seconds_total{{job="eunomia",{IN}}}[$__rate_interval])')]),
         ("BPF programs", "timeseries", "percentunit",
          [("{{program}}", top(rate("program_seconds_total", "program", where=IN)))]),
         ("Memory", "timeseries", "bytes",
          [("{{instance}}", f'process_resident_memory_bytes{{job="eunomia",{IN}}}'),
           ("{{script}}", f"eunomia_lua_memory_bytes{{{IN}}}")])],
    ]),
    "process": ("Eunomia: processes", [
        [("Started, by container", "timeseries", "ops", [("{{container}}", rate("process_starts_total", "container"))]),
         ("Ended, by container", "timeseries", "ops", [("{{container}}", rate("process_exits_total", "container"))])],
        [("Programs executed", "timeseries", "ops", [("{{comm}}", top(rate("process_execs_total", "comm")))]),
         ("Executions that failed", "timeseries", "ops",
          [("{{container}} {{comm}}: {{ret}}", rate("process_execs_total", "container, comm, ret", ',ret!="ok"'))])],
        [("Lifetime", "timeseries", "s",
          [("median", quantile(0.5, "process_lifetime_seconds")), ("99 %", quantile(0.99, "process_lifetime_seconds"))]),
         ("Killed by a signal", "timeseries", "ops",
          [("{{container}} {{comm}}: {{signal}}",
            rate("process_exits_total", "container, comm, signal", ',signal!="none"'))]),
         ("Killed for want of memory", "timeseries", "ops",
          [("{{container}}", rate("process_oom_kills_total", "container"))])],
    ]),
    "files": ("Eunomia: files", [
        [("Read", "timeseries", "Bps", [("{{container}}", rate("files_read_bytes_total", "container"))]),
         ("Written", "timeseries", "Bps", [("{{container}}", rate("files_write_bytes_total", "container"))])],
        [("Readers", "timeseries", "Bps", [("{{comm}}", top(rate("files_read_bytes_total", "comm")))]),
         ("Writers", "timeseries", "Bps", [("{{comm}}", top(rate("files_write_bytes_total", "comm")))])],
        [("Calls", "timeseries", "ops",
          [("reads", rate("files_reads_total")), ("writes", rate("files_writes_total")),
           ("syncs", rate("files_syncs_total")), ("failed", rate("files_io_errors_total"))]),
         ("By type", "timeseries", "Bps", [("{{type}}", rate("files_write_bytes_total", "type"))])],
        [("Removed", "timeseries", "ops", [("{{container}} {{comm}}", top(rate("files_removals_total", "container, comm")))]),
         ("Renamed", "timeseries", "ops", [("{{container}} {{comm}}", top(rate("files_renames_total", "container, comm")))]),
         ("Mounts", "timeseries", "ops", [("{{container}} {{call}}", rate("files_mounts_total", "container, call"))])],
    ]),
    "tcp": ("Eunomia: TCP", [
        [("Connects", "timeseries", "ops", [("{{container}}", rate("tcp_connects_total", "container"))]),
         ("Connects that failed", "timeseries", "ops",
          [("{{container}} {{comm}}: {{ret}}", rate("tcp_connects_total", "container, comm, ret", ',ret!="ok"'))])],
        [("Accepted", "timeseries", "ops", [("{{container}} {{comm}}", rate("tcp_accepts_total", "container, comm"))]),
         ("Ended, by what ended them", "timeseries", "ops", [("{{ret}}", rate("tcp_closes_total", "ret"))])],
        [("Time to connect", "timeseries", "s",
          [("{{container}}: median", quantile(0.5, "tcp_connect_seconds", "container")),
           ("{{container}}: 99 %", quantile(0.99, "tcp_connect_seconds", "container"))]),
         ("Connections last", "timeseries", "s",
          [("median", quantile(0.5, "tcp_connection_seconds")), ("99 %", quantile(0.99, "tcp_connection_seconds"))])],
        [("Sent, when connections end", "timeseries", "Bps",
          [("{{container}} {{comm}}", top(rate("tcp_sent_bytes_total", "container, comm")))]),
         ("Received, when connections end", "timeseries", "Bps",
          [("{{container}} {{comm}}", top(rate("tcp_received_bytes_total", "container, comm")))]),
         ("Sent again", "timeseries", "ops",
          [("{{container}} {{comm}}", top(rate("tcp_retransmits_total", "container, comm")))])],
    ]),
    "syscall": ("Eunomia: system calls (families = syscall_*)", [
        [("Calls", "timeseries", "ops", [("{{container}}", rate("syscall_calls_total", "container"))]),
         ("Most often", "timeseries", "ops", [("{{syscall}}", top(rate("syscall_calls_total", "syscall")))])],
        [("Failed", "timeseries", "ops",
          [("{{syscall}}: {{ret}}", top(rate("syscall_errors_total", "syscall, ret")))]),
         ("Time in calls", "timeseries", "percentunit",
          [("{{syscall}}", top(rate("syscall_call_seconds_total", "syscall")))])],
    ]),
    "security": ("Eunomia: security", [
        [("Alerts, by severity", "timeseries", "ops", [("{{severity}}", rate("alerts_total", "severity"))]),
         ("Alerts, by container", "timeseries", "ops", [("{{container}}", rate("alerts_total", "container"))])],
        [("Rules that fired", "table", "short",
          [("", f"sort_desc(sum by (rule, severity, container) (increase(eunomia_alerts_total{{{BOX}}}[$__range])) > 0)")]),
         ("Told in a summary instead", "timeseries", "ops",
          [("{{rule}}", rate("rule_suppressed_total", "rule", where=IN))])],
        [("Outputs", "timeseries", "ops",
          [("{{output}}: delivered", rate("output_written_total", "output", where=IN)),
           ("{{output}}: lost", rate("output_lost_total", "output", where=IN))]),
         ("Waiting", "timeseries", "short", [("{{output}}", f"eunomia_output_waiting{{{IN}}}")])],
        [("Denied by seccomp (families = seccomp_denied_total)", "timeseries", "ops",
          [("{{container}} {{comm}}: {{syscall}}", rate("seccomp_denied_total", "container, comm, syscall"))]),
         ("History: lost", "timeseries", "ops", [("{{instance}}", rate("history_lost_total", where=IN))])],
        [("ptrace", "timeseries", "ops", [("{{container}} {{comm}}: {{request}}",
                                           rate("process_ptraces_total", "container, comm, request"))]),
         ("Kernel modules", "timeseries", "ops", [("{{container}}: {{call}}",
                                                   rate("process_module_loads_total", "container, call"))]),
         ("Other processes' memory", "timeseries", "ops", [("{{container}} {{comm}}: {{call}}",
                                                            rate("ipc_vm_accesses_total", "container, comm, call"))])],
        [("Scripts: time", "timeseries", "percentunit", [("{{script}}", rate("lua_seconds_total", "script", where=IN))]),
         ("Scripts: errors, limits", "timeseries", "ops",
          [("{{script}}: errors", rate("lua_errors_total", "script", where=IN)),
           ("{{script}}: limits", rate("lua_strikes_total", "script", where=IN))])],
    ]),
}

SOURCE = {"type": "prometheus", "uid": "eunomia"}


def variable(name, query):
    return {"name": name, "label": name, "type": "query", "datasource": SOURCE, "refresh": 2, "multi": True,
            "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"},
            "query": {"query": query, "refId": name}, "definition": query, "sort": 1}


def panel(number, spec, x, y, width, height):
    title, kind, unit, targets = spec
    return {"id": number, "title": title, "type": kind, "datasource": SOURCE,
            "gridPos": {"h": height, "w": width, "x": x, "y": y},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "options": {"tooltip": {"mode": "multi", "sort": "desc"}} if kind == "timeseries" else {},
            "targets": [{"refId": chr(65 + i), "datasource": SOURCE, "expr": expr, "legendFormat": legend or "__auto",
                         "instant": kind == "table", "range": kind != "table",
                         **({"format": "table"} if kind == "table" else {})}
                        for i, (legend, expr) in enumerate(targets)]}


def dashboard(uid, title, rows):
    panels, y = [], 0
    for row in rows:
        height = 4 if row[0][1] == "stat" else 8
        for i, spec in enumerate(row):
            panels.append(panel(len(panels) + 1, spec, 24 // len(row) * i, y, 24 // len(row), height))
        y += height
    return {"uid": f"eunomia-{uid}", "title": title, "tags": ["eunomia"], "schemaVersion": 37, "version": 1,
            "editable": True, "refresh": "30s", "time": {"from": "now-1h", "to": "now"}, "timezone": "",
            "links": [{"type": "dashboards", "tags": ["eunomia"], "title": "Eunomia", "asDropdown": True,
                       "keepTime": True, "includeVars": True}],
            "templating": {"list": [variable("instance", "label_values(eunomia_build_info, instance)"),
                                    variable("container", "label_values(eunomia_process_exits_total, container)")]},
            "panels": panels}


def made():
    """{file name: its text}"""
    return {f"{name}.json": json.dumps(dashboard(name, title, rows), indent=1) + "\n"
            for name, (title, rows) in DASHBOARDS.items()}


if __name__ == "__main__":
    for name, text in made().items():
        (HERE / "dashboards" / name).write_text(text)
    sys.exit(0)
