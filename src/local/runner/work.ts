// The work of one run: fetch the source, build its Dockerfile or pack its directory, push the image. Everything it touches lies in a directory of its own.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import type { Clock } from '../../platform/clock.ts';
import { RetryableError, TerminalError } from '../../platform/errors.ts';
import type { EgressPolicy } from '../../platform/http/egress.ts';
import type { Http } from '../../platform/http/http.ts';
import type { Credentials } from '../../revision/credential.ts';
import { basicLogin } from '../../revision/git/login.ts';
import type { RegistryAccess } from '../../revision/oci/access.ts';
import { Registries } from '../../revision/oci/registry.ts';
import type { Memory } from '../../revision/provider.ts';
import { defaultTag, parseImage } from '../../watch/image.ts';
import { type Forge, type GitSource, type ImageSource, type Source, sourceTls } from '../../watch/source.ts';
import { type PackedImage, packImage } from '../oci/image.ts';
import { pullLayers, pushImage, type Transfer } from '../oci/transfer.ts';
import { insideDirectory, writeLayers } from '../oci/tree.ts';
import type { BuildSpec } from './build-object.ts';
import { checkOut } from './checkout.ts';
import type { KnownSource } from './dialect.ts';
import { buildDockerfile, isDockerfileStrategy } from './dockerfile.ts';
import type { Inputs } from './inputs.ts';
import { judgeBuild } from './registration.ts';
import type { RunLog } from './run-log.ts';
import type { RunSource, WorkEnd } from './run-status.ts';

export interface WorkPorts {
  readonly http: Http;
  /** Judges where git connects to. */
  readonly egress: EgressPolicy;
  readonly memory: Memory;
  readonly credentials: Pick<Credentials, 'resolve'>;
  readonly clock: Clock;
  /** Where `git` is looked for. */
  readonly programPath: string;
  /** PEM of authorities trusted besides the system's (`--ca-file`). */
  readonly caPem?: string;
  /** Variables that name proxies (`https_proxy` and its kin), handed to git. */
  readonly proxies?: Readonly<Record<string, string>>;
}

export interface WorkOrder {
  readonly spec: BuildSpec;
  readonly namespace: string;
  /** What an earlier attempt of this run fetched. */
  readonly known: KnownSource | undefined;
  readonly inputs: Inputs;
  /** Empty, and this run's alone. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly log: RunLog;
  /** Told what was fetched before anything is pushed. */
  readonly fetched: (source: RunSource) => Promise<void>;
}

interface Made {
  readonly image: PackedImage;
  readonly message: string;
}

export type WorkResult = Omit<WorkEnd, 'image'>;

/** On the image: that it was packed and not built, and why. */
const packedAnnotation = 'openfunction.io/packed';

/** Runs at most a few exchanges at a time for each run; many runs may share it. */
export class Worker {
  private readonly ports: WorkPorts;
  private readonly registries = new Registries();

  constructor(ports: WorkPorts) {
    this.ports = ports;
  }

  /** Throws TerminalError or RetryableError with a message for the user, or the signal's reason. */
  async perform(order: WorkOrder): Promise<WorkResult> {
    const { spec, directory, log } = order;
    log.hide(order.inputs.secrets);
    const judged = judgeBuild(spec);
    if (judged.registered === 'False') throw new TerminalError(judged.reason, judged.message);
    const source = join(directory, 'source');
    await mkdir(source, { recursive: true, mode: 0o700 });
    const fetched = await this.fetch(order, source);
    await order.fetched(fetched);
    const { image, message } = await this.make(order, fetched, source);
    log.write(`made ${image.size} bytes as ${image.digest}`);
    const { reference, transfer } = await this.transfer(order, spec.output.image, 'push');
    await this.retrying(order, () => pushImage(image, reference.tag ?? defaultTag, transfer));
    log.write(`pushed ${spec.output.image}`);
    log.write(message);
    return { digest: image.digest, size: image.size, message };
  }

  /** A Dockerfile is built; anything else needs the images of a cluster, and is packed as it is. */
  private async make(order: WorkOrder, fetched: RunSource, source: string): Promise<Made> {
    const { spec, inputs, directory, signal, log } = order;
    const { labels = {}, annotations: asked = {} } = spec.output;
    const strategy = spec.strategy.name;
    const context = await insideDirectory(source, spec.source?.contextDir ?? '');
    const annotations = { ...origin(spec, fetched), ...asked };
    if (!isDockerfileStrategy(strategy)) {
      const message = `packed, not built: strategy ${strategy} needs a cluster`;
      const texts = { labels, annotations: { ...annotations, [packedAnnotation]: message } };
      return { image: await packImage(context, texts), message };
    }
    const own = join(directory, 'buildah');
    await mkdir(own, { mode: 0o700 });
    const { programPath, proxies = {} } = this.ports;
    const caFile = await this.writeAuthorities(directory, undefined);
    const insecureRegistry = this.plainRegistry(spec);
    const build = { strategy, context, inputs, insecureRegistry, labels, annotations };
    const image = await buildDockerfile({ ...build, directory: own, programPath, proxies, caFile, signal, log });
    return { image, message: 'built by buildah' };
  }

