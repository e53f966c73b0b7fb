/* SPDX-License-Identifier: MIT */
/* What profiles call things: architectures, system calls, actions, operators, errors. */
#ifndef CORE_SECCOMP_NAMES_H
#define CORE_SECCOMP_NAMES_H

#include "profile.h"

struct arch_name {
	const char *name;     /* as uname -m and libseccomp have it */
	const char *oci;      /* SCMP_ARCH_... */
	const char *docker;   /* as Go has it, in includes and excludes */
	uint32_t token;       /* of libseccomp, and the kernel's audit number but for x32's */
	uint32_t number_last; /* the last one that Linux 6.18 has */
};
extern const struct arch_name arch_names[PROFILE_ARCHES];

/* By any of its names, in any case; -1: there is no such one here. */
int arch_find(const char *name);

/* -1: the entry has no such call. Knows libseccomp's, and those that are newer than it. */
int64_t call_number(enum profile_arch arch, const char *name);
/* The name of a call, or its number as text; false: it has none. */
bool call_name(enum profile_arch arch, uint32_t nr, char *buf, size_t size);
#define CALL_NAME_MAX 48
/* True: some entry has a call of that name. */
bool call_known(const char *name);

/* "allow", "errno(EPERM)", "trace(3)": text forms. */
void action_text(struct profile_action action, char *buf, size_t size);
#define ACTION_TEXT_MAX 40
/* -EINVAL. An error without a name or number is EPERM. */
int action_parse(const char *text, struct profile_action *out);
/* SCMP_ACT_...; its value stays 0 but for the error, which is EPERM. -EINVAL. */
const char *action_oci(enum profile_act act);
int action_from_oci(const char *text, struct profile_action *out);

/* "EPERM", "1": 1 to 4095. -EINVAL. */
int errno_parse(const char *text, uint16_t *out);

const char *op_oci(uint32_t op);
int op_from_oci(const char *text);

#endif
