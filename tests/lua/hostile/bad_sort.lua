-- Comparators that lie, and none.
local t = {}
for i = 1, 20000 do t[i] = i * 7919 % 20000 end
on("test.every", function()
	while true do
		pcall(table.sort, t, function() return true end)
		pcall(table.sort, t, function(a, b) return math.random() < 0.5 end)
		table.sort(t)
		pcall(table.sort, t, rawequal)
	end
end)
