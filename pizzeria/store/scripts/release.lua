#!lua flags=allow-oom
-- Release claimed orders: schedule the next check of each, or drop it.
--
-- KEYS[1]  orders:open
-- ARGV[1]  the score that claim.lua gave them; an order that has another one is not under this claim, and not changed
-- ARGV[2], ARGV[3], …  pairs: an order's id, and the next check in milliseconds since 1970 or, to drop it, an empty
--                      string; 1,000 pairs at most
--
-- Result: the ids that were not changed.
local left = {}
for i = 2, #ARGV, 2 do
  local order_id, due = ARGV[i], ARGV[i + 1]
  local score = redis.call('ZSCORE', KEYS[1], order_id)
  if not score or tonumber(score) ~= tonumber(ARGV[1]) then
    left[#left + 1] = order_id
  elseif due == '' then
    redis.call('ZREM', KEYS[1], order_id)
  else
    redis.call('ZADD', KEYS[1], due, order_id)
  end
end
return left
