--[[
Takes a hold, or says what stands against it and until when. The same id gets the same answer while its hold lasts.

ARGV[1]  id
ARGV[2]  request: { recipient, units, now, todayCap, limits } as JSON; a limit that does not bind is absent
Returns  { 'held', expiresAt, overrun 0|1, usedLast24h }, { 'deferred', reason, retryAt } or { 'untrusted' }
]]
local RETRY_FLOOR = 1000
local id = ARGV[1]
local request = cjson.decode(ARGV[2])
local now, units, limits = request.now, request.units, request.limits

if not is_trusted() then
  return { 'untrusted' }
end
expire(now)
redis.call('ZREMRANGEBYSCORE', person_key(request.recipient), '-inf', int(now - HOUR))

local function held(hold)
  return { 'held', int(hold.expiresAt), hold.overrun and 1 or 0, int(hold.used) }
end

local earlier = read_hold(id)
if earlier then
  return held(earlier)
end

local byHour = buckets(now)
local open = open_units()
local carried = 0
for _, both in pairs(byHour) do
  carried = carried + both.i + both.o
end
local used = carried + open

local function deferred(reason, retryAt)
  return { 'deferred', reason, int(math.max(retryAt, now + RETRY_FLOOR)) }
end

-- When `more` will fit under `limit`; now when they fit already.
local function room_at(key, limit, more, within)
  local count = count_within(key, now, within)
  local excess = count + more - limit
  if excess <= 0 then
    return now
  end
  if count == 0 then
    return now + within
  end
  -- More than fits at all waits for the last mark to leave.
  local place = math.min(excess, count) - 1
  local leaving = redis.call('ZRANGEBYSCORE', key, '(' .. int(now - within), '+inf',
    'WITHSCORES', 'LIMIT', place, 1)
  return tonumber(leaving[2]) + within
end

-- The first instant at which the buckets will have fallen to `limit` if nothing is added.
local function falls_to(limit)
  local total = carried
  local newest = math.floor(now / HOUR)
  if total <= limit then
    return now
  end
  for hour = newest - BUCKETS + 1, newest - 1 do
    local both = byHour[hour]
    if both then
      total = total - both.i - both.o
    end
    if total <= limit then
      return (hour + BUCKETS) * HOUR
    end
  end
  return (newest + BUCKETS) * HOUR
end

local person = person_key(request.recipient)
local pair_at = room_at(person, limits.pairPer60s, units, MINUTE)
if pair_at > now then
  return deferred('pair-limit', pair_at)
end
local loop_at = room_at(person, limits.loopPerHour, units, HOUR)
if loop_at > now then
  return deferred('loop', loop_at)
end
if limits.ceiling and used + units > limits.ceiling then
  return deferred('budget-ceiling', falls_to(limits.ceiling - units - open))
end
local hour = math.floor(now / HOUR)
local this_hour = byHour[hour] or { i = 0, o = 0 }
if limits.hourCap and this_hour.i + this_hour.o + open + units > limits.hourCap then
  return deferred('hour-shape', (hour + 1) * HOUR)
end
if limits.minuteCap then
  local minute_at = room_at(non_replies_key, limits.minuteCap, units, MINUTE)
  if minute_at > now then
    return deferred('minute-shape', minute_at)
  end
end
if limits.newConversation then
  local hour_at = room_at(threads_key, limits.newConversationsPerHour, 1, HOUR)
  if hour_at > now then
    return deferred('new-conversations-hour', hour_at)
  end
  local day_at = room_at(threads_key, limits.newConversationsPer24h, 1, DAY)
  if day_at > now then
    return deferred('new-conversations-day', day_at)
  end
end
-- A reply is never made to wait for other people's open holds.
if limits.minuteCap and redis.call('ZCARD', expiry_key) >= limits.maxOpenHolds then
  local first = redis.call('ZRANGE', expiry_key, 0, 0, 'WITHSCORES')
  return deferred('open-holds', math.min(now + MINUTE, tonumber(first[2] or '') or math.huge))
end

local hold = {
  recipient = request.recipient,
  left = units,
  at = now,
  expiresAt = now + limits.holdMs,
  bursts = limits.minuteCap ~= nil,
  newConversation = limits.newConversation,
  seen = false,
  overrun = limits.ceiling == nil and used + units > request.todayCap,
  used = used,
}
keep_hold(id, hold)
return held(hold)
