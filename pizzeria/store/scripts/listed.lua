#!lua flags=allow-oom
-- Mark an order that its events created, or a rebuild restored, as being in the outbox.
--
-- KEYS[1]  order:<id>
--
-- It then does not expire before it is ready or the relay drops it.
--
-- Result: 1 if it was marked now, otherwise 0.
local removed = redis.call('HDEL', KEYS[1], 'unlisted')
if removed == 1 and redis.call('HGET', KEYS[1], 'status') == 'preparing' then
  redis.call('PERSIST', KEYS[1])
end
return removed
