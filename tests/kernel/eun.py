# SPDX-License-Identifier: MIT
"""
What the kernel tests share: a run of eunomia (Run), and a process to be watched (Child). Only what a test started
itself is watched. Nothing waits for time to pass: for the host's line "eunomia: started", for a child's end, for the
host's end; each at most LIMIT seconds.

    child = Child(lambda: os.mkdir("/tmp/x"))
    events = watch(child, "--plugin", "files")
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EUNOMIA = os.environ.get("EUNOMIA", TREE + "/build/bin/eunomia")
HELPERS = os.environ.get("EUNOMIA_HELPERS", TREE + "/build/tests/kernel")
LIMIT = 60
SKIPPED = 77


class Child:
    """
    A fork of the test that waits for go(), calls act() and ends with 0. What act() returns is had from wait().
    act() may also exec or be killed: then wait() has None. Forked before the host starts, so that the host finds it.
    """

    def __init__(self, act, *args):
        gate, self.gate = os.pipe()
        self.said, say = os.pipe()
        self.status = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.gate)
            os.close(self.said)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                if not os.read(gate, 1):  # the test is gone
                    os._exit(98)
                os.write(say, json.dumps(act(*args)).encode())
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(99)
        os.close(gate)
        os.close(say)

    def go(self):
        os.write(self.gate, b"g")
        os.close(self.gate)

    def wait(self):
        """What act() returned. self.status: as os.waitpid() has it."""
        with os.fdopen(self.said) as said:
            text = said.read()
        _, self.status = os.waitpid(self.pid, 0)
        return json.loads(text) if text else None


class Run:
    """A running eunomia. `said` has its stderr."""

    def __init__(self, *args, fmt="json"):
        self.out = tempfile.TemporaryFile()
        self.said = ""
        self.fmt = fmt
        self.args = [EUNOMIA, *map(str, args), "--fmt", fmt]
        self.process = subprocess.Popen(self.args, stdout=self.out, stderr=subprocess.PIPE, text=True)

    def started(self):
        signal.alarm(LIMIT)
        for line in self.process.stderr:
            self.said += line
            if line.startswith("eunomia: started"):
                signal.alarm(0)
                return self
        raise AssertionError(f"{' '.join(self.args)} ended with {self.process.wait()}: {self.said}")

    def text(self):
        """What it has written so far, complete lines only."""
        text = os.pread(self.out.fileno(), os.fstat(self.out.fileno()).st_size, 0)
        return text[: text.rfind(b"\n") + 1].decode()

    def events(self):
        return [json.loads(line) for line in self.text().splitlines()]

    def wait_for(self, condition, limit=LIMIT):
        """Until condition(event) holds for an event that it wrote."""
        signal.alarm(limit)
        while not any(condition(event) for event in self.events()):
            if self.process.poll() is not None:
                raise AssertionError(f"{' '.join(self.args)} ended with {self.process.returncode}: {self.said}")
            time.sleep(0.01)
        signal.alarm(0)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self):
        """Waits for its end, which is due when the targets are gone. The events, in order; not JSON: the text."""
        _, said = self.process.communicate(timeout=LIMIT)
        self.said += said
        text = self.text()
        self.out.close()
        if self.process.returncode:
            raise AssertionError(f"{' '.join(self.args)} ended with {self.process.returncode}: {self.said}")
        return [json.loads(line) for line in text.splitlines()] if self.fmt == "json" else text


def watch(child, *args, follow=False):
    """
    Runs eunomia on a child, from before it acts to its end. The events, of which none may be lost; child.result is
    what act() returned.
    """
    run = Run(*args, "-p", child.pid, *(["--follow"] if follow else [])).started()
    child.go()
    child.result = child.wait()
    events = run.end()
    if of(events, "lost"):
        raise AssertionError(f"events were lost: {run.said}")
    return events


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def of(events, stream):
    return [event for event in events if event["stream"] == stream]


def main():
    if os.geteuid():
        print("needs root")
        sys.exit(SKIPPED)
    unittest.main()
