/* SPDX-License-Identifier: MIT */
/* What the tests of the plugin loader share. */
#ifndef TESTS_ABI_H
#define TESTS_ABI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/types.h>

#define GOOD ABI_DIR "/good.so"

/* A folder in /tmp for this user alone; `path` has PATH_MAX bytes. Removed with all that is in it by scratch_remove. */
void scratch_make(char *path);
void scratch_remove(const char *path);

/* "folder/name" with mode `mode` and these bytes. */
void file_write(const char *path, const void *bytes, size_t size, mode_t mode);
void file_copy(const char *from, const char *to, mode_t mode);
/* All of a file, in as many bytes of heap as it has, so that a sanitizer sees a read behind them. */
uint8_t *file_read(const char *path, size_t *size);

/* plugin_open() says no in one line that names the file and has `expect` in it; nothing of the file ran. */
void refused(const char *path, const char *expect);
/* plugin_open() says yes and the plugin has that name. */
void accepted(const char *path, const char *name);

#endif
