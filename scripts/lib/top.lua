-- SPDX-License-Identifier: MIT
-- The largest of many sums: local t = top(10); t:add(key, n); for _, row in ipairs(t:take()) do row.key, row.n end
-- At most 1024 keys are kept; beyond that the smaller half is let go: sorting more in one call takes too long for it.
local KEYS = 1024
local Top = {}
Top.__index = Top

local function sorted(sums)
	local rows = {}
	for key, n in pairs(sums) do
		rows[#rows + 1] = {key = key, n = n}
	end
	table.sort(rows, function(a, b) return a.n > b.n end)
	return rows
end

function Top:add(key, n)
	local sum = self.sums[key]
	if not sum then
		if self.keys == KEYS then
			local rows = sorted(self.sums)
			self.sums, self.keys = {}, KEYS // 2
			for i = 1, KEYS // 2 do
				self.sums[rows[i].key] = rows[i].n
			end
		end
		self.keys = self.keys + 1
	end
	self.sums[key] = (sum or 0) + n
end

-- The largest ones, and it begins anew.
function Top:take()
	local rows = sorted(self.sums)
	for i = #rows, self.most + 1, -1 do
		rows[i] = nil
	end
	self.sums, self.keys = {}, 0
	return rows
end

return function(most)
	return setmetatable({most = most, sums = {}, keys = 0}, Top)
end
