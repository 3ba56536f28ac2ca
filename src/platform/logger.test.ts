import { describe, expect, it } from 'vitest';
import { RetryableError } from './errors.ts';
import { createLog, type LogOptions } from './logger.ts';

function recorded(options: Omit<LogOptions, 'write'>) {
  const lines: string[] = [];
  return { log: createLog({ ...options, write: line => lines.push(line) }), lines };
}

describe('platform/logger', () => {
  it('writes one JSON line with level, time, message and fields', () => {
    const { log, lines } = recorded({ level: 'info', pretty: false });

    log.info('built', { function: 'ns/a', sequence: 3 });

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      message: 'built',
      function: 'ns/a',
      sequence: 3,
    });
  });

  it('leaves out what is below the level', () => {
    const { log, lines } = recorded({ level: 'warn', pretty: false });

    log.info('no');
    log.debug('no');
    log.warn('yes');

    expect(lines).toHaveLength(1);
  });

  it('keeps reason, message and stack of an error and of its cause', () => {
    const { log, lines } = recorded({ level: 'debug', pretty: false });

    log.error('failed', { error: new RetryableError('NetworkError', 'h.example', { cause: new Error('deep') }) });

    expect(JSON.parse(lines[0] ?? '').error).toMatchObject({
      name: 'RetryableError',
      reason: 'NetworkError',
      message: 'h.example',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { message: 'deep' },
    });
  });

  it.for([true, false])('lets no secret pass (text for people: %s)', pretty => {
    const { log, lines } = recorded({ level: 'debug', pretty, secrets: ['correct horse'] });

    log.error('https://u:hunter2@h.example says correct horse', {
      header: 'Authorization: Bearer hunter2',
      error: new Error('https://h.example/?token=hunter2'),
      nested: { deep: ['correct horse', 'https://hunter2@h.example'] },
    });

    expect(lines.join('')).not.toMatch(/hunter2|correct horse/);
  });

  it('writes text for people: time, level, message, fields, and the stack below', () => {
    const { log, lines } = recorded({ level: 'debug', pretty: true });

    log.warn('held', { function: 'ns/a', message2: 'two words', error: new RetryableError('Timeout', 'too late') });

    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d WARN {2}held function=ns\/a message2="two words" error="Timeout: too late"\n {4}at .*logger\.test\.ts/,
    );
  });

  it('colours only when asked', () => {
    const plain = recorded({ level: 'info', pretty: true });
    const colored = recorded({ level: 'info', pretty: true, color: true });

    plain.log.info('x', { a: 1 });
    colored.log.info('x', { a: 1 });

    expect(plain.lines[0]).not.toContain('\u001b');
    expect(colored.lines[0]).toContain('\u001b[36mINFO');
  });
});
