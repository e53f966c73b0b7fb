/* SPDX-License-Identifier: MIT */
#include "share.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *share_path(const char *name)
{
	char exe[PATH_MAX], *out;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0)
		return NULL;
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	if (asprintf(&out, "%s/../share/eunomia/%s", exe, name) < 0)
		return NULL;
	char *real = realpath(out, NULL); /* shorter in messages */
	if (!real)
		return out;
	free(out);
	return real;
}
