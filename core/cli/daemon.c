/* SPDX-License-Identifier: MIT */
/* `eunomia daemon`: the command line to core/daemon's options. */
#include "daemon/daemon.h"

#include "cli.h"
#include "say.h"

static void tell(const char *text)
{
	say("%s", text);
}

int command_daemon(const struct request *r, char *const *paths)
{
	if (r->follow && !r->pids.n) {
		say("option --follow: needs -p PID to begin with");
		return EXIT_USAGE;
	}
	const struct daemon_options options = {
		.config = r->config,
		.rules = r->rules.items,
		.n_rules = r->rules.n,
		.pids = r->pids.items,
		.n_pids = r->pids.n,
		.uids = r->uids.items,
		.n_uids = r->uids.n,
		.comms = r->comms.items,
		.n_comms = r->comms.n,
		.containers = r->containers.items,
		.n_containers = r->containers.n,
		.follow = r->follow,
		.json = r->format == FORMAT_JSON,
		.plugin_paths = paths,
		.say = tell,
	};
	return (int)daemon_run(&options);
}
