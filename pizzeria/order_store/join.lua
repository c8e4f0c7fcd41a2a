-- Add toppings to the pizzas of one order: atomic, and the same however often and in whatever order it is told.
--
-- KEYS[1]  order:<id>; also the channel on which a change is published, as JSON: {"status", "ready", "count",
--          "completed_at" when it is ready, "pizzas": {pizza id: its toppings now} of the pizzas that have changed}
-- ARGV[1]  count: pizzas in the order, as the events say
-- ARGV[2]  when the toppings were added: RFC 3339, UTC; or empty for now
-- ARGV[3]  time to live, seconds, renewed on a change
-- ARGV[4]  the number n of toppings that make a pizza complete
-- ARGV[5] … ARGV[4 + n]  their names
-- ARGV[5 + n], ARGV[6 + n], …  pairs: pizza id, JSON object of topping → choice; 1,000 pairs at the most
--
-- A topping that a pizza has already stays as it is. An order that is not there is created from what the events say.
--
-- Result: 1 if the order is not on the relay's list: it was created here, by its events, and has the field unlisted
-- until somebody puts it there. Otherwise 0.
-- Error: COUNT, if the order is known to have another number of pizzas; nothing is changed then.
local key, count, ttl, complete = KEYS[1], ARGV[1], ARGV[3], tonumber(ARGV[4])
local first = 5 + complete

local fields = {'count', 'ready', 'status', 'unlisted'}
for i = first, #ARGV, 2 do
  fields[#fields + 1] = 'pizza:' .. ARGV[i]
end
local known = redis.call('HMGET', key, unpack(fields))
local is_new = not known[1]
local unlisted = (is_new or known[4]) and 1 or 0
if not is_new and known[1] ~= count then
  return redis.error_reply('COUNT the order has ' .. known[1] .. ' pizzas, not ' .. count)
end
local ready, status = tonumber(known[2] or 0), known[3] or 'preparing'
local was_ready = ready

local changes, changed_pizzas, completed = {}, {}, ''
local function set(field, value)
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end
local function set_pizza(field, value)
  set(field, value)
  changed_pizzas[#changed_pizzas + 1] = '"' .. field:sub(7) .. '":' .. value
end

-- The members are found and joined as text: to decode and encode each pizza anew takes the script twice as long.
-- A quote inside of a choice is escaped, so no choice looks like the name of a member.
local members = {}
for i = 5, 4 + complete do
  members[#members + 1] = '"' .. ARGV[i] .. '":'
end

local function both(old, new)
  local pizza = cjson.decode(new)
  for topping, choice in pairs(cjson.decode(old)) do
    pizza[topping] = choice
  end
  return cjson.encode(pizza)
end

for i = 5, #fields do
  local new, old = ARGV[first + 2 * (i - 5) + 1], known[i] ~= '{}' and known[i]
  local toppings, adds, repeats = 0, false, false
  for _, member in ipairs(members) do
    local in_new, in_old = new:find(member, 1, true), old and old:find(member, 1, true)
    if in_new or in_old then toppings = toppings + 1 end
    if in_new and in_old then repeats = true end
    if in_new and not in_old then adds = true end
  end
  if adds then
    if not old then
      set_pizza(fields[i], new)
    elseif repeats then
      set_pizza(fields[i], both(old, new))
    else
      set_pizza(fields[i], old:sub(1, -2) .. ',' .. new:sub(2))
    end
    if toppings == complete then ready = ready + 1 end
  end
end
if #changes == 0 then
  return unlisted
end

if is_new then
  set('count', count)
  set('created_at', time_or_now(ARGV[2]))
  set('unlisted', 1)
end
if ready ~= was_ready or is_new then
  set('ready', ready)
  if ready == tonumber(count) then
    status = 'ready'
    local at = time_or_now(ARGV[2])
    set('completed_at', at)
    completed = ',"completed_at":"' .. at .. '"'
  end
end
if status ~= known[3] then
  set('status', status)
end
redis.call('HSET', key, unpack(changes))
redis.call('EXPIRE', key, ttl)
redis.call(PUBLISH, key, '{"status":"' .. status .. '","ready":' .. ready .. ',"count":' .. count .. completed
  .. ',"pizzas":{' .. table.concat(changed_pizzas, ',') .. '}}')
return unlisted
