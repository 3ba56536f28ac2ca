// `npm run bench:monorepo`: 500 Functions in 500 folders of one repository, served by git itself. One push touches one folder; then the same
// with the filter off. Prints what each push took, and one verdict a number. Exit code 1 where a number is missed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definitions } from '../../src/function/crd/definitions.ts';
import { kinds } from '../../src/function/kinds.ts';
import { annotations } from '../../src/function/names.ts';
import { foreignDefinitions } from '../../src/local/crd/foreign.ts';
import { installDefinitions } from '../../src/local/crd/install.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Kube, KubeObject } from '../../src/platform/kube/kube.ts';
import { eventually } from '../eventually.ts';
import { type GitServer, type ServedRepository, startGitServer } from '../servers/git-server.ts';
import type { CallCounts } from './api-server.ts';
import { type Builders, startBuilders } from './builders.ts';
import { atLeast, atMost, isMet, rounded, type Verdict, verdictText } from './figures.ts';
import { functionsFlag } from './functions-flag.ts';
import { type Servant, startServant } from './servant.ts';
import { connect } from './template.ts';
import { startWorker, type Worker } from './worker.ts';
import { progress } from './world.ts';

const functions = functionsFlag(500);
const namespace = 'bench-monorepo';
const intervalSeconds = 5;
const folderOf = (at: number) => `functions/f-${String(at).padStart(4, '0')}`;
const nameOf = (at: number) => `f-${String(at).padStart(4, '0')}`;

/** What Git was asked since the count began. */
interface Questions {
  polls: number;
  /** Polls before the trees of the pushed commit were read. */
  pollsBefore: number;
  trees: number;
}

interface Scene {
  readonly git: GitServer;
  readonly repository: ServedRepository;
  readonly questions: Questions;
  readonly server: Servant;
  readonly kube: Kube;
  readonly builders: Builders;
  readonly worker: Worker;
}

const fresh = (): Questions => ({ polls: 0, pollsBefore: 0, trees: 0 });

function countQuestion(questions: Questions, body: string): undefined {
  if (body.includes('command=ls-refs')) questions.polls += 1;
  if (!body.includes('command=fetch')) return;
  if (questions.trees === 0) questions.pollsBefore = questions.polls;
  questions.trees += 1;
}

function functionOf(at: number, url: string): KubeObject {
  const { apiVersion, kind } = kinds.function;
  const params = `repo-type: git\npolling-interval: ${intervalSeconds}s`;
  const watching = { [annotations.revisionController]: 'enable', [annotations.revisionControllerParams]: params };
  const srcRepo = { url, revision: 'main', sourceSubPath: folderOf(at) };
  return {
    apiVersion,
    kind,
    metadata: { name: nameOf(at), namespace, annotations: watching },
    spec: {
      image: `registry.example/${nameOf(at)}:v1`,
      build: { builder: 'registry.example/builder:1', srcRepo },
      serving: { triggers: { http: { port: 8080 } } },
    },
  };
}

async function writesOf(server: Servant): Promise<{ readonly writes: number; readonly reads: number }> {
  const counts = Object.entries(await server.ask<CallCounts>('counts'));
  const sum = (test: (agent: string, method: string, plural: string) => boolean) =>
    counts.reduce((total, [key, count]) => {
      const [agent = '', method = '', plural = ''] = key.split(' ');
      return agent === 'revflow' && test(agent, method, plural) ? total + count : total;
    }, 0);
  return {
    writes: sum((_, method, plural) => method !== 'GET' && plural !== 'events' && plural !== 'leases'),
    reads: sum((_, method, plural) => method === 'GET' && plural === 'functions'),
  };
}

/** Until nothing was written for some seconds. */
async function untilStill({ server, builders }: Scene): Promise<void> {
  let last = -1;
  for (
    let now = (await writesOf(server)).writes;
    now !== last || builders.alive > 0;
    now = (await writesOf(server)).writes
  ) {
    last = now;
    await systemClock.sleep(2_000);
  }
}

interface Push {
  readonly filter: string;
  readonly functions: number;
  readonly secondsToFirstRun: number;
  readonly secondsToLastRun: number;
  readonly runs: number;
  readonly pollsUntilSeen: number;
  readonly treeFetches: number;
  readonly functionsRead: number;
  readonly apiWrites: number;
  readonly cpuSeconds: number;
}

