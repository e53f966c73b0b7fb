/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct arch_name arch_names[PROFILE_ARCHES] = {
	[PROFILE_X86_64] = {"x86_64", "SCMP_ARCH_X86_64", "amd64", SCMP_ARCH_X86_64, 469},
	[PROFILE_X86] = {"x86", "SCMP_ARCH_X86", "386", SCMP_ARCH_X86, 469},
	[PROFILE_X32] = {"x32", "SCMP_ARCH_X32", "x32", SCMP_ARCH_X32, 547},
	[PROFILE_AARCH64] = {"aarch64", "SCMP_ARCH_AARCH64", "arm64", SCMP_ARCH_AARCH64, 469},
	[PROFILE_ARM] = {"arm", "SCMP_ARCH_ARM", "arm", SCMP_ARCH_ARM, 469},
};

/* Calls of Linux 5.14 to 6.18, which libseccomp may not have. From 424 on, all architectures number alike. */
static const struct {
	uint32_t nr;
	const char *name;
} newer[] = {
	{447, "memfd_secret"},      {448, "process_mrelease"},
	{449, "futex_waitv"},       {450, "set_mempolicy_home_node"},
	{451, "cachestat"},         {452, "fchmodat2"},
	{453, "map_shadow_stack"},  {454, "futex_wake"},
	{455, "futex_wait"},        {456, "futex_requeue"},
	{457, "statmount"},         {458, "listmount"},
	{459, "lsm_get_self_attr"}, {460, "lsm_set_self_attr"},
	{461, "lsm_list_modules"},  {462, "mseal"},
	{463, "setxattrat"},        {464, "getxattrat"},
	{465, "listxattrat"},       {466, "removexattrat"},
	{467, "open_tree_attr"},    {468, "file_getattr"},
	{469, "file_setattr"},
};

/* Marks x32's numbers. */
#define X32_BIT 0x40000000

int arch_find(const char *name)
{
	for (int a = 0; a < PROFILE_ARCHES; a++) {
		const struct arch_name *n = &arch_names[a];
		if (!strcasecmp(name, n->name) || !strcasecmp(name, n->oci) || !strcasecmp(name, n->docker))
			return a;
	}
	return -1;
}

int64_t call_number(enum profile_arch arch, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(arch_names[arch].token, name);
	if (nr >= 0)
		return arch == PROFILE_X32 ? nr & ~X32_BIT : nr;
	for (size_t i = 0; i < COUNT(newer); i++)
		if (!strcmp(newer[i].name, name))
			return newer[i].nr;
	return -1;
}

bool call_name(enum profile_arch arch, uint32_t nr, char *buf, size_t size)
{
	char *name = seccomp_syscall_resolve_num_arch(arch_names[arch].token,
						      (int)(arch == PROFILE_X32 ? nr | X32_BIT : nr));
	if (name)
		snprintf(buf, size, "%s", name);
	free(name);
	if (name)
		return true;
	for (size_t i = 0; i < COUNT(newer); i++)
		if (newer[i].nr == nr) {
			snprintf(buf, size, "%s", newer[i].name);
			return true;
		}
	snprintf(buf, size, "%u", nr);
	return false;
}

bool call_known(const char *name)
{
	/* calls that an entry lacks have negative numbers in libseccomp; __NR_SCMP_ERROR is its alone */
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR || call_number(profile_native(), name) >= 0;
}

/* Each act by its names; the first of an act is the one that is written. */
static const struct act_name {
	enum profile_act act;
	const char *name, *oci;
} acts[] = {
	{PROFILE_ALLOW, "allow", "SCMP_ACT_ALLOW"},
	{PROFILE_LOG, "log", "SCMP_ACT_LOG"},
	{PROFILE_NOTIFY, "notify", "SCMP_ACT_NOTIFY"},
	{PROFILE_TRACE, "trace", "SCMP_ACT_TRACE"},
	{PROFILE_ERRNO, "errno", "SCMP_ACT_ERRNO"},
	{PROFILE_TRAP, "trap", "SCMP_ACT_TRAP"},
	{PROFILE_KILL_THREAD, "kill_thread", "SCMP_ACT_KILL_THREAD"},
	{PROFILE_KILL_THREAD, "kill_thread", "SCMP_ACT_KILL"},
	{PROFILE_KILL, "kill", "SCMP_ACT_KILL_PROCESS"},
};

