/* SPDX-License-Identifier: MIT */
/*
 * `eunomia selftest`, its parts: acts, each of which sets one rule off without harm, and the stage that they are done
 * on, a process in namespaces of its own with a root of its own in memory.
 */
#ifndef CORE_CLI_SELFTEST_H
#define CORE_CLI_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ACT_WHY_MAX 160
#define ACT_METADATA "169.254.169.254" /* a stage's loopback has it */

struct act {
	char why[ACT_WHY_MAX]; /* it could not be done */
	int host_uts;          /* descriptor of a namespace of the host */
};

/* Done in a process of its own. 0, or -1 with `why`. */
struct act_kind {
	const char *rule; /* its name */
	enum act_place {
		ACT_INSIDE, /* on a stage with a pid namespace: as in a container */
		ACT_OUTSIDE /* without any */
	} place;
	int (*act)(struct act *act);
};

/* End at rule NULL. */
extern const struct act_kind acts_of_kernel[], acts_of_process[], acts_of_files[];

/* Fills `why` by errno: -1. */
int act_failed(struct act *act, const char *what);
/* -1 with `why`. */
int act_impossible(struct act *act, const char *why);
/* What else acts have in common. A file, written or made: 0. */
int act_open(const char *path, int flags);
int act_copy(const char *from, const char *to);
/* A program with no output, to its end. `fd` of standard input, output and errors; -1: none. */
int act_run_on(int fd, const char *path, char *const *argv, char *const *env);
int act_run(const char *path, char *const *argv, char *const *env);
/* A child that waits to be killed, by act_end(). */
pid_t act_child(void);
void act_end(pid_t pid);
/* Connects to an address of the loopback, where it listens itself. A descriptor, or -1. */
int act_connect(const char *address);

struct stage;

/* -errno, with what failed. */
int stage_open(struct stage **out, enum act_place place, const char **what);
void stage_close(struct stage *stage);
pid_t stage_pid(const struct stage *stage);
/* 0, or -1 with `why`, ACT_WHY_MAX bytes. It takes some seconds at most. */
int stage_do(struct stage *stage, const struct act_kind *kind, char *why);

struct watcher;

/* Another eunomia, that tells on alerts; `argv` as execv(3) has it. NULL: it didn't start; *status is its exit code. */
struct watcher *watcher_open(char *const *argv, int *status);
/* True: it told of the rule, of an event since then (as alerts have their time), within so long. */
bool watcher_told(struct watcher *watcher, const char *rule, const char *since, int ms);
void watcher_close(struct watcher *watcher);

#endif
