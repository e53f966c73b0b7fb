/* SPDX-License-Identifier: MIT */
/*
 * One configuration and all that is at work of it: rules, instances, outputs, who is meant. A reload makes a new one
 * beside the old, which lends it what is the same in both (instances with the same options that have the streams,
 * outputs, the target set), and the two are swapped. One thread.
 */
#ifndef CORE_DAEMON_GENERATION_H
#define CORE_DAEMON_GENERATION_H

#include "daemon/daemon_impl.h"
#include "daemon/event_log.h"
#include "daemon/ruleset.h"
#include "daemon/settings.h"
#include "host/meter.h"

/* By number of the choice. */
struct part {
	uint64_t loaded; /* streams that its instance has */
	char *options;   /* what it was made with */
	bool borrowed;   /* the instance and the plugin are the generation's before */
};

/* A metric of a plugin, and the stream that it is made of. */
struct stream_meter {
	struct meter *meter;
	uint16_t stream;
};

/* A stream that it gets the events of: the context of a consumer. */
struct tap {
	struct generation *generation;
	struct instance *instance;
	uint32_t stream;
	uint16_t id;
	bool rules, printed;
	bool stored, linked;  /* the history keeps its events; what they say of connections */
	bool fed;             /* the process table's too: the kernel filters nothing */
	uint64_t lost;        /* as told so far; UINT64_MAX: by the generation before, nobody knows how many */
	uint64_t from, until; /* boot clock, ns: what happened in this time is its own */
	const struct stream_meter *meters; /* n_meters of the generation's */
	size_t n_meters;
};

struct generation {
	struct daemon *daemon;
	struct settings *settings;
	struct target_spec target; /* with the command line's */
	char *const *containers;   /* of it; end at NULL, or NULL */
	const char **texts;        /* command line's texts that end at NULL */
	struct ruleset *rules;
	struct guard *guard; /* NULL: no seccomp profile is applied */
	struct choices choices;
	struct part *parts;
	struct schema schema; /* the streams that it has, of the session's schema */
	struct filter *where; /* of [events]; NULL: all */
	struct event_log *events;
	struct alert_output **outputs;
	struct settings_output *configs; /* of the outputs */
	size_t n_outputs;
	struct settings_output usual; /* where there is no [output] */
	bool *lent;                   /* by number of the output: it is the generation's before */
	uint64_t *errors;             /* of each, as told so far */
	bool events_lent;
	struct {
		struct store *store; /* NULL: none */
		bool lent;           /* it is the generation's before */
		struct filter *where;
		uint64_t told; /* losses */
	} history;
	int set; /* of the targets; -1: not made */
	bool set_lent;
	struct tap *taps;
	size_t n_taps;
	struct stream_meter *meters; /* sorted by stream */
	size_t n_meters;
};

/* Reads and checks all there is to be read. Needs no session. -EINVAL or -errno with `error`. */
int generation_read(struct generation **out, struct daemon *d, struct config_error *error);
/*
 * Instances, rules bound to their streams, outputs: nothing is loaded yet. `before`: NULL, or the one that lends. As
 * generation_read(); the generation is to be freed in any case.
 */
int generation_make(struct generation *g, struct generation *before, struct config_error *error);
/* The choices that are to be loaded: no instance was lent. To be freed, but not their plugins. -ENOMEM. */
int generation_unloaded(const struct generation *g, struct choices *out);
/* Makes the target set, or borrows it; after the kernel is open. -errno: why. */
int generation_target(struct generation *g, struct generation *before, char *why, size_t why_size);

/* Makes the taps. -ENOMEM. */
int generation_tap(struct generation *g);
/* What the kernel is to filter for a tap. Returns as instance_where(). */
int generation_where(const struct generation *g, const struct tap *tap);
/* Adds the tap's consumer; -ENOMEM. */
int generation_connect(const struct generation *g, struct tap *tap);

/* Events of its taps that were lost, since their instances were made. */
uint64_t generation_lost(const struct generation *g);

/* What was lent is the new one's from here on, and the old one's no more. */
void generation_keep(struct generation *g, struct generation *before);
/* Gives all back that is its own. Instances that are loaded must be gone from the choices. */
void generation_free(struct generation *g);

/*
 * generation_meter.c: the metrics of plugins. The plugin's streams that [metrics] asks for; what is wrong with what it
 * asks for; makes them, when the streams are there. -EINVAL with `error`, -ENOMEM.
 */
uint64_t generation_metered(const struct generation *g, const struct plugin *plugin);
int generation_check_meters(const struct generation *g, struct config_error *error);
int generation_meter(struct generation *g, struct config_error *error);
void generation_free_meters(struct generation *g);
/* Gives a tap those of its stream; the filters whose union they want of it. */
void generation_tap_meters(const struct generation *g, struct tap *tap);
size_t generation_meter_filters(const struct tap *tap, const struct filter **out, size_t most);

/*
 * generation_history.c: the plugin's streams that [history] wants; what is wrong with what it names; opens the history
 * or borrows it, once the streams are there. As generation_make().
 */
uint64_t generation_remembered(const struct generation *g, const struct plugin *plugin);
int generation_check_history(const struct generation *g, struct config_error *error);
int generation_open_history(struct generation *g, const struct generation *before, struct config_error *error);
/* What was lent changes hands; what is its own, or NULL, is the caller's to close from here on; the rest is freed. */
void generation_keep_history(struct generation *g, struct generation *before);
struct store *generation_drop_history(struct generation *g);
void generation_free_history(struct generation *g);
/* Of a tap: what of its stream is kept, at most two filters whose union is wanted, and an event. */
void generation_tap_history(const struct generation *g, const struct stream *stream, struct tap *tap);
size_t generation_history_filters(const struct generation *g, const struct tap *tap, const struct filter **out);
void generation_remember(const struct generation *g, const struct tap *tap, const struct view *view);
void generation_remember_alert(const struct generation *g, const struct alert *alert);
/* Losses that were not told yet; the end. */
void generation_tell_history(struct generation *g);
void generation_end_history(struct generation *g, unsigned patience_ms);

/* generation_output.c: opens [output]s and [events], or borrows them. As generation_make(). */
int generation_open(struct generation *g, const struct generation *before, struct config_error *error);

#endif