static const struct act_name *act_name(enum profile_act act)
{
	size_t i = 0;
	while (acts[i].act != act)
		i++;
	return &acts[i];
}

static bool has_value(enum profile_act act)
{
	return act == PROFILE_ERRNO || act == PROFILE_TRACE;
}

void action_text(struct profile_action action, char *buf, size_t size)
{
	const char *name = act_name(action.act)->name;
	const char *error = action.act == PROFILE_ERRNO ? strerrorname_np(action.value) : NULL;
	if (error && action.value)
		snprintf(buf, size, "%s(%s)", name, error);
	else if (has_value(action.act))
		snprintf(buf, size, "%s(%u)", name, action.value);
	else
		snprintf(buf, size, "%s", name);
}

int errno_parse(const char *text, uint16_t *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && n <= 4095) {
		*out = (uint16_t)n;
		return 0;
	}
	for (uint16_t e = 1; e < 200; e++) {
		const char *name = strerrorname_np(e);
		if (name && !strcasecmp(name, text)) {
			*out = e;
			return 0;
		}
	}
	return -EINVAL;
}

static int value_parse(enum profile_act act, const char *text, uint16_t *out)
{
	char *end;
	if (act == PROFILE_ERRNO)
		return errno_parse(text, out);
	unsigned long n = strtoul(text, &end, 10);
	*out = (uint16_t)n;
	return *text < '0' || *text > '9' || *end || n > UINT16_MAX ? -EINVAL : 0;
}

int action_parse(const char *text, struct profile_action *out)
{
	size_t len = strcspn(text, "(");
	for (size_t i = 0; i < COUNT(acts); i++) {
		char value[32];
		if (strlen(acts[i].name) != len || strncmp(acts[i].name, text, len) != 0)
			continue;
		*out = (struct profile_action){acts[i].act, acts[i].act == PROFILE_ERRNO ? EPERM : 0};
		if (!text[len])
			return 0;
		size_t n = strcspn(text + len + 1, ")");
		if (!has_value(acts[i].act) || strcmp(text + len + 1 + n, ")") != 0 || n >= sizeof(value))
			return -EINVAL;
		snprintf(value, sizeof(value), "%.*s", (int)n, text + len + 1);
		return value_parse(acts[i].act, value, &out->value);
	}
	return -EINVAL;
}

const char *action_oci(enum profile_act act)
{
	return act_name(act)->oci;
}

int action_from_oci(const char *text, struct profile_action *out)
{
	for (size_t i = 0; i < COUNT(acts); i++)
		if (!strcmp(acts[i].oci, text)) {
			*out = (struct profile_action){acts[i].act, acts[i].act == PROFILE_ERRNO ? EPERM : 0};
			return 0;
		}
	return -EINVAL;
}

static const char *const ops[PROFILE_OPS] = {
	[PROFILE_NE] = "SCMP_CMP_NE",
	[PROFILE_LT] = "SCMP_CMP_LT",
	[PROFILE_LE] = "SCMP_CMP_LE",
	[PROFILE_EQ] = "SCMP_CMP_EQ",
	[PROFILE_GE] = "SCMP_CMP_GE",
	[PROFILE_GT] = "SCMP_CMP_GT",
	[PROFILE_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

const char *op_oci(uint32_t op)
{
	return ops[op];
}

int op_from_oci(const char *text)
{
	for (int op = 1; op < PROFILE_OPS; op++)
		if (!strcmp(ops[op], text))
			return op;
	return -EINVAL;
}
