/* SPDX-License-Identifier: MIT */
/* [output NAME] to what an output is opened with. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "settings.h"

#define BIT(kind) (1u << ALERT_##kind)
#define LINES (BIT(STDOUT) | BIT(FILE))
#define ALL ((1u << ALERT_OUTPUTS) - 1)

static const char *const kinds[] = {
	[ALERT_STDOUT] = "stdout",     [ALERT_FILE] = "file",       [ALERT_SYSLOG] = "syslog",
	[ALERT_JOURNALD] = "journald", [ALERT_PROGRAM] = "program", [ALERT_WEBHOOK] = "webhook",
	[ALERT_OUTPUTS] = NULL,
};
static const char *const formats[] = {"text", "json", NULL};
static const char *const severities[] = {"emergency", "alert",         "critical", "error", "warning",
					 "notice",    "informational", "debug",    NULL};

struct keys {
	int type, format, severity;
	const char *path, *url;
	char **argv, **headers;
	uint64_t rotate, keep, queue, timeout, retries;
};

#define AT(member) offsetof(struct keys, member)
static const struct config_option options[] = {
	{"type", CONFIG_ENUM, AT(type), 0, 0, kinds, "where alerts go"},
	{"format", CONFIG_ENUM, AT(format), 0, 0, formats, "a line of text or a JSON object"},
	{"severity", CONFIG_ENUM, AT(severity), 0, 0, severities, "what is less severe is left out"},
	{"path", CONFIG_TEXT, AT(path), 0, 0, NULL, "the file, or another socket"},
	{"url", CONFIG_TEXT, AT(url), 0, 0, NULL, "where to POST"},
	{"argv", CONFIG_TEXTS, AT(argv), 0, 0, NULL, "the program and its arguments"},
	{"headers", CONFIG_TEXTS, AT(headers), 0, 0, NULL, "further ones: Name: value"},
	{"rotate", CONFIG_UINT, AT(rotate), 4096, 1ull << 40, NULL, "bytes from which the file is rotated"},
	{"keep", CONFIG_UINT, AT(keep), 1, 1000, NULL, "rotated files that stay"},
	{"queue", CONFIG_UINT, AT(queue), 1, 1u << 20, NULL, "alerts that may wait"},
	{"timeout", CONFIG_MS, AT(timeout), 10, 600000, NULL, "of one attempt"},
	{"retries", CONFIG_UINT, AT(retries), 0, 1000, NULL, "attempts after the first"},
	{0},
};

/* The kinds that have a key; a key that is not here is every kind's. */
static const struct {
	const char *key;
	uint32_t kinds, required;
} rules[] = {
	{"type", ALL, ALL},
	{"format", LINES, 0},
	{"path", BIT(FILE) | BIT(SYSLOG) | BIT(JOURNALD), BIT(FILE)},
	{"url", BIT(WEBHOOK), BIT(WEBHOOK)},
	{"argv", BIT(PROGRAM), BIT(PROGRAM)},
	{"headers", BIT(WEBHOOK), 0},
	{"rotate", BIT(FILE), 0},
	{"keep", BIT(FILE), 0},
	{"retries", BIT(WEBHOOK), 0},
};

static int check(const struct config_section *section, int kind, struct config_error *error)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct config_key *key = config_key(section, rules[i].key);
		if (key && !(rules[i].kinds & 1u << kind))
			return config_error_at(error, section->file, key->line, 1,
					       "'%s': an output of type %s has none", key->name, kinds[kind]);
		if ((!key || !*key->value) && rules[i].required & 1u << kind)
			return config_error_at(error, section->file, section->line, 1, "[%s]: '%s' is missing",
					       section->name, rules[i].key);
	}
	return 0;
}

int settings_output_read(struct settings_output *out, const struct config_section *section, struct config_error *error)
{
	struct keys k = {.severity = SEVERITY_DEBUG, .keep = 5, .retries = 5};
	int err = config_apply(section, options, &k, NULL, NULL, error);
	if (err)
		return err;
	out->argv = k.argv;
	out->headers = k.headers;
	out->config = (struct alert_output_config){
		.kind = (enum alert_output_kind)k.type,
		.name = section->name,
		.json = k.format,
		.path = k.path,
		.url = k.url,
		.argv = (const char *const *)k.argv,
		.headers = (const char *const *)k.headers,
		.least = (enum severity)k.severity,
		.rotate_bytes = k.rotate,
		.keep = (unsigned)k.keep,
		.queue = (unsigned)k.queue,
		.timeout_ms = (unsigned)k.timeout,
		.retries = (unsigned)k.retries,
	};
	return check(section, k.type, error);
}

void settings_output_free(struct settings_output *out)
{
	config_texts_free(out->argv);
	config_texts_free(out->headers);
}
