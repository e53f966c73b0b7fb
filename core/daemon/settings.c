/* SPDX-License-Identifier: MIT */
#include "settings_impl.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int settings_fail(const struct reading *r, const char *text)
{
	return config_error_at(r->error, r->section->file, r->section->line, 1, "[%s]: %s", r->section->name, text);
}

void *settings_add(const struct reading *r, void *items, size_t *n, size_t size, int *err)
{
	char **array = items;
	if (*n == SETTINGS_MAX) {
		*err = settings_fail(r, "there are too many of these");
		return NULL;
	}
	char *grown = realloc(*array, (*n + 1) * size);
	*err = grown ? 0 : -ENOMEM;
	if (!grown)
		return NULL;
	*array = grown;
	return memset(grown + (*n)++ * size, 0, size);
}

/* ---- [eunomia] ---- */

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const ia32[] = {"auto", "on", "off", NULL};

static const struct config_option general[] = {
	{"log", CONFIG_ENUM, offsetof(struct settings, log), 0, 0, levels, "what is told on stderr"},
	{"ring_size", CONFIG_UINT, offsetof(struct settings, ring_bytes), 4096, 1u << 30, NULL,
	 "between kernel and host"},
	{"btf", CONFIG_TEXT, offsetof(struct settings, btf), 0, 0, NULL, "kernel types, as --btf"},
	{"ia32", CONFIG_ENUM, offsetof(struct settings, ia32), 0, 0, ia32, "32-bit programs' system calls"},
	{0},
};

static int read_general(const struct reading *r, const char *name)
{
	(void)name;
	return config_apply(r->section, general, r->settings, NULL, NULL, r->error);
}

/* ---- [target] ---- */

struct target_keys {
	char **pid, **uid, **comm, **container;
	bool follow;
};

static const struct config_option target_keys[] = {
	{"pid", CONFIG_TEXTS, offsetof(struct target_keys, pid), 0, 0, NULL, "only these processes"},
	{"follow", CONFIG_BOOL, offsetof(struct target_keys, follow), 0, 0, NULL, "and their descendants"},
	{"uid", CONFIG_TEXTS, offsetof(struct target_keys, uid), 0, 0, NULL, "only of these users, by name or id"},
	{"comm", CONFIG_TEXTS, offsetof(struct target_keys, comm), 0, 0, NULL, "only threads of these names"},
	{"container", CONFIG_TEXTS, offsetof(struct target_keys, container), 0, 0, NULL, "only these containers"},
	{0},
};

static bool number(const char *text, uint64_t least, uint64_t most, uint32_t *out)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	*out = (uint32_t)n;
	return *text >= '0' && *text <= '9' && !*end && !errno && n >= least && n <= most;
}

static bool parse_pid(const char *text, uint32_t *out)
{
	return number(text, 1, INT32_MAX, out);
}

static bool parse_uid(const char *text, uint32_t *out)
{
	if (number(text, 0, UINT32_MAX, out))
		return true;
	const struct passwd *pw = getpwnam(text);
	if (pw)
		*out = pw->pw_uid;
	return pw;
}

static int read_ids(const struct reading *r, const char *name, char *const *texts,
		    bool (*parse)(const char *text, uint32_t *out), uint32_t **ids, size_t *n)
{
	for (size_t i = 0; texts && texts[i]; i++) {
		int err;
		uint32_t *id = settings_add(r, ids, n, sizeof(*id), &err);
		if (!id)
			return err;
		if (parse(texts[i], id))
			continue;
		const struct config_key *key = config_key(r->section, name);
		uint32_t line, column;
		config_texts_place(key->value, i, &line, &column);
		return config_fail(r->section, key, line, column, r->error, "'%s' is no %s", texts[i],
				   parse == parse_pid ? "process id" : "user's name or id");
	}
	return 0;
}

