/* SPDX-License-Identifier: MIT */
#include "profile_io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"

const char *const profile_forms[PROFILE_FORMS + 1] = {
	[PROFILE_OCI] = "oci", [PROFILE_DOCKER] = "docker", [PROFILE_TEXT] = "text",
	[PROFILE_C] = "c",     [PROFILE_BPF] = "bpf",
};

void profile_warn(const struct profile_source *source, const char *format, ...)
{
	char text[512], line[768];
	va_list args;
	if (!source->warn)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "%s: %s", source->name, text);
	source->warn(source->context, line);
}

/* A compiled filter begins with the load of a word of struct seccomp_data. */
static bool is_bpf(const char *bytes, size_t len)
{
	struct sock_filter first;
	if (len < sizeof(first) || len % sizeof(first))
		return false;
	memcpy(&first, bytes, sizeof(first));
	return first.code == (BPF_LD | BPF_W | BPF_ABS) && !first.jt && !first.jf && first.k < 64;
}

int profile_parse(struct profile *out, const struct profile_source *source, const char *bytes, size_t len, char *why,
		  size_t why_size)
{
	size_t at = 0;
	*out = (struct profile){.def = {PROFILE_ERRNO, EPERM}};
	if (is_bpf(bytes, len)) {
		snprintf(why, why_size,
			 "%s: a compiled filter, which can't be read back; give the profile it was made of",
			 source->name);
		return -EINVAL;
	}
	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) /* as some editors begin a file */
		at = 3;
	bytes += at, len -= at;
	for (at = 0; at < len && strchr(" \t\r\n", bytes[at]) && bytes[at];)
		at++;
	int (*parse)(struct profile *, const struct profile_source *, const char *, size_t, char *, size_t) =
		at < len && bytes[at] == '{' ? profile_parse_json : profile_parse_text;
	int err = parse(out, source, bytes, len, why, why_size);
	if (err)
		profile_free(out);
	return err;
}

static int read_all(int fd, char *bytes, size_t *len)
{
	ssize_t n;
	while ((n = read(fd, bytes + *len, PROFILE_FILE_MAX + 1 - *len)) > 0)
		*len += (size_t)n;
	return n < 0 ? -errno : 0;
}

int profile_read(struct profile *out, const struct profile_source *source, char *why, size_t why_size)
{
	bool standard = !strcmp(source->name, "-");
	int fd = standard ? STDIN_FILENO : open(source->name, O_RDONLY | O_CLOEXEC);
	char *bytes = malloc(PROFILE_FILE_MAX + 1);
	size_t len = 0;
	int err = fd < 0 ? -errno : bytes ? read_all(fd, bytes, &len) : -ENOMEM;
	if (err)
		snprintf(why, why_size, "%s: %s", source->name, strerror(-err));
	else if (len > PROFILE_FILE_MAX)
		snprintf(why, why_size, "%s: larger than %u MiB, no profile is", source->name, PROFILE_FILE_MAX >> 20),
			err = -EFBIG;
	else
		err = profile_parse(out, source, bytes, len, why, why_size);
	free(bytes);
	if (!standard && fd >= 0)
		close(fd);
	return err;
}

int profile_write(const struct profile *p, enum profile_form form, struct buf *out,
		  void (*warn)(void *context, const char *text), void *context, char *why, size_t why_size)
{
	int err = 0;
	snprintf(why, why_size, "no memory");
	switch (form) {
	case PROFILE_TEXT:
		return profile_write_text(p, out);
	case PROFILE_C:
	case PROFILE_BPF:
		err = form == PROFILE_C ? filter_write_c(p, out, warn, context, why, why_size)
					: filter_write_bpf(p, out, warn, context, why, why_size);
		break;
	default:
		err = profile_write_json(p, form == PROFILE_DOCKER, out, warn, context);
	}
	return err;
}
