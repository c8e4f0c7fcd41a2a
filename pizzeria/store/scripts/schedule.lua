#!lua flags=allow-oom
-- Set when the relay looks at orders next.
--
-- KEYS[1]  orders:open
-- ARGV[1]  NX: only orders that are not on the list yet; XX: only orders that are; LT: no later than they are due already
-- ARGV[2]  milliseconds from now
-- ARGV[3], ARGV[4], …  the orders' ids; 1,000 at the most
--
-- Result: how many were not on the list.
local look, members = string.format('%.0f', now_ms() + ARGV[2]), {}
for i = 3, #ARGV do
  members[#members + 1] = look
  members[#members + 1] = ARGV[i]
end
return redis.call('ZADD', KEYS[1], ARGV[1], unpack(members))
