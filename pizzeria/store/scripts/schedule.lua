#!lua flags=allow-oom
-- Schedule the next check of orders.
--
-- KEYS[1]  orders:open
-- ARGV[1]  NX: only orders that are not in the outbox yet; XX: only orders that are; LT: no later than already scheduled
-- ARGV[2]  milliseconds from now
-- ARGV[3], ARGV[4], …  the orders' ids; 1,000 at most
--
-- Result: how many were not in the outbox.
local due, members = string.format('%.0f', now_ms() + ARGV[2]), {}
for i = 3, #ARGV do
  members[#members + 1] = due
  members[#members + 1] = ARGV[i]
end
return redis.call('ZADD', KEYS[1], ARGV[1], unpack(members))
