-- Store a new order, unless it exists already, and reserve the memory that it takes until it is ready.
--
-- KEYS[1]  order:<id>
-- KEYS[2]  {order:<id>}:reserved, as many zero bytes as the order will still need; the braces keep both keys in one slot
--          of a Redis Cluster
-- ARGV[1]  count: pizzas in the order
-- ARGV[2]  when it was created: RFC 3339, UTC; or empty for now
-- ARGV[3]  the names of the toppings that make its pizzas complete, comma-separated
-- ARGV[4]  bytes to reserve
-- ARGV[5]  empty if the order is in the outbox, so that it does not expire; otherwise its time to live, seconds:
--          it has the field unlisted until it is added
-- ARGV[6]  the W3C traceparent of the request that placed it, or empty
--
-- Redis rejects this script when it is full. The scripts that finish an order may use more memory (allow-oom), for it
-- was reserved here: so an accepted order can always be finished.
--
-- Result: 1 if the order is new, 0 if it existed; nothing is changed then.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'status', 'preparing', 'count', ARGV[1], 'ready', 0, 'created_at', time_or_now(ARGV[2]),
  'toppings', ARGV[3])
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[1], 'traceparent', ARGV[6])
end
redis.call('SETBIT', KEYS[2], 8 * ARGV[4] - 1, 0)
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'unlisted', 1)
  redis.call('EXPIRE', KEYS[1], ARGV[5])
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
return 1
