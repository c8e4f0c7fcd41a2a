#!lua flags=allow-oom
-- Claim the orders that are due for a check: no other claim returns them until the lease ends.
-- Orders that are due later than any can be are claimed, too: they were scheduled while the clock was ahead.
--
-- KEYS[1]  orders:open
-- ARGV[1]  lease, milliseconds
-- ARGV[2]  the maximum number of orders; 1,000 at most
-- ARGV[3]  the longest that an order is delayed, milliseconds
--
-- Result: now in milliseconds since 1970; the score that the orders have while they are under this claim; and the ids
-- of the orders, the longest due first.
-- Only a claim sets a score with a fraction, so release.lua detects an order that has been rescheduled meanwhile.
local now = now_ms()
local claimed = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[2])
local ahead = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + ARGV[3]), '+inf', 'LIMIT', 0,
  ARGV[2] - #claimed)
for _, order_id in ipairs(ahead) do
  claimed[#claimed + 1] = order_id
end
local lease, members = string.format('%.0f.5', now + ARGV[1] - 1), {}
for _, order_id in ipairs(claimed) do
  members[#members + 1] = lease
  members[#members + 1] = order_id
end
if #members > 0 then
  redis.call('ZADD', KEYS[1], unpack(members))
end
return {now, lease, unpack(claimed)}
