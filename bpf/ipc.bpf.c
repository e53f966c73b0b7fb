/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* How processes talk to each other: signals, pipes, sockets, System V, queues, each other's memory. */
#include "common.bpf.h"

#include "ipc.h"
#include "ipc_nr.h"

#include "ipc_calls.bpf.h"
#include "ipc_peer.bpf.h"
#include "ipc_signal.bpf.h"
#include "ipc_object.bpf.h"
#include "ipc_unix.bpf.h"
#include "ipc_ia32.bpf.h"
