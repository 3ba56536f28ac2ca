import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type EgressOptions, egressPolicy } from './egress.ts';

const closed: EgressOptions = { allow: [], deny: [], loopback: false, refuse: [] };

async function judged(options: Partial<EgressOptions>, host: string, [port, address]: [number, string?]) {
  const destination = { host, port, ...(address === undefined ? {} : { address }) };
  return (await egressPolicy({ ...closed, ...options }).judge(destination)) === undefined;
}

describe('platform/http/egress', () => {
  it('allows the world and private networks by default', async () => {
    expect(await judged({}, 'github.com', [443, '140.82.121.4'])).toBe(true);
    expect(await judged({}, 'gitlab.internal', [443, '10.1.2.3'])).toBe(true);
  });

  it.for(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '0.0.0.0', '::'])(
    'never allows %s, whatever is allowed',
    async address => {
      const allow = ['*', `${address.includes(':') ? `[${address}]` : address}:80`, '0.0.0.0/0', '::/0'];

      expect(await judged({ allow, loopback: true }, 'innocent.example', [80, address])).toBe(false);
    },
  );

  it('never allows a metadata name that only a proxy can resolve', async () => {
    expect(await judged({ allow: ['*'] }, 'metadata.google.internal', [80])).toBe(false);
  });

  it.for([
    ['localhost', '127.0.0.1'],
    ['innocent.example', '127.0.0.1'],
    ['innocent.example', '::1'],
    ['innocent.example', '::ffff:127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
  ] as const)('refuses loopback as %s at %s, except in local mode', async ([host, address]) => {
    expect(await judged({}, host, [3000, address])).toBe(false);
    expect(await judged({ loopback: true }, host, [3000, address])).toBe(true);
  });

  it('opens a loopback address at the port that is named, and closes nothing else by it', async () => {
    const options = { allow: ['127.0.0.1:3000'] };

    expect(await judged(options, '127.0.0.1', [3000, '127.0.0.1'])).toBe(true);
    expect(await judged(options, '127.0.0.1', [3001, '127.0.0.1'])).toBe(false);
    expect(await judged(options, '127.0.0.2', [3000, '127.0.0.2'])).toBe(false);
    expect(await judged(options, 'github.com', [443, '140.82.121.4'])).toBe(true);
  });

  it('does not open loopback by a block, a star or a name', async () => {
    const options = { allow: ['127.0.0.0/8', '*', 'innocent.example:3000'] };

    expect(await judged(options, 'innocent.example', [3000, '127.0.0.1'])).toBe(false);
  });

  it.for(['127.0.0.1', '[::1]', 'localhost'])('refuses to open %s without a port', entry => {
    expect(() => egressPolicy({ ...closed, allow: [entry] })).toThrow(
      expect.objectContaining({ reason: 'EgressInvalid', message: expect.stringContaining(entry) }),
    );
  });

  it('allows only what is listed, by name, suffix, address, block and port', async () => {
    const options = {
      allow: ['github.com', '*.corp.example', '10.1.0.0/16', '10.2.0.1', '10.3.0.0/16:8443', '[fd12::/16]:443'],
    };

    expect(await judged(options, 'github.com', [443, '140.82.121.4'])).toBe(true);
    expect(await judged(options, 'git.corp.example', [443, '192.168.0.1'])).toBe(true);
    expect(await judged(options, 'a.example', [443, '10.1.9.9'])).toBe(true);
    expect(await judged(options, 'a.example', [443, '10.2.0.1'])).toBe(true);
    expect(await judged(options, 'a.example', [8443, '10.3.0.1'])).toBe(true);
    expect(await judged(options, 'a.example', [443, 'fd12::1'])).toBe(true);
    expect(await judged(options, 'a.example', [443, '10.3.0.1'])).toBe(false);
    expect(await judged(options, 'corp.example', [443, '192.168.0.1'])).toBe(false);
    expect(await judged(options, 'gitlab.com', [443, '1.2.3.4'])).toBe(false);
    expect(await judged(options, 'unresolved.example', [443])).toBe(false);
  });

  it('lets what is denied win over what is allowed', async () => {
    const options = { allow: ['*.corp.example', '10.0.0.0/8'], deny: ['secret.corp.example', '10.9.0.0/16', '*:22'] };

    expect(await judged(options, 'git.corp.example', [443, '10.1.0.1'])).toBe(true);
    expect(await judged(options, 'secret.corp.example', [443, '10.1.0.1'])).toBe(false);
    expect(await judged(options, 'git.corp.example', [443, '10.9.0.1'])).toBe(false);
    expect(await judged(options, 'git.corp.example', [22, '10.1.0.1'])).toBe(false);
  });

  it('refuses our own servers by name, by every address of the name, and nothing else', async () => {
    const options = {
      allow: ['*', '10.96.0.1:443'],
      refuse: ['kubernetes.default.svc:443', '10.0.0.5:6379'],
      resolve: async () => ['10.96.0.1'],
    };

    expect(await judged(options, 'kubernetes.default.svc', [443])).toBe(false);
    expect(await judged(options, 'innocent.example', [443, '10.96.0.1'])).toBe(false);
    expect(await judged(options, 'innocent.example', [443, '::ffff:10.96.0.1'])).toBe(false);
    expect(await judged(options, 'innocent.example', [6379, '10.0.0.5'])).toBe(false);
    expect(await judged(options, 'innocent.example', [80, '10.96.0.1'])).toBe(true);
    expect(await judged(options, 'innocent.example', [443, '10.0.0.5'])).toBe(true);
  });

  it('refuses our own servers on this machine by every address of the machine, in local mode too', async () => {
    const options = { loopback: true, allow: ['127.0.0.1:6379'], refuse: ['localhost:6379'] };
    const own = Object.values(networkInterfaces()).flatMap(found => found?.map(({ address }) => address) ?? []);

    for (const address of ['127.0.0.1', '127.0.0.2', '::1', ...own]) {
      expect(await judged(options, 'innocent.example', [6379, address])).toBe(false);
    }
    expect(await judged(options, 'innocent.example', [3000, '127.0.0.1'])).toBe(true);
  });

  it('keeps refusing the address that a name had when the resolver fails', async () => {
    const answers = [['10.96.0.1']];
    const resolve = async () => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error('the resolver is down');
      return answer;
    };
    const policy = egressPolicy({ ...closed, refuse: ['redis:6379'], resolve });

    const before = await policy.judge({ host: 'innocent.example', port: 6379, address: '10.96.0.1' });
    const after = await policy.judge({ host: 'innocent.example', port: 6379, address: '10.96.0.1' });

    expect([before, after]).not.toContain(undefined);
  });

  it.for(['', 'a b', 'https://h.example', '10.0.0.0/40', 'h.example:0', 'h/8'])(
    'refuses to read the entry "%s"',
    entry => {
      expect(() => egressPolicy({ ...closed, deny: [entry] })).toThrow(
        expect.objectContaining({ reason: 'EgressInvalid' }),
      );
    },
  );
});
