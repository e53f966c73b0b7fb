/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Which system calls are made at all, each told once; those that a seccomp filter denied, and that one would deny. */
#define EUN_NO_PATHS
#include "common.bpf.h"

#include "seccomp.h"

#include "seccomp_call.bpf.h"
#include "seccomp_learn.bpf.h"
#include "seccomp_canary.bpf.h"
#include "seccomp_denied.bpf.h"
