/* SPDX-License-Identifier: MIT */
/* Whether this kernel has an entry for the system calls of 32-bit programs. */
#ifndef CORE_HOST_IA32_H
#define CORE_HOST_IA32_H

#include <stdbool.h>

enum ia32_entry { IA32_ENTRY_UNKNOWN, IA32_ENTRY_NONE, IA32_ENTRY_THERE };

/* By a child that makes a call through it: what the kernel was built with is often not shown, or overruled at boot. */
enum ia32_entry ia32_entry(void);

/* What `--ia32 auto` comes to: on for rules, which one could get around by such calls, where the kernel takes any. */
bool ia32_auto(bool rules);

#endif
