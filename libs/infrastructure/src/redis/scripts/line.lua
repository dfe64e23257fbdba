--[[
The state of one line and the steps that the scripts share. It stands before each of them.

KEYS[1]  the generation that all state must be of; gone or other: the state is not to be trusted
KEYS[2]  hash: 'gen', 'ready', 'open' (units held), 'i<hour>' and 'o<hour>' (messages in and out of an epoch hour)
KEYS[3]  hash: hold id -> its fields, packed
KEYS[4]  sorted set: hold id by the instant it expires at
KEYS[5]  sorted set: marks of our non-replies of the last minute, by instant
KEYS[6]  sorted set: marks of conversations that we began in the last 24 hours, by instant
KEYS[7]  sorted set: people we wrote to in the last hour, by the latest instant
KEYS[7] .. ':' .. person  sorted set: marks of our messages to them in the last hour, by instant

Instants are milliseconds since the epoch; the caller's clock is the only one. The rules are those of the ledger
in memory (libs/domain/src/budget/line-ledger.ts), step by step; one suite holds both to the same answers.
]]
local MINUTE, HOUR, DAY = 60000, 3600000, 86400000
local BUCKETS = 25
-- People whose windows have run out are swept a few at a time, so that no step waits for many.
local SWEEP = 20

local gen_key, line_key, holds_key, expiry_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local non_replies_key, threads_key, people_key = KEYS[5], KEYS[6], KEYS[7]

local function int(n)
  return string.format('%.0f', n)
end

local function number(text)
  return tonumber(text or '0') or 0
end

local function is_trusted()
  local gen = redis.call('GET', gen_key)
  local state = redis.call('HMGET', line_key, 'gen', 'ready')
  return gen ~= false and gen == state[1] and state[2] == '1'
end

local function person_key(person)
  return people_key .. ':' .. person
end

local function mark_of(id, i)
  return id .. '#' .. i
end

-- The same mark again stays where it is.
local function add_mark(key, id, at)
  redis.call('ZADD', key, 'NX', int(at), id)
end

local function mark_person(person, id, at)
  add_mark(person_key(person), id, at)
  redis.call('ZADD', people_key, 'GT', int(at), person)
end

local function read_hold(id)
  local packed = redis.call('HGET', holds_key, id)
  return packed and cmsgpack.unpack(packed) or nil
end

local function write_hold(id, hold)
  redis.call('HSET', holds_key, id, cmsgpack.pack(hold))
end

local function add_open(units)
  redis.call('HINCRBY', line_key, 'open', units)
end

local function drop_hold(id, hold)
  redis.call('HDEL', holds_key, id)
  redis.call('ZREM', expiry_key, id)
  add_open(-hold.left)
end

-- A new hold with all that it marks; one that is there already stays as it is.
local function keep_hold(id, hold)
  if redis.call('HEXISTS', holds_key, id) == 1 then
    return
  end
  write_hold(id, hold)
  redis.call('ZADD', expiry_key, int(hold.expiresAt), id)
  add_open(hold.left)
  for i = 0, hold.left - 1 do
    if hold.bursts then
      add_mark(non_replies_key, mark_of(id, i), hold.at)
    end
    mark_person(hold.recipient, mark_of(id, i), hold.at)
  end
  if hold.newConversation then
    add_mark(threads_key, id, hold.at)
  end
end

-- Messages of the hold were seen; only `left` are still without news.
local function shrink_hold(id, left)
  local hold = read_hold(id)
  if not hold then
    return
  end
  local seen = hold.left - math.min(hold.left, left)
  hold.seen = true
  if left <= 0 then
    drop_hold(id, hold)
    return
  end
  hold.left = hold.left - seen
  add_open(-seen)
  write_hold(id, hold)
end

-- Lets go of holds without news. What they marked stays: the message may have left, and its event may still come.
local function expire(now)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', expiry_key, '-inf', int(now))) do
    drop_hold(id, read_hold(id) or { left = 0 })
  end
  redis.call('ZREMRANGEBYSCORE', non_replies_key, '-inf', int(now - MINUTE))
  redis.call('ZREMRANGEBYSCORE', threads_key, '-inf', int(now - DAY))
  local gone = redis.call('ZRANGEBYSCORE', people_key, '-inf', int(now - HOUR), 'LIMIT', 0, SWEEP)
  for _, person in ipairs(gone) do
    redis.call('DEL', person_key(person))
    redis.call('ZREM', people_key, person)
  end
end

-- Totals of an hour only rise, so the larger of two is the later one.
local function raise(field, total)
  if total > number(redis.call('HGET', line_key, field)) then
    redis.call('HSET', line_key, field, int(total))
  end
end

-- Takes in what the rows have come to; hours that count no more are dropped.
local function record(news, now)
  local oldest = math.floor(now / HOUR) - BUCKETS + 1
  for _, total in ipairs(news.hours) do
    if total.hour >= oldest then
      raise('i' .. int(total.hour), total['in'])
      raise('o' .. int(total.hour), total.out)
    end
  end
  for _, mark in ipairs(news.messages) do
    mark_person(mark.recipient, mark.id, mark.at)
  end
  for _, mark in ipairs(news.threads) do
    add_mark(threads_key, mark.id, mark.at)
  end
end

-- The buckets by epoch hour: { [hour] = { inbound, outbound } }. Hours that count no more are deleted.
local function buckets(now)
  local oldest = math.floor(now / HOUR) - BUCKETS + 1
  local byHour = {}
  local fields = redis.call('HGETALL', line_key)
  for i = 1, #fields, 2 do
    local side, hour = string.match(fields[i], '^([io])(%d+)$')
    if side then
      hour = tonumber(hour)
      if hour < oldest then
        redis.call('HDEL', line_key, fields[i])
      else
        local both = byHour[hour] or { i = 0, o = 0 }
        both[side] = number(fields[i + 1])
        byHour[hour] = both
      end
    end
  end
  return byHour
end

local function open_units()
  return number(redis.call('HGET', line_key, 'open'))
end

local function count_within(key, now, within)
  return redis.call('ZCOUNT', key, '(' .. int(now - within), '+inf')
end
