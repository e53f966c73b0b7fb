/* SPDX-License-Identifier: MIT */
/* [metrics]: which families plugins' streams are counted for, and the file that they go to. */
#include <stddef.h>

#include "settings_impl.h"

static const struct config_option metrics_keys[] = {
	{"families", CONFIG_TEXTS, offsetof(struct settings_metrics, families), 0, 0, NULL,
	 "those of plugins that are kept, with globs; none: those that cost little"},
	{"without", CONFIG_TEXTS, offsetof(struct settings_metrics, without), 0, 0, NULL, "but not these"},
	{"textfile", CONFIG_TEXT, offsetof(struct settings_metrics, textfile), 0, 0, NULL,
	 "file for node_exporter's textfile collector: NAME.prom"},
	{"interval", CONFIG_MS, offsetof(struct settings_metrics, interval_ms), 100, 3600000, NULL,
	 "how often it is written"},
	{"programs", CONFIG_BOOL, offsetof(struct settings_metrics, programs), 0, 0, NULL,
	 "yes: what each BPF program costs, which costs some 20 ns a run"},
	{0},
};

void settings_metrics_init(struct settings_metrics *m)
{
	*m = (struct settings_metrics){.interval_ms = 15000};
}

int settings_metrics_read(struct settings_metrics *m, const struct config_section *section, struct config_error *error)
{
	m->section = section;
	return config_apply(section, metrics_keys, m, NULL, NULL, error);
}

void settings_metrics_free(struct settings_metrics *m)
{
	config_texts_free(m->families);
	config_texts_free(m->without);
}
