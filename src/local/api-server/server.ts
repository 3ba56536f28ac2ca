// The embedded Kubernetes API server: HTTPS on loopback before one SQLite file. For laptops and tests, never for production.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { bootstrap } from './bootstrap.ts';
import { builtInResources } from './built-in/resources.ts';
import { Collector } from './collector.ts';
import type { Core } from './core.ts';
import { serveDefinitions } from './definition/controller.ts';
import { OpenApi } from './documents/openapi.ts';
import { loadCredentials, writeKubeconfig } from './http/credentials.ts';
import { listen } from './http/listener.ts';
import { Registry } from './registry.ts';
import { route } from './router.ts';
import { Store } from './store/store.ts';

export interface ApiServerOptions {
  /** Where everything is kept; made when it is not there. */
  readonly dir: string;
  /** Absent: the one of the last start, or any that is free. */
  readonly port?: number;
  readonly clock: Clock;
  readonly log: Log;
  /** How many of the last writes watches and pages can look back on; default 10,000. */
  readonly history?: number;
}

export interface ApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  /** A file that only its owner can read, with everything that a client needs. */
  readonly kubeconfig: string;
  /** Forgets the past that lists and pages can look back on. */
  compact(): void;
  close(): Promise<void>;
}

/** Starts the server; it answers when this resolves. Throws when the port is taken or another process holds the directory. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { dir, clock, log } = options;
  const credentials = await loadCredentials(dir);
  const store = new Store({ file: join(dir, 'objects.sqlite'), history: options.history ?? 10_000 });
  const registry = new Registry();
  const core: Core = { store, registry, clock, log };
  for (const resource of builtInResources()) registry.set(resource);
  const definitions = serveDefinitions(core);
  bootstrap(core);
  const collector = new Collector(core);
  const openapi = new OpenApi(registry);
  const handle = (call: Parameters<typeof route>[1]) => route({ core, openapi }, call);
  const kept = await keptPort(dir);
  const listener = await listen({ credentials, port: options.port ?? kept, log, handle });
  if (listener.port !== kept) await writeFile(join(dir, 'port'), `${listener.port}\n`);
  const url = `https://127.0.0.1:${listener.port}`;
  const kubeconfig = await writeKubeconfig(dir, url, credentials);
  const close = async () => {
    await listener.close();
    definitions.close();
    collector.close();
    store.close();
  };
  return { url, kubeconfig, compact: () => store.compact(), close, [Symbol.asyncDispose]: close };
}

/** The port of the last start; 0 when there was none. */
async function keptPort(dir: string): Promise<number> {
  const text = await readFile(join(dir, 'port'), 'utf8').catch(() => '0');
  return Number.parseInt(text, 10) || 0;
}
