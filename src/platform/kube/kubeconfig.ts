// Which API server to talk to and as whom: a kubeconfig file's context, or the ServiceAccount of the pod we run in.
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, resolve } from 'node:path';
import { TerminalError } from '../errors.ts';
import { parseYaml } from '../yaml.ts';

/** A cluster as a kubeconfig words it; paths are absolute. */
export interface Cluster {
  readonly server: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
}

/** A user as a kubeconfig words it; paths are absolute. */
export interface User {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly as?: string;
  readonly 'as-groups'?: readonly string[];
  readonly exec?: object;
  readonly 'auth-provider'?: object;
}

/** One context of a kubeconfig, resolved. */
export interface Access {
  readonly cluster: Cluster;
  readonly user: User;
  /** The namespace that the context names. */
  readonly namespace: string | undefined;
}

export interface AccessOptions {
  /** One kubeconfig file, or several joined by the system's path delimiter (the first that defines a name wins). Absent: the pod's own ServiceAccount. */
  readonly kubeconfig?: string | undefined;
  /** Absent: the file's `current-context`. */
  readonly context?: string | undefined;
  /** The API server's URL inside the cluster; default `https://kubernetes.default.svc`. */
  readonly inClusterServer?: string | undefined;
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads the access data. TerminalError KubeconfigInvalid names the file and what it lacks; never a value from it. */
export async function loadAccess(options: AccessOptions): Promise<Access> {
  if (options.kubeconfig === undefined) return inCluster(options.inClusterServer ?? 'https://kubernetes.default.svc');
  const files = options.kubeconfig.split(delimiter).filter(file => file !== '');
  const configs = await Promise.all(files.map(readKubeconfig));
  const name = options.context ?? configs.find(config => config['current-context'])?.['current-context'];
  if (!name) throw invalid(options.kubeconfig, 'names no current-context; choose one with --context');
  const context = configs.flatMap(config => config.contexts ?? []).find(entry => entry.name === name)?.context;
  if (!context) throw invalid(options.kubeconfig, `has no context "${name}"`);
  const clusters = configs.flatMap(config => config.clusters ?? []);
  const cluster = clusters.find(entry => entry.name === context.cluster)?.cluster;
  if (!cluster || !URL.canParse(cluster.server))
    throw invalid(options.kubeconfig, `has no server for context "${name}"`);
  const users = configs.flatMap(config => config.users ?? []);
  const user = users.find(entry => entry.name === context.user)?.user;
  if (context.user && !user) throw invalid(options.kubeconfig, `has no user for context "${name}"`);
  return { cluster, user: user ?? {}, namespace: context.namespace };
}

async function inCluster(server: string): Promise<Access> {
  const namespace = await readFile(`${serviceAccountDirectory}/namespace`, 'utf8').catch((cause: unknown) => {
    throw new TerminalError('KubeconfigInvalid', 'not in a pod with a ServiceAccount; give a --kubeconfig', { cause });
  });
  const cluster = { server, 'certificate-authority': `${serviceAccountDirectory}/ca.crt` };
  return { cluster, user: { tokenFile: `${serviceAccountDirectory}/token` }, namespace: namespace.trim() };
}

interface Named {
  readonly name?: string;
}

/** The file's own shape, as far as it is read here; it is a user's file, so every part may be missing. */
interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly (Named & { readonly cluster?: Cluster })[];
  readonly contexts?: readonly (Named & { readonly context?: Context })[];
  readonly users?: readonly (Named & { readonly user?: User })[];
}

interface Context {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

async function readKubeconfig(file: string): Promise<Kubeconfig> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TerminalError('KubeconfigInvalid', `cannot read the kubeconfig ${file}`, { cause });
  });
  const config = parseConfig(file, text);
  const absolute = absolutePaths(dirname(file));
  return {
    ...config,
    clusters: (config.clusters ?? []).map(entry =>
      entry.cluster ? { ...entry, cluster: absolute(entry.cluster, ['certificate-authority']) } : entry,
    ),
    users: (config.users ?? []).map(entry =>
      entry.user ? { ...entry, user: absolute(entry.user, ['tokenFile', 'client-certificate', 'client-key']) } : entry,
    ),
  };
}

function parseConfig(file: string, text: string): Kubeconfig {
  // The parser's message quotes the line that it stumbled over, which may hold a token: it stays out of ours, and of the cause.
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch {
    throw invalid(file, 'is not YAML');
  }
  if (typeof value !== 'object' || value === null) throw invalid(file, 'is empty or not a kubeconfig');
  const config = value as Kubeconfig;
  for (const list of [config.clusters, config.contexts, config.users]) {
    if (list !== undefined && list !== null && !Array.isArray(list)) throw invalid(file, 'is not a kubeconfig');
  }
  return config;
}

function absolutePaths(directory: string) {
  return <T extends object>(value: T, fields: readonly (keyof T)[]): T => {
    const result = { ...value };
    for (const field of fields) {
      const path = value[field];
      if (typeof path === 'string' && !isAbsolute(path)) Object.assign(result, { [field]: resolve(directory, path) });
    }
    return result;
  };
}

function invalid(file: string, what: string): TerminalError {
  return new TerminalError('KubeconfigInvalid', `the kubeconfig ${file} ${what}`);
}
