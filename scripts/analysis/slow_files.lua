-- SPDX-License-Identifier: MIT
-- Which files cost the most time, every 5 s: records of app.slow_file.
local top = require "top"
local time = top(10)

on("files.io_call", {where = "latency_ns >= 100us"}, function(ev)
	time:add(ev.path or "?", ev.latency_ns)
end)

every("5s", function()
	for rank, row in ipairs(time:take()) do
		emit("app.slow_file", {rank = rank, path = row.key, ms = row.n / 1000000})
	end
end)
