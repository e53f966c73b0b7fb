# SPDX-License-Identifier: MIT
"""
profile and offcputime: shares of a program that are known, and as perf has them; names of stripped programs and in
containers; each form as others read it; what waits.
"""
import collections
import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.dom.minidom

import eun
import oci
from eun import EUNOMIA, HELPERS, Child, Run

HOT = HELPERS + "/hot"
SHARES = {"hot_seventy": 70, "hot_twenty": 20, "hot_ten": 10}


class Hot:
    def __init__(self, path=HOT):
        self.process = subprocess.Popen([path])
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def run(*args):
    done = subprocess.run([EUNOMIA, *map(str, args)], capture_output=True, timeout=eun.LIMIT, check=False)
    if done.returncode:
        raise AssertionError(f"{args} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def folded(text):
    stacks = collections.Counter()
    for line in text.decode().splitlines():
        stack, weight = line.rsplit(" ", 1)
        stacks[tuple(stack.split(";"))] += int(weight)
    return stacks


def shares(stacks):
    """Of those within one of the functions, what each has, in percent."""
    found = collections.Counter()
    for stack, weight in stacks.items():
        for name in SHARES:
            if name in stack:
                found[name] += weight
    total = sum(found.values())
    return {name: 100 * found[name] / total for name in SHARES} if total else {}


def varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def fields(data):
    """The fields of a protobuf message: number, value."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            yield key >> 3, data[at:at + value]
            at += value
        else:
            yield key >> 3, value


class Profile(unittest.TestCase):
    def near(self, found, like=None):
        self.assertTrue(found, "none of the functions was found")
        for name, share in (like or SHARES).items():
            self.assertLess(abs(found[name] - share), 5, f"{found} is not {like or SHARES}")

    def test_shares(self):
        with Hot() as hot, tempfile.TemporaryDirectory() as folder:
            mine = folded(run("run", "profile", "-p", hot.pid, "-F", 999, "-T", "2s", "--fmt", "folded"))
            self.near(shares(mine))
            self.assertTrue(all(stack[0] == "hot" for stack in mine))
            deep = max(mine, key=lambda stack: mine[stack])
            self.assertLess(deep.index("main"), deep.index("hot_round"))
            self.assertLess(deep.index("hot_round"), deep.index("hot_seventy"))
            if not shutil.which("perf"):
                return
            subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "999", "-p", str(hot.pid), "-o",
                            folder + "/data", "--", "sleep", "1"], check=True, capture_output=True)
            text = subprocess.run(["perf", "script", "-i", folder + "/data", "-F", "sym"], check=True,
                                  capture_output=True, text=True).stdout
            perf = collections.Counter({(line.strip(),): 0 for line in text.splitlines()})
            for line in text.splitlines():
                perf[(line.strip(),)] += 1
            self.near(shares(mine), shares(perf))

    def test_stripped(self):
        """Without its names, with them packed into .gnu_debugdata, with them in a debug file beside it."""
        with tempfile.TemporaryDirectory() as folder:
            def make(script):
                subprocess.run(["sh", "-ec", script, HOT], cwd=folder, check=True, capture_output=True)

            make('cp "$0" whole; strip -o bare whole; nm -g whole > /dev/null; objcopy --only-keep-debug whole mini;'
                 'objcopy --strip-debug mini; xz mini; objcopy --add-section .gnu_debugdata=mini.xz bare mini;'
                 'objcopy --only-keep-debug whole linked.debug; cp bare linked;'
                 'objcopy --add-gnu-debuglink=linked.debug linked')
            for name, known in ("bare", False), ("mini", True), ("linked", True):
                with Hot(f"{folder}/{name}") as hot:
                    stacks = folded(run("run", "profile", "-p", hot.pid, "-F", 499, "-T", "1s", "--fmt", "folded"))
                if known:
                    self.near(shares(stacks))
                else:
                    self.assertFalse(shares(stacks))
                    self.assertTrue(any("[bare]" in stack for stack in stacks))

    def test_forms(self):
        with Hot() as hot, tempfile.TemporaryDirectory() as folder:
            def form(name):
                return run("run", "profile", "-p", hot.pid, "-F", 999, "-T", "1s", "--fmt", name)

            scope = json.loads(form("speedscope"))
            names = [frame["name"] for frame in scope["shared"]["frames"]]
            sampled = scope["profiles"][0]
            self.near(shares(collections.Counter(
                {tuple(names[i] for i in stack): weight
                 for stack, weight in zip(sampled["samples"], sampled["weights"])})))
            self.assertEqual(sampled["endValue"], sum(sampled["weights"]))

            packed = form("pprof")
            found = collections.defaultdict(list)
            for number, value in fields(gzip.decompress(packed)):
                found[number].append(value)
            texts = [text.decode() for text in found[6]]
            functions = {dict(fields(f))[1]: texts[dict(fields(f))[2]] for f in found[5]}
            locations = {dict(fields(l))[1]: functions[dict(fields(dict(fields(l))[4]))[1]] for l in found[4]}
            stacks = collections.Counter()
            for sample in found[2]:
                sample = dict(fields(sample))
                ids, at = [], 0
                while at < len(sample[1]):
                    number, at = varint(sample[1], at)
                    ids.append(locations[number])
                stacks[tuple(ids)] += varint(sample[2], 0)[0]
            self.near(shares(stacks))
            if shutil.which("go"):
                with open(folder + "/p.pb.gz", "wb") as file:
                    file.write(packed)
                top = subprocess.run(["go", "tool", "pprof", "-top", folder + "/p.pb.gz"], check=True, text=True,
                                     capture_output=True, env={**os.environ, "HOME": folder}).stdout
                line = next(line for line in top.splitlines() if line.endswith("hot_seventy"))
                self.assertLess(abs(float(re.findall(r"([\d.]+)%", line)[-1]) - 70), 6)

            svg = xml.dom.minidom.parseString(form("svg"))
            titles = [title.firstChild.data for title in svg.getElementsByTagName("title")]
            share = next(float(re.search(r"([\d.]+)%", title).group(1)) for title in titles if "hot_seventy" in title)
            self.assertLess(abs(share - 70), 6)
            self.assertIn("samples in", svg.toxml())
            self.assertIn("cost:", svg.toxml())

    def test_waits(self):
        def wait():
            import time
            for _ in range(20):
                time.sleep(0.02)

        child = Child(wait)
        host = Run("run", "offcputime", "-p", child.pid, "--min", "10ms").started()
        child.go()
        child.wait()
        waits = [event["time_ns"] for event in host.end()]
        self.assertEqual(len([ns for ns in waits if ns >= 20_000_000]), 20)
        child = Child(wait)
        with tempfile.NamedTemporaryFile() as file:
            host = subprocess.Popen([EUNOMIA, "run", "offcputime", "-p", str(child.pid), "-o", file.name, "--fmt",
                                     "folded"], stderr=subprocess.PIPE, text=True)
            for line in host.stderr:
                if "started" in line:
                    break
            child.go()
            child.wait()
            host.communicate(timeout=eun.LIMIT)
            stacks = folded(file.read())
        slept = sum(weight for stack, weight in stacks.items() if "do_nanosleep_[k]" in stack)
        self.assertGreater(slept, 20 * 20_000_000)
        self.assertFalse([stack for stack in stacks if stack[-1].startswith("bpf_")])

    def test_diff(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in ("a", "main;f 90\nmain;g 10\n"), ("b", "main;f 10\nmain;g 90\n"):
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write(text)
            svg = xml.dom.minidom.parseString(run("flame", "diff", folder + "/a", folder + "/b"))
            titles = [title.firstChild.data for title in svg.getElementsByTagName("title")]
            self.assertIn("g (90 samples, 90.00%, was 10.00%)", titles)
            self.assertIn("f (10 samples, 10.00%, was 90.00%)", titles)


class Inside(oci.Case):
    def test_container(self):
        """The container's own file and its own names, which are nowhere else."""
        box = self.container(oci.WAIT + "exec /inside").create()
        shutil.copy(HELPERS + "/hot_static", box.path("/inside"))
        box.start()
        box.go()
        stacks = folded(run("run", "profile", "-c", box.id, "-F", 999, "-T", "2s", "--fmt", "folded"))
        found = shares(stacks)
        self.assertTrue(found, stacks)
        for name, share in SHARES.items():
            self.assertLess(abs(found[name] - share), 5, found)


if __name__ == "__main__":
    eun.main()
