-- Never ends.
on("test.every", function() while true do end end)
