/* SPDX-License-Identifier: MIT */
/* Any bytes as a rules file of Falco: what is refused is refused with words, what is read becomes INI. */
#include <stdlib.h>

#include "config/config.h"
#include "falco/falco.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(void *context, uint32_t line, const char *text)
{
	(void)context, (void)line;
	if (!*text)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct falco_host host = {.tell = tell};
	struct falco_counts counts;
	struct falco_error error;
	struct buf ini = {0};
	int err = falco_import("input", (const char *)data, size, &host, &ini, &counts, &error);
	if (err) {
		if (!*error.text)
			abort();
	} else {
		struct config_error wrong;
		struct config *config;
		if (config_parse(&config, "output", ini.data, ini.len, &wrong))
			abort();
		config_free(config);
	}
	buf_free(&ini);
	return 0;
}