static int read_target(const struct reading *r, const char *name)
{
	struct target_keys k = {0};
	struct settings_target *t = &r->settings->target;
	(void)name;
	if (t->pids || t->uids || t->comms || t->containers)
		return settings_fail(r, "it is there twice");
	int err = config_apply(r->section, target_keys, &k, NULL, NULL, r->error);
	if (err)
		return err;
	err = read_ids(r, "pid", k.pid, parse_pid, &t->pids, &t->n_pids);
	if (!err)
		err = read_ids(r, "uid", k.uid, parse_uid, &t->uids, &t->n_uids);
	config_texts_free(k.pid);
	config_texts_free(k.uid);
	t->comms = k.comm;
	t->containers = k.container;
	t->follow = k.follow;
	if (!err && t->follow && !t->n_pids)
		err = settings_fail(r, "'follow' needs a pid to begin with");
	return err;
}

/* ---- [rules] ---- */

struct rules_keys {
	char **paths;
	bool builtin;
};

static const struct config_option rules_keys[] = {
	{"paths", CONFIG_TEXTS, offsetof(struct rules_keys, paths), 0, 0, NULL,
	 "files and folders of rules and scripts"},
	{"builtin", CONFIG_BOOL, offsetof(struct rules_keys, builtin), 0, 0, NULL, "no: without the shipped ones"},
	{0},
};

/* A relative path is meant from the folder of the file that it is written in. */
static char *resolve(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	char *out;
	if (*path == '/' || !slash)
		return strdup(path);
	return asprintf(&out, "%.*s/%s", (int)(slash - file), file, path) < 0 ? NULL : out;
}

static int add_paths(const struct reading *r, char *const *paths)
{
	const struct config_key *key = config_key(r->section, "paths");
	for (size_t i = 0; paths && paths[i]; i++) {
		int err;
		struct settings_path *p =
			settings_add(r, &r->settings->rules, &r->settings->n_rules, sizeof(struct settings_path), &err);
		if (!p)
			return err;
		p->file = r->section->file;
		config_texts_place(key->value, i, &p->line, &p->column);
		p->column += p->line > 1 ? 0 : key->column - 1;
		p->line += key->line - 1;
		p->path = resolve(r->section->file, paths[i]);
		if (!p->path)
			return -ENOMEM;
	}
	return 0;
}

static bool is_mine(const struct config_key *key)
{
	const struct config_option *o = rules_keys;
	while (o->name && strcmp(o->name, key->name) != 0)
		o++;
	return o->name;
}

/* A section with those keys alone that are read here; frees nothing but `keys`. */
static int only_mine(const struct config_section *section, struct config_section *out)
{
	*out = *section;
	out->n_keys = 0;
	out->keys = calloc(section->n_keys + 1, sizeof(*out->keys));
	if (!out->keys)
		return -ENOMEM;
	for (size_t i = 0; i < section->n_keys; i++)
		if (is_mine(&section->keys[i]))
			out->keys[out->n_keys++] = section->keys[i];
	return 0;
}

/* The other keys of [rules] are core/rule's, which is not to see these. */
static void drop_mine(struct config_section *section)
{
	size_t kept = 0;
	for (size_t i = 0; i < section->n_keys; i++)
		if (!is_mine(&section->keys[i])) {
			section->keys[kept++] = section->keys[i];
		} else {
			free(section->keys[i].name);
			free(section->keys[i].value);
		}
	section->n_keys = kept;
}

static int read_rules(const struct reading *r, const char *name)
{
	struct rules_keys k = {.builtin = r->settings->builtin};
	struct config_section mine;
	(void)name;
	int err = only_mine(r->section, &mine);
	if (!err)
		err = config_apply(&mine, rules_keys, &k, NULL, NULL, r->error);
	free(mine.keys);
	if (err)
		return err;
	r->settings->builtin = k.builtin;
	err = add_paths(r, k.paths);
	config_texts_free(k.paths);
	drop_mine(r->section);
	return err;
}

/* ---- [output NAME], [events] ---- */

static int read_output(const struct reading *r, const char *name)
{
	int err;
	(void)name;
	for (size_t i = 0; i < r->settings->n_outputs; i++)
		if (!strcmp(r->settings->outputs[i].config.name, r->section->name))
			return settings_fail(r, "it is there twice");
	struct settings_output *o =
		settings_add(r, &r->settings->outputs, &r->settings->n_outputs, sizeof(struct settings_output), &err);
	return o ? settings_output_read(o, r->section, r->error) : err;
}

