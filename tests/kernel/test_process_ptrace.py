# SPDX-License-Identifier: MIT
"""process.ptrace, process.bpf, process.module: who reaches into another process or into the kernel."""
import ctypes
import os
import signal
import struct
import subprocess
import threading

import eun
from process_case import (CLONE_NEWPID, EBADF, EINVAL, EPERM, ESRCH, ENOENT, ENOEXEC, NOBODY, Case, fork, libc,
                          of_stream,
                          raw)

TRACEME, PEEKTEXT, POKEDATA, CONT, KILL, ATTACH, DETACH, SEIZE, INTERRUPT = 0, 1, 5, 7, 8, 16, 17, 0x4206, 0x4207
PTRACE, BPF, INIT_MODULE, FINIT_MODULE, DELETE_MODULE = {
    "x86_64": (101, 321, 175, 313, 176)}.get(os.uname().machine, (117, 280, 105, 273, 106))
WALL = 0x40000000
NO_PID = 0x3ffffff0  # over any pid_max
WORD = ctypes.c_uint64(0x1122334455667788)
ADDRESS = ctypes.addressof(WORD)


def ptrace(request, pid, addr=0, data=0):
    """errno; 0: it went well"""
    return raw(PTRACE, ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_ulong(addr), ctypes.c_ulong(data))


def sleeper(name=b"sleeper"):
    """A child that waits for signals."""
    pid = os.fork()
    if not pid:
        libc.prctl(15, name)
        signal.pause()
        os._exit(0)
    while eun.read(f"/proc/{pid}/comm") != name.decode() + "\n":
        pass
    return pid


class Ptrace(Case):
    def requests(self, events):
        return [(event["request"], event["target_pid"], event["target_comm"], event["ret"]) for event in events]

    def test_attach(self):
        def act():
            pid = sleeper()
            errors = [ptrace(ATTACH, pid)]
            os.waitpid(pid, 0)
            word = ctypes.c_uint64()
            errors.append(ptrace(PEEKTEXT, pid, ADDRESS, ctypes.addressof(word)))
            errors.append(ptrace(POKEDATA, pid, ADDRESS, 7))
            errors.append(ptrace(DETACH, pid))
            errors.append(ptrace(CONT, pid))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return pid, errors, word.value

        child, events = of_stream("ptrace", act)
        pid, errors, word = child.result
        self.assertEqual((errors, word), ([0, 0, 0, 0, ESRCH], WORD.value))
        kinds = ["PTRACE_ATTACH", "PTRACE_PEEKTEXT", "PTRACE_POKEDATA", "PTRACE_DETACH", "PTRACE_CONT"]
        self.assertEqual(self.requests(events), [(kind, pid, "sleeper", -error) for kind, error in zip(kinds, errors)])
        for event in events:
            self.check(event, pid=child.pid, target_tid=pid, target_nspid=pid, target_uid=0)
        self.check(events[1], addr=ADDRESS)
        self.check(events[2], addr=ADDRESS, data=7)

    def test_refused(self):
        def act():
            pid = sleeper()
            status = fork(lambda: (os.setresuid(NOBODY, NOBODY, NOBODY), os._exit(ptrace(SEIZE, pid))))
            errors = [ptrace(SEIZE, NO_PID), ptrace(0x9999, pid), ptrace(ATTACH, os.getpid())]
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return pid, status[0], os.waitstatus_to_exitcode(status[1]), errors

        child, events = of_stream("ptrace", act)
        pid, other, error, errors = child.result
        self.assertEqual([error, *errors], [EPERM, ESRCH, ESRCH, EPERM])
        own = eun.read("/proc/self/comm").strip()
        self.assertEqual(self.requests(events), [("PTRACE_SEIZE", pid, "sleeper", -EPERM), ("PTRACE_SEIZE", 0, "",
                                                                                            -ESRCH),
                                                 (0x9999, pid, "sleeper", -ESRCH),
                                                 ("PTRACE_ATTACH", child.pid, own, -EPERM)])
        self.check(events[0], pid=other, uid=NOBODY, target_uid=0)
        self.check(events[1], target_nspid=NO_PID, target_tid=0)

    def test_traceme(self):
        child, events = of_stream("ptrace", lambda: fork(lambda: os._exit(ptrace(TRACEME, 0))))
        pid, status = child.result
        self.assertEqual(status, 0)
        self.check(self.one(events), request="PTRACE_TRACEME", ret=0, pid=pid, ppid=child.pid, target_pid=pid)

    def test_thread(self):
        """A thread is named by its own number, its process by its own."""
        def act():
            pid = os.fork()
            if not pid:
                threading.Thread(target=signal.pause).start()
                signal.pause()
            tids = []
            while len(tids) < 2:
                tids = sorted(map(int, os.listdir(f"/proc/{pid}/task")))
            error = ptrace(SEIZE, tids[1])
            os.kill(pid, signal.SIGKILL)
            os.waitpid(tids[1], WALL)  # whom it traces it has to bury
            os.waitpid(pid, 0)
            return pid, tids[1], error

        child, events = of_stream("ptrace", act)
        pid, tid, error = child.result
        self.assertEqual(error, 0)
        self.check(self.one(events), target_pid=pid, target_tid=tid, target_nspid=tid, ret=0)

    def test_pid_namespace(self):
        """The call's number means what it does in there."""
        def act():
            libc.unshare(CLONE_NEWPID)
            said, say = os.pipe()

            def first():
                pid = sleeper_inside()
                error = ptrace(SEIZE, pid)
                os.write(say, struct.pack("2i", pid, error))
                os.kill(pid, signal.SIGKILL)
                os._exit(0)

            def sleeper_inside():
                pid = os.fork()
                if not pid:
                    signal.pause()
                return pid

            fork(first)
            return struct.unpack("2i", os.read(said, 8))

        child, events = of_stream("ptrace", act)
        inside, error = child.result
        self.assertEqual((inside, error), (2, 0))
        event = self.one(events)
        self.check(event, target_nspid=2, ret=0)
        self.assertGreater(event["target_pid"], child.pid)
        self.assertNotEqual(event["target_pid"], event["pid"])


