/* SPDX-License-Identifier: MIT */
/* [seccomp]: which profile is applied, and to whom. */
#include <errno.h>
#include <stdlib.h>

#include "settings_impl.h"

static const char *const modes[] = {"profile", "errno", "log", "kill", NULL};

static const struct config_option keys[] = {
	{"profile", CONFIG_TEXT, offsetof(struct settings_seccomp, profile), 0, 0, NULL, "the file of the profile"},
	{"mode", CONFIG_ENUM, offsetof(struct settings_seccomp, mode), 0, 0, modes,
	 "what happens to all that it does not name"},
	{"container", CONFIG_TEXTS, offsetof(struct settings_seccomp, containers), 0, 0, NULL,
	 "containers that get it, also later ones"},
	{"pid", CONFIG_TEXTS, offsetof(struct settings_seccomp, pid_texts), 0, 0, NULL, "processes that get it"},
	{0},
};

int settings_seccomp_read(struct settings_seccomp *out, const struct config_section *section,
			  struct config_error *error)
{
	if (out->section)
		return config_error_at(error, section->file, section->line, 1, "[seccomp]: it is there twice");
	out->section = section;
	int err = config_apply(section, keys, out, NULL, NULL, error);
	if (!err && !out->profile)
		err = config_error_at(error, section->file, section->line, 1, "[seccomp]: it has no 'profile'");
	size_t n = 0;
	while (out->pid_texts && out->pid_texts[n])
		n++;
	if (err || !n)
		return err;
	out->pids = calloc(n, sizeof(*out->pids));
	if (!out->pids)
		return -ENOMEM;
	for (; out->n_pids < n; out->n_pids++) {
		const char *text = out->pid_texts[out->n_pids];
		char *end;
		unsigned long pid = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
		uint32_t line, column;
		const struct config_key *key = config_key(section, "pid");
		config_texts_place(key->value, out->n_pids, &line, &column);
		if (!pid || *end || pid > INT32_MAX)
			return config_fail(section, key, line, column, error, "'%s' is no process id", text);
		out->pids[out->n_pids] = (uint32_t)pid;
	}
	return 0;
}

void settings_seccomp_free(struct settings_seccomp *out)
{
	config_texts_free(out->containers);
	config_texts_free(out->pid_texts);
	free(out->pids);
	*out = (struct settings_seccomp){0};
}
