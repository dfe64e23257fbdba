--[[
Takes in what the rows have come to: totals of hours, marks, and what is left of holds. Idempotent, in any order.
A line that is just being read from the rows takes news in too; one of another generation will read them anyway.

ARGV[1]  news: { hours, messages, threads, holds } as JSON
ARGV[2]  now
Returns  'done' or 'untrusted'
]]
local gen = redis.call('GET', gen_key)
if gen == false or gen ~= redis.call('HGET', line_key, 'gen') then
  return 'untrusted'
end
local news = cjson.decode(ARGV[1])
record(news, tonumber(ARGV[2]))
for _, hold in ipairs(news.holds) do
  shrink_hold(hold.id, hold.left)
end
return 'done'
