// The list of providers, and which of them is asked.
import { RetryableError } from '../platform/errors.ts';
import type { GitSource, ImageSource, Source } from '../watch/source.ts';
import { gitProvider } from './git/git.ts';
import { giteeProvider } from './gitee/gitee.ts';
import { githubProvider } from './github/github.ts';
import { gitlabProvider } from './gitlab/gitlab.ts';
import { ociProvider } from './oci/oci.ts';
import type { Answer, FoundPaths, Ports, Provider, Question, WantedPaths } from './provider.ts';

/** `git`: the Git protocol. `api`: the forge's own API. Images know one way only. */
type Choice = 'git' | 'api';

export interface ChosenAnswer extends Answer {
  /** The provider that answered: `git`, `github`, `gitlab`, `gitee`, `oci`. */
  readonly driver: string;
}

export interface Providers {
  /** The name of the provider that this choice means for a source; `git` where a host has no API that is known. */
  driverOf(source: Source, choice: Choice): string;
  /**
   * Asks the provider that fits. Git first, for every forge. The forge's API where `project-id` is a number; and after one refusal by Git
   * (401, 403, 404) with a credential that the API then takes, which is remembered for host and credential. An API that refuses too is
   * not asked again for an hour: for the credential when it was refused itself, for the repository otherwise. Throws as `observe` does;
   * where both refused, Git's refusal is what counts.
   */
  observeSource(question: Question, ports: Ports): Promise<ChosenAnswer>;
  /** Asks the provider that answered for the ids of paths; throws as its `readPaths` does. */
  readPaths(question: PathQuestion, wanted: WantedPaths, ports: Ports): Promise<FoundPaths>;
}

interface PathQuestion extends Question {
  /** The provider that answered. */
  readonly driver: string;
}

const refusals = new Set(['Unauthorized', 'Forbidden', 'NotFound']);
/** The credential's identity is part of the key, so a changed Secret begins anew; the time only bounds what is kept. */
const takenMs = 7 * 24 * 60 * 60_000;
const refusedMs = 60 * 60_000;

/** One for each process: registries' tokens live in it. */
export function createProviders(): Providers {
  const git = gitProvider();
  const apis = { github: githubProvider(), gitlab: gitlabProvider(), gitee: giteeProvider() };
  const oci = ociProvider();

  const apiOf = (source: GitSource): Provider<GitSource> | undefined =>
    source.forge === 'git' ? undefined : apis[source.forge];

  async function observeGit(question: Question<GitSource>, ports: Ports): Promise<ChosenAnswer> {
    const api = apiOf(question.source);
    if (!api) return answered(git, question, ports);
    const keys = keysOf(question);
    if (isProjectNumber(question.source) || (await ports.memory.get(keys.host)) === 'api') {
      return answered(api, question, ports);
    }
    try {
      return await answered(git, question, ports);
    } catch (refusal) {
      if (question.credential === undefined || !isRefusal(refusal) || (await isHopeless(keys, ports))) throw refusal;
      return askInstead({ api, refusal, keys }, question, ports);
    }
  }

  return {
    driverOf(source, choice) {
      if (source.kind === 'image') return oci.driver;
      return (choice === 'api' ? (apiOf(source) ?? git) : git).driver;
    },
    readPaths(question, wanted, ports) {
      const provider = Object.values({ git, ...apis }).find(({ driver }) => driver === question.driver);
      if (!isGit(question) || provider?.readPaths === undefined) {
        throw new TypeError(`a source that ${question.driver} answers for has no paths`);
      }
      return provider.readPaths(question, wanted, ports);
    },
    observeSource(question, ports) {
      return isImage(question) ? answered(oci, question, ports) : observeGit(question as Question<GitSource>, ports);
    },
  };
}

interface Keys {
  readonly host: string;
  readonly source: string;
}

interface Refusal {
  readonly api: Provider<GitSource>;
  readonly refusal: RetryableError;
  readonly keys: Keys;
}

/** The API is asked once, with a credential that Git refused. */
async function askInstead(
  { api, refusal, keys }: Refusal,
  question: Question<GitSource>,
  ports: Ports,
): Promise<ChosenAnswer> {
  try {
    const answer = await answered(api, question, ports);
    await ports.memory.set(keys.host, 'api', takenMs);
    return answer;
  } catch (error) {
    if (isRefusal(error)) {
      const key = error.reason === 'Unauthorized' ? keys.host : keys.source;
      await ports.memory.set(key, 'refused', refusedMs);
    }
    ports.asked?.('git');
    throw refusal;
  }
}

async function answered<S extends Source>(
  provider: Provider<S>,
  question: Question<S>,
  ports: Ports,
): Promise<ChosenAnswer> {
  ports.asked?.(provider.driver);
  return { ...(await provider.observe(question, ports)), driver: provider.driver };
}

async function isHopeless(keys: Keys, { memory }: Ports): Promise<boolean> {
  const known = await Promise.all([memory.get(keys.host), memory.get(keys.source)]);
  return known.includes('refused');
}

function keysOf({ source, credentialId }: Question<GitSource>): Keys {
  const { host } = new URL(source.url);
  return { host: `driver:${host}:${credentialId}`, source: `driver:${source.url}:${credentialId}` };
}

function isProjectNumber(source: GitSource): boolean {
  return source.forge === 'gitlab' && source.projectId !== undefined && /^\d+$/.test(source.projectId);
}

function isRefusal(error: unknown): error is RetryableError {
  return error instanceof RetryableError && refusals.has(error.reason);
}

function isGit<Q extends Question>(question: Q): question is Q & Question<GitSource> {
  return question.source.kind === 'git';
}

function isImage(question: Question): question is Question<ImageSource> {
  return question.source.kind === 'image';
}
