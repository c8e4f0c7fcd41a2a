#!lua flags=allow-oom
-- Keep forever which pizzas of an order are counted, and which will be.
--
-- KEYS[1]  {report:<topping>}:seen:<order id>, a bitmap of the pizza ids counted already
--
-- Result: 1
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('SET', KEYS[1], '')
end
redis.call('PERSIST', KEYS[1])
return 1
