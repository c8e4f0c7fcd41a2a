-- Add a new order to the outbox.
--
-- KEYS[1]  orders:open
-- KEYS[2]  {orders:open}:placed, the number of orders placed; one that is repeated by its Idempotency-Key counts again
-- ARGV[1]  milliseconds until the relay's first check
-- ARGV[2]  the order's id
--
-- An order that is in the outbox already is checked no later than that; so an order that a relay is about to drop,
-- because it was not stored yet, stays. Redis rejects this script, as it does place.lua, when it is full.
redis.call('INCR', KEYS[2])
return redis.call('ZADD', KEYS[1], 'LT', string.format('%.0f', now_ms() + ARGV[1]), ARGV[2])
