-- Note that an order was not complete at its deadline, unless it is complete.
--
-- KEYS[1]  order:<id>; also the channel on which the change is published, as join.lua does, with no pizzas
-- ARGV[1]  time to live, seconds, renewed on a change
--
-- Result: 1 if the order has timed out now, otherwise 0.
local order = redis.call('HMGET', KEYS[1], 'status', 'ready', 'count')
if order[1] ~= 'preparing' then
  return 0
end
redis.call('HSET', KEYS[1], 'status', 'timed_out')
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call(PUBLISH, KEYS[1], '{"status":"timed_out","ready":' .. order[2] .. ',"count":' .. order[3] .. ',"pizzas":{}}')
return 1
