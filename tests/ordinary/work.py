# SPDX-License-Identifier: MIT
"""The works, where each is done, and a run of eunomia with all rules beside it, aimed at nothing else."""
import collections
import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time

import eun
import image
import live
import oci

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(eun.TREE, "scripts", "rules")
LIMIT = 1200
# What docker gives.
CAPABILITIES = ["CAP_" + name for name in """CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP
                NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE""".split()]
# Variables of the scripts: how much is done.
AMOUNTS = ("FILES", "COMMITS", "REQUESTS", "SECONDS_WEB")
COUNT = "every event of these streams"

Work = collections.namedtuple("Work", "script image sessions meant", defaults=(None, None, ()))
# Events that rules were asked about; lost in between; {rule: messages}; rules that are there for what was done.
Result = collections.namedtuple("Result", "events lost seconds alerts meant problems")


def streams():
    """Those that the shipped rules have."""
    said = subprocess.run([eun.EUNOMIA, "rules", "list", RULES, "--fmt", "json"], capture_output=True, check=True)
    rules = [json.loads(line) for line in said.stdout.splitlines()]
    return sorted({stream for rule in rules if rule["enabled"] for stream in rule["streams"]})


def counting(path):
    """A rule that means all events, and so brings all of them to the host; one window's line counts them."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"[rule {COUNT}]\nstreams = " + ",\n\t".join(streams()) + "\nwindow = 1h\n")
    return path


class Place:
    """Where a script is done: start(), wait() for the end, arguments that aim eunomia at it."""

    def __init__(self, folder, script, said):
        self.script, self.said = script, said
        self.volume = os.path.join(folder, "work")
        os.mkdir(self.volume)


class Host(Place):
    def __enter__(self):
        self.child = eun.Child(self.act)
        return self

    def act(self):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for fd in (1, 2):
            os.dup2(self.said.fileno(), fd)
        os.execve("/bin/sh", ["sh", os.path.join(HERE, "works", self.script)], {**os.environ, "W": self.volume})

    def target(self):
        return ["-p", self.child.pid, "--follow"]

    def start(self):
        self.child.go()

    def wait(self):
        self.child.wait()
        return self.child.status

    def __exit__(self, *_):
        if self.child.status is None:
            os.kill(self.child.pid, signal.SIGKILL)


class Container(Place):
    """On an overlay, as engines have it. Its network is the host's."""
    root = None

    def __init__(self, folder, script, said, lower):
        super().__init__(folder, script, said)
        self.folder, self.id = folder, f"eun-ordinary{os.getpid()}-{script.split('.')[0]}"
        for name in ("upper", "scratch", "root"):
            os.mkdir(os.path.join(folder, name))
        self.root = os.path.join(folder, "root")
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={folder}/upper,"
                        f"workdir={folder}/scratch", self.root], check=True)

    def spec(self):
        subprocess.run([oci.RUNC, "spec", "--bundle", self.folder], check=True)
        path = os.path.join(self.folder, "config.json")
        with open(path, encoding="utf-8") as file:
            spec = json.load(file)
        process = spec["process"]
        process.update(terminal=False, noNewPrivileges=False, args=["/bin/sh", "/works/" + self.script])
        process["env"] += ["W=/work", *(f"{key}={os.environ[key]}" for key in AMOUNTS if key in os.environ)]
        for kind in ("bounding", "effective", "permitted"):
            process["capabilities"][kind] = CAPABILITIES
        process["rlimits"] = []
        spec["root"] = {"path": self.root, "readonly": False}
        spec["linux"]["namespaces"] = [space for space in spec["linux"]["namespaces"] if space["type"] != "network"]
        for where, source, how in (("/works", os.path.join(HERE, "works"), "ro"), ("/work", self.volume, "rw"),
                                   ("/etc/resolv.conf", "/etc/resolv.conf", "ro")):
            spec["mounts"].append({"destination": where, "type": "bind", "source": source, "options": ["rbind", how]})
        with open(path, "w", encoding="utf-8") as file:
            json.dump(spec, file)

    def __enter__(self):
        self.spec()
        return self

    def target(self):
        return ["-c", self.id]

    def start(self):
        self.process = subprocess.Popen([oci.RUNC, "run", "--bundle", self.folder, self.id], stdin=subprocess.DEVNULL,
                                        stdout=self.said, stderr=self.said)

    def exec(self, *command, user="0:0"):
        subprocess.run([oci.RUNC, "exec", "--user", user, self.id, *command], stdin=subprocess.DEVNULL, stdout=self.said,
                       stderr=self.said, timeout=LIMIT, check=True)

    def exec_on_terminal(self, *command):
        ours, theirs = pty.openpty()
        with subprocess.Popen([oci.RUNC, "exec", "-t", self.id, *command], stdin=theirs, stdout=theirs, stderr=theirs,
                              start_new_session=True) as process:
            os.close(theirs)
            with contextlib.suppress(OSError):  # EIO: nobody has the terminal any more
                while os.read(ours, 4096):
                    pass
            process.wait(LIMIT)
        os.close(ours)

    def until(self, path):
        for _ in range(eun.LIMIT * 100):
            if os.path.exists(path) or self.process.poll() is not None:
                break
            time.sleep(0.01)

    def wait(self):
        return self.process.wait(LIMIT)

    def __exit__(self, *_):
        subprocess.run([oci.RUNC, "delete", "--force", self.id], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)
        subprocess.run(["umount", self.root], check=True)


