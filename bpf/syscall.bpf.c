/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* System calls: how many and how long by process, number and result; and one by one with their arguments. */
#define EUN_NO_PATHS
#include "common.bpf.h"

#include "ia32.bpf.h"
#include "syscall.h"

#include "syscall_number.bpf.h"
#include "syscall_count.bpf.h"
#include "syscall_call.bpf.h"
