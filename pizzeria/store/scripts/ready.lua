#!lua
-- Change nothing, as a write that needs memory: Redis rejects this script when it is full, as it does place.lua.
--
-- KEYS[1]  orders:open
--
-- Result: 0
return redis.call('ZADD', KEYS[1], 'XX', 0, '')
