/* SPDX-License-Identifier: MIT */
/* Who could have put this file here: only root, the effective user and the owner of the host's executable may. */
#ifndef CORE_HOST_FILE_CHECK_H
#define CORE_HOST_FILE_CHECK_H

#include <stddef.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX (64u << 20)

/*
 * Opens a file for reading, once: what is checked is what the fd will load. It must be a regular file of 1 to
 * FILE_SIZE_MAX bytes, no symbolic link, and it and each folder above it, up to the root, must belong to one of the
 * three and be writable by no one else; a sticky folder (/tmp) may be. Returns the fd, which the caller closes, and
 * what it is in `st`; -errno with `why`, which says "it" for the file.
 */
int file_open_trusted(const char *path, struct stat *st, char *why, size_t why_size);

#endif