/** One push to one folder, and what came of it until everything was still again. */
async function push(scene: Scene, filter: string, awaited: number): Promise<Push> {
  const { repository, questions, server, builders, worker } = scene;
  await untilStill(scene);
  const [before, runs, cpu] = [await writesOf(server), builders.created.length, worker.cpuSeconds()];
  Object.assign(questions, fresh());
  await repository.commit({ files: { [`${folderOf(7)}/main.go`]: `package f // ${filter} ${process.pid}\n` } });
  const begun = systemClock.now();
  await eventually('the first run was created', () => builders.created.length > runs, 60_000);
  const pollsUntilSeen = questions.trees > 0 ? questions.pollsBefore : questions.polls;
  await eventually('the runs were created', () => builders.created.length >= runs + awaited, 600_000);
  await untilStill(scene);
  // Whoever was to be told in vain would have been by then.
  await eventually('some polls after it', () => questions.polls >= pollsUntilSeen + 3, 60_000);
  await untilStill(scene);
  const after = await writesOf(server);
  const created = builders.created.slice(runs).map(({ at }) => (at - begun) / 1000);
  return {
    filter,
    functions,
    secondsToFirstRun: rounded(Math.min(...created), 2),
    secondsToLastRun: rounded(Math.max(...created), 2),
    runs: created.length,
    pollsUntilSeen,
    treeFetches: questions.trees,
    functionsRead: after.reads - before.reads,
    apiWrites: after.writes - before.writes,
    cpuSeconds: rounded(worker.cpuSeconds() - cpu, 2),
  };
}

async function setUp(stack: AsyncDisposableStack): Promise<Scene> {
  const questions = fresh();
  const git = stack.use(
    await startGitServer({ before: async ({ body }) => countQuestion(questions, body.toString('latin1')) }),
  );
  const repository = await git.repository('team/monorepo');
  const files = Array.from({ length: functions }, (_, at) => [
    [`${folderOf(at)}/main.go`, `package f // ${at}\n`],
    [`${folderOf(at)}/lib/lib.go`, `package lib // ${at}\n`],
  ]).flat();
  await repository.commit({ files: { 'README.md': 'a monorepo\n', ...Object.fromEntries(files) } });
  const dir = await mkdtemp(join(tmpdir(), 'revflow-bench-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const server = stack.use(await startServant('api-server.ts', { flags: ['--max-old-space-size=4096'] }));
  const kubeconfig = await server.ask<string>('start', { dir });
  const kube = stack.use(await connect(kubeconfig));
  await installDefinitions(kube, [...definitions, ...foreignDefinitions], systemClock);
  await kube.create(kinds.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  progress(`creating ${functions} Functions`);
  for (let at = 0; at < functions; at += 1) await kube.create(kinds.function, functionOf(at, repository.url));
  const builders = stack.use(await startBuilders(kube, 0));
  const flags = ['--max-builds=1000', '--max-builds-per-namespace=1000'];
  const worker = stack.use(await startWorker({ kubeconfig, allow: [git.host], flags }));
  return { git, repository, questions, server, kube, builders, worker };
}

async function turnFilterOff({ kube }: Scene): Promise<void> {
  const body = { metadata: { annotations: { [annotations.pathFilter]: 'off' } } };
  for (let at = 0; at < functions; at += 1)
    await kube.patch({ kind: kinds.function, namespace, name: nameOf(at) }, body);
}

await using stack = new AsyncDisposableStack();
const scene = await setUp(stack);
progress('building each once');
await eventually('each was built once', () => scene.builders.created.length >= functions, 600_000);
const filtered = await push(scene, 'on', 1);
console.log(JSON.stringify(filtered));
await turnFilterOff(scene);
const unfiltered = await push(scene, 'off', functions);
console.log(JSON.stringify(unfiltered));
const verdicts: readonly Verdict[] = [
  atMost('one folder of the monorepo pushed: runs', filtered.runs, [1, 'runs']),
  atMost('one folder of the monorepo pushed: polls of the repository until it was seen', filtered.pollsUntilSeen, [
    1,
    'polls',
  ]),
  atMost('one folder of the monorepo pushed: tree fetches', filtered.treeFetches, [1, 'fetches']),
  atMost('one folder of the monorepo pushed: API writes without Events', filtered.apiWrites, [12, 'writes']),
  atLeast('the same without the filter: runs', unfiltered.runs, [functions, 'runs']),
  atMost('the same without the filter: tree fetches', unfiltered.treeFetches, [0, 'fetches']),
];
for (const verdict of verdicts) console.log(verdictText(verdict));
process.exitCode = verdicts.every(isMet) ? 0 : 1;
