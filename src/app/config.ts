// Flags and environment → settings. The only reader of the process's environment.
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { parseDuration } from '../function/duration.ts';

/** What the environment may say. Every flag of `revflow run` has a twin: `--max-builds` is REVFLOW_MAX_BUILDS. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

/** A flag or a variable cannot be used: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Settings of `revflow run`. */
export interface RunConfig {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** URL of Redis or Valkey; undefined: queue and state in memory, one pod. */
  readonly redis: string | undefined;
  /** revflow's own namespace. */
  readonly namespace: string;
  /** Namespaces whose Functions are served; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  readonly mode: 'full' | 'companion';
  readonly maxBuilds: number;
  readonly maxBuildsPerNamespace: number;
  readonly minIntervalMs: number;
  /** How often Builders that grow too old are looked for. */
  readonly builderCheckMs: number;
  readonly egressAllow: readonly string[];
  readonly egressDeny: readonly string[];
  readonly caFile: string | undefined;
  readonly requireCredentialHosts: boolean;
  /** Watch the Secrets that say that they may be watched. */
  readonly watchSecrets: boolean;
  readonly healthAddress: Address;
  /** Where /metrics is served besides; undefined: nowhere. */
  readonly metricsAddress: Address | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'text';
  readonly polls: number;
  readonly reconciles: number;
  /** Names this process: the pod's name where it runs in one. */
  readonly identity: string;
  readonly proxies: Proxies;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The customary variables, in either case. */
export interface Proxies {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

/** What commander gives for the flags: text, lists of text for repeatable ones, true for switches; absent ones are undefined. */
export type Flags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** Reads the settings of `revflow run`; a flag wins over its variable. Throws UsageError that names the flag and the value. */
export function readRunConfig(flags: Flags, env: Environment): RunConfig {
  const read = new Reader(flags, env);
  // A Lease always says who leads: there is nothing to turn on or off.
  read.word('leader-elect', ['true', 'false'] as const, 'true');
  return {
    kubeconfig: read.text('kubeconfig') ?? (env['KUBECONFIG'] || undefined),
    context: read.text('context'),
    redis: read.redis(),
    namespace: read.text('namespace') ?? 'revflow',
    namespaces: read.list('namespaces'),
    mode: read.word('steps', ['all', 'watch'] as const, 'all') === 'watch' ? 'companion' : 'full',
    maxBuilds: read.limit('max-builds', 50),
    maxBuildsPerNamespace: read.limit('max-builds-per-namespace', Infinity),
    minIntervalMs: read.duration('min-interval', 1_000),
    builderCheckMs: read.duration('builder-check-interval', 60_000),
    egressAllow: read.list('egress-allow') ?? [],
    egressDeny: read.list('egress-deny') ?? [],
    caFile: read.text('ca-file'),
    requireCredentialHosts: read.truth('require-credential-hosts'),
    watchSecrets: read.truth('watch-secrets'),
    healthAddress: read.address(read.eitherName('health-address', 'health-probe-bind-address'), '0.0.0.0:8081'),
    // OpenFunction's word for none.
    metricsAddress: ['0', undefined].includes(read.text('metrics-bind-address'))
      ? undefined
      : read.address('metrics-bind-address', ''),
    logLevel: read.word('log-level', ['error', 'warn', 'info', 'debug'] as const, 'info'),
    logFormat: read.word('log-format', ['json', 'text'] as const, 'json'),
    polls: read.count('polls', 64),
    reconciles: read.count('reconciles', 32),
    identity: `${env['POD_NAME'] ?? hostname()}-${process.pid}`,
    proxies: readProxies(env),
  };
}

/** Settings of the verbs that ask a cluster or files, and print. */
export interface ClientConfig {
  /** Flag, REVFLOW_KUBECONFIG or KUBECONFIG. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** State directory of a local control plane. */
  readonly state: string | undefined;
  /** `-n`; it has no variable: REVFLOW_NAMESPACE is revflow's own. */
  readonly namespace: string | undefined;
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
  readonly redis: string | undefined;
  readonly egressAllow: readonly string[];
  readonly egressDeny: readonly string[];
  readonly caFile: string | undefined;
  readonly requireCredentialHosts: boolean;
  readonly proxies: Proxies;
  readonly env: Environment;
}

/** Reads them; a flag wins over its variable, and `--kubeconfig` over the variable of `--state` and the other way round. Throws UsageError. */
export function readClientConfig(flags: Flags, env: Environment): ClientConfig {
  const read = new Reader(flags, env);
  if (flags['kubeconfig'] !== undefined && flags['state'] !== undefined) {
    throw new UsageError('--kubeconfig and --state name two clusters; give one of them');
  }
  const state = flags['kubeconfig'] === undefined ? read.text('state') : undefined;
  return {
    kubeconfig: state === undefined ? (read.text('kubeconfig') ?? (env['KUBECONFIG'] || undefined)) : undefined,
    context: read.text('context'),
    state,
    namespace: typeof flags['namespace'] === 'string' ? flags['namespace'] : undefined,
    output: read.word('output', ['table', 'wide', 'json', 'yaml'] as const, 'table'),
    redis: read.redis(),
    egressAllow: read.list('egress-allow') ?? [],
    egressDeny: read.list('egress-deny') ?? [],
    caFile: read.text('ca-file'),
    requireCredentialHosts: read.truth('require-credential-hosts'),
    proxies: readProxies(env),
    env,
  };
}

/** PEM certificates of `--ca-file`; UsageError when the file cannot be read. */
export async function readCaFile(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--ca-file ${file} cannot be read (${error.code})`);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UsageError(`--ca-file ${file} holds no PEM certificate`);
}

/** The proxy variables of the environment. */
export function readProxies(env: Environment): Proxies {
  const either = (name: string) => env[name.toLowerCase()] || env[name];
  const [httpProxy, httpsProxy, noProxy] = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].map(either);
  return { ...(httpProxy && { httpProxy }), ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }) };
}

class Reader {
  readonly #flags: Flags;
  readonly #env: Environment;

  constructor(flags: Flags, env: Environment) {
    this.#flags = flags;
    this.#env = env;
  }

  text(name: string): string | undefined {
    const flag = this.#flags[camel(name)];
    const value = flag === undefined ? this.#env[`REVFLOW_${name.toUpperCase().replaceAll('-', '_')}`] : flag;
    return value === undefined || value === '' ? undefined : String(value);
  }

  truth(name: string): boolean {
    return this.word(name, ['true', 'false'] as const, 'false') === 'true';
  }

  /** Of two names of one setting the one that is given; the first where neither is. Throws UsageError where both are, and differ. */
  eitherName(name: string, other: string): string {
    const [first, second] = [this.text(name), this.text(other)];
    if (second === undefined) return name;
    if (first !== undefined && first !== second) throw refuse(other, second, `is --${name}: give one of them`);
    return other;
  }

  /** Repeated flags, or one text with commas; undefined when there is none. */
  list(name: string): readonly string[] | undefined {
    const flag = this.#flags[camel(name)];
    const text =
      Array.isArray(flag) && flag.length > 0 ? flag.join(',') : Array.isArray(flag) ? undefined : this.text(name);
    const items = (text ?? '').split(',').map(item => item.trim());
    const filled = items.filter(item => item !== '');
    return filled.length === 0 ? undefined : filled;
  }

  word<const W extends string>(name: string, words: readonly W[], otherwise: W): W {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const known = words.find(word => word === text);
    if (known === undefined) throw refuse(name, text, `must be one of ${words.join(', ')}`);
    return known;
  }

  count(name: string, otherwise: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    if (!/^[1-9]\d{0,6}$/.test(text)) throw refuse(name, text, 'must be a whole number from 1 on');
    return Number(text);
  }

  /** A count, or `none`. */
  limit(name: string, otherwise: number): number {
    return this.text(name) === 'none' ? Infinity : this.count(name, otherwise);
  }

  duration(name: string, otherwiseMs: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwiseMs;
    const ms = parseDuration(text);
    if (ms === undefined || ms <= 0) throw refuse(name, text, 'must be a Go duration above 0, such as 30s');
    return ms;
  }

  address(name: string, otherwise: string): Address {
    const text = this.text(name) ?? otherwise;
    const match = /^(.*):(\d{1,5})$/.exec(text);
    const port = Number(match?.[2]);
    if (match === null || port > 65_535) throw refuse(name, text, 'must be host:port, such as 127.0.0.1:8081 or :8081');
    return { host: match[1] || '0.0.0.0', port };
  }

  /** A Redis URL may hold a password: it is never shown. */
  redis(): string | undefined {
    const text = this.text('redis');
    if (text === undefined) return undefined;
    const url = URL.parse(text);
    if (url !== null && ['redis:', 'rediss:', 'unix:'].includes(url.protocol)) return text;
    throw new UsageError('--redis must be a URL such as redis://host:6379/0 or rediss://host:6379');
  }
}

function refuse(name: string, value: string, message: string): UsageError {
  return new UsageError(`--${name} ${message}, found ${JSON.stringify(value)}`);
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
