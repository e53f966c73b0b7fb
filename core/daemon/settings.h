/* SPDX-License-Identifier: MIT */
/*
 * The daemon's configuration, read and checked: FILE.ini and, after it, all .ini files of FILE.d, by name.
 * docs/daemon.md is the user's reference. What rules and actions are is not looked at here. One thread.
 */
#ifndef CORE_DAEMON_SETTINGS_H
#define CORE_DAEMON_SETTINGS_H

#include "config/config.h"
#include "host/choice.h"
#include "sink/alert_output.h"

enum settings_ia32 { SETTINGS_IA32_AUTO, SETTINGS_IA32_ON, SETTINGS_IA32_OFF };

/* [plugin NAME] */
struct settings_plugin {
	const char *name;
	bool enabled;
	char **streams; /* for [events]; with globs. Ends at NULL, or NULL */
	char **options; /* "key=value" */
	size_t n_options;
	const struct config_section *section;
};

/* [target] */
struct settings_target {
	uint32_t *pids, *uids;
	size_t n_pids, n_uids;
	char **comms, **containers; /* end at NULL, or NULL */
	bool follow;
};

/* [output NAME] */
struct settings_output {
	struct alert_output_config config; /* texts are borrowed but for the lists */
	char **argv, **headers;
};

/* [events] */
struct settings_events {
	const struct config_section *section; /* NULL: there is none, and no events are printed */
	const char *path;                     /* NULL: stdout */
	bool json;
	const char *where; /* or NULL */
};

/* [server], see docs/server.md; lists end at NULL, or are NULL */
struct settings_server {
	const struct config_section *section; /* NULL: there is none, all is as it is without one */
	char **listen;                        /* 127.0.0.1:8080, [::1]:8080 */
	const char *socket;                   /* of the file system; "": none */
	const char *token_file, *read_token_file;
	const char *cert, *key; /* of TLS; or NULL */
	bool insecure;
	char **hosts, **origins;                 /* others that are let in */
	uint64_t connections, streams, body;     /* at most */
	uint64_t header_ms, idle_ms;             /* until a request is complete; between two */
	uint64_t instances, run_ms;              /* at most; of a run-and-collect */
	uint64_t events, alerts;                 /* that are kept: bytes of a stream, alerts */
	char **graph;                            /* streams that the graph of connections is made from */
	uint64_t edges;                          /* of the graph, at most */
	const char *plugin_folder, *rule_folder; /* where uploads go; NULL: there are none */
};

enum settings_seccomp_mode {
	SETTINGS_SECCOMP_PROFILE, /* as the profile says */
	SETTINGS_SECCOMP_ERRNO,
	SETTINGS_SECCOMP_LOG,
	SETTINGS_SECCOMP_KILL
};

/* [seccomp], see docs/daemon.md */
struct settings_seccomp {
	const struct config_section *section; /* NULL: there is none */
	const char *profile;
	int mode;                       /* enum settings_seccomp_mode */
	char **containers, **pid_texts; /* end at NULL, or NULL */
	uint32_t *pids;
	size_t n_pids;
};

/* [metrics], see docs/metrics.md; lists end at NULL, or are NULL */
struct settings_metrics {
	const struct config_section *section; /* NULL: there is none, plugins' metrics are not kept */
	char **families, **without;           /* globs of what follows eunomia_ */
	const char *textfile;                 /* or NULL */
	uint64_t interval_ms;
	bool programs;
};

/* [history], see docs/history.md */
struct settings_history {
	const struct config_section *section; /* NULL: there is none, nothing is kept */
	const char *path;
	uint64_t max_bytes, max_age_ms; /* 0: the usual; for ever */
	char **events;                  /* globs of streams; end at NULL, or NULL */
	const char *where;              /* or NULL */
	bool alerts, connections;
};

struct settings {
	struct config **configs;
	size_t n_configs;
	int log; /* enum eun_log_level */
	uint64_t ring_bytes;
	const char *btf;
	int ia32; /* enum settings_ia32 */
	bool builtin;
	struct settings_path {
		char *path;       /* as written, or, if relative, from the folder of its file */
		const char *file; /* where it is written */
		uint32_t line, column;
	} * rules;
	size_t n_rules;
	struct settings_plugin *plugins;
	size_t n_plugins;
	struct settings_target target;
	struct settings_output *outputs;
	size_t n_outputs;
	struct settings_events events;
	struct settings_history history;
	struct settings_metrics metrics;
	struct settings_server server;
	struct settings_seccomp seccomp;
};

/* `path` NULL: no file, all as it is without one. `plugins`: all there are. -EINVAL or -errno with `error`. */
int settings_read(struct settings **out, const char *path, const struct choices *plugins, struct config_error *error);
void settings_free(struct settings *settings);

/* The section of the plugin, or NULL. */
const struct settings_plugin *settings_plugin(const struct settings *settings, const char *name);

/* settings_output.c: reads [output NAME] into `out`, which settings_output_free() frees also after an error. */
int settings_output_read(struct settings_output *out, const struct config_section *section, struct config_error *error);
void settings_output_free(struct settings_output *out);

/* settings_history.c: likewise; it is as without a section to begin with. */
void settings_history_init(struct settings_history *out);
int settings_history_read(struct settings_history *out, const struct config_section *section,
			  struct config_error *error);
void settings_history_free(struct settings_history *out);

/* settings_server.c: likewise; it is as without a section to begin with. */
void settings_server_init(struct settings_server *out);
int settings_server_read(struct settings_server *out, const struct config_section *section, struct config_error *error);
void settings_server_free(struct settings_server *out);
/* One that outlives the settings, for settings_server_drop(), also when it fails: -ENOMEM. */
int settings_server_copy(struct settings_server *out, const struct settings_server *from);
void settings_server_drop(struct settings_server *copy);
/* settings_seccomp.c: likewise; zeroed to begin with. */
int settings_seccomp_read(struct settings_seccomp *out, const struct config_section *section,
			  struct config_error *error);
void settings_seccomp_free(struct settings_seccomp *out);

/* settings_metrics.c: likewise. */
void settings_metrics_init(struct settings_metrics *out);
int settings_metrics_read(struct settings_metrics *out, const struct config_section *section,
			  struct config_error *error);
void settings_metrics_free(struct settings_metrics *out);

#endif
