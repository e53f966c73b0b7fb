-- Texts without end, made by few instructions.
on("test.every", function()
	pcall(string.rep, "", math.maxinteger)
	pcall(string.rep, "x", math.maxinteger)
	pcall(string.rep, "x", 1 << 40, "y")
	local s = "x"
	while true do
		pcall(function() s = s .. s end)
		local t = s .. "y"
		pcall(string.format, "%s%s%s%s", s, s, s, s)
		pcall(string.upper, s)
		pcall(table.concat, {s, s, s, s, s, s})
		local _ = s < t, utf8.len(s), s:byte(1, -1)
	end
end)