PROG_LOAD, MAP_CREATE, MAP_UPDATE, OBJ_PIN, RAW_OPEN, GET_INFO = 5, 0, 2, 6, 17, 15
SOCKET_FILTER, TRACEPOINT, RAW_TRACEPOINT = 1, 5, 17
RETURN_0 = struct.pack("<QQ", 0xb7, 0x95)  # r0 = 0; exit


def bpf(cmd, attr):
    """(result, errno)"""
    ctypes.set_errno(0)
    result = libc.syscall(BPF, ctypes.c_int(cmd), ctypes.byref(attr), ctypes.sizeof(attr))
    return result, ctypes.get_errno()


def attr(form, *values):
    data = struct.pack("<" + form, *values)
    return (ctypes.c_char * 144).from_buffer_copy(data.ljust(144, b"\0"))


def load(kind, name, code=RETURN_0, attach=0):
    text, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    return bpf(PROG_LOAD, attr("IIQQIIQII16sII", kind, len(code) // 8, ctypes.addressof(text),
                               ctypes.addressof(licence), 0, 0,
                               0, 0, 0, name, 0, attach))


def identity(fd):
    """What bpftool says of a descriptor's object."""
    info = ctypes.create_string_buffer(256)
    bpf(GET_INFO, attr("IIQ", fd, 80, ctypes.addressof(info)))
    return struct.unpack_from("<II", info.raw)  # type, id of programs and maps


