--[[
Takes in what the rows say of a line that `begin` has made ready for it. Merges with the news that came meanwhile;
twice is the same as once.

ARGV[1]  the generation that `begin` gave; another one now: too late, nothing is done
ARGV[2]  history: { hours, messages, threads, nonReplies, holds } as JSON
ARGV[3]  now
Returns  'done' or 'untrusted'
]]
local gen = redis.call('GET', gen_key)
if gen ~= ARGV[1] or gen ~= redis.call('HGET', line_key, 'gen') then
  return 'untrusted'
end
local history, now = cjson.decode(ARGV[2]), tonumber(ARGV[3])
record(history, now)
for _, mark in ipairs(history.nonReplies) do
  for i = 0, mark.units - 1 do
    add_mark(non_replies_key, mark_of(mark.id, i), mark.at)
  end
end
for _, hold in ipairs(history.holds) do
  hold.seen, hold.overrun, hold.used = false, false, 0
  keep_hold(hold.id, hold)
end
redis.call('HSET', line_key, 'ready', '1')
return 'done'
