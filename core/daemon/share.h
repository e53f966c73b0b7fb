/* SPDX-License-Identifier: MIT */
/* What is installed beside the executable, found as its plugins are: ../share/eunomia/NAME from its folder. */
#ifndef CORE_DAEMON_SHARE_H
#define CORE_DAEMON_SHARE_H

/* The folder's path, which need not exist; to be freed. NULL: no memory, or /proc is not there. */
char *share_path(const char *name);

#endif
