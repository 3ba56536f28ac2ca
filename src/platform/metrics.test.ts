import { describe, expect, it } from 'vitest';
import { createMetrics, metricTable } from './metrics.ts';

describe('platform/metrics', () => {
  it('counts, sets and observes', async () => {
    const metrics = createMetrics();

    metrics.count('revflow_polls_total', { host: 'h.example', driver: 'git', result: 'changed' });
    metrics.count('revflow_polls_total', { host: 'h.example', driver: 'git', result: 'changed' }, 2);
    metrics.count('revflow_unexpected_errors_total');
    metrics.gauge('revflow_queue_keys', { queue: 'source', state: 'due' }, 7);
    metrics.observe('revflow_emission_seconds', {}, 0.02);

    const text = await metrics.text();
    expect(text).toContain('revflow_polls_total{host="h.example",driver="git",result="changed"} 3\n');
    expect(text).toContain('revflow_unexpected_errors_total 1\n');
    expect(text).toContain('revflow_queue_keys{queue="source",state="due"} 7\n');
    expect(text).toContain('revflow_emission_seconds_bucket{le="0.025"} 1\n');
  });

  it('shows every metric of the table from the start', async () => {
    const text = await createMetrics().text();

    for (const name of Object.keys(metricTable)) expect(text).toContain(`# TYPE ${name} `);
  });

  it('counts hosts beyond two hundred as one', async () => {
    const metrics = createMetrics();

    for (let index = 0; index < 210; index += 1) {
      metrics.count('revflow_http_requests_total', { host: `h${index}.example`, status: '200' });
    }

    expect(await metrics.text()).toContain('revflow_http_requests_total{host="other",status="200"} 10\n');
  });

  it('keeps apart what different instances count', async () => {
    const [one, other] = [createMetrics(), createMetrics()];

    one.count('revflow_unexpected_errors_total');

    expect(await other.text()).toContain('revflow_unexpected_errors_total 0\n');
  });

  it('labels name no source and no Function', () => {
    const allowed = ['host', 'driver', 'result', 'status', 'queue', 'state', 'verb'];

    for (const { labels } of Object.values(metricTable)) {
      for (const label of labels) expect(allowed).toContain(label);
    }
  });
});
