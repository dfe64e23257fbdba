--[[
Begins to read a line anew: forgets it but for the holds of the last moments, which may stand in no row yet, and
makes it take news in from now on. The rows are read after this and then taken in by `load`, so that no news falls
between the two. Of several that begin at once the first does it.

ARGV[1]  the instant since when holds are kept
Returns  the generation to load under
]]
local gen = redis.call('GET', gen_key)
if gen == false then
  -- Redis was emptied, or is new: whatever is still there of any line is of the past.
  gen = redis.sha1hex(table.concat(redis.call('TIME'), '.'))
  redis.call('SET', gen_key, gen)
end
if gen == redis.call('HGET', line_key, 'gen') then
  return gen
end
local young = {}
for _, id in ipairs(redis.call('ZRANGE', expiry_key, 0, -1)) do
  local hold = read_hold(id)
  if hold and hold.at > tonumber(ARGV[1]) then
    hold.newConversation = hold.newConversation and not hold.seen
    young[id] = hold
  end
end
for _, person in ipairs(redis.call('ZRANGE', people_key, 0, -1)) do
  redis.call('DEL', person_key(person))
end
redis.call('DEL', line_key, holds_key, expiry_key, non_replies_key, threads_key, people_key)
redis.call('HSET', line_key, 'gen', gen)
for id, hold in pairs(young) do
  keep_hold(id, hold)
end
return gen
