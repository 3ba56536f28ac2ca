// Addresses of repositories and images in every form: those that mean the same are one source, and those that cannot be used are named
// without what may be a secret in them.
import { describe, expect, it } from 'vitest';
import { planWatch } from '../../src/watch/plan.ts';
import { gitSpec, watching } from '../flow/world.ts';

const secret = 'hunter2-in-url-9';

function planOf(over: object, params = 'repo-type: git') {
  return planWatch({
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: { namespace: 'ns', name: 'f', uid: 'uid', annotations: watching(params) },
    spec: { ...gitSpec, ...over },
  });
}

const planUrl = (url: string) => planOf({ build: { builder: 'b', srcRepo: { url } } });

function product(...parts: readonly (readonly string[])[]): readonly string[] {
  return parts.reduce<readonly string[]>((all, some) => all.flatMap(head => some.map(tail => head + tail)), ['']);
}

const hosts = ['git.example', 'GIT.Example', 'git.example.'];
const paths = [
  'group/sub/project',
  'group//sub/project',
  'group/./sub/project',
  'gr%6Fup/sub/project',
  'group/x/../sub/project',
];
const ends = ['', '/', '.git', '.git/', '//'];
const same = [
  ...product(['https://', 'HTTPS://', 'https://git@'], hosts, ['', ':443', ':'], ['/'], paths, ends),
  ...product(['ssh://', 'ssh://git@', 'git+ssh://git@'], hosts, ['', ':22'], ['/'], paths, ends),
  ...product(['git@', ''], hosts, [':', ':/'], paths.slice(0, 1), ends),
];

describe('an address of a repository', () => {
  it('in any of some hundred forms is the same source', () => {
    expect(same.length).toBeGreaterThan(500);
    for (const url of same) {
      const plan = planUrl(url);
      const source = plan.kind === 'watched' ? plan.watch.source : plan.message;
      expect({ url, source }).toEqual({
        url,
        source: { kind: 'git', forge: 'git', url: 'https://git.example/group/sub/project' },
      });
    }
  });

  it.each([
    ['http://git.example/a/b', 'http://git.example/a/b'],
    ['https://git.example:8443/a/b', 'https://git.example:8443/a/b'],
    ['http://git.example:80/a/b.git', 'http://git.example/a/b'],
    ['https://git.example/a/b%20c', 'https://git.example/a/b%20c'],
    ['https://git.example/a/%23b%3F', 'https://git.example/a/%23b%3F'],
    ['https://git.example/ä/密', 'https://git.example/%C3%A4/%E5%AF%86'],
    ['https://bücher.example/a/b', 'https://xn--bcher-kva.example/a/b'],
    ['https://[2001:DB8::1]:8443/a/b', 'https://[2001:db8::1]:8443/a/b'],
  ])('%s is %s', (url, canonical) => {
    expect(planUrl(url)).toMatchObject({ kind: 'watched', watch: { source: { url: canonical } } });
  });

  const users = [
    `${secret}@`,
    `me:${secret}@`,
    `:${secret}@`,
    `git:${secret}@`,
    `x-access-token:${secret}@`,
    `${secret}%40@`,
  ];
  const withUsers = [
    ...product(
      ['https://', 'http://', 'ssh://', 'HTTPS://', 'https:\\\\', 'https:/'],
      users,
      ['git.example', 'git.example:8443'],
      ['/a/b', '/a/b.git'],
    ),
    ...product(users, ['git.example'], [':a/b', ':/a/b.git', '/a/b']),
    ...product(['https://git.example/a/b'], ['?token=', '#', '?private_token=x&t='], [secret]),
  ];

  it('with a user or a query is refused, and what stands there is not shown', () => {
    for (const url of withUsers) {
      const plan = planUrl(url);
      expect({ url, ...plan }).toMatchObject({ url, kind: 'unwatched', reason: 'BadUrl' });
      expect(plan).toMatchObject({
        message: expect.stringMatching(/spec\.build\.srcRepo\.url .*, found "\(hidden\)"$/),
      });
      expect(JSON.stringify(plan)).not.toContain('hunter2');
    }
  });

  it.each([
    'git://git.example/a',
    'ftp://git.example/a',
    'file:///etc',
    'ext::sh -c touch',
    '/etc/passwd',
    './a/b',
    '../a',
    'a',
    'C:\\a\\b',
    '-oProxyCommand=x',
    '--upload-pack=x',
    'git.example/a/b',
    '://x/y',
    'https://',
    'https:///a/b',
    'https://git.example',
    'https://git.example/',
    'https://git.example/..',
    'ssh://git@git.example',
    'https://git.example:99999/a',
    'https://git.example:x/a',
    'https://[::1/a',
    'https://git .example/a',
    ' https://git.example/a',
    'https://git.example/a\u0000',
    'https://git.example/a\nb',
    'https://git.example/%zz',
    'https://git.example/%ff',
    'https://git.example/\ud83d',
    `https://git.example/${'a'.repeat(3_000)}`,
    ' ',
  ])('such as %j is refused with the field and the value', url => {
    const plan = planUrl(url);
    expect(plan).toMatchObject({ kind: 'unwatched', reason: 'BadUrl' });
    expect(plan).toMatchObject({ message: expect.stringMatching(/spec\.build\.srcRepo\.url .*, found /) });
    const { message } = plan.kind === 'unwatched' ? plan : { message: '' };
    expect(message.length).toBeLessThan(400);
    expect(message).not.toMatch(/\p{Cc}/u);
  });
});

describe('an image', () => {
  const planImage = (image: string) => planOf({ image }, 'type: image');

  it('in any form is the same source', () => {
    const docker = product(
      ['', 'docker.io/', 'index.docker.io/', 'registry-1.docker.io/', 'DOCKER.IO/'],
      ['', 'library/'],
      ['app'],
      ['', ':latest'],
    );
    for (const image of docker) {
      const source = { kind: 'image', registry: 'registry-1.docker.io', repository: 'library/app', tag: 'latest' };
      expect({ image, plan: planImage(image) }).toMatchObject({ image, plan: { kind: 'watched', watch: { source } } });
    }
    for (const image of product(['reg.example', 'REG.example', 'reg.example:443'], ['/a/b:v1'])) {
      const source = { registry: 'reg.example', repository: 'a/b', tag: 'v1' };
      expect(planImage(image)).toMatchObject({ watch: { source } });
    }
  });

  it.each([
    ' ',
    'a b',
    'https://reg.example/a',
    'A',
    'reg.example/A/b',
    'reg.example/a//b',
    '/a',
    'a/',
    'a:',
    'a:-x',
    `a:${'x'.repeat(200)}`,
    'reg.example:99999/a',
    'reg.example:x/a',
    '-a',
    '../a',
    'a/../b',
    'a\u0000',
    'a\n',
    'a@sha256:abc',
    'a@md5:00',
    'a@b@c',
    'ä',
    `me:${secret}@reg.example/a`,
    `${secret}@reg.example/a:v1`,
    `https://me:${secret}@reg.example/a`,
    'a'.repeat(300),
  ])('such as %j is refused with the field, and without what may be a secret', image => {
    const plan = planImage(image);
    expect(plan).toMatchObject({
      kind: 'unwatched',
      reason: 'BadUrl',
      message: expect.stringMatching(/spec\.image .*, found /),
    });
    expect(JSON.stringify(plan)).not.toContain('hunter2');
    expect(plan.kind === 'unwatched' && plan.message.length).toBeLessThan(500);
  });
});
