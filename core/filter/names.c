/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "event/names.h"
#include "event/schema.h"

#define ERRNO_MAX 1024 /* more than there are, the kernel's own ones included */
#define CAP_MAX 64

/* The names that a number has besides the one it is shown with. */
static const struct {
	const char *name;
	int number;
} aliases[] = {
	{"EWOULDBLOCK", EWOULDBLOCK}, {"EDEADLOCK", EDEADLOCK}, {"ENOTSUP", ENOTSUP}, {"EOPNOTSUPP", EOPNOTSUPP}};

int errno_number(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (!strcmp(aliases[i].name, name))
			return aliases[i].number;
	for (int i = 1; i < ERRNO_MAX; i++) {
		const char *known = errno_name(i);
		if (known && !strcmp(known, name))
			return i;
	}
	return 0;
}

uint64_t cap_mask(const char *name)
{
	for (unsigned i = 0; i < CAP_MAX; i++) {
		const char *known = cap_name(i);
		if (known && !strcasecmp(known, name))
			return 1ull << i;
	}
	return 0;
}

const char *errno_nearest(const char *name)
{
	const char *names[ERRNO_MAX];
	size_t n = 0;
	for (int i = 1; i < ERRNO_MAX; i++)
		if (errno_name(i))
			names[n++] = errno_name(i);
	return nearest_name(name, names, n);
}

const char *cap_nearest(const char *name)
{
	const char *names[CAP_MAX];
	size_t n = 0;
	for (unsigned i = 0; i < CAP_MAX; i++)
		if (cap_name(i))
			names[n++] = cap_name(i);
	return nearest_name(name, names, n);
}
