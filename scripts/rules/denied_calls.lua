-- SPDX-License-Identifier: MIT
-- Many different system calls are refused to one process: someone feels for the filter. Off unless
-- [rules] enable = Refused calls
local MANY, WITHIN = 10, "10s"
local refused = distinct_within(WITHIN, {values = MANY})

rule{
	name = "Refused calls",
	number = 38,
	severity = "notice",
	enabled = false,
	on = "syscall.call",
	where = "ret in (EPERM, ENOSYS) and not exe in calls_refused_programs",
	when = function(ev)
		return refused:add(ev.pid, ev.syscall) >= MANY
	end,
	message = "{comm} ({exe}): " .. MANY .. " different system calls refused within " .. WITHIN .. ", now {syscall} ({ret})",
	key = "pid",
	window = "60s",
	tags = {"process", "discovery", "T1497"},
	description = "Many different system calls of one process fail with EPERM or ENOSYS.",
	cost = "the end of every system call is looked at, which adds some 0.2 us to each of everybody's",
}
