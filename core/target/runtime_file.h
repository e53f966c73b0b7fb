/* SPDX-License-Identifier: MIT */
/*
 * Files that runtimes write, read with distrust: a container's user may own one. Never blocks, never follows a symbolic
 * link at the end of a path, never reads more than it should.
 */
#ifndef CORE_TARGET_RUNTIME_FILE_H
#define CORE_TARGET_RUNTIME_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define STATE_MAX (1U << 20) /* bytes of one container's state; runc's is some 30 KiB with a seccomp profile */
#define STORE_MAX (4U << 20) /* bytes of an index over all containers or images */

/* A regular file, to read. -1 and errno. */
int state_open(const char *root, const char *path);

/* The file's bytes with a NUL behind them, for free(). NULL and errno: EFBIG over `max`, EINVAL not a regular file. */
char *state_load(const char *root, const char *path, size_t max, size_t *len);

/* The file as JSON, for json_decref(). NULL: can't be read, or is no (complete) JSON. */
json_t *state_json(const char *root, const char *path, size_t max);

/* A member's text; NULL: there is none, it is empty or no text. */
const char *state_text(const json_t *object, const char *key);

/* A member's number; 0: there is none. */
uint64_t state_number(const json_t *object, const char *key);

/* A file that holds a process id and nothing else; 0: it doesn't. */
uint32_t state_pid(const char *root, const char *path);

/* When a process began, in clock ticks since boot (field 22 of /proc/PID/stat); 0: there is none. */
uint64_t state_pid_start(const char *root, uint32_t pid);

/* True: may stand as a container's id in a path. */
bool state_id_ok(const char *id);

/*
 * Calls `each` for every file whose path matches `pattern`, an absolute path with components for fnmatch(3). The
 * component "@" stands for a container's id: this one, or any when `id` is NULL. `each` returns true to go on.
 */
typedef bool (*state_each)(void *context, const char *path, const char *id);
bool state_walk(const char *root, const char *pattern, const char *id, state_each each, void *context);

#endif
