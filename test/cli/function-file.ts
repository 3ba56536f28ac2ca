// Functions as files for the tests of the command line.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface FileParts {
  readonly name?: string;
  readonly namespace?: string;
  /** Text of `revision-controller-params`; absent: not watched. */
  readonly params?: string;
  readonly spec?: object;
}

/** A Function that builds a Git repository and is served. */
export function functionFile({ name = 'hello', namespace, params, spec }: FileParts = {}): object {
  const annotations = {
    'openfunction.io/revision-controller': 'enable',
    'openfunction.io/revision-controller-params': params,
  };
  return {
    apiVersion: 'core.openfunction.io/v1beta2',
    kind: 'Function',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(params === undefined ? {} : { annotations }),
    },
    spec: {
      image: 'registry.example/hello:v1',
      build: {
        builder: 'registry.example/builder:1',
        srcRepo: { url: 'https://git.example/o/hello.git', revision: 'main' },
      },
      serving: { triggers: { http: {} } },
      ...spec,
    },
  };
}

/** One YAML stream. */
export function stream(...objects: readonly unknown[]): string {
  return objects.map(object => stringify(object)).join('---\n');
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file and gives its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
}

export async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'revflow-cli-'));
  return {
    path,
    async write(name, content) {
      await writeFile(join(path, name), content);
      return join(path, name);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
