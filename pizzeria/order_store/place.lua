-- Store a new order, unless it is there already.
--
-- KEYS[1]  order:<id>
-- ARGV[1]  count: pizzas in the order
-- ARGV[2]  when it was created: RFC 3339, UTC; or empty for now
-- ARGV[3]  time to live, seconds
--
-- Result: 1 if the order is new, 0 if it was there; nothing is changed then.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local created_at = time_or_now(ARGV[2])
redis.call('HSET', KEYS[1], 'status', 'preparing', 'count', ARGV[1], 'ready', 0, 'created_at', created_at)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
