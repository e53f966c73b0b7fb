/* SPDX-License-Identifier: MIT */
#include "alert_output_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 1024
#define TIMEOUT_MS 5000

static int copy_text(const char **text)
{
	if (!*text)
		return 0;
	*text = strdup(*text);
	return *text ? 0 : -ENOMEM;
}

/* A copy of an array that ends at NULL; it ends where memory did. */
static int copy_texts(const char *const **texts)
{
	const char *const *from = *texts;
	size_t n = 0;
	if (!from)
		return 0;
	while (from[n])
		n++;
	const char **to = calloc(n + 1, sizeof(*to));
	*texts = to;
	for (size_t i = 0; to && i < n; i++) {
		to[i] = strdup(from[i]);
		if (!to[i])
			return -ENOMEM;
	}
	return to ? 0 : -ENOMEM;
}

int alert_config_copy(struct alert_output_config *to, const struct alert_output_config *from)
{
	*to = *from;
	/* Each pointer becomes a copy or NULL, so that all are to be freed. */
	int err = copy_text(&to->name);
	err |= copy_text(&to->path);
	err |= copy_text(&to->url);
	err |= copy_texts(&to->argv);
	err |= copy_texts(&to->headers);
	if (!to->queue)
		to->queue = QUEUE;
	if (!to->timeout_ms)
		to->timeout_ms = TIMEOUT_MS;
	return err ? -ENOMEM : 0;
}

static void free_texts(const char *const *texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free((char *)texts[i]);
	free((void *)texts);
}

void alert_config_free(struct alert_output_config *c)
{
	free((char *)c->name);
	free((char *)c->path);
	free((char *)c->url);
	free_texts(c->argv);
	free_texts(c->headers);
	*c = (struct alert_output_config){0};
}
