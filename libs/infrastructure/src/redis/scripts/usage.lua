--[[
What the line carries.

ARGV[1]  now
Returns  { in24h, out24h, open, newConversations24h, newConversationsHour } or { 'untrusted' }
]]
local now = tonumber(ARGV[1])
if not is_trusted() then
  return { 'untrusted' }
end
expire(now)
local inbound, outbound = 0, 0
for _, both in pairs(buckets(now)) do
  inbound = inbound + both.i
  outbound = outbound + both.o
end
return {
  inbound,
  outbound,
  open_units(),
  count_within(threads_key, now, DAY),
  count_within(threads_key, now, HOUR),
}
