--[[
The messages of a hold without news were not accepted: what they took goes back. An expired hold gives nothing back.

ARGV[1]  id
ARGV[2]  now
Returns  'done' or 'untrusted'
]]
local id, now = ARGV[1], tonumber(ARGV[2])
if not is_trusted() then
  return 'untrusted'
end
expire(now)
local hold = read_hold(id)
if hold then
  drop_hold(id, hold)
  for i = 0, hold.left - 1 do
    redis.call('ZREM', non_replies_key, mark_of(id, i))
    redis.call('ZREM', person_key(hold.recipient), mark_of(id, i))
  end
  if hold.newConversation and not hold.seen then
    redis.call('ZREM', threads_key, id)
  end
end
return 'done'
