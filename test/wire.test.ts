// Replays recordings of a real API server against the embedded one, where the recordings are at hand.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../src/local/api-server/server.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLog } from './servers/api-server.ts';

const replay = join(import.meta.dirname, '../../shared/tools/wire/replay.mjs');
const isHere = existsSync(replay);
const why = isHere ? '' : ', skipped without ../shared/tools/wire';

/** Numbers of the scenarios that are the same; the others are later work, or differ on purpose. */
const scenarios =
  '01 02 03 04 06 07 09 10 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 56 57 58 59 60 62 63 64 65 68 69 71 72 73 74'.split(
    ' ',
  );

describe.skipIf(!isHere)(`recorded answers${why}`, () => {
  let directory: string;
  let server: ApiServer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'revflow-wire-'));
    server = await startApiServer({ dir: directory, clock: systemClock, log: silentLog });
  });
  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('the embedded API server answers as the real one did', { timeout: 300_000 }, async () => {
    const lines = await replayed(server.kubeconfig, scenarios.map(number => `${number}-`).join(','));
    const answered = (word: string) => lines.filter(line => line.startsWith(word)).map(line => line.slice(6, 8));
    expect(lines.filter(line => /^(?:DIFF| {6})/.test(line))).toEqual([]);
    expect(answered('same')).toEqual(scenarios);
  });
});

/** What the player prints, differences or not. */
function replayed(kubeconfig: string, only: string): Promise<readonly string[]> {
  const environment = { ...process.env, KUBECONFIG: kubeconfig };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [replay, '--only', only], { env: environment, maxBuffer: 1 << 26 }, (error, stdout) => {
      if (stdout === '' && error) reject(error);
      else resolve(stdout.split('\n'));
    });
  });
}
