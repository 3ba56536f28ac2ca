import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { SourceGraph } from '../../watch/graph.ts';
import type { GitSource } from '../../watch/source.ts';
import { Watchdog } from './watchdog.ts';

function scene() {
  const clock = createManualClock();
  const graph = new SourceGraph();
  const hurried: string[] = [];
  const reasserted: string[] = [];
  const subscriptions = {
    hurry: (key: string) => void hurried.push(key),
    reassert: (key: string) => void reasserted.push(key),
  };
  const watch = (name: string) => {
    const source: GitSource = { kind: 'git', forge: 'git', url: `https://h.example/${name}` };
    const what = { type: 'source', source, want: 'main', secret: undefined, intervalMs: 10_000, warnings: [] } as const;
    return graph.subscribe(`a/${name}`, { watch: what, namespace: 'a', credentialId: 'c' }).added?.key ?? '';
  };
  return { clock, hurried, reasserted, watch, dog: new Watchdog({ clock, graph, subscriptions }) };
}

describe('the watchdog', () => {
  it('counts a source as overdue until it is heard of, and hurries it now and then', () => {
    const { clock, hurried, watch, dog } = scene();
    const key = watch('r');
    expect(dog.round()).toBe(0);
    clock.advance(91_000);
    expect(dog.round()).toBe(1);
    clock.advance(5_000);
    expect(dog.round()).toBe(1);
    expect(hurried).toEqual([key]);
    clock.advance(91_000);
    expect(dog.round()).toBe(1);
    expect(hurried).toEqual([key, key]);
    dog.heard(key);
    expect(dog.round()).toBe(0);
  });

  it('gives a source that appears late its time too', () => {
    const { clock, watch, dog } = scene();
    clock.advance(400_000);
    watch('late');
    expect(dog.round()).toBe(0);
  });

  it('re-asserts every source once in ten minutes', () => {
    const { clock, reasserted, watch, dog } = scene();
    const keys = [watch('r'), watch('s')];
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(60_000);
      for (const key of keys) dog.heard(key);
      dog.round();
    }
    expect(reasserted.toSorted()).toEqual([...keys, ...keys].toSorted());
  });
});
