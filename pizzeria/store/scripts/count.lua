#!lua flags=allow-oom
-- Count one topping of an order's pizzas, each pizza once.
--
-- KEYS[1]  report:<topping>, a hash of choice → pizzas
-- KEYS[2]  {report:<topping>}:seen:<order id>, a bitmap of the pizza ids counted already; the braces keep both keys in
--          one slot of a Redis Cluster
-- ARGV[1]  time to live of the bitmap, seconds, renewed on a change, unless it is kept forever
-- ARGV[2], ARGV[3], …  pairs: pizza id, choice; 1,000 pairs at most
--
-- Once the hash has 250 choices, any other one is counted as "other": foreign events must not make it grow without limit.
--
-- Result: how many pizzas were counted now.
-- Error: WRONGTYPE, or DATA if a field of the hash is no integer; nothing is changed then.
local marks, choices, pizzas = {}, {}, {}
for i = 2, #ARGV, 2 do
  local n, choice = #marks, ARGV[i + 1]
  marks[n + 1], marks[n + 2], marks[n + 3], marks[n + 4] = 'SET', 'u1', ARGV[i], 1
  if not pizzas[choice] then
    choices[#choices + 1] = choice
    pizzas[choice] = 0
  end
end

-- Everything that can fail precedes the first write: a pizza that is marked but not counted would never be counted.
local known = redis.call('HMGET', KEYS[1], 'other', unpack(choices))
local size, kept = redis.call('HLEN', KEYS[1]), redis.call('TTL', KEYS[2]) == -1
for i, number in ipairs(known) do
  if number and (not number:find('^%-?%d+$') or #number > 15) then
    return redis.error_reply('DATA ' .. KEYS[1] .. ' has no integer for ' .. (choices[i - 1] or 'other'))
  end
end
local seen = redis.call('BITFIELD', KEYS[2], unpack(marks))

local counted = 0
for i, was_seen in ipairs(seen) do
  if was_seen == 0 then
    local choice = ARGV[2 * i + 1]
    pizzas[choice] = pizzas[choice] + 1
    counted = counted + 1
  end
end
for i, choice in ipairs(choices) do
  local number, is_known = pizzas[choice], known[i + 1]
  if number > 0 then
    if not is_known and size >= 250 then
      choice = 'other'
    elseif not is_known then
      size = size + 1
    end
    -- Only an account that may not use the command gets an error here, each time: nothing has been counted.
    local answer = redis.pcall('HINCRBY', KEYS[1], choice, number)
    if type(answer) == 'table' then
      for n, was_seen in ipairs(seen) do
        marks[4 * n] = was_seen
      end
      redis.call('BITFIELD', KEYS[2], unpack(marks))
      return answer
    end
  end
end
if counted > 0 and not kept then
  redis.call('EXPIRE', KEYS[2], ARGV[1])
end
return counted
