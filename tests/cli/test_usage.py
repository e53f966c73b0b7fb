# SPDX-License-Identifier: MIT
"""--help, --version, and every way to say it wrong: one line, the right exit code, nothing on stdout."""
import os
import re
import subprocess
import unittest

from cli import EUNOMIA, FAILED, KERNEL, LIMIT, OK, USAGE, Case, as_nobody, nobody_can_run

COMMANDS = ["run", "replay", "list", "inspect", "doctor"]
OPTION = re.compile(r"^  (?:-(\w), |    )--([a-z-]+)(?: (\S+))?  +\S")


class Help(Case):
    def options(self, *args):
        """{long name: letter} of a help text."""
        text = self.good(*args, "--help")
        found = [match.groups() for match in map(OPTION.match, text.splitlines()) if match]
        names = [name for _, name, _ in found]
        letters = [letter for letter, _, _ in found if letter]
        self.assertEqual(len(set(names)), len(names), (args, names))
        self.assertEqual(len(set(letters)), len(letters), (args, letters))
        self.assertTrue({"help", "version"} <= set(names))
        return {name: letter for letter, name, _ in found}

    def test_commands(self):
        text = self.good("--help")
        for command in COMMANDS:
            self.assertIn(f"eunomia {command} ", text)
            self.options(command)
        self.assertTrue({"plugin", "pid", "filter", "record", "stats"} <= set(self.options()))
        self.assertNotIn("record", self.options("replay"))
        self.assertIn("filter", self.options("replay"))
        self.assertEqual(self.good("-h"), text)

    def test_tools(self):
        """A tool's own options stand beside the common ones and hide none."""
        common = self.options("run")
        tools = [line.split()[0] for line in self.good("list", "tools").splitlines()]
        self.assertTrue({"execsnoop", "exitsnoop"} <= set(tools))
        for tool in tools:
            own = self.options("run", tool)
            self.assertEqual({name: own[name] for name in common if name in own}, common, tool)
        self.assertEqual(self.options("run", "execsnoop")["line"], "l")

    def test_version(self):
        for args in (["--version"], ["-V"], ["list", "--version"], ["run", "execsnoop", "-V"]):
            self.assertRegex(self.good(*args), r"\Aeunomia \d+\.\d+\.\d+\n\Z")


class Wrong(Case):
    def test_usage(self):
        for text, args in [
                ("no --plugin and no command: see eunomia --help", ""),
                ("unknown command 'lsit', did you mean 'list'?", "lsit"),
                ("unknown command 'qqqqqq' (see eunomia --help)", "qqqqqq"),
                ("usage: eunomia run TOOL", "run"),
                ("usage: eunomia run TOOL", "run -p 1 execsnoop"),
                ("the command comes first: eunomia run", "-p 1 run execsnoop"),
                ("unknown tool 'execsnop', did you mean 'execsnoop'? (see eunomia list tools)", "run execsnop"),
                ("unknown option '--lien', did you mean '--line'?", "run execsnoop --lien x"),
                ("no plugin 'proces' (did you mean 'process'?)", "--plugin proces"),
                ("plugin process is given twice", "--plugin process,process"),
                ("unknown stream 'process.exek', did you mean 'process.exec'?",
                 "--plugin process --streams process.exek"),
                ("unknown stream 'exek', did you mean 'exec'?", "--plugin process --streams exek"),
                ("unknown stream 'tcp.*'", "--plugin process --streams tcp.*"),
                ("unknown field 'argvv', did you mean 'argv'? (see eunomia list fields)",
                 "--plugin process --fields pid,argvv"),
                ("unknown field ''", "--plugin process --fields pid,,argv"),
                ("unknown format 'jsn' (there are text, wide, json, csv)", "--plugin process --fmt jsn"),
                ("no field 'pidd' to sort by, did you mean 'pid'?", "--plugin process --sort pidd"),
                ("stream process.exec has no field 'exit_code' to sort by", "--plugin process --sort exit_code"),
                ("plugin process has no option 'thread' (did you mean 'threads'?)",
                 "--plugin process --set process.thread=true"),
                ("option threads: 'maybe' is not valid; give true or false",
                 "--plugin process --set process.threads=maybe"),
                ("option --set: 'threads=true' is not PLUGIN.KEY=VALUE", "--plugin process --set threads=true"),
                ("option --set: 'tcp.x=1' is not PLUGIN.KEY=VALUE of a plugin of this run",
                 "--plugin process --set tcp.x=1"),
                ("option --follow: needs -p PID", "--plugin process --follow"),
                ("option --count: needs --interval", "--plugin process --count 3"),
                ("option --record: '/no/x' is the file of -o", "--plugin process -o /no/x --record /no/x"),
                ("option -T: 'soon' is not a time from 1ms to 1000h", "--plugin process -T soon"),
                ("option --interval: '5ms' is not a time from 10ms", "--plugin process --interval 5ms"),
                ("option --ring-size: '1k' is not a size between 4k and 1g", "--plugin process --ring-size 1k"),
                ("option --top: 'all' is not a number above 0", "--plugin process --top all"),
                ("option -p: 'me' is not a process id", "--plugin process -p me"),
                ("plugin folder '/no/such': No such file or directory", "--plugin process --plugin-path /no/such"),
                ("usage: eunomia list plugins|tools|streams|fields", "list"),
                ("usage: eunomia list plugins|tools|streams|fields", "list everything"),
                ("usage: eunomia list plugins|tools|streams|fields", "list tools process.exec"),
                ("unknown stream 'process.exek' (see eunomia list streams)", "list fields process.exek"),
                ("unknown format 'wide' (there are text, json)", "list tools --fmt wide"),
                ("plugin folder '/no/such'", "list tools --plugin-path /no/such"),
                ("plugin folder '/no/such'", "run execsnoop --plugin-path=/no/such"),
                ("usage: eunomia inspect FILE.so", "inspect"),
                ("usage: eunomia replay FILE", "replay a b")]:
            with self.subTest(args=args):
                self.assertEqual(self.bad(USAGE, text, *args.split()), b"")

    def test_expression(self):
        """Line, column, and the nearest name; columns count in the option's own text."""
        for text, expression in [("--filter:1:1: unknown field 'pidd' (did you mean 'pid'?)", "pidd = 1"),
                                 ("--filter:1:9: ", "uid = 0 & pid = 1"),
                                 ("--filter:2:5: ", "uid = 0\nor  pidd = 1"),
                                 ("--filter:1:7: ", "uid = \"root\""),
                                 ("--filter:1:8: ", "(uid = "),
                                 ("--filter:1:1: ", ""),
                                 ("--filter:1:8: ", "uid = 0) or (pid = 1")]:
            with self.subTest(expression=expression):
                self.assertEqual(self.bad(USAGE, text, "--plugin", "process", "--filter", expression), b"")
        self.bad(USAGE, "--line:1:", "run", "execsnoop", "--line", "a\nb")
        self.bad(USAGE, "option -x: none of these streams can fail", "--plugin", "process", "--streams", "fork", "-x")

    def test_hostile_arguments(self):
        """What is said of them reaches no terminal raw."""
        for args in (["\x1b[2J"], ["--\x1b[2Jx"], ["--plugin", "\x1b]0;x\x07"], ["run", "a\nb"],
                     ["--plugin", "process", "--fields", "\x7f\x1b"], ["replay", "/no/\x1b"], ["x" * 10000]):
            status, out, err = self.run_it(*args)
            self.assertIn(status, (USAGE, FAILED))
            self.assertEqual(out, b"")
            self.assertRegex(err, rb"\Aeunomia: [\x20-\x7e]+\n\Z")

    def test_nothing_is_touched(self):
        """A file of -o or --record is left alone when the request is wrong."""
        kept = self.path("kept", b"precious")
        for option in ("-o", "--record"):
            for wrong in (["--sort", "nope"], ["--fields", "nope"], ["--filter", "nope"], ["--count", "1"]):
                self.bad(USAGE, "", "--plugin", "process", option, kept, *wrong)
        with open(kept, "rb") as file:
            self.assertEqual(file.read(), b"precious")


