-- Prepended to each of the other scripts. All times are those of Redis: one clock for all replicas.
local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Publish a change. That only notifies, so it is best effort: return '' or the error, such as that of an account that
-- may not use the channel.
local function notify(channel, message)
  local answer = redis.pcall(PUBLISH, channel, message)
  return type(answer) == 'table' and answer.err or ''
end

-- Return a given time or, if it is empty, now: RFC 3339, UTC.
-- The calendar is civil_from_days of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
local function time_or_now(given)
  if given ~= '' then
    return given
  end
  local floor, now = math.floor, now_ms()
  local second, day = floor(now / 1000) % 86400, floor(now / 86400000) + 719468
  local era = floor(day / 146097)
  local doe = day - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', yoe + era * 400 + (month <= 2 and 1 or 0), month,
    doy - floor((153 * mp + 2) / 5) + 1, floor(second / 3600), floor(second / 60) % 60, second % 60, now % 1000)
end

