/* SPDX-License-Identifier: MIT */
/* [history]: what is kept, where, and how much of it. */
#include <stddef.h>

#include "settings_impl.h"
#include "store/store.h"

#define AGE_MAX_MS (10ull * 366 * 86400 * 1000)

static const struct config_option history_keys[] = {
	{"path", CONFIG_TEXT, offsetof(struct settings_history, path), 0, 0, NULL, "the file; its folder is made"},
	{"max_size", CONFIG_UINT, offsetof(struct settings_history, max_bytes), STORE_BYTES_MIN, 1ull << 44, NULL,
	 "of the file and what belongs to it: the oldest goes"},
	{"max_age", CONFIG_MS, offsetof(struct settings_history, max_age_ms), 1000, AGE_MAX_MS, NULL,
	 "what is older goes"},
	{"events", CONFIG_TEXTS, offsetof(struct settings_history, events), 0, 0, NULL,
	 "streams whose events are kept: process.exec, tcp.*"},
	{"where", CONFIG_TEXT, offsetof(struct settings_history, where), 0, 0, NULL, "which of these events"},
	{"alerts", CONFIG_BOOL, offsetof(struct settings_history, alerts), 0, 0, NULL, "no: without alerts"},
	{"connections", CONFIG_BOOL, offsetof(struct settings_history, connections), 0, 0, NULL,
	 "no: without what became of connections"},
	{0},
};

void settings_history_init(struct settings_history *h)
{
	*h = (struct settings_history){.path = STORE_PATH, .alerts = true, .connections = true};
}

int settings_history_read(struct settings_history *h, const struct config_section *section, struct config_error *error)
{
	h->section = section;
	int err = config_apply(section, history_keys, h, NULL, NULL, error);
	const struct config_key *where = config_key(section, "where");
	if (!err && where && !h->events)
		err = config_fail(section, where, 1, 1, error, "'where' chooses among 'events', and there are none");
	return err;
}

void settings_history_free(struct settings_history *h)
{
	config_texts_free(h->events);
}
