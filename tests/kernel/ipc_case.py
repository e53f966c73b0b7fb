# SPDX-License-Identifier: MIT
"""
What the tests of the plugin ipc share. A case is an act that a child performs and the events that it must cause: all
of them, in order, with all fields. An event is a dict of what differs from NOTHING of its stream.
"""
import ctypes
import os
import signal
import unittest
import warnings

import eun

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

# x86-64; those from 424 on are everybody's
NR = dict(
    pipe=22, shmget=29, shmat=30, shmctl=31, kill=62, semget=64, semop=65, semctl=66, shmdt=67, msgget=68, msgsnd=69,
    msgrcv=70, msgctl=71, rt_sigqueueinfo=129, tkill=200, semtimedop=220, timer_create=222, timer_settime=223,
    tgkill=234, mq_open=240, mq_unlink=241, mq_timedsend=242, mq_timedreceive=243, eventfd=284, eventfd2=290, pipe2=293,
    rt_tgsigqueueinfo=297, recvmmsg=299, sendmmsg=307, process_vm_readv=310, process_vm_writev=311, memfd_create=319,
    pidfd_send_signal=424, pidfd_open=434, pidfd_getfd=438, memfd_secret=447,
)

# of every record
HEADER = {"ts", "stream", "event_flags", "cpu", "pid", "tid", "ppid", "uid", "gid", "comm", "cgroup", "pidns", "mntns"}
HEADER |= {"container"}

OP = {"id": -1, "name": None, "peer_pid": 0, "peer_comm": "", "bytes": 0, "ret": 0}
SYSV = {**OP, "key": 0, "cmd": "IPC_RMID", "flags": []}
SOCKET = {**OP, "kind": "unix", "type": "stream", "peer_id": -1, "peer_uid": 0}
NOTHING = {
    "ipc.signal": {"target_comm": "python3", "result": "delivered", "ret": 0, "call": "none", "target_id": 0,
                   "group": True, "cause": "SI_USER", "code": 0},
    "ipc.pipe": {**OP, "kind": "pipe", "read_fd": -1, "write_fd": -1, "flags": []},
    "ipc.unix": {**SOCKET, "fd": -1, "other_fd": -1, "path": None},
    "ipc.unix_message": {**SOCKET, "fd": -1, "flags": []},
    "ipc.shm": {**SYSV, "kind": "shm", "address": 0},
    "ipc.sem": {**SYSV, "kind": "sem", "value": 0},
    "ipc.msg": {**SYSV, "kind": "msg"},
    "ipc.mq": {**OP, "kind": "mq", "fd": -1, "flags": []},
    "ipc.eventfd": {**OP, "kind": "eventfd", "fd": -1, "flags": [], "value": 0},
    "ipc.memfd": {**OP, "kind": "memfd", "fd": -1, "flags": []},
    "ipc.vm": {**OP, "kind": "vm", "fd": -1, "other_fd": -1},
    "ipc.message": {**OP, "key": 0, "flags": [], "fd": -1, "value": 0, "sem_num": 0, "sem_op": 0},
}


def call(name, *args):
    """The system call's result, or -errno. bytes are passed as strings, None as NULL."""
    ctypes.set_errno(0)
    ret = libc.syscall(NR[name], *(ctypes.c_long(arg or 0) if isinstance(arg, int | None) else arg for arg in args))
    return -ctypes.get_errno() if ret == -1 else ret


def event(stream, **fields):
    return {"stream": stream, "event_flags": [], **NOTHING[stream], **fields}


def own(found):
    """The stream's own fields, and those of the header that the tests look at."""
    return {key: value for key, value in found.items() if key not in HEADER or key in ("stream", "event_flags")}


def inode(fd):
    return os.fstat(fd).st_ino


def Child(act):
    """One that also ends when a call waits for ever."""
    def bounded():
        signal.alarm(eun.LIMIT)
        return act()

    return eun.Child(bounded)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        # forks end with open sockets
        warnings.simplefilter("ignore", ResourceWarning)

    def expect(self, act, wanted, *options, streams="ipc", follow=False, fixed=True):
        """
        wanted(result, child) gives the events, of what act returned. fixed: in that order; else sorted as text. An
        event with "pid" in it is of that process, others are of the child. The child's own end is left out: its
        SIGCHLD for this test.
        """
        child = Child(act)
        found = eun.watch(child, "--plugin", "ipc", "--streams", streams, *options, follow=follow)
        found = [each for each in found if each.get("target_pid") != os.getpid() or each["signal"] != "SIGCHLD"]
        wanted = wanted(child.result, child)
        pids = [each.pop("pid", child.pid) for each in wanted]
        pairs = list(zip(pids, wanted)), [(each["pid"], own(each)) for each in found]
        if not fixed:
            pairs = [sorted(pair, key=str) for pair in pairs]
        for want, have in zip(*pairs):
            self.assertEqual(want, have)
        self.assertEqual(len(wanted), len(found), found[len(wanted):] or wanted[len(found):])
        return found
