-- SPDX-License-Identifier: MIT
-- Programs that are started again and again and end at once, each minute: loops of shell scripts, services that crash.
local top = require "top"
local runs, failed = top(10), top(10)

on("process.exit", {where = "not thread and duration_ns < 1s"}, function(ev)
	local exe = ev.exe or ev.comm
	runs:add(exe, 1)
	if ev.exit_code ~= 0 or ev.signal ~= "none" then
		failed:add(exe, 1)
	end
end)

every("1m", function()
	for _, row in ipairs(runs:take()) do
		if row.n >= 60 then
			emit("app.short_lived", {exe = row.key, runs = row.n})
		end
	end
	for _, row in ipairs(failed:take()) do
		if row.n >= 60 then
			alert{rule = "Fails again and again", severity = "notice",
			      message = row.key .. " failed " .. row.n .. " times within a minute"}
		end
	end
end)
