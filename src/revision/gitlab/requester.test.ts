import { inspect } from 'node:util';
import { Branches } from '@gitbeaker/rest';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../platform/http/http.ts';
import { resourceOptions } from './requester.ts';

const question = {
  source: { kind: 'git', forge: 'gitlab', url: 'https://h.invalid/a/b' },
  wants: ['main'],
  credential: { password: 'a-secret-token' },
  credentialId: 'id',
  signal: new AbortController().signal,
} as const;

function portsOf(requests: HttpRequest[]) {
  const memory = { get: async () => undefined, set: async () => {} };
  const http = {
    async request(request: HttpRequest) {
      requests.push(request);
      return { status: 200, headers: {}, body: Buffer.from('{}'), url: request.url };
    },
  };
  return { http, memory, now: () => 0 };
}

describe('revision/gitlab/requester', () => {
  it('gitbeaker holds no token, sets no timer and limits nothing', () => {
    const resource = new Branches(resourceOptions(question, portsOf([]), undefined));
    expect(inspect(resource, { depth: 9, showHidden: true })).not.toContain('a-secret-token');
    expect(resource.authHeaders).toEqual({});
    expect(resource.queryTimeout).toBe(0);
  });

  it('a question is one request with the token and the condition in headers', async () => {
    const requests: HttpRequest[] = [];
    await new Branches(resourceOptions(question, portsOf(requests), '"etag"')).show('a/b', 'x/y#%');
    expect(requests).toEqual([
      {
        method: 'GET',
        url: 'https://h.invalid/api/v4/projects/a%2Fb/repository/branches/x%2Fy%23%25',
        headers: { accept: 'application/json', 'if-none-match': '"etag"' },
        secretHeaders: { 'private-token': 'a-secret-token' },
        tls: {},
        signal: question.signal,
      },
    ]);
  });

  it('nothing is ever written', async () => {
    const requests: HttpRequest[] = [];
    const resource = new Branches(resourceOptions(question, portsOf(requests), undefined));
    await expect(resource.remove('a/b', 'main')).rejects.toThrow('only reads');
    expect(requests).toEqual([]);
  });
});