class Unprivileged(Case):
    def setUp(self):
        super().setUp()
        if not nobody_can_run():
            self.skipTest("nobody can't reach the build tree")

    def test_run(self):
        for args in (["--plugin", "process", "-p", os.getpid()], ["run", "execsnoop", "-p", os.getpid()]):
            out = self.bad(KERNEL, "needs CAP_BPF and CAP_PERFMON, or root", *args, **as_nobody())
            self.assertEqual(out, b"")

    def test_wrong_is_said_first(self):
        self.bad(USAGE, "unknown field", "--plugin", "process", "--fields", "nope", **as_nobody())
        self.bad(USAGE, "to sort by", "--plugin", "process", "--sort", "nope", **as_nobody())

    def test_doctor(self):
        status, out, err = self.run_it("doctor", **as_nobody())
        self.assertEqual((status, err), (KERNEL, b""))
        self.assertIn(b"failed   caps     CAP_BPF: loading BPF objects\n", out)


class Outputs(Case):
    def test_closed_pipe(self):
        """The reader leaves at once."""
        for args in (["list", "fields"], ["--help"], ["doctor"], ["inspect", "process"]):
            reader, writer = os.pipe()
            os.close(reader)
            with subprocess.Popen([EUNOMIA, *args], stdout=writer, stderr=subprocess.PIPE) as run:
                os.close(writer)
                _, err = run.communicate(timeout=LIMIT)
            self.assertEqual(err, b"", args)
            self.assertIn(run.returncode, (OK, KERNEL) if args == ["doctor"] else (OK,), args)

    def test_full_disk(self):
        for args in (["list", "fields"], ["--help"], ["--version"], ["inspect", "process"]):
            with open("/dev/full", "wb") as full:
                run = subprocess.run([EUNOMIA, *args], stdout=full, stderr=subprocess.PIPE, timeout=LIMIT, check=False)
            self.assertEqual(run.returncode, FAILED, args)
            self.assertEqual(run.stderr, b"eunomia: output stdout: No space left on device\n")

    def test_closed_stdout(self):
        for args in ("list fields", "--help"):
            run = subprocess.run(["sh", "-c", f"{EUNOMIA} {args} >&-"], stderr=subprocess.PIPE, timeout=LIMIT,
                                 check=False)
            self.assertEqual((run.returncode, run.stderr), (FAILED, b"eunomia: output stdout: Bad file descriptor\n"))


if __name__ == "__main__":
    unittest.main()
