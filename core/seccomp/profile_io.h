/* SPDX-License-Identifier: MIT */
/*
 * Profiles from files and to text. Files are hostile: sizes are bounded, and what is wrong is told with the file, the
 * place and the reason.
 */
#ifndef CORE_SECCOMP_PROFILE_IO_H
#define CORE_SECCOMP_PROFILE_IO_H

#include "event/buf.h"
#include "profile.h"

#define PROFILE_FILE_MAX (4u << 20)

enum profile_form { PROFILE_OCI, PROFILE_DOCKER, PROFILE_TEXT, PROFILE_C, PROFILE_BPF, PROFILE_FORMS };
/* By form; ends at NULL. */
extern const char *const profile_forms[PROFILE_FORMS + 1];

/* Where a profile comes from, and who hears what it has that is not understood: calls without a number here. */
struct profile_source {
	const char *name; /* of the file, for messages */
	void (*warn)(void *context, const char *text);
	void *context;
};

/* Reads a file ("-": standard input) of any form but C and BPF. -errno: why. */
int profile_read(struct profile *out, const struct profile_source *source, char *why, size_t why_size);
/* The same of bytes. -EINVAL, -ENOMEM: why. */
int profile_parse(struct profile *out, const struct profile_source *source, const char *bytes, size_t len, char *why,
		  size_t why_size);

/*
 * Appends the profile in a form. -EINVAL: why: it can't be said in it. `warn` hears what a reader of it may not
 * understand. The form BPF is that of this machine's entries.
 */
int profile_write(const struct profile *profile, enum profile_form form, struct buf *out,
		  void (*warn)(void *context, const char *text), void *context, char *why, size_t why_size);

/* "ioctl[1=0x5401]": the call of a rule, without its action. */
void profile_rule_text(enum profile_arch arch, const struct profile_rule *rule, struct buf *out);

/* Each form's own; as above. */
int profile_parse_json(struct profile *out, const struct profile_source *source, const char *bytes, size_t len,
		       char *why, size_t why_size);
int profile_parse_text(struct profile *out, const struct profile_source *source, const char *bytes, size_t len,
		       char *why, size_t why_size);
int profile_write_json(const struct profile *profile, bool docker, struct buf *out,
		       void (*warn)(void *context, const char *text), void *context);
int profile_write_text(const struct profile *profile, struct buf *out);

/* One warning. */
void profile_warn(const struct profile_source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
