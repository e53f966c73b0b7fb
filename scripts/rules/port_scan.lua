-- SPDX-License-Identifier: MIT
-- Many different addresses and ports tried by one process. Tries count: most of a scan's are refused.
local MANY, WITHIN = 100, "10s"
local tried = distinct_within(WITHIN, {values = MANY})

rule{
	name = "Port scan",
	number = 34,
	severity = "warning",
	on = "tcp.connect",
	where = "not exe in many_peers_programs",
	when = function(ev)
		return tried:add(ev.pid, ev.daddr .. " " .. ev.dport) >= MANY
	end,
	message = "{comm} ({exe}) tried " .. MANY .. " addresses and ports within " .. WITHIN .. ", now {daddr}:{dport}",
	key = "pid",
	window = "60s",
	tags = {"network", "discovery", "T1046"},
	description = "One process tries many different addresses or ports in a short time.",
}
