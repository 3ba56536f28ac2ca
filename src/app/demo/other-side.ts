// The other side of the demo: what people push. Commits with fixed dates and images made of fixed files, so that every run of the demo
// sees the same ids; what is there already is not pushed again.
import { join } from 'node:path';
import { type NewCommit, Repository } from '../../local/git/repository.ts';
import { type PackedImage, packEntries } from '../../local/oci/image.ts';
import type { TarEntry } from '../../local/oci/tar.ts';
import { pullLayers, pushImage, type Transfer } from '../../local/oci/transfer.ts';
import { systemClock } from '../../platform/clock.ts';
import { RetryableError } from '../../platform/errors.ts';
import { Registries } from '../../revision/oci/registry.ts';
import type { LocalMode } from '../local-mode.ts';
import { bundleRepository, type DemoType, imageRepository } from './functions.ts';

/** Commit ids and digests: what was there first, and what was pushed. */
export type Ids = Readonly<Record<DemoType, string>>;

const author = { name: 'Ada Example', email: 'ada@example.org' };
const greetings = { first: 'hello', second: 'hello, everybody' } as const;

type Edition = keyof typeof greetings;

const firstCommit: NewCommit = {
  files: sources('first'),
  message: 'Say hello\n',
  author,
  at: Date.parse('2026-01-01T12:00:00Z') / 1000,
};

/** Repositories of Git and of images that the Functions watch. */
export class OtherSide {
  private readonly local: LocalMode;
  private readonly repository: Repository;
  private readonly registries = new Registries();

  constructor(local: LocalMode, programPath: string) {
    this.local = local;
    this.repository = new Repository(join(local.directory.repositories, 'hello.git'), programPath);
  }

  /** Makes what is there before the Functions are; gives its ids. */
  async prepare(): Promise<Ids> {
    await this.repository.open();
    const head = await this.repository.head();
    const commit = head === undefined ? await this.repository.commit(firstCommit) : await this.repository.firstCommit();
    return {
      source: commit,
      'source-image': await this.push(bundleRepository, bundle('first'), 'where there is none'),
      image: await this.push(imageRepository, image('first'), 'where there is none'),
    };
  }

  /** The change, one for each Function. Pushing it again changes nothing. */
  async change(first: Ids): Promise<Ids> {
    const at = firstCommit.at + 3600;
    const commit = {
      ...firstCommit,
      parent: first.source,
      files: sources('second'),
      message: 'Say hello to everybody\n',
      at,
    };
    const head = await this.repository.head();
    return {
      source: head === undefined || head === first.source ? await this.repository.commit(commit) : head,
      'source-image': await this.push(bundleRepository, bundle('second'), 'always'),
      image: await this.push(imageRepository, image('second'), 'always'),
    };
  }

  /** Whether the change was pushed by an earlier run of the demo. */
  async isChanged(first: Ids): Promise<boolean> {
    return (await this.repository.head()) !== first.source;
  }

  /** Fetches an image whole and checks every digest in it; throws where it cannot be had. */
  async pull(repository: string, digest: string): Promise<void> {
    await pullLayers(digest, this.transfer(repository));
  }

  private async push(repository: string, packed: PackedImage, when: 'always' | 'where there is none'): Promise<string> {
    const transfer = this.transfer(repository);
    if (when === 'always' || !(await hasTag(transfer))) await pushImage(packed, 'latest', transfer);
    return packed.digest;
  }

  private transfer(repository: string): Transfer {
    const { registry, http, state } = this.local;
    const access = {
      registry: registry.host,
      repository,
      credential: undefined,
      credentialId: 'anonymous',
      push: true,
    };
    return { registries: this.registries, access, ports: { http, memory: state, now: () => systemClock.now() } };
  }
}

async function hasTag(transfer: Transfer): Promise<boolean> {
  try {
    await pullLayers('latest', transfer);
    return true;
  } catch (error) {
    if (error instanceof RetryableError && error.reason === 'NotFound') return false;
    throw error;
  }
}

function sources(edition: Edition): Record<string, string> {
  return {
    'README.md': '# hello\n\nA function that greets.\n',
    'hello/index.mjs': `export const greet = (request, response) => response.end('${greetings[edition]}\\n');\n`,
  };
}

function bundle(edition: Edition): PackedImage {
  return packEntries(Object.entries(sources(edition)).map(([path, content]) => file(path, content)));
}

function image(edition: Edition): PackedImage {
  return packEntries([file('greeting.txt', `${greetings[edition]}\n`)]);
}

function file(path: string, content: string): TarEntry {
  return { path, kind: 'file', executable: false, content: Buffer.from(content) };
}