def sessions(container):
    """Who comes in from outside: health checks, commands of several users, one with a terminal."""
    container.until(container.volume + "/gate")
    for i in range(30):
        container.exec("/bin/true")
        container.exec("/bin/sh", "-c", "ps aux >/dev/null; ls / >/dev/null; cat /etc/passwd >/dev/null")
        container.exec("/usr/bin/id", user="1000:1000")
        container.exec("/usr/bin/python3", "-c", f"print({i})")
    container.exec_on_terminal("/usr/bin/top", "-bn1")
    container.exec_on_terminal("/bin/bash", "-lc", "ls")
    with open(container.volume + "/gate", "w", encoding="utf-8") as gate:
        gate.write("go\n")


TERMINAL = "Shell on a terminal in a container"
WORKS = {
    "packages": Work("packages.sh", image.base),
    "build": Work("build.sh", image.tools),
    "build, host": Work("build.sh"),
    "git": Work("git.sh", image.tools),
    "git, host": Work("git.sh"),
    "python": Work("python.sh", image.tools),
    "python, host": Work("python.sh"),
    "redis": Work("redis.sh", image.tools),
    "shells": Work("shells.sh", image.tools),
    "ssh": Work("ssh.sh", image.tools),
    "jobs": Work("jobs.sh", image.tools),
    "sessions": Work("idle.sh", image.tools, sessions, (TERMINAL,)),
    "web": Work("web.sh", image.tools),
}


def do(name, work, in_kernel=False, keep=None):
    """One work beside a run. keep: a folder for what was said and told."""
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="eun-ordinary-"))
        os.chmod(folder, 0o755)
        keep = keep or folder
        os.makedirs(keep, exist_ok=True)
        said = stack.enter_context(open(os.path.join(keep, name + ".txt"), "w+", encoding="utf-8"))
        place = Container(folder, work.script, said, work.image()) if work.image else Host(folder, work.script, said)
        stack.enter_context(place)
        rules = ["--rules", RULES] + ([] if in_kernel else ["--rules", counting(os.path.join(folder, "count.ini"))])
        run = live.Live(*rules, "--set", "process.env=true", "--fmt", "json", "--stats", *place.target()).started()
        place.start()
        if work.sessions:
            work.sessions(place)
        status = place.wait()
        run.process.send_signal(signal.SIGTERM)
        return result(work, status, run, said, keep, name, time.monotonic() - began)


def result(work, status, run, said, keep, name, seconds):
    """Of a run that has been told to end."""
    stopped, out, lines = run.end()
    with open(os.path.join(keep, name + ".json"), "wb") as file:
        file.write(out)
    alerts, events = collections.defaultdict(list), 0
    for alert in map(json.loads, out.splitlines()):
        if alert.get("rule") == COUNT:
            events += alert["count"]
        elif "rule" in alert:
            alerts[alert["rule"]].append(alert["output"])
    account = live.accounts(lines)
    if not events:  # decided in the kernel: what targets did
        events = sum(row["seen"] - row["not_target"] for row in account.values())
    problems = [line for line in lines if re.search(r": stopped: ", line)]
    if status or stopped:
        said.seek(0)
        problems.append(f"ended with {status}, eunomia with {stopped}:\n" + "".join(said.readlines()[-20:]))
    return Result(events, sum(row["lost"] for row in account.values()), seconds, alerts, work.meant, problems)