  /** Base images may lie where the image is pushed to. */
  private plainRegistry({ output }: BuildSpec): string | undefined {
    const reference = parseImage(output.image);
    if ('error' in reference) return undefined;
    const isLoopback = /^(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/.test(reference.registry);
    return isLoopback || output.insecure === true ? reference.registry : undefined;
  }

  private async fetch(order: WorkOrder, directory: string): Promise<RunSource> {
    const { source } = order.spec;
    if (source?.git && source.type === 'Git') return this.fetchGit(order, directory);
    if (!source?.ociArtifact)
      throw new TerminalError('SourceUnsupported', 'the Build names no source that can be fetched');
    const { reference, transfer } = await this.transfer(order, source.ociArtifact.image, 'pull');
    const wanted = order.known?.ociArtifact?.digest ?? reference.digest ?? reference.tag ?? defaultTag;
    order.log.write(`pulling ${source.ociArtifact.image}`);
    const { digest, layers } = await this.retrying(order, () => pullLayers(wanted, transfer));
    await writeLayers(layers, directory);
    order.log.write(`unpacked ${layers.length} layers of ${digest}`);
    return { kind: 'oci', digest };
  }

  private async fetchGit(order: WorkOrder, directory: string): Promise<RunSource> {
    const { url, revision, cloneSecret } = order.spec.source?.git ?? { url: '' };
    const source: GitSource = { kind: 'git', forge: forgeOf(url), url: url.replace(/\/+$/, '').replace(/\.git$/, '') };
    const { credential } = await this.credential(order, cloneSecret, source);
    const tls = sourceTls(source, credential?.ca);
    const authorization = credential && basicLogin(source, credential);
    order.log.hide([authorization?.replace('Basic ', '')]);
    const checkout = {
      url,
      directory,
      revision: order.known?.git?.commitSha ?? revision,
      programPath: this.ports.programPath,
      authorization,
      caFile: await this.writeAuthorities(order.directory, credential?.ca),
      proxies: this.ports.proxies ?? {},
      tls,
      http: this.ports.http,
      egress: this.ports.egress,
      signal: order.signal,
      log: order.log,
    };
    const found = await this.retrying(order, () => checkOut(checkout));
    const branchName = order.known?.git?.branchName;
    return found.kind === 'git' && branchName !== undefined ? { ...found, branchName } : found;
  }

  /** git trusts one file instead of the system's, so that one file holds them all. */
  private async writeAuthorities(directory: string, ca: string | undefined): Promise<string | undefined> {
    const own = [ca, this.ports.caPem].filter(pem => pem !== undefined);
    if (own.length === 0) return undefined;
    const file = join(directory, 'authorities.pem');
    await writeFile(file, [...getCACertificates('system'), ...own].join('\n'), { mode: 0o600 });
    return file;
  }

  private async transfer(order: WorkOrder, image: string, direction: 'push' | 'pull') {
    const reference = parseImage(image);
    if ('error' in reference) throw new TerminalError('ImageInvalid', reference.error);
    const { output, source: build } = order.spec;
    const { registry, repository, tag = defaultTag } = reference;
    const insecure = direction === 'push' && output.insecure === true;
    const source: ImageSource = {
      kind: 'image',
      registry,
      repository,
      tag,
      ...(insecure ? { plainCredentials: true, skipVerify: true } : {}),
    };
    const secret = direction === 'push' ? output.pushSecret : build?.ociArtifact?.pullSecret;
    const { credential, credentialId } = await this.credential(order, secret, source);
    const access: RegistryAccess = {
      registry,
      repository,
      credential,
      credentialId,
      push: direction === 'push',
      ...(insecure ? { plainCredentials: true } : {}),
      tls: sourceTls(source, credential?.ca),
    };
    const ports = { http: this.ports.http, memory: this.ports.memory, now: () => this.ports.clock.now() };
    const transfer: Transfer = { registries: this.registries, access, ports, signal: order.signal };
    return { reference, transfer };
  }

  private async credential(order: WorkOrder, name: string | undefined, source: Source) {
    const secret = name === undefined ? undefined : { namespace: order.namespace, name };
    const resolved = await this.ports.credentials.resolve(secret, source);
    order.log.hide([resolved.credential?.password, resolved.credential?.identityToken]);
    for (const warning of resolved.warnings) order.log.write(`warning: ${warning}`);
    return resolved;
  }

  /** The network may hiccup; a run that fails is not run again by itself. */
  private async retrying<T>({ signal, log }: WorkOrder, action: () => Promise<T>): Promise<T> {
    const { clock } = this.ports;
    for (const waitMs of [1_000, 3_000]) {
      try {
        return await action();
      } catch (error) {
        if (signal.aborted || !(error instanceof RetryableError) || !passing.has(error.reason)) throw error;
        log.write(`${error.message}; trying again`);
        await clock.sleep(Math.min(Math.max(waitMs, (error.retryAt ?? 0) - clock.now()), 15_000), signal);
      }
    }
    return action();
  }
}

const passing = new Set(['NetworkError', 'Timeout', 'ServerError', 'RateLimited']);

/** A Build does not say which forge it is; only the user name of a token hangs on it. */
function forgeOf(url: string): Forge {
  const { hostname } = new URL(url);
  return (['github', 'gitlab', 'gitee'] as const).find(forge => hostname.includes(forge)) ?? 'git';
}

function origin({ source }: BuildSpec, fetched: RunSource): Record<string, string> {
  const revision = fetched.kind === 'git' ? fetched.commitSha : fetched.digest;
  const named = source?.git?.url ?? source?.ociArtifact?.image ?? '';
  return { 'org.opencontainers.image.revision': revision, 'org.opencontainers.image.source': named };
}
