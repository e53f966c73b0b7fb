# SPDX-License-Identifier: MIT
"""
The shipped rules on containers: what rules_triggers.py does in there, and which rules fired at it. All rules are at
work in every test, each with a window of 0, so that every alert is told; and one more, for the marks between which
each trigger's alerts are.
"""
import json
import os
import re
import signal
import subprocess

import eun
import live
import oci

RULES = os.path.join(eun.TREE, "scripts", "rules")
TRIGGERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules_triggers.py")
PYTHON = "/usr/bin/python3"
MARK = "/eun-mark/"
# Those that the test itself has.
MASK = int(re.search(r"^CapEff:\s*(\w+)$", eun.read("/proc/self/status"), re.M)[1], 16)
CAPABILITIES = [name for name, bit in re.findall(r"^#define (CAP_[A-Z_]+)\s+(\d+)$",
                                                 eun.read("/usr/include/linux/capability.h"), re.M)
                if MASK >> int(bit) & 1]

FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n",
    "/etc/group": "root:x:0:\n",
    "/etc/shadow": "root:*:19000:0:99999:7:::\n",
    "/etc/cron.d/other": "",
    "/root/.ssh/id_ed25519": "none",
    "/root/.ssh/id_ed25519.pub": "none",
    "/root/.bash_history": "ls\n",
    "/var/log/wtmp": "",
    "/run/secrets/kubernetes.io/serviceaccount/token": "none",
    "/run/secrets/kubernetes.io/serviceaccount/namespace": "none",
}


def shipped():
    """{name: {key: value}} of the rules in INI files, as they are written there."""
    rules, rule = {}, None
    for name in sorted(os.listdir(RULES)):
        if not name.endswith(".ini"):
            continue
        for line in eun.read(os.path.join(RULES, name)).splitlines():
            section = re.match(r"\[(\w+) ?(.*)\]$", line)
            if section:
                rule = rules.setdefault(section[2], {}) if section[1] == "rule" else {}
            elif line[:1].isalpha() and rule is not None:
                key, value = line.split("=", 1)
                rule[key.strip()] = value.strip()
    return rules


def fill(root):
    """What the triggers need of a root file system."""
    for path, text in FILES.items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "w", encoding="utf-8") as file:
            file.write(text)
    for folder in ("tmp", "usr", "run", "dev"):
        os.makedirs(f"{root}/{folder}", exist_ok=True)
    for folder in ("lib", "lib64", "sbin"):
        os.symlink("usr/" + folder, f"{root}/{folder}")
    with open(root + "/triggers.py", "w", encoding="utf-8") as file:
        file.write(eun.read(TRIGGERS))


def open_up(spec):
    """All capabilities, devices and kernel files, and the host's programs: what a careless user gives a container."""
    for kind in ("bounding", "effective", "permitted"):
        spec["process"]["capabilities"][kind] = CAPABILITIES
    spec["process"]["noNewPrivileges"] = False
    spec["process"]["cwd"] = "/"
    spec["linux"]["resources"] = {"devices": [{"allow": True, "access": "rwm"}]}
    spec["linux"].pop("maskedPaths", None)
    spec["linux"].pop("readonlyPaths", None)
    for mount in spec["mounts"]:
        if mount["destination"] == "/dev/shm":
            mount["options"].remove("noexec")
    spec["mounts"].append({"destination": "/usr", "type": "bind", "source": "/usr", "options": ["rbind", "ro"]})
    spec["mounts"].append({"destination": "/host-uts", "type": "bind", "source": f"/proc/{os.getpid()}/ns/uts",
                           "options": ["bind"]})


class Case(oci.Case):
    def careless(self, *names, change=None):
        """A container that does these triggers."""
        made = self.container("")
        config = made.bundle + "/config.json"
        spec = json.loads(eun.read(config))
        fill(made.bundle + "/rootfs")
        open_up(spec)
        spec["process"]["args"] = [PYTHON, "-BS", "/triggers.py", *names]
        if change:
            change(made, spec)
        with open(config, "w", encoding="utf-8") as file:
            json.dump(spec, file)
        return made

    def user_rules(self, more):
        """What a user may put beside the shipped rules."""
        path = os.path.join(self.dir, "user.ini")
        with open(path, "w", encoding="utf-8") as file:
            for rule in shipped():
                file.write(f"[rule {rule}]\nwindow = 0s\n")
            file.write(f"[rule mark]\nstreams = files.open\nwhere = path startswith {MARK}\nwindow = 0s\n"
                       "message = {path}\n" + more)
        return path

    def start(self, *targets, more=""):
        return live.Live("--rules", RULES, "--rules", self.user_rules(more), "--set", "process.env=true", "--fmt", "json",
                         *targets).started()

    def alerts(self, run):
        """Of a run that has ended: (when, rule, message), in the order of what happened."""
        status, out, said = run.end()
        self.assertEqual(status, 0, said)
        self.assertEqual([line for line in said if re.search(r" lost|stopped", line) and not
                          line.endswith(" 0 lost")], [])
        alerts = [json.loads(line) for line in out.splitlines()]
        return sorted((alert["time"], alert["rule"], alert["output"]) for alert in alerts if "rule" in alert)

    def fired(self, alerts):
        """{trigger: {rule}}; what comes outside of the marks is of the trigger ''."""
        fired, now = {"": set()}, ""
        for _, rule, message in alerts:
            if rule == "mark":
                now = message[len(MARK):]
                fired.setdefault(now, set())
            else:
                fired[now].add(rule)
        return fired

    def run_in(self, made):
        """The container from begin to end; what it said."""
        with open(made.path("/said"), "w", encoding="utf-8") as said:
            subprocess.run([oci.RUNC, "run", "--bundle", made.bundle, made.id], stdin=subprocess.DEVNULL, stdout=said,
                           stderr=said, timeout=eun.LIMIT, check=False)
        made.deleted = True
        return eun.read(made.path("/said"))

    def check(self, expected, change=None, more=""):
        """expected: {trigger: rules that fire at it}. In one container, in this order. more: a user's rules."""
        made = self.careless(*expected, change=change)
        run = self.start("-c", made.id, more=more)
        said = self.run_in(made)
        run.process.send_signal(signal.SIGTERM)
        self.compare(expected, self.fired(self.alerts(run)), said)

    def compare(self, expected, fired, said):
        self.assertEqual({name: sorted(rules) for name, rules in fired.items()},
                         {"": [], **{name: sorted(rules) for name, rules in expected.items()}}, said)
        self.assertEqual(said, "")
