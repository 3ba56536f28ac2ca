// A Dockerfile of the source, built by buildah. Its commands run on this machine, in a chroot of their own; of files they see the source alone.
import { copyFile, lstat, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TerminalError } from '../../platform/errors.ts';
import type { ImageTexts, PackedImage } from '../oci/image.ts';
import { readLayout } from '../oci/layout.ts';
import { insideDirectory, readTree } from '../oci/tree.ts';
import { Buildah, type BuildahOptions } from './buildah.ts';
import type { Inputs } from './inputs.ts';

/** Strategies that build a Dockerfile, whatever their tool is in a cluster. */
const dockerfileStrategies: ReadonlySet<string> = new Set(['buildah', 'buildkit', 'kaniko', 'wasmedge']);

/** Whether a strategy builds a Dockerfile. */
export function isDockerfileStrategy(name: string): boolean {
  return dockerfileStrategies.has(name);
}

export interface DockerfileOrder extends Omit<BuildahOptions, 'registries'>, ImageTexts {
  readonly strategy: string;
  /** The directory that is built, inside the source. */
  readonly context: string;
  readonly inputs: Inputs;
  /** Host of the registry that is pushed to; undefined where its certificate is checked. */
  readonly insecureRegistry: string | undefined;
}

/** What stands for the image while it is made; nobody sees it. */
const tag = 'localhost/revflow:built';
/** What a container could climb out with. */
const dropped = ['CAP_SYS_CHROOT', 'CAP_MKNOD', 'CAP_NET_RAW', 'CAP_AUDIT_WRITE'];
const largestDockerfile = 1024 * 1024;

/**
 * Builds, and gives the image, whose layers lie in the run's directory. Throws TerminalError DockerfileNotFound, DockerfileRefused,
 * PathEscapes, InputInvalid and those of Buildah.
 */
export async function buildDockerfile(order: DockerfileOrder): Promise<PackedImage> {
  const { inputs, context, directory, log, labels = {}, annotations = {} } = order;
  const path = inputs.texts.get('dockerfile') || 'Dockerfile';
  // Before buildah sees anything of it: no link of the source leaves it.
  await readTree(context);
  const dockerfile = await takeDockerfile(context, path, directory);
  const { args, secrets } = buildArgs(order);
  const texts = [
    ...Object.entries(labels).map(pair('--label')),
    ...Object.entries(annotations).map(pair('--annotation')),
  ];
  const target = inputs.texts.get('target') ?? '';
  const buildah = await Buildah.open({ ...order, registries: registriesOf(order) });
  try {
    log.write(`building ${path} with buildah`);
    const flags = ['--format', 'oci', '--layers=false', '--isolation', 'chroot', '--tag', tag, '--file', dockerfile];
    const limits = dropped.flatMap(name => ['--cap-drop', name]);
    const stage = target === '' ? [] : ['--target', target];
    await buildah.run('bud', [...flags, ...limits, ...stage, ...texts.flat(), ...args, '--', context], secrets);
    const layout = join(directory, 'layout');
    await buildah.run('push', ['--quiet', tag, `oci:${layout}`]);
    return await readLayout(layout);
  } finally {
    await buildah.emptied();
  }
}

function pair(flag: string): (entry: readonly [string, string]) => readonly string[] {
  return ([name, value]) => [flag, `${name}=${value}`];
}

/** A copy outside of the source, under a name that buildah runs through no other program. */
async function takeDockerfile(context: string, path: string, directory: string): Promise<string> {
  const folder = await insideDirectory(context, dirname(path));
  const file = join(folder, basename(path));
  const info = await lstat(file).catch(() => undefined);
  const shown = JSON.stringify(path);
  if (!info?.isFile()) throw new TerminalError('DockerfileNotFound', `the source has no Dockerfile ${shown}`);
  if (info.size > largestDockerfile) throw new TerminalError('DockerfileRefused', `${shown} is larger than 1 MiB`);
  if (/--mount\b/i.test(flagsOf(await readFile(file, 'utf8')))) {
    throw new TerminalError(
      'DockerfileRefused',
      `${shown} has RUN --mount, which can reach files of this machine; local mode does not build it`,
    );
  }
  const copy = join(directory, 'Dockerfile');
  await copyFile(file, copy);
  return copy;
}

/** The text as flags are found in it: comments and empty lines do not end a continued line, and quotes within a word do not count. */
function flagsOf(text: string): string {
  const lines = text.split('\n').filter(line => !/^\s*(?:#|$)/.test(line));
  return lines
    .join('\n')
    .replaceAll(/[\\`]\s*\n\s*/g, '')
    .replaceAll(/["'`\\]/g, '');
}

/** A variable that buildah or what it is made with reads itself. */
const reserved =
  /^(?:PATH|HOME|TMPDIR|LC_.*|LANG|LD_.*|XDG_.*|CONTAINERS?_.*|BUILDAH_.*|STORAGE_.*|REGISTRY_.*|DOCKER_.*|SSL_.*|GO.*|_.*)$|proxy$/i;

interface BuildArgs {
  readonly args: readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
}

/** An argument that is a NAME alone takes its value from the build's variables. Command lines are everybody's to read: secrets are variables. */
function buildArgs({ strategy, inputs }: DockerfileOrder): BuildArgs {
  const args: string[] = [];
  const secrets: Record<string, string> = {};
  for (const item of inputs.lists.get('build-args') ?? defaultArgs(strategy)) {
    const [name, given] = split(item);
    const value = given ?? inputs.env.get(name);
    if (value === undefined) continue;
    if (strategy === 'wasmedge' && name === 'annotation') args.push('--annotation', value);
    else if (!inputs.secrets.some(secret => secret !== '' && value.includes(secret))) {
      args.push('--build-arg', `${name}=${value}`);
    } else if (!/^\w+$/.test(name) || reserved.test(name)) {
      throw new TerminalError('InputInvalid', `the build argument ${JSON.stringify(name)} cannot hold a secret here`);
    } else {
      secrets[name] = value;
      args.push('--build-arg', name);
    }
  }
  return { args, secrets };
}

function split(item: string): readonly [string, string | undefined] {
  const at = item.indexOf('=');
  return at === -1 ? [item, undefined] : [item.slice(0, at), item.slice(at + 1)];
}

function defaultArgs(strategy: string): readonly string[] {
  return strategy === 'wasmedge' ? ['annotation=module.wasm.image/variant=compat-smart'] : [];
}

/** Each has two names, as OpenFunction's strategies do: a list, and one text that wins or adds. */
function registriesOf({ inputs, insecureRegistry }: DockerfileOrder): BuildahOptions['registries'] {
  const text = (name: string) =>
    (inputs.texts.get(name) ?? '')
      .split(',')
      .map(each => each.trim())
      .filter(each => each !== '');
  const list = (name: string) => inputs.lists.get(name) ?? [];
  const search = [text('registry-search'), list('registries-search'), ['docker.io', 'quay.io']];
  return {
    search: search.find(each => each.length > 0) ?? [],
    insecure: [
      ...list('registries-insecure'),
      ...text('registry-insecure'),
      ...(insecureRegistry === undefined ? [] : [insecureRegistry]),
    ],
    blocked: [...list('registries-block'), ...text('registry-block')],
  };
}
