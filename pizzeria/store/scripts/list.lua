-- Put a new order on the relay's list.
--
-- KEYS[1]  orders:open
-- ARGV[1]  milliseconds until the relay's first look
-- ARGV[2]  the order's id
--
-- An order that is listed is looked at no later than that; so one that a relay is just about to drop, because it was not
-- stored yet, stays. Redis refuses this script, as it does place.lua, when it is full.
return redis.call('ZADD', KEYS[1], 'LT', string.format('%.0f', now_ms() + ARGV[1]), ARGV[2])
