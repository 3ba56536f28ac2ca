// Events of the action Build, of Functions and Builders, against the recorded ones.
import type { EventInput } from '../../../src/platform/kube/events.ts';
import type { GoldenCase } from '../cases.ts';
import type { Difference } from '../differences.ts';
import type { Tokens } from './tokens.ts';

interface Told {
  readonly type: string;
  readonly reason: string;
  readonly regarding: string;
  readonly related?: string;
  readonly note: string;
}

/** The Events that only one side has; how often one was told does not count. */
export function compareEvents(
  { events }: GoldenCase,
  ours: readonly EventInput[],
  tokens: Tokens,
): readonly Difference[] {
  const theirLines = new Set(events.filter(({ action }) => action === 'Build').map(lineOf));
  const ourLines = new Set(
    ours.filter(({ action }) => action === 'Build').map(event => lineOf(inWords(event, tokens))),
  );
  const lines = [...new Set([...theirLines, ...ourLines])].toSorted();
  const told = (isTold: boolean) => (isTold ? 'told' : undefined);
  return lines
    .filter(line => theirLines.has(line) !== ourLines.has(line))
    .map(line => {
      const [theirs, our] = [told(theirLines.has(line)), told(ourLines.has(line))];
      return { at: 'events', object: line, field: '', theirs, ours: our };
    });
}

function lineOf({ type, reason, regarding, related, note }: Told): string {
  return [type, reason, regarding, ...(related === undefined ? [] : [related]), JSON.stringify(note)].join(' ');
}

function inWords({ type, reason, regarding, related, note }: EventInput, tokens: Tokens): Told {
  const named = (object: EventInput['regarding']) => tokens.text(`${object.kind}/${object.metadata.name}`);
  const told = { type, reason, regarding: named(regarding), note: tokens.text(note) };
  return related === undefined ? told : { ...told, related: named(related) };
}
