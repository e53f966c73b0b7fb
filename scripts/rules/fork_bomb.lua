-- SPDX-License-Identifier: MIT
-- Processes of one user in one cgroup that multiply. A build makes as many, but they end as fast as they are made: what
-- counts is how many more there are.
local MORE, WITHIN = 200, "2s"
local made, ended = count_within(WITHIN), count_within(WITHIN)

on("process.exit", {where = "not thread"}, function(ev)
	ended:add(ev.cgroup .. ":" .. ev.uid)
end)

rule{
	name = "Fork bomb",
	number = 36,
	severity = "critical",
	on = "process.fork",
	where = "not thread",
	when = function(ev)
		local tree = ev.cgroup .. ":" .. ev.uid
		return made:add(tree) - ended:count(tree) >= MORE
	end,
	message = "{comm} ({exe}) and what it starts: " .. MORE .. " more processes of uid {uid} within " .. WITHIN,
	key = {"cgroup", "uid"},
	window = "60s",
	tags = {"process", "impact", "T1499.001"},
	description = "The processes of one user in one cgroup multiply faster than they end.",
}
