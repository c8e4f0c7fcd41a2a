-- Count one topping of an order's pizzas, each pizza once.
--
-- KEYS[1]  report:<topping>, a hash of choice → pizzas
-- KEYS[2]  {report:<topping>}:seen:<order id>, a bitmap of the pizza ids counted already; the braces keep both keys in
--          one slot of a Redis Cluster
-- ARGV[1]  time to live of the bitmap, seconds, renewed on a change; 0 keeps it for good, and it stays so
-- ARGV[2], ARGV[3], …  pairs: pizza id, choice; 1,000 pairs at the most
--
-- Result: how many pizzas were counted now.
local ttl = tonumber(ARGV[1])
local is_kept = redis.call('TTL', KEYS[2]) == -1
local marks = {}
for i = 2, #ARGV, 2 do
  local n = #marks
  marks[n + 1], marks[n + 2], marks[n + 3], marks[n + 4] = 'SET', 'u1', ARGV[i], 1
end
local seen = redis.call('BITFIELD', KEYS[2], unpack(marks))

local counts, counted = {}, 0
for i, was_seen in ipairs(seen) do
  if was_seen == 0 then
    local choice = ARGV[2 * i + 1]
    counts[choice] = (counts[choice] or 0) + 1
    counted = counted + 1
  end
end
for choice, pizzas in pairs(counts) do
  redis.call('HINCRBY', KEYS[1], choice, pizzas)
end
if ttl == 0 then
  redis.call('PERSIST', KEYS[2])
elseif counted > 0 and not is_kept then
  redis.call('EXPIRE', KEYS[2], ttl)
end
return counted
