import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, redact, redactFields } from './redact.ts';

describe('platform/redact', () => {
  it.for([
    ['clone of https://user:hunter2@git.example/a/b failed', 'clone of https://[redacted]@git.example/a/b failed'],
    ['https://ghtoken@git.example/a', 'https://[redacted]@git.example/a'],
    ['ssh://git@git.example/a stays', 'ssh://git@git.example/a stays'],
    ['GET https://h.example/p?access_token=abc#x ended', 'GET https://h.example/p?[redacted]#x ended'],
    ['Authorization: Bearer abcdef', 'Authorization: [redacted]'],
    ['{"authorization":"Basic dXNlcjpwYXNz"}', '{"authorization":"[redacted]"}'],
    ['PRIVATE-TOKEN: s3cret\nnext', 'PRIVATE-TOKEN: [redacted]\nnext'],
    ['x-gitlab-token=abc', 'x-gitlab-token=[redacted]'],
    ['sent Bearer eYabc123.def', 'sent Bearer [redacted]'],
    ['sent Basic dXNlcjpwYXNz now', 'sent Basic [redacted] now'],
    ['it wants Basic authentication.', 'it wants Basic authentication.'],
    ['{"access_token":"xyz","n":1}', '{"access_token":"[redacted]","n":1}'],
    ['password: hunter2', 'password: [redacted]'],
    ['token ghp_0123456789abcdefABCDEF0123456789abcd!', 'token [redacted]!'],
    ['glpat-ABCdef123_456-7890 is old', '[redacted] is old'],
    ['eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln', '[redacted]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter', '[redacted]\nafter'],
  ] as const)('%s', ([text, expected]) => {
    expect(redact(text)).toBe(expected);
  });

  it('leaves commit ids, digests and names alone', () => {
    const text = `built 0123456789abcdef0123456789abcdef01234567 as r.example/a/b:v1@sha256:${'ab'.repeat(32)}`;

    expect(redact(text)).toBe(text);
  });

  it('takes exact values out, the longer ones first', () => {
    const clean = createRedactor(['swordfish', 'swordfish-two', 'abc']);

    expect(clean('swordfish-two and swordfish, abc')).toBe('[redacted] and [redacted], abc');
  });

  it('cleans the strings of fields, and keeps of errors what is known to be safe', () => {
    const cause = Object.assign(new Error('at https://u:p@h.example'), { code: 'ECONNRESET', headers: { a: 'b' } });
    const fields = { url: 'https://u:p@h.example/', list: ['Bearer abc123xyz'], error: new Error('no', { cause }) };

    const cleaned = JSON.stringify(redactFields(fields));

    expect(cleaned).not.toMatch(/u:p|abc123xyz|headers/);
    expect(cleaned).toContain('"code":"ECONNRESET"');
  });

  it('ends for fields that contain themselves', () => {
    const fields: Record<string, unknown> = {};
    fields['self'] = fields;

    expect(JSON.stringify(redactFields(fields))).toContain('[nested]');
  });

  it('no userinfo survives, wherever the URL stands', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9!$&*+,;=._~-]{6,40}$/);
    fc.assert(
      fc.property(secret, fc.string(), (password, around) => {
        expect(redact(`${around} https://me:${password}QQ@h.example/x`)).not.toContain(`${password}QQ`);
      }),
    );
  });
});