static const char *const formats[] = {"text", "json", NULL};

struct events_keys {
	const char *path, *where;
	int format;
};

static const struct config_option events_keys[] = {
	{"path", CONFIG_TEXT, offsetof(struct events_keys, path), 0, 0, NULL, "the file; none: stdout"},
	{"format", CONFIG_ENUM, offsetof(struct events_keys, format), 0, 0, formats, "text or json"},
	{"where", CONFIG_TEXT, offsetof(struct events_keys, where), 0, 0, NULL, "which events"},
	{0},
};

static int read_events(const struct reading *r, const char *name)
{
	struct events_keys k = {0};
	(void)name;
	if (r->settings->events.section)
		return settings_fail(r, "it is there twice");
	int err = config_apply(r->section, events_keys, &k, NULL, NULL, r->error);
	r->settings->events = (struct settings_events){r->section, k.path, k.format, k.where};
	return err;
}

/* ---- [server] ---- */

static int read_server(const struct reading *r, const char *name)
{
	(void)name;
	if (r->settings->server.section)
		return settings_fail(r, "it is there twice");
	return settings_server_read(&r->settings->server, r->section, r->error);
}

/* ---- [metrics] ---- */

static int read_metrics(const struct reading *r, const char *name)
{
	(void)name;
	if (r->settings->metrics.section)
		return settings_fail(r, "it is there twice");
	return settings_metrics_read(&r->settings->metrics, r->section, r->error);
}

/* ---- [history] ---- */

static int read_history(const struct reading *r, const char *name)
{
	(void)name;
	if (r->settings->history.section)
		return settings_fail(r, "it is there twice");
	return settings_history_read(&r->settings->history, r->section, r->error);
}

/* ---- [seccomp] ---- */

static int read_seccomp(const struct reading *r, const char *name)
{
	(void)name;
	return settings_seccomp_read(&r->settings->seccomp, r->section, r->error);
}

/* ---- all of them ---- */

static int others(const struct reading *r, const char *name)
{
	(void)r, (void)name;
	return 0; /* core/rule's: read when all settings are */
}

static const struct kind {
	const char *word;
	bool named;
	int (*read)(const struct reading *r, const char *name);
} kinds[] = {
	{"eunomia", false, read_general}, {"plugin", true, settings_read_plugin},
	{"target", false, read_target},   {"rules", false, read_rules},
	{"output", true, read_output},    {"events", false, read_events},
	{"history", false, read_history}, {"metrics", false, read_metrics},
	{"seccomp", false, read_seccomp}, {"rule", true, others},
	{"list", true, others},           {"macro", true, others},
	{"exception", true, others},      {"actions", false, others},
	{"exec", true, others},           {"server", false, read_server},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int read_section(const struct reading *r)
{
	const char *words[KINDS];
	size_t n = strcspn(r->section->name, " ");
	char word[64];
	for (size_t i = 0; i < KINDS; i++) {
		const char *name = kinds[i].named ? config_named(r->section, kinds[i].word) : r->section->name;
		words[i] = kinds[i].word;
		if (kinds[i].named && !strcmp(r->section->name, kinds[i].word))
			return settings_fail(r, "it has no name");
		if (name && (kinds[i].named || !strcmp(name, kinds[i].word)))
			return kinds[i].read(r, name);
	}
	if (!*r->section->name)
		return config_error_at(r->error, r->section->file, r->section->keys->line, 1,
				       "'%s' is in no section: [eunomia] before it?", r->section->keys->name);
	snprintf(word, sizeof(word), "%.*s", (int)n, r->section->name);
	const char *near = nearest_name(word, words, KINDS);
	return config_error_at(r->error, r->section->file, r->section->line, 1, "unknown section [%s]%s%s%s",
			       r->section->name, near ? ", did you mean [" : "", near ? near : "", near ? "]?" : "");
}

static int read_file(struct reading *r, const char *path)
{
	struct settings *s = r->settings;
	struct config **grown = realloc(s->configs, (s->n_configs + 1) * sizeof(struct config *));
	if (!grown)
		return -ENOMEM;
	s->configs = grown;
	int err = config_read(&grown[s->n_configs], path, r->error);
	if (err)
		return err;
	struct config *config = grown[s->n_configs++];
	for (size_t i = 0; i < config->n_sections && !err; i++) {
		r->section = &config->sections[i];
		err = read_section(r);
	}
	return err;
}

static int only_ini(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');
	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".ini");
}

