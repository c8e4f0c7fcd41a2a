#!lua flags=allow-oom
-- Claim the orders that are due for a look: nobody else is given them until the lease ends.
-- So are those that are due later than any order can be: they were scheduled while the clock was ahead.
--
-- KEYS[1]  orders:open
-- ARGV[1]  lease, milliseconds
-- ARGV[2]  how many orders at the most; 1,000 at the most
-- ARGV[3]  the longest that an order is put off, milliseconds
--
-- Result: now in milliseconds since 1970; the score that the orders have while they are under this claim; and the ids
-- of the orders, the longest due first.
-- Nothing but a claim sets a score with a fraction, so whoever sets another time meanwhile is noticed by release.lua.
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
