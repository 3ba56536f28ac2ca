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

/** No image comes from anywhere but a registry: `FROM oci-archive:/...` and its like would read files of this machine. */
const sourcePolicy = {
  default: [{ type: 'reject' }],
  transports: { docker: { '': [{ type: 'insecureAcceptAnything' }] } },
};

/** Processes of its own: a build sees and ends nobody else's, and none of its own outlives it. */
const apart = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** `buildah` with a store of its own. Disposing is left to whoever removes the directory, after `emptied`. */
export class Buildah {
  readonly #options: BuildahOptions;
  /** What `buildah` is started by. */
  #prefix: readonly string[] = [];

  private constructor(options: BuildahOptions) {
    this.#options = options;
  }

  /** Prepares its folders. Throws TerminalError RegistryInvalid for what cannot be the name of a registry, and BuildahMissing. */
  static async open(options: BuildahOptions): Promise<Buildah> {
    const { directory, registries } = options;
    for (const name of ['home', 'run', 'tmp']) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    const files = {
      'registries.conf': registriesText(registries),
      'policy.json': JSON.stringify(sourcePolicy),
      'auth.json': '{}',
      'storage.conf': '[storage]\ndriver = "vfs"\n',
    };
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(directory, name), content, { mode: 0o600 });
    }
    const buildah = new Buildah(options);
    await buildah.#shutIn();
    return buildah;
  }

  async #shutIn(): Promise<void> {
    await orMissing(() => this.#start(['buildah', '--version']));
    // Who is not root needs a user namespace first.
    const prefix = [...(process.getuid?.() === 0 ? [] : ['buildah', 'unshare']), ...apart];
    const code = await this.#start([...prefix, 'true']).then(
      finished => finished.code,
      () => 127,
    );
    if (code === 0) this.#prefix = prefix;
    else if (!this.#options.signal.aborted) {
      this.#options.log.write(
        'warning: this machine gives a build no process ids of its own: its commands see all processes',
      );
    }
  }

  #start(
    words: readonly string[],
    { secrets, heard }: { secrets?: Readonly<Record<string, string>>; heard?: (text: string) => void } = {},
  ): Promise<Finished> {
    const { directory, signal } = this.#options;
    const [program = '', ...args] = words;
    const env = { ...this.#environment(), ...secrets };
    return runCommand({ program, args, env, cwd: directory, signal, ...(heard === undefined ? {} : { heard }) });
  }

  /** Runs one command of it; what it says goes to the log. `secrets`: variables for it alone. Throws TerminalError BuildFailed where it did not succeed. */
  async run(command: string, args: readonly string[], secrets: Readonly<Record<string, string>> = {}): Promise<void> {
    const { directory, log } = this.#options;
    const at = (name: string) => join(directory, name);
    const lines = new Lines(line => log.write(line));
    const store = ['--root', at('storage'), '--runroot', at('run'), '--storage-driver', 'vfs'];
    const registries = ['--registries-conf', at('registries.conf')];
    const asked = [...store, ...registries, command, '--signature-policy', at('policy.json'), ...args];
    const heard = (text: string) => lines.add(text);
    const finished = await this.#start([...this.#prefix, 'buildah', ...asked], { secrets, heard });
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
