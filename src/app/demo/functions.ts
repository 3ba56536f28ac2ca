// The three Functions of the demo, one for each type of watching, and how far each of them has come.
import { kinds } from '../../function/kinds.ts';
import { annotations } from '../../function/names.ts';
import { type FunctionObject, parseFunction, parseServing } from '../../function/schema.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';

const namespace = 'default';

export type DemoType = 'source' | 'source-image' | 'image';

export const names: Readonly<Record<DemoType, string>> = {
  source: 'hello-source',
  'source-image': 'hello-bundle',
  image: 'hello-image',
};

/** Where everything of the demo is. */
export interface Places {
  /** Of the Git repository. */
  readonly repository: string;
  /** `127.0.0.1:port` of the registry. */
  readonly registry: string;
}

/** The bundle image that is watched. */
export const bundleRepository = 'demo/bundle';
/** The function image that is watched. */
export const imageRepository = 'demo/hello-image';

/** What each Function watches, in words. */
export function watched({ repository, registry }: Places): Readonly<Record<DemoType, string>> {
  return {
    source: `${repository}, its default branch`,
    'source-image': `${registry}/${bundleRepository}:latest, source code in an image`,
    image: `${registry}/${imageRepository}:latest, which it serves as it is`,
  };
}

/** The three Functions, one a type. */
export function demoFunctions({ repository, registry }: Places): readonly KubeObject[] {
  // Named because a build needs one; here nothing is pulled.
  const builder = 'openfunction/builder-node:v2-18.16';
  const build = (srcRepo: object) => ({ builder, srcRepo, successfulBuildsHistoryLimit: 5 });
  return [
    demoFunction('source', `${registry}/demo/hello-source:latest`, build({ url: repository, sourceSubPath: 'hello' })),
    demoFunction(
      'source-image',
      `${registry}/demo/hello-bundle:latest`,
      build({ bundleContainer: { image: `${registry}/${bundleRepository}:latest` }, sourceSubPath: 'hello' }),
    ),
    demoFunction('image', `${registry}/${imageRepository}:latest`, undefined),
  ];
}

function demoFunction(type: DemoType, image: string, build: object | undefined): KubeObject {
  return {
    apiVersion: kinds.function.apiVersion,
    kind: kinds.function.kind,
    metadata: {
      name: names[type],
      namespace,
      annotations: {
        [annotations.revisionController]: 'enable',
        [annotations.revisionControllerParams]: `type: ${type}\nrepo-type: git\npolling-interval: 1s\n`,
      },
    },
    spec: { version: 'v1', image, ...(build ? { build } : {}), serving: { triggers: { http: { port: 8080 } } } },
  };
}

/** What is served for a Function: the image, and the commit or digest that it was made from. */
export interface Served {
  /** `repo[:tag]@digest`. */
  readonly image: string;
  readonly digest: string;
  /** Commit, digest of the bundle, or for an image the digest itself. */
  readonly revision: string | undefined;
}

/** Reads what a Function serves; undefined while no Serving with a digest stands. */
export async function readServed(kube: Kube, type: DemoType): Promise<Served | undefined> {
  const fn = await readFunction(kube, type);
  const name = fn?.status?.serving?.resourceRef;
  if (!fn || !name) return undefined;
  const object = await kube.get({ kind: kinds.serving, namespace, name });
  const parsed = object && parseServing(object);
  const image = parsed && 'ok' in parsed ? parsed.ok.spec.image : undefined;
  const digest = image?.split('@')[1];
  if (image === undefined || digest === undefined) return undefined;
  const [source] = fn.status?.sources ?? [];
  return { image, digest, revision: type === 'image' ? digest : (source?.git?.commitSha ?? source?.bundle?.digest) };
}

async function readFunction(kube: Kube, type: DemoType): Promise<FunctionObject | undefined> {
  const object = await kube.get({ kind: kinds.function, namespace, name: names[type] });
  const parsed = object && parseFunction(object);
  return parsed && 'ok' in parsed ? parsed.ok : undefined;
}

/** In one line, why a Function is where it is. */
export async function explainFunction(kube: Kube, type: DemoType): Promise<string> {
  const conditions = (await readFunction(kube, type))?.status?.conditions ?? [];
  const troubles = conditions.filter(({ status, type: name }) => status !== 'True' && name !== 'Served');
  return (
    troubles.map(one => `${one.type} ${one.status} (${one.reason}): ${one.message}`).join('; ') ||
    'no condition says why'
  );
}
