/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a profile: what is refused is refused with words; what is read can be written in the text form, which
 * says the same when it is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "seccomp/profile_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf text_of(const struct profile *p)
{
	struct buf out = {0};
	if (profile_write_text(p, &out))
		abort();
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct profile_source source = {"input", NULL, NULL};
	struct profile p, again;
	struct buf json = {0};
	char why[512] = "";
	int err = profile_parse(&p, &source, (const char *)data, size, why, sizeof(why));
	if (err) {
		if (!*why || p.of[PROFILE_X86_64].items)
			abort();
		return 0;
	}
	struct buf first = text_of(&p);
	if (profile_parse(&again, &source, first.data, first.len, why, sizeof(why)))
		abort();
	struct buf second = text_of(&again);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	profile_write_json(&p, size & 1, &json, NULL, NULL);
	buf_free(&json);
	buf_free(&first);
	buf_free(&second);
	profile_free(&p);
	profile_free(&again);
	return 0;
}
