// What `revflow check` does: one question to each source, and the loop's own decision on the answers.
import { defaultPolicy } from '../../decide/facts.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import type { Kube } from '../../platform/kube/kube.ts';
import { createMemoryState } from '../../platform/state/memory.ts';
import { explainFunction } from '../../reconcile/explain.ts';
import type { Look } from '../../reconcile/watch/look.ts';
import { type Credentials, createCredentials } from '../../revision/credential.ts';
import type { ClientConfig } from '../config.ts';
import { askSources, openHttp } from './ask-sources.ts';
import { type CheckReport, printReports, type WatchReport } from './check-report.ts';
import { openCluster, parseName, readFunction } from './cluster.ts';
import { type Candidate, credentialsOfFiles, functionsOf, judge, kubeOfFiles } from './function-files.ts';
import { readManifests } from './manifests.ts';
import { withProgress } from './progress.ts';
import { type ExitCode, exitCodes, type Terminal } from './verb.ts';
import { knownId, verdictOf } from './verdict.ts';
import { describeWatch } from './watch-words.ts';

export interface CheckOrder {
  /** Of these two, one is empty. */
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly config: ClientConfig;
}

/** Checks, prints, and gives the worst of the exit codes. */
export async function checkFunctions(order: CheckOrder, terminal: Terminal): Promise<ExitCode> {
  const reports = await (order.files.length > 0 ? checkFiles(order, terminal) : checkNames(order, terminal));
  printReports(reports, order.config.output, terminal);
  const codes = reports.map(codeOf);
  return (
    codes.find(code => code === exitCodes.terminal) ?? codes.find(code => code !== exitCodes.done) ?? exitCodes.done
  );
}

/** The files are the user's own, and so is this machine. */
async function checkFiles({ files, config }: CheckOrder, terminal: Terminal): Promise<readonly CheckReport[]> {
  const manifests = await readManifests(files, terminal);
  const namespace = config.namespace ?? 'default';
  const candidates = functionsOf(manifests, namespace);
  const kube = kubeOfFiles(manifests, namespace);
  const credentials = credentialsOfFiles(kube, credentialRules(config));
  return ask({ candidates, kube, credentials, config, edge: { loopback: true, refuse: [] } }, terminal);
}

/** What a Function of a cluster names is somebody else's: this machine stays closed to it, unless it is where the cluster runs. */
async function checkNames({ names, config }: CheckOrder, terminal: Terminal): Promise<readonly CheckReport[]> {
  await using cluster = await openCluster(config, terminal);
  const { kube } = cluster;
  const candidates: Candidate[] = [];
  for (const name of names.map(text => parseName(text, cluster.namespace))) {
    candidates.push(judge(`${name.namespace}/${name.name}`, await readFunction(kube, name, terminal.signal)));
  }
  const edge = { loopback: cluster.state !== undefined, refuse: [kube.address] };
  const credentials = createCredentials({ ...credentialRules(config), kube });
  // Awaited here: the connection ends with this function.
  return await ask({ candidates, kube, credentials, config, edge }, terminal);
}

/** Identities live in this process alone, so any key serves. */
function credentialRules({ requireCredentialHosts }: ClientConfig) {
  return { installKey: new Uint8Array(32), clock, requireHosts: requireCredentialHosts };
}

interface Question {
  readonly candidates: readonly Candidate[];
  readonly kube: Pick<Kube, 'get' | 'serves'>;
  readonly credentials: Credentials;
  readonly config: ClientConfig;
  readonly edge: { readonly loopback: boolean; readonly refuse: readonly string[] };
}

async function ask(question: Question, terminal: Terminal): Promise<readonly CheckReport[]> {
  const { candidates, kube, credentials, config, edge } = question;
  await using http = await openHttp(config, edge);
  await using state = createMemoryState({ clock });
  const asking = { http, state, credentials, signal: terminal.signal };
  const text = `asking what ${candidates.length === 1 ? 'it watches' : `${candidates.length} Functions watch`}`;
  const drivers = await withProgress(terminal, text, () => askSources(candidates, asking));
  const reports: CheckReport[] = [];
  const ports = { kube, state, credentials, clock, policy: defaultPolicy };
  for (const { key, from, fn, problems } of candidates) {
    const base = { function: key, ...(from === undefined ? {} : { from }), problems };
    if (fn === undefined) {
      reports.push({ ...base, would: 'nothing: it cannot work as it stands' });
      continue;
    }
    const explanation = await explainFunction(ports, fn);
    const known = knownId(fn);
    const watch = reportWatch(explanation.watch, drivers);
    reports.push({ ...base, watch, ...(known === undefined ? {} : { known }), ...verdictOf(fn, explanation) });
  }
  return reports;
}

function reportWatch(look: Look, drivers: ReadonlyMap<string, string>): WatchReport {
  if (look.kind === 'unwatched') return { unwatched: { reason: look.said.reason, message: look.said.message } };
  const told = describeWatch(look.watch);
  if (look.kind === 'unusable') {
    return {
      ...told,
      warnings: look.watch.warnings,
      failure: { reason: look.said.reason, message: look.said.message },
    };
  }
  const { observation, key, warnings } = look;
  const failure = observation?.failure;
  if (failure) return { ...told, warnings, failure: { reason: failure.reason, message: failure.message } };
  const head = observation?.heads[look.watch.want];
  const driver = drivers.get(key);
  const answered = { ...told, warnings, ...(driver === undefined ? {} : { driver }) };
  if (head?.kind !== 'found') return { ...answered, missing: true };
  return { ...answered, latest: head.id, ...(head.ref === undefined ? {} : { ref: head.ref }) };
}

/** Reasons that only an edit of the Function ends. */
const atFault: ReadonlySet<string> = new Set(['BadParams', 'BadPaths', 'BadUrl']);

function codeOf({ problems, watch }: CheckReport): ExitCode {
  if (problems.length > 0 || atFault.has(watch?.unwatched?.reason ?? '')) return exitCodes.terminal;
  return watch?.failure !== undefined || watch?.missing === true ? exitCodes.later : exitCodes.done;
}
