// The `buildah` program, shut in: everything that it keeps lies in the directory of its run, and nothing of the user's or the system's
// configuration is read. It needs neither privileges nor a service.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TerminalError } from '../../platform/errors.ts';
import { type Finished, runCommand } from '../git/child.ts';
import type { RunLog } from './run-log.ts';

export interface BuildahOptions {
  /** Of this run alone, and not where the source is. */
  readonly directory: string;
  /** The PATH on which `buildah` is looked for. */
  readonly programPath: string;
  /** A file of every certificate that is trusted; absent: the system's. */
  readonly caFile: string | undefined;
  /** Variables that name proxies. */
  readonly proxies: Readonly<Record<string, string>>;
  readonly registries: Registries;
  readonly signal: AbortSignal;
  readonly log: RunLog;
}

/** Hosts of registries. */
export interface Registries {
  /** In which short names are looked for. */
  readonly search: readonly string[];
  readonly insecure: readonly string[];
  readonly blocked: readonly string[];
}

/** The one line that installs it. */
const installLine = 'apt-get install -y buildah';

/** `buildah` with a store of its own. Disposing is left to whoever removes the directory, after `emptied`. */
export class Buildah {
  readonly #options: BuildahOptions;

  private constructor(options: BuildahOptions) {
    this.#options = options;
  }

  /** Prepares its folders. Throws TerminalError RegistryInvalid for what cannot be the name of a registry. */
  static async open(options: BuildahOptions): Promise<Buildah> {
    const { directory, registries } = options;
    for (const name of ['home', 'run', 'tmp']) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    const files = {
      'registries.conf': registriesText(registries),
      'policy.json': JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }),
      'auth.json': '{}',
      'storage.conf': '[storage]\ndriver = "vfs"\n',
    };
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(directory, name), content, { mode: 0o600 });
    }
    return new Buildah(options);
  }

  /**
   * Runs one command of it; what it says goes to the log. `secrets`: variables for it alone. Throws TerminalError BuildahMissing, and
   * BuildFailed where it did not succeed.
   */
  async run(command: string, args: readonly string[], secrets: Readonly<Record<string, string>> = {}): Promise<void> {
    const { directory, log, signal } = this.#options;
    const lines = new Lines(line => log.write(line));
    const store = [
      '--root',
      join(directory, 'storage'),
      '--runroot',
      join(directory, 'run'),
      '--storage-driver',
      'vfs',
    ];
    const registries = ['--registries-conf', join(directory, 'registries.conf')];
    const finished = await orMissing(() =>
      runCommand({
        program: 'buildah',
        args: [...store, ...registries, command, '--signature-policy', join(directory, 'policy.json'), ...args],
        env: { ...this.#environment(), ...secrets },
        cwd: directory,
        signal,
        heard: text => lines.add(text),
      }),
    );
    lines.end();
    if (finished.code !== 0) throw new TerminalError('BuildFailed', `buildah ${command} ended with ${finished.code}`);
  }

  /** Removes what was written as other users than this one: nothing else of this process could. */
  async emptied(): Promise<void> {
    if (process.getuid?.() === 0) return;
    const { directory } = this.#options;
    await runCommand({
      program: 'buildah',
      args: ['unshare', 'rm', '-rf', join(directory, 'storage'), join(directory, 'run'), join(directory, 'tmp')],
      env: this.#environment(),
      cwd: directory,
      signal: AbortSignal.timeout(60_000),
    }).catch(() => {});
  }

  #environment(): Readonly<Record<string, string>> {
    const { directory, programPath, caFile, proxies } = this.#options;
    return {
      ...proxies,
      PATH: programPath,
      HOME: join(directory, 'home'),
      XDG_RUNTIME_DIR: join(directory, 'run'),
      TMPDIR: join(directory, 'tmp'),
      LC_ALL: 'C.UTF-8',
      CONTAINERS_CONF: '/dev/null',
      CONTAINERS_STORAGE_CONF: join(directory, 'storage.conf'),
      REGISTRY_AUTH_FILE: join(directory, 'auth.json'),
      BUILDAH_ISOLATION: 'chroot',
      ...(caFile === undefined ? {} : { SSL_CERT_FILE: caFile }),
    };
  }
}

async function orMissing(run: () => Promise<Finished>): Promise<Finished> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error;
    const message = `a Dockerfile is built by buildah, which is not on the PATH: ${installLine}, then rebuild`;
    throw new TerminalError('BuildahMissing', message, { cause: error });
  }
}

function registriesText({ search, insecure, blocked }: Registries): string {
  const wrong = [...search, ...insecure, ...blocked].find(name => !/^[\w.:/[\]-]+$/.test(name));
  if (wrong !== undefined) {
    throw new TerminalError('RegistryInvalid', `${JSON.stringify(wrong)} is not the name of a registry`);
  }
  const entry = (name: string, word: string) => `\n[[registry]]\nlocation = "${name}"\n${word} = true\n`;
  return [
    `unqualified-search-registries = [${search.map(name => `"${name}"`).join(', ')}]\n`,
    ...insecure.filter(name => !blocked.includes(name)).map(name => entry(name, 'insecure')),
    ...blocked.map(name => entry(name, 'blocked')),
  ].join('');
}

/** Whole lines of what comes in pieces: a log hides secrets line by line. */
class Lines {
  readonly #write: (line: string) => void;
  #rest = '';

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#write(line);
  }

  end(): void {
    if (this.#rest !== '') this.#write(this.#rest);
    this.#rest = '';
  }
}
