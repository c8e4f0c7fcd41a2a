#!lua flags=allow-oom
-- Set the status of an order to timed_out, if it is preparing.
--
-- KEYS[1]  order:<id>; also the channel on which the change is published, as join.lua does, with no pizzas
--
-- Result: 0, or if the order has timed out now an empty string, or why that could not be published.
local order = redis.call('HMGET', KEYS[1], 'status', 'ready', 'count')
if order[1] ~= 'preparing' then
  return 0
end
redis.call('HSET', KEYS[1], 'status', 'timed_out')
local ready, count = tonumber(order[2]) or 0, tonumber(order[3]) or 0
return notify(KEYS[1], '{"status":"timed_out","ready":' .. ready .. ',"count":' .. count .. ',"pizzas":{}}')
