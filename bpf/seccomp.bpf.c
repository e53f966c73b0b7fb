/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Which system calls are made at all, each told once; and those that a seccomp filter denied. */
#define EUN_NO_PATHS
#include "common.bpf.h"

#include "seccomp.h"

#include "seccomp_call.bpf.h"
#include "seccomp_learn.bpf.h"
#include "seccomp_denied.bpf.h"
