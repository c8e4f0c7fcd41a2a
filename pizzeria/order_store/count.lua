#!lua flags=allow-oom
-- Count one topping of an order's pizzas, each pizza once.
--
-- KEYS[1]  report:<topping>, a hash of choice → pizzas
-- KEYS[2]  {report:<topping>}:seen:<order id>, a bitmap of the pizza ids counted already; the braces keep both keys in
--          one slot of a Redis Cluster
-- ARGV[1]  time to live of the bitmap, seconds, renewed on a change; 0 to keep it for good
-- ARGV[2], ARGV[3], …  pairs: pizza id, choice; 1,000 pairs at the most
--
-- Once the hash has 250 choices, any other one is counted as "other": foreign events must not make it grow for ever.
--
-- Result: how many pizzas were counted now.
-- Error: WRONGTYPE, or that a field of the hash is no integer; nothing is marked or counted then.
local marks = {}
for i = 2, #ARGV, 2 do
  local n = #marks
  marks[n + 1], marks[n + 2], marks[n + 3] = 'GET', 'u1', ARGV[i]
end
local seen = redis.call('BITFIELD', KEYS[2], unpack(marks))

local set, choices, pizzas = {}, {}, {}
for i, was_seen in ipairs(seen) do
  if was_seen == 0 then
    local n, choice = #set, ARGV[2 * i + 1]
    set[n + 1], set[n + 2], set[n + 3], set[n + 4] = 'SET', 'u1', ARGV[2 * i], 1
    if not pizzas[choice] then
      choices[#choices + 1] = choice
      pizzas[choice] = 0
    end
    pizzas[choice] = pizzas[choice] + 1
  end
end
if #set == 0 then
  return 0
end

local known, size = redis.call('HMGET', KEYS[1], 'other', unpack(choices)), redis.call('HLEN', KEYS[1])
for i, count in ipairs(known) do
  if count and (not count:find('^%-?%d+$') or #count > 15) then
    local choice = choices[i - 1] or 'other'
    return redis.error_reply('ERR ' .. KEYS[1] .. ' has no integer for ' .. choice)
  end
end
for i, choice in ipairs(choices) do
  if not known[i + 1] then
    if size < 250 then
      size = size + 1
    else
      pizzas.other = (pizzas.other or 0) + pizzas[choice]
      pizzas[choice] = nil
    end
  end
end

local kept = redis.call('TTL', KEYS[2]) == -1
redis.call('BITFIELD', KEYS[2], unpack(set))
for choice, number in pairs(pizzas) do
  redis.call('HINCRBY', KEYS[1], choice, number)
end
if ARGV[1] == '0' then
  redis.call('PERSIST', KEYS[2])
elseif not kept then
  redis.call('EXPIRE', KEYS[2], ARGV[1])
end
return #set / 4
