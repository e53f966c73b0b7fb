/* SPDX-License-Identifier: MIT */
/* From one generation to the next while events flow: none is lost, and none is given to both. One thread. */
#ifndef CORE_DAEMON_RELOAD_H
#define CORE_DAEMON_RELOAD_H

#include "daemon/generation.h"

/*
 * Reads the configuration anew and puts it to work in place of the daemon's. -EINVAL or -errno with `error`: all is as
 * it was.
 */
int reload(struct daemon *d, struct config_error *error);

/* Gives back what was taken down meanwhile; every 100 ms or so. */
void reload_reap(struct daemon *d);

#endif
