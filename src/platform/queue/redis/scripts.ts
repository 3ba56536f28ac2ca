// What BullMQ has no atomic operation for, on its own layout: waking a key, claiming the next one, ending a run.
import { type Script, script } from './connection.ts';

/**
 * One job a key, for as long as the key waits or runs. A wake that comes during the run is kept in the job's field
 * `wanted`. The layout: sorted set `delayed` (score: milliseconds * 4096), lists `wait` (left in, right out) and `active`,
 * sorted set `marker` (workers block on it: "0" work is there, "1" the time of the first delayed job), set `stalled` (what
 * BullMQ's check suspects), and for each job a hash and `<job>:lock` (the token of who runs it).
 * Called with the key prefix of the queue, then the present time, the job's id, and what the script names.
 */
const waking = `
local p, now, id = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local job = p .. id
local function place(at)
  if at <= now then
    redis.call('LPUSH', p .. 'wait', id)
    redis.call('ZADD', p .. 'marker', 0, '0')
  else
    redis.call('ZADD', p .. 'delayed', at * 4096, id)
    if redis.call('ZRANGE', p .. 'delayed', 0, 0)[1] == id then
      redis.call('ZADD', p .. 'marker', at, '1')
    end
  end
end
local function lost()
  local size = redis.call('LLEN', p .. 'wait') + redis.call('LLEN', p .. 'active')
  if size > 1000 then return false end
  return not redis.call('LPOS', p .. 'wait', id) and not redis.call('LPOS', p .. 'active', id)
end
local function wake(at)
  if redis.call('EXISTS', job) == 0 then
    redis.call('HSET', job, 'name', 'key', 'data', '{}', 'opts', '{}', 'timestamp', now, 'delay', 0, 'priority', 0)
    place(at)
    return
  end
  local score = redis.call('ZSCORE', p .. 'delayed', id)
  if score then
    if at * 4096 < tonumber(score) then
      if at <= now then redis.call('ZREM', p .. 'delayed', id) end
      place(at)
    end
  elseif redis.call('EXISTS', job .. ':lock') == 1 then
    local wanted = redis.call('HGET', job, 'wanted')
    if not wanted or at < tonumber(wanted) then redis.call('HSET', job, 'wanted', at) end
  elseif lost() then
    place(at)
  end
end
`;

/**
 * Answers {id, failures, next}: the job that was claimed ('' none), its failures in a row, and when there is more to claim:
 * 0 at once, the time of the first delayed job, or -1 never. What is left for others is marked, so that they wake up.
 */
const claiming = `
local function claim(token, lockMs)
  local due = redis.call('ZRANGEBYSCORE', p .. 'delayed', '-inf', now * 4096 + 4095, 'LIMIT', 0, 1000)
  if #due > 0 then
    redis.call('ZREM', p .. 'delayed', unpack(due))
    redis.call('LPUSH', p .. 'wait', unpack(due))
  end
  local got, failures = redis.call('RPOPLPUSH', p .. 'wait', p .. 'active') or '', 0
  if got ~= '' then
    if not redis.call('SET', p .. got .. ':lock', token, 'PX', lockMs, 'NX') then
      redis.call('LREM', p .. 'active', 1, got)
      redis.call('HSET', p .. got, 'wanted', now)
      return {'', 0, 0}
    end
    failures = tonumber(redis.call('HGET', p .. got, 'atm') or 0)
  end
  if redis.call('LLEN', p .. 'wait') > 0 then
    redis.call('ZADD', p .. 'marker', 0, '0')
    return {got, failures, 0}
  end
  local first = redis.call('ZRANGE', p .. 'delayed', 0, 0, 'WITHSCORES')[2]
  return {got, failures, first and math.floor(tonumber(first) / 4096) or -1}
end
`;

/** Wakes: then the time that the key is due. */
export const wakeScript: Script = script(`${waking} wake(tonumber(ARGV[3]))`);

/** Claims: then '', the token to claim with, and how long the lock holds. */
export const claimScript: Script = script(`local p, now = KEYS[1], tonumber(ARGV[1])
${claiming} return claim(ARGV[3], ARGV[4])`);

/**
 * Ends a run and claims the next with the same token: then the token, the lock's time (0: claim nothing), the next time or
 * '', the failures in a row, and those before the run. A run that lost its lock (Redis was emptied, the process stood
 * still) only wakes: whoever holds the key now is not disturbed.
 */
export const settleScript: Script = script(`${waking} ${claiming}
local next = tonumber(ARGV[5])
if redis.call('GET', job .. ':lock') == ARGV[3] then
  redis.call('DEL', job .. ':lock')
  redis.call('SREM', p .. 'stalled', id)
  redis.call('LREM', p .. 'active', -1, id)
  local wanted = tonumber(redis.call('HGET', job, 'wanted') or '')
  if wanted then redis.call('HDEL', job, 'wanted') end
  local at = next and wanted and math.min(next, wanted) or next or wanted
  if at then
    if ARGV[6] ~= ARGV[7] then redis.call('HSET', job, 'atm', ARGV[6]) end
    place(at)
  else
    redis.call('DEL', job)
  end
elseif next then
  wake(next)
end
if ARGV[4] ~= '0' then return claim(ARGV[3], ARGV[4]) end
return {'', 0, 0}`);

/** Counts: answers delayed, those of them that are overdue, waiting, active. */
export const countScript: Script = script(`
local p, due = KEYS[1], tonumber(ARGV[1]) * 4096
return {
  redis.call('ZCARD', p .. 'delayed'), redis.call('ZCOUNT', p .. 'delayed', '-inf', due),
  redis.call('LLEN', p .. 'wait'), redis.call('LLEN', p .. 'active')
}
`);
