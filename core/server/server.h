/* SPDX-License-Identifier: MIT */
/* `eunomia server`: the daemon with an HTTP API and a page in its process. docs/server.md is the user's reference. */
#ifndef CORE_SERVER_SERVER_H
#define CORE_SERVER_SERVER_H

#include "daemon/daemon.h"

/* As daemon_run(), of the same configuration; options->guest is made here. */
enum daemon_status server_run(const struct daemon_options *options, const char *version);

#endif
