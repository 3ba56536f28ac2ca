import { expect, it } from 'vitest';
import { egressPolicy } from '../platform/http/egress.ts';
import { serversOf } from './cluster-mode.ts';

it.each([
  ['redis://:password@redis.example', ['redis.example:6379']],
  ['rediss://redis.example:6380/2', ['redis.example:6380']],
  ['redis://[fd00::1]', ['[fd00::1]:6379']],
  ['unix:///run/redis.sock?db=1', []],
  [undefined, []],
])('no Function may lead to the Redis at %s', async (redis, servers) => {
  expect(serversOf({ redis })).toEqual(servers);
  const policy = egressPolicy({ allow: [], deny: [], loopback: false, refuse: serversOf({ redis }) });
  const judged = await policy.judge({ host: 'redis.example', port: 443, address: '203.0.113.1' });
  expect(judged).toBeUndefined();
});
