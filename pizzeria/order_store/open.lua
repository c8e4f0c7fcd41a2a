-- Put orders on the relay's list, unless they are on it already.
--
-- KEYS[1]  orders:open
-- ARGV[1]  milliseconds until the relay's first look
-- ARGV[2], ARGV[3], …  the orders' ids; 1,000 at the most
--
-- Result: how many were not on it.
local look, members = string.format('%.0f', now_ms() + ARGV[1]), {}
for i = 2, #ARGV do
  members[#members + 1] = look
  members[#members + 1] = ARGV[i]
end
return redis.call('ZADD', KEYS[1], 'NX', unpack(members))
