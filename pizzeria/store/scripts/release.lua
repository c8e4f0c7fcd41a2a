#!lua flags=allow-oom
-- Release claimed orders: set when the relay looks at each next, or drop it.
--
-- KEYS[1]  orders:open
-- ARGV[1]  the score that claim.lua gave them; an order that has another one is not under this claim, and left alone
-- ARGV[2], ARGV[3], …  pairs: an order's id, and the next look in milliseconds since 1970 or, to drop it, nothing;
--                      1,000 pairs at the most
--
-- Result: the ids that were left alone.
local left = {}
for i = 2, #ARGV, 2 do
  local order_id, look = ARGV[i], ARGV[i + 1]
  local score = redis.call('ZSCORE', KEYS[1], order_id)
  if not score or tonumber(score) ~= tonumber(ARGV[1]) then
    left[#left + 1] = order_id
  elseif look == '' then
    redis.call('ZREM', KEYS[1], order_id)
  else
    redis.call('ZADD', KEYS[1], look, order_id)
  end
end
return left