class Bpf(Case):
    def test_objects(self):
        def act():
            made = bpf(MAP_CREATE, attr("IIIIIII16s", 2, 4, 8, 1, 0, 0, 0, b"eun_map"))
            key, value = ctypes.c_uint32(0), ctypes.c_uint64(1)
            bpf(MAP_UPDATE, attr("IIQQQ", made[0], 0, ctypes.addressof(key), ctypes.addressof(value), 0))
            filtering = load(SOCKET_FILTER, b"eun_filter")
            raw_point = load(RAW_TRACEPOINT, b"eun_raw")
            name = ctypes.create_string_buffer(b"sched_process_hang")
            opened = bpf(RAW_OPEN, attr("QI", ctypes.addressof(name), raw_point[0]))
            path = ctypes.create_string_buffer(self.dir.encode() + b"/pin")
            pinned = bpf(OBJ_PIN, attr("QI", ctypes.addressof(path), made[0]))
            refused = load(TRACEPOINT, b"eun_bad", struct.pack("<Q", 0x95))
            return ([made, filtering, raw_point, opened, pinned, refused],
                    [identity(fd[0]) for fd in (made, filtering, raw_point)])

        child, events = of_stream("bpf", act)
        results, known = child.result
        self.assertEqual([event["ret"] for event in events], [result if result >= 0 else -error for result,
                                                              error in results])
        made, filtering, raw_point, opened, pinned, refused = events
        self.check(made, cmd="BPF_MAP_CREATE", map_type="BPF_MAP_TYPE_ARRAY", name="eun_map", id=known[0][1],
                   source="kernel")
        self.check(filtering, cmd="BPF_PROG_LOAD", prog_type="BPF_PROG_TYPE_SOCKET_FILTER", name="eun_filter", insns=2,
                   id=known[1][1], source="kernel")
        self.check(raw_point, cmd="BPF_PROG_LOAD", prog_type="BPF_PROG_TYPE_RAW_TRACEPOINT", name="eun_raw",
                   id=known[2][1])
        self.check(opened, cmd="BPF_RAW_TRACEPOINT_OPEN", prog_type="BPF_PROG_TYPE_RAW_TRACEPOINT", name="eun_raw",
                   target="sched_process_hang")
        self.check(pinned, cmd="BPF_OBJ_PIN", target=self.dir + "/pin")
        self.assertLess(pinned["ret"], 0)
        self.check(refused, cmd="BPF_PROG_LOAD", prog_type="BPF_PROG_TYPE_TRACEPOINT", name="eun_bad", insns=1, id=0,
                   source="user")
        self.assertLess(refused["ret"], 0)

    def test_bpftool(self):
        """Another's program: what it makes here is what strace sees it make in an identical run."""
        argv = ["/usr/bin/unshare", "-m", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf && exec bpftool map create "
                "/sys/fs/bpf/eun_tool type hash key 4 value 4 entries 2 name eun_tool"]
        log = self.path("log")
        subprocess.run(["strace", "-f", "-e", "trace=bpf", "-o", log, *argv], check=True)
        seen = [line.split("bpf(")[1].split(",")[0] for line in eun.read(log).splitlines() if "bpf(" in line]
        child, events = of_stream("bpf", lambda: fork(os.execv, argv[0], argv))
        quiet = "BPF_OBJ_GET_INFO_BY_FD", "BPF_MAP_UPDATE_ELEM", "BPF_MAP_LOOKUP_ELEM"
        self.assertIn("BPF_MAP_CREATE", seen)
        self.assertEqual([event["cmd"] for event in events], [cmd for cmd in seen if cmd not in quiet])
        self.assertIn(("eun_tool", "BPF_MAP_TYPE_HASH"), [(event["name"], event["map_type"]) for event in events])


class Module(Case):
    def test_no_module(self):
        """Where the kernel can load any: files that are none, names that are none."""
        if raw(DELETE_MODULE, 0, 0) == 38:
            self.skipTest("this kernel has no modules")
        image = self.path("image.ko", b"no module")

        def act():
            text = ctypes.create_string_buffer(b"no module either")
            fd = os.open(image, os.O_RDONLY)
            return fd, [raw(FINIT_MODULE, fd, ctypes.c_char_p(b"debug=1"), 2), raw(INIT_MODULE, text, 16,
                                                                                   ctypes.c_char_p(b"")),
                        raw(FINIT_MODULE, -1, ctypes.c_char_p(b""), 0),
                        raw(DELETE_MODULE, ctypes.c_char_p(b"eun_none"), os.O_NONBLOCK)]

        child, events = of_stream("module", act)
        fd, errors = child.result
        self.assertEqual(errors, [ENOEXEC, ENOEXEC, EBADF, ENOENT])
        self.assertEqual([(event["call"], event["ret"]) for event in events],
                         [("finit_module", -ENOEXEC), ("init_module", -ENOEXEC), ("finit_module", -EBADF),
                          ("delete_module", -ENOENT)])
        self.check(events[0], path=image, fd=fd, inode=os.stat(image).st_ino, dev=os.stat(image).st_dev,
                   params="debug=1",
                   flags=["MODULE_INIT_IGNORE_VERMAGIC"], name="")
        self.check(events[3], name="eun_none", name_source="user", flags=["O_NONBLOCK"])


if __name__ == "__main__":
    eun.main()
