// The main job, shown in a few seconds without a network: a pushed commit, a pushed bundle and a pushed image each become what is served.
import { join } from 'node:path';
import { kinds } from '../../function/kinds.ts';
import { startGitServer } from '../../local/git/server.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import { createLog } from '../../platform/logger.ts';
import { parseImage } from '../../watch/image.ts';
import { type ExitCode, exitCodes, type Terminal } from '../cli/verb.ts';
import { readRunConfig } from '../config.ts';
import { claim, type LocalMode, startLocalMode } from '../local-mode.ts';
import { type DemoType, demoFunctions, explainFunction, names, readServed, type Served, watched } from './functions.ts';
import { Ledger } from './ledger.ts';
import { Narrator, short } from './narrator.ts';
import { type Ids, OtherSide } from './other-side.ts';

const types: readonly DemoType[] = ['source', 'source-image', 'image'];
const lookEveryMs = 100;
/** Far more than it takes: a laptop may be busy. */
const patienceMs = 60_000;

/** Runs the demo in a state directory. 0: the three new digests are served; 1: it says what is missing. */
export async function runDemo(directory: string, terminal: Terminal): Promise<ExitCode> {
  const { out, err, env, signal } = terminal;
  const log = createLog({ level: 'warn', pretty: true, write: line => void err.write(line) });
  const narrator = new Narrator(out, () => clock.now());
  narrator.heading('revflow: push a commit, and the function redeploys');
  await using local = await startLocalMode({ directory, env, log, config: readRunConfig({}, {}) });
  const { ports, repositories } = local.directory;
  const programPath = env['PATH'] ?? '';
  const gitOptions = { directory: repositories, port: ports.git, programPath, log };
  await using git = await claim('Git server', ports.git, () => startGitServer(gitOptions));
  const repository = `${git.url}/hello.git`;
  narrator.step('start', 'everything', `API server, registry ${local.registry.host}, Git server, control plane`);
  const ledger = new Ledger(join(local.directory.path, 'runs.jsonl'));
  await using _following = await narrator.follow(local.kube, ledger);
  const stage: Stage = { local, narrator, ledger, side: new OtherSide(local, programPath), signal };
  const missing = await play(stage, { repository, registry: local.registry.host });
  return await conclude(stage, missing);
}

interface Stage {
  readonly local: LocalMode;
  readonly narrator: Narrator;
  readonly ledger: Ledger;
  readonly side: OtherSide;
  readonly signal: AbortSignal;
}

/** The acts of the demo. What is missing at the end; empty: nothing. */
async function play(stage: Stage, places: Parameters<typeof demoFunctions>[0]): Promise<readonly string[]> {
  const { local, narrator, side } = stage;
  const first = await side.prepare();
  narrator.heading('Three Functions, each watching something else');
  for (const type of types) narrator.step('watch', names[type], watched(places)[type]);
  for (const fn of demoFunctions(places)) await local.kube.apply(kinds.function, fn);
  const isAgain = await side.isChanged(first);
  const unready = isAgain ? [] : await untilServed(stage, first);
  if (unready.length > 0) return unready;
  narrator.heading('Somebody pushes a commit, a source bundle and an image');
  const second = await side.change(first);
  if (isAgain) narrator.step('again', 'everything', 'pushed by an earlier run; delete its directory to start anew');
  else tellPushes(narrator, second);
  const unserved = await untilServed(stage, second);
  return unserved.length > 0 ? unserved : [...(await unpullable(stage)), ...miscounted(stage, [first, second])];
}

function tellPushes(narrator: Narrator, ids: Ids): void {
  narrator.step('push', 'hello.git', `commit ${short(ids.source)} "Say hello to everybody"`);
  narrator.step('push', 'demo/bundle', short(ids['source-image']));
  narrator.step('push', 'demo/hello-image', short(ids.image));
}

/** Waits until every Function serves what was made from its id; what is missing when patience ends. */
async function untilServed({ local, signal }: Stage, ids: Ids): Promise<readonly string[]> {
  const end = clock.now() + patienceMs;
  for (;;) {
    const served = await Promise.all(types.map(type => readServed(local.kube, type)));
    const behind = types.filter((type, at) => served[at]?.revision !== ids[type]);
    if (behind.length === 0) return [];
    if (clock.now() > end) return Promise.all(behind.map(type => describeBehind(local, type, ids)));
    await clock.sleep(lookEveryMs, signal);
  }
}

async function describeBehind({ kube }: LocalMode, type: DemoType, ids: Ids): Promise<string> {
  return `${names[type]} does not serve ${short(ids[type])}: ${await explainFunction(kube, type)}`;
}

async function unpullable({ local, side }: Stage): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const type of types) {
    const served = await readServed(local.kube, type);
    const problem = served ? await tryPull(side, served) : 'it serves nothing';
    if (problem !== undefined) missing.push(`${names[type]}: ${problem}`);
  }
  return missing;
}

async function tryPull(side: OtherSide, { image, digest }: Served): Promise<string | undefined> {
  const reference = parseImage(image);
  if ('error' in reference) return `${image} is no image reference`;
  try {
    await side.pull(reference.repository, digest);
    return undefined;
  } catch (error) {
    return `${image} cannot be pulled: ${error instanceof Error ? error.message : 'unknown error'}`;
  }
}

/** One run for each revision of the two Functions that build, and no other run. */
function miscounted({ ledger }: Stage, ids: readonly Ids[]): readonly string[] {
  const expected = (['source', 'source-image'] as const).flatMap(type => ids.map(id => `${names[type]} ${id[type]}`));
  const created = ledger.runs().map(run => `${run.function} ${run.revision ?? 'of an unknown revision'}`);
  const wrong = [...new Set([...expected, ...created])].filter(
    one => created.filter(other => other === one).length !== (expected.includes(one) ? 1 : 0),
  );
  return wrong.map(one => `${created.filter(other => other === one).length} runs for ${one}`);
}

async function conclude({ local, narrator, ledger }: Stage, missing: readonly string[]): Promise<ExitCode> {
  if (missing.length > 0) {
    narrator.heading('Not everything is there');
    for (const one of missing) narrator.step('miss', '', one);
    return exitCodes.fault;
  }
  narrator.heading('Three new digests are served');
  for (const type of types) {
    const served = await readServed(local.kube, type);
    narrator.step('done', names[type], `${served?.image} from ${short(served?.revision ?? '')}`);
  }
  narrator.step('done', 'builds', `${ledger.runs().length} runs in all, one for each revision`);
  return exitCodes.done;
}
