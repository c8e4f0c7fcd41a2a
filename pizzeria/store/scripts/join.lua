#!lua flags=allow-oom
-- Add toppings to the pizzas of one order: atomic, idempotent and commutative.
--
-- KEYS[1]  order:<id>; also the channel on which a change is published, as JSON: {"status", "ready", "count",
--          "completed_at" when it is ready, "pizzas": {pizza id: its toppings now} of the pizzas that have changed}
-- KEYS[2]  {order:<id>}:reserved, deleted when the order is ready
-- ARGV[1]  count: pizzas in the order, according to the events
-- ARGV[2]  when the toppings were added: RFC 3339, UTC; or empty for now
-- ARGV[3]  time to live, seconds, renewed on a change, of an order that is ready or not in the outbox
-- ARGV[4]  the names of the current toppings, comma-separated
-- ARGV[5]  the same of the toppings that existed when orders did not store theirs yet
-- ARGV[6]  1 if an order that does not exist is created from the events, otherwise 0
-- ARGV[7], ARGV[8], …  pairs: pizza id, JSON object of topping → choice; 1,000 pairs at most
--
-- A topping that a pizza already has is not changed.
-- A pizza is complete when it has the toppings that its order stored when it was placed: it counts once, and another
-- topping, which was added to the menu later, is stored and changes nothing else.
--
-- Result: nil if the order does not exist and is not created; otherwise an array of
--   1 if the order is to be added to the outbox: it was created here, from its events, is not ready, and has the field
--   unlisted until it is added; otherwise 0
--   how many of the pizzas added nothing: repeats
--   an empty string, or why the change could not be published
--   if the order became ready now: its created_at and its completed_at
-- Error: WRONGTYPE; COUNT, if the stored order has another number of pizzas; DATA, if what is stored cannot be read;
-- nothing is changed then.
local key, count, ttl = KEYS[1], ARGV[1], ARGV[3]
local first = 7

local fields = {'count', 'ready', 'status', 'unlisted', 'toppings', 'created_at'}
local heads = #fields
for i = first, #ARGV, 2 do
  fields[#fields + 1] = 'pizza:' .. ARGV[i]
end
local known = redis.call('HMGET', key, unpack(fields))
local is_new = not known[1]
if is_new and ARGV[6] == '0' then
  return false
end
local unlisted = (is_new or known[4]) and known[3] ~= 'ready' and 1 or 0
if not is_new and known[1] ~= count then
  return redis.error_reply('COUNT the order has ' .. known[1] .. ' pizzas, not ' .. count)
end
local ready, status = tonumber(known[2] or 0), known[3] or 'preparing'
if not ready then
  return redis.error_reply('DATA ' .. key .. ' has no number in ready')
end
local was_ready = ready

local changes, changed_pizzas, completed, repeated, times = {}, {}, '', 0, {}
local function set(field, value)
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end
local function set_pizza(field, value)
  set(field, value)
  changed_pizzas[#changed_pizzas + 1] = '"' .. field:sub(7) .. '":' .. value
end

-- The members are found and joined as text: decoding and encoding each pizza takes the script twice as long.
-- A quote in a choice is escaped, so no choice looks like the name of a member.
local function members(names)
  local list = {}
  for name in names:gmatch('[^,]+') do
    list[#list + 1] = '"' .. name .. '":'
  end
  return list
end
-- Return whether the new pizza adds or repeats any member of the list, and whether all are there before and after.
local function compare(list, new, old)
  local adds, repeats, had_all, has_all = false, false, true, true
  for _, member in ipairs(list) do
    local in_new, in_old = new:find(member, 1, true), old and old:find(member, 1, true)
    if in_new and in_old then repeats = true elseif in_new then adds = true end
    if not in_old then had_all = false end
    if not in_old and not in_new then has_all = false end
  end
  return adds, repeats, had_all, has_all
end
local offered = members(ARGV[4])
local noted = is_new and ARGV[4] or known[5] or ARGV[5]
local needed = noted == ARGV[4] and offered or members(noted)

local function both(old, new)
  local pizza = cjson.decode(new)
  for topping, choice in pairs(cjson.decode(old)) do
    pizza[topping] = choice
  end
  return cjson.encode(pizza)
end

for i = heads + 1, #fields do
  local new, old = ARGV[first + 2 * (i - heads - 1) + 1], known[i] ~= '{}' and known[i]
  local adds, repeats, had_all, has_all = compare(offered, new, old)
  if adds then
    if needed ~= offered then
      local _
      _, _, had_all, has_all = compare(needed, new, old)
    end
    if not old then
      set_pizza(fields[i], new)
    elseif repeats then
      local is_json, merged = pcall(both, old, new)
      if not is_json then
        return redis.error_reply('DATA ' .. key .. ' has no JSON object in ' .. fields[i])
      end
      set_pizza(fields[i], merged)
    else
      set_pizza(fields[i], old:sub(1, -2) .. ',' .. new:sub(2))
    end
    if has_all and not had_all then ready = ready + 1 end
  else
    repeated = repeated + 1
  end
end
if #changes == 0 then
  return {unlisted, repeated, ''}
end

if is_new then
  set('count', count)
  set('created_at', time_or_now(ARGV[2]))
  set('toppings', noted)
end
if ready ~= was_ready or is_new then
  set('ready', ready)
  if ready == tonumber(count) then
    status = 'ready'
    local at = time_or_now(ARGV[2])
    set('completed_at', at)
    completed = ',"completed_at":"' .. at .. '"'
    times = {known[6] or at, at}
    redis.call('DEL', KEYS[2])
  end
end
if status ~= known[3] then
  set('status', status)
end
if status == 'ready' then
  unlisted = 0
  if known[4] then redis.call('HDEL', key, 'unlisted') end
elseif is_new then
  set('unlisted', 1)
end
redis.call('HSET', key, unpack(changes))
-- An order without a time to live is in the outbox, and does not expire before it is ready or the relay drops it.
if status == 'ready' or unlisted == 1 or redis.call('TTL', key) ~= -1 then
  redis.call('EXPIRE', key, ttl)
end
local problem = notify(key, '{"status":"' .. status .. '","ready":' .. ready .. ',"count":' .. count .. completed
  .. ',"pizzas":{' .. table.concat(changed_pizzas, ',') .. '}}')
return {unlisted, repeated, problem, unpack(times)}
