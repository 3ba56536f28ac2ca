// What recording an Event does on the API server.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EventInput, eventKind, recordEvent } from '../../src/platform/kube/events.ts';
import type { Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { createManualClock } from '../manual-clock.ts';
import { isRealCluster, silentLog, startTestCluster, type TestCluster } from '../servers/api-server.ts';
import { widget, widgetDefinition, widgetKind } from './widget.ts';

/** The suite, over the API server that `startTestCluster` finds. */
export function eventsContract(): void {
  describe(`events over ${isRealCluster ? 'a real' : 'the embedded'} API server`, () => {
    const clock = createManualClock();
    const reporter = { clock, log: silentLog, instance: 'revflow-0' };
    let cluster: TestCluster;
    let kube: Kube;
    let namespace: string;
    let regarding: KubeObject;
    let input: EventInput;

    beforeAll(async () => {
      cluster = await startTestCluster();
      kube = cluster.kube;
      await cluster.install([widgetDefinition]);
    });
    afterAll(() => cluster[Symbol.asyncDispose]());
    beforeEach(async () => {
      namespace = await cluster.namespace();
      regarding = await kube.create(widgetKind, widget(namespace, 'w'));
      input = { regarding, action: 'Build', reason: 'BuildStarted', type: 'Normal', note: 'Build started' };
    });
    const events = () => kube.list(eventKind, { namespace });

    test('an event says what happened to which object', async () => {
      await recordEvent(kube, { ...input, related: regarding }, reporter);
      const { uid } = regarding.metadata;
      const reference = { kind: 'Widget', namespace, name: 'w', uid, apiVersion: widgetKind.apiVersion };
      expect(await events()).toEqual([
        expect.objectContaining({
          action: 'Build',
          reason: 'BuildStarted',
          type: 'Normal',
          note: 'Build started',
          reportingController: 'openfunction.io/revflow',
          reportingInstance: 'revflow-0',
          eventTime: '2026-01-01T00:00:00.000000Z',
          regarding: expect.objectContaining(reference),
          related: expect.objectContaining(reference),
        }),
      ]);
    });

    test('the same again is counted and not one more', async () => {
      await recordEvent(kube, input, reporter);
      clock.advance(60_000);
      await recordEvent(kube, input, reporter);
      await recordEvent(kube, input, reporter);
      const lastObservedTime = '2026-01-01T00:01:00.000000Z';
      expect(await events()).toEqual([expect.objectContaining({ series: { count: 3, lastObservedTime } })]);
    });

    test('another note, or another object of the same name, is another event', async () => {
      await recordEvent(kube, input, reporter);
      await recordEvent(kube, { ...input, note: 'Build started again' }, reporter);
      await kube.remove({ kind: widgetKind, namespace, name: 'w' });
      const remade = await kube.create(widgetKind, widget(namespace, 'w'));
      await recordEvent(kube, { ...input, regarding: remade }, reporter);
      expect(await events()).toHaveLength(3);
    });

    test('a note is cut at what the API server takes, between characters', async () => {
      await recordEvent(kube, { ...input, note: '構'.repeat(1_000) }, reporter);
      const [event] = await events();
      const note = String(event?.['note']);
      expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
      expect(note).toMatch(/^構+…$/);
    });

    test('an object with the longest name has events too', async () => {
      const long = await kube.create(widgetKind, widget(namespace, 'w'.repeat(253)));
      await recordEvent(kube, { ...input, regarding: long }, reporter);
      expect(await events()).toHaveLength(1);
    });

    test('an event that is refused is logged and fails nobody', async () => {
      const warnings: object[] = [];
      const log = {
        ...silentLog,
        warn: (message: string, fields?: object) => void warnings.push({ message, ...fields }),
      };
      const lost = { ...regarding, metadata: { ...regarding.metadata, namespace: 'no-such-namespace' } };
      await recordEvent(kube, { ...input, regarding: lost }, { ...reporter, log });
      expect(warnings).toEqual([expect.objectContaining({ message: 'event not recorded', event: 'BuildStarted' })]);
    });
  });
}
