// What the kubelet and Prometheus are told by a process.
import { describe, expect, it } from 'vitest';
import { serveHealth } from '../src/app/health.ts';
import { createMetrics } from '../src/platform/metrics.ts';
import { silentLog } from './servers/api-server.ts';

async function ask(paths: readonly string[], health: { readonly ready: boolean; readonly live: boolean }) {
  const address = { host: '127.0.0.1', port: 0 };
  const options = { address, health: async () => health, metrics: createMetrics(), log: silentLog };
  await using server = await serveHealth(options);
  const answers: Record<string, string> = {};
  for (const path of paths) {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    answers[path] = `${response.status} ${(await response.text()).split('\n')[0]}`;
  }
  return answers;
}

describe('the probes', () => {
  it('are well while keys are handled and everything was listed', async () => {
    const answers = await ask(['/livez', '/readyz?verbose'], { ready: true, live: true });
    expect(answers).toEqual({ '/livez': '200 ok', '/readyz?verbose': '200 ok' });
  });

  it('tell a process that cannot serve yet from one that is stuck', async () => {
    expect(await ask(['/livez', '/readyz'], { ready: false, live: true })).toEqual({
      '/livez': '200 ok',
      '/readyz': '503 not everything was listed yet',
    });
    expect(await ask(['/livez', '/readyz'], { ready: true, live: false })).toEqual({
      '/livez': '503 keys are due and nobody handles them',
      '/readyz': '200 ok',
    });
  });

  it('stand beside the metrics, and beside nothing else', async () => {
    const answers = await ask(['/metrics', '/', '/debug'], { ready: true, live: true });
    expect(answers['/metrics']).toMatch(/^200 # HELP /);
    expect([answers['/'], answers['/debug']]).toEqual(['404 not found', '404 not found']);
  });
});