/* What follows "eunomia.ini": the files in eunomia.d, if there is one. */
static int read_folder(struct reading *r, const char *path)
{
	size_t len = strlen(path);
	struct dirent **names;
	char *folder;
	int n, err = 0;
	if (len > 4 && !strcmp(path + len - 4, ".ini"))
		len -= 4;
	if (asprintf(&folder, "%.*s.d", (int)len, path) < 0)
		return -ENOMEM;
	n = scandir(folder, &names, only_ini, alphasort);
	if (n < 0 && errno != ENOENT) {
		err = -errno;
		config_error_at(r->error, folder, 0, 0, "%s", strerror(-err));
	}
	for (int i = 0; i < n; i++) {
		char *file = NULL;
		if (!err)
			err = asprintf(&file, "%s/%s", folder, names[i]->d_name) < 0 ? -ENOMEM : read_file(r, file);
		free(file);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	free(folder);
	return err;
}

/* What [events] is to print where there is none. */
static int check_streams(const struct reading *r)
{
	for (size_t i = 0; i < r->settings->n_plugins && !r->settings->events.section; i++) {
		const struct settings_plugin *p = &r->settings->plugins[i];
		if (p->streams)
			return config_error_at(r->error, p->section->file, config_key(p->section, "streams")->line, 1,
					       "'streams' are what [events] prints, and there is no [events]");
	}
	return 0;
}

/* Rules that the server was given are read last: so they may change all others. */
static int add_rule_folder(struct settings *s)
{
	const char *folder = s->server.rule_folder;
	if (!folder || access(folder, F_OK))
		return 0;
	struct settings_path *grown = realloc(s->rules, (s->n_rules + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->rules = grown;
	grown[s->n_rules] = (struct settings_path){strdup(folder), s->server.section->file, s->server.section->line, 1};
	return grown[s->n_rules].path ? (int)(s->n_rules++, 0) : -ENOMEM;
}

int settings_read(struct settings **out, const char *path, const struct choices *plugins, struct config_error *error)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct reading r = {.settings = s, .plugins = plugins, .error = error};
	if (!s)
		return -ENOMEM;
	s->log = EUN_LOG_INFO;
	s->builtin = true;
	settings_history_init(&s->history);
	settings_metrics_init(&s->metrics);
	settings_server_init(&s->server);
	int err = path ? read_file(&r, path) : 0;
	if (!err && path)
		err = read_folder(&r, path);
	if (!err)
		err = add_rule_folder(s);
	if (!err)
		err = check_streams(&r);
	if (err) {
		settings_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_rules; i++)
		free(s->rules[i].path);
	free(s->rules);
	for (size_t i = 0; i < s->n_plugins; i++) {
		config_texts_free(s->plugins[i].streams);
		for (size_t k = 0; k < s->plugins[i].n_options; k++)
			free(s->plugins[i].options[k]);
		free(s->plugins[i].options);
	}
	free(s->plugins);
	free(s->target.pids);
	free(s->target.uids);
	config_texts_free(s->target.comms);
	config_texts_free(s->target.containers);
	for (size_t i = 0; i < s->n_outputs; i++)
		settings_output_free(&s->outputs[i]);
	free(s->outputs);
	settings_history_free(&s->history);
	settings_metrics_free(&s->metrics);
	settings_seccomp_free(&s->seccomp);
	settings_server_free(&s->server);
	for (size_t i = 0; i < s->n_configs; i++)
		config_free(s->configs[i]);
	free(s->configs);
	free(s);
}
