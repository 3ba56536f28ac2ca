// Hosts that answer nonsense with a straight face: each is told on the condition, with the host, and what was built and served stays.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCondition } from '../../src/function/conditions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { type FunctionObject, parseFunction } from '../../src/function/schema.ts';
import { flushPacket, packet } from '../../src/revision/git/pkt-line.ts';
import { eventually } from '../eventually.ts';
import { type FunctionParts, type System, startSystem } from '../flow/system.ts';
import { type HttpServer, startHttpServer } from '../servers/http-server.ts';

const commit = 'c'.repeat(40);
const digest = `sha256:${'d'.repeat(64)}`;
const other = `sha256:${'e'.repeat(64)}`;
const manifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
const html = '<!doctype html><title>Sign in</title>';

interface Garbage {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** Answers of a registry to HEAD and GET alike. */
const ofRegistry: Readonly<Record<string, Garbage>> = {
  disagreeing: { headers: { 'docker-content-digest': other }, body: manifest, status: 405 },
  empty: {},
  html: { headers: { 'content-type': 'text/html' }, body: html },
  huge: { body: 'x'.repeat(5 * 1024 * 1024) },
  short: { headers: { 'docker-content-digest': 'sha256:abc' }, body: '{}' },
  capitals: { headers: { 'docker-content-digest': digest.toUpperCase() }, body: 'null' },
  several: { headers: { 'docker-content-digest': [digest, other] }, body: '[]' },
  words: { headers: { 'docker-content-digest': 'latest' }, body: '"manifest"' },
  unasked: { status: 304, headers: { 'docker-content-digest': other } },
  deep: { body: '['.repeat(200_000) },
  bytes: { body: Buffer.from([0xff, 0xfe, 0, 1]) },
  teapot: { status: 418, body: html },
};

const gitType = { 'content-type': 'application/x-git-upload-pack-result' };
const ofGit: Readonly<Record<string, Garbage>> = {
  empty: { headers: gitType },
  html: { headers: { 'content-type': 'text/html' }, body: html },
  lying: { headers: gitType, body: html },
  huge: { headers: gitType, body: `${'x'.repeat(5 * 1024 * 1024)}` },
  cut: { headers: gitType, body: packet(`${commit} refs/heads/main\n`) },
  zeros: { headers: gitType, body: Buffer.concat([packet(`${'0'.repeat(40)} refs/heads/main\n`), flushPacket]) },
  capitals: { headers: gitType, body: Buffer.concat([packet(`${'C'.repeat(40)} refs/heads/main\n`), flushPacket]) },
  after: { headers: gitType, body: Buffer.concat([flushPacket, packet('more\n'), flushPacket]) },
  length: { headers: gitType, body: 'ffff' },
};

const ofApi: Readonly<Record<string, Garbage>> = {
  empty: {},
  html: { headers: { 'content-type': 'text/html' }, body: html },
  null: { body: 'null' },
  list: { body: '[]' },
  number: { body: JSON.stringify({ commit: { id: 7 } }) },
  nothing: { body: JSON.stringify({ commit: {} }) },
  capitals: { body: JSON.stringify({ commit: { id: 'C'.repeat(40) } }) },
  deep: { body: '['.repeat(200_000) },
  huge: { body: `{"commit":"${'x'.repeat(5 * 1024 * 1024)}"}` },
  members: { body: '{"__proto__":{"commit":{"id":"c"}},"constructor":{}}' },
  unasked: { status: 304 },
};

describe('a host that answers nonsense', () => {
  let system: System;
  let host: HttpServer;
  let isGarbage = false;
  const names: string[] = [];

  beforeAll(async () => {
    system = await startSystem();
    host = await startHttpServer(({ method, url }, response) => {
      const [, kind = '', name = ''] = /\/(oci|git|api)-([a-z]+)/.exec(url) ?? [];
      const answers = { oci: ofRegistry, git: ofGit, api: ofApi }[kind] ?? {};
      // A registry that refuses HEAD has to say it with a body.
      const isHeadRefused = isGarbage && kind === 'oci' && answers[name]?.status === 405;
      const answer = isGarbage ? answers[name] : good(kind);
      const status = isHeadRefused && method === 'GET' ? 200 : (answer?.status ?? 200);
      response.writeHead(status, { ...answer?.headers });
      response.end(method === 'HEAD' ? undefined : answer?.body);
    });
    await system.plane({ allow: [`127.0.0.1:${host.port}`] });
    for (const name of Object.keys(ofRegistry)) await make(`oci-${name}`, image(`oci-${name}`));
    for (const name of Object.keys(ofGit)) await make(`git-${name}`, git(`git-${name}`, 'repo-type: git'));
    for (const name of Object.keys(ofApi)) {
      await make(
        `api-${name}`,
        git(`api-${name}`, `repo-type: gitlab\nproject-id: 7\nbase-url: ${host.url}/api-${name}`),
      );
    }
    await untilAll('is watched, built and served', isAtRest);
    // A Serving is recorded before it is made.
    await eventually('there is a Serving for each', async () => (await outcome()).servings.length === names.length);
  });
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  function good(kind: string): Garbage {
    if (kind === 'oci') return { headers: { 'docker-content-digest': digest } };
    if (kind === 'api') return { body: JSON.stringify({ commit: { id: commit } }) };
    return { headers: gitType, body: Buffer.concat([packet(`${commit} refs/heads/main\n`), flushPacket]) };
  }

  async function make(name: string, parts: FunctionParts): Promise<void> {
    await system.create(name, parts);
    names.push(name);
  }

  function git(path: string, params: string): FunctionParts {
    const srcRepo = { url: `${host.url}/${path}/r`, revision: 'main' };
    return { params: `polling-interval: 1s\n${params}`, spec: { build: { builder: 'b', srcRepo } } };
  }

  function image(path: string): FunctionParts {
    const params = 'type: image\npolling-interval: 1s';
    return { params, spec: { image: `127.0.0.1:${host.port}/${path}:v1`, build: undefined } };
  }

  async function all(): Promise<readonly FunctionObject[]> {
    const objects = await system.kube.list(kinds.function, { namespace: system.namespace });
    return objects.map(object => {
      const parsed = parseFunction(object);
      return 'ok' in parsed ? parsed.ok : expect.fail(`${object.metadata.name} cannot be read`);
    });
  }

  function untilAll(what: string, test: (fn: FunctionObject) => boolean): Promise<readonly FunctionObject[]> {
    return eventually(
      `every Function ${what}`,
      async () => {
        const fns = await all();
        const rest = fns.filter(fn => !test(fn)).map(fn => `${fn.metadata.name}: ${watching(fn)?.message}`);
        if (rest.length > 0) throw new Error(rest.join('\n'));
        return fns;
      },
      50_000,
    );
  }

  /** All that was built and is served. */
  async function outcome() {
    const fns = await all();
    const statuses = fns.map(({ metadata: { name }, status }) => {
      const { build, serving, revision, sources } = status ?? {};
      const others = status?.conditions
        ?.filter(({ type }) => type !== 'Watching')
        .map(({ type, status: is }) => [type, is]);
      return { name, build, serving, revision, sources, others };
    });
    const servings = await system.kube.list(kinds.serving, { namespace: system.namespace });
    return { statuses, runs: system.farm.created.length, servings: servings.map(({ spec }) => spec) };
  }

  it('is told on each condition, and touches nothing that was built or is served', { timeout: 60_000 }, async () => {
    const before = await outcome();
    isGarbage = true;
    const told = await untilAll('is told', fn => watching(fn)?.status === 'False');
    for (const fn of told) {
      const { reason = '', message = '' } = watching(fn) ?? {};
      expect(['UnexpectedAnswer', 'AnswerTooLarge']).toContain(reason);
      const words = message.slice(message.indexOf(': ') + 2);
      expect({ name: fn.metadata.name, words }).toEqual({
        name: fn.metadata.name,
        words: expect.stringMatching(/127\.0\.0\.1:\d+|GitLab/),
      });
      expect(message).not.toMatch(/doctype|xxxx|\p{Cc}/u);
    }
    expect(await outcome()).toEqual(before);
    expect(before.runs).toBe(Object.keys(ofGit).length + Object.keys(ofApi).length);
    const disagreeing = told.find(fn => fn.metadata.name === 'oci-disagreeing');
    expect(watching(disagreeing)?.message).toContain(other);
  });
});

/** What was seen is built and served, and nothing is under way. */
function isAtRest(fn: FunctionObject): boolean {
  const { serving, conditions } = fn.status ?? {};
  const isMoving = findCondition(conditions, 'Reconciling') !== undefined;
  return watching(fn)?.status === 'True' && serving?.revision !== undefined && !isMoving;
}

function watching(fn: FunctionObject | undefined) {
  return findCondition(fn?.status?.conditions, 'Watching');
}
