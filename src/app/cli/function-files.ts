// Functions out of files: as they would be created, with what is wrong with each; and the other objects beside them, read as from a cluster.
import { kinds } from '../../function/kinds.ts';
import { uidOfUnsaved } from '../../function/names.ts';
import { problemText } from '../../function/problem.ts';
import type { FunctionObject } from '../../function/schema.ts';
import type { Kube, KubeObject } from '../../platform/kube/kube.ts';
import { checkFunction } from '../../reconcile/check.ts';
import { withoutAbsent } from '../../reconcile/draft.ts';
import { type Credentials, type CredentialsOptions, createCredentials } from '../../revision/credential.ts';
import { UsageError } from '../config.ts';
import type { Manifest } from './manifests.ts';
import { withoutUnknown } from './unknown-fields.ts';

/** A Function that somebody asks about: one that can be worked on, or what is wrong with it. */
export interface Candidate {
  /** `namespace/name`. */
  readonly key: string;
  /** Where it stands; absent for one of a cluster. */
  readonly from?: string;
  readonly fn?: FunctionObject;
  /** Fields of the file that an API server would leave out; absent: none. */
  readonly dropped?: readonly string[];
  /** Empty when `fn` is there. */
  readonly problems: readonly string[];
}

const group = 'core.openfunction.io/';

/**
 * The Functions among the manifests, without status: a file has no history. Throws UsageError when there is none, or one twice.
 * `namespace` is for those that name none.
 */
export function functionsOf(manifests: readonly Manifest[], namespace: string): readonly Candidate[] {
  const functions = manifests.filter(
    ({ object }) => object.kind === kinds.function.kind && object.apiVersion.startsWith(group),
  );
  if (functions.length === 0) {
    const others = [...new Set(manifests.map(({ object }) => object.kind))].join(', ');
    const found = others === '' ? 'nothing at all' : others;
    throw new UsageError(`there is no Function of ${kinds.function.apiVersion} in what -f names, found ${found}`);
  }
  const candidates = functions.map(manifest => candidateOf(manifest, namespace));
  const twice = candidates.find((one, at) => candidates.findIndex(other => other.key === one.key) !== at);
  if (twice) throw new UsageError(`${twice.from}: Function ${twice.key} was there before; keep one of them`);
  return candidates;
}

function candidateOf({ from, object }: Manifest, otherwise: string): Candidate {
  const { name, namespace = otherwise, labels, annotations } = object.metadata;
  const key = `${namespace}/${name}`;
  if (object.apiVersion !== kinds.function.apiVersion) {
    return { key, from, problems: [`apiVersion must be ${kinds.function.apiVersion}, found ${object.apiVersion}`] };
  }
  const misnamed = nameProblems({ name, namespace });
  if (misnamed.length > 0) return { key, from, problems: misnamed };
  const { status: _status, ...rest } = object;
  const uid = uidOfUnsaved(namespace, name);
  const metadata = withoutAbsent<KubeObject['metadata']>({ name, namespace, uid, labels, annotations });
  const judged = judge(key, { ...rest, metadata });
  return { ...judged, ...(judged.fn && withoutUnknown(judged.fn)), from };
}

const dnsName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const longestName = 253;
const longestLabel = 63;

/** What an API server would say of names; they become parts of other names, and of paths. */
function nameProblems({ name, namespace }: { readonly name: string; readonly namespace: string }): readonly string[] {
  const told = (path: string, value: string, message: string) => problemText({ path, value, message });
  return [
    ...(dnsName.test(name) && name.length <= longestName
      ? []
      : [told('metadata.name', name, 'must be lower-case letters, digits, - and ., as in example-1')]),
    ...(dnsLabel.test(namespace) && namespace.length <= longestLabel
      ? []
      : [told('metadata.namespace', namespace, 'must be at most 63 lower-case letters, digits and -')]),
  ];
}

/** Whether an object can be worked on as a Function. */
export function judge(key: string, object: KubeObject): Candidate {
  const checked = checkFunction(object);
  if ('ok' in checked) return { key, fn: checked.ok, problems: [] };
  return { key, problems: checked.problems.map(problemText) };
}

/** Reads the files' objects by name as an API server would give them: a Secret's `stringData` is part of its `data`. */
export function kubeOfFiles(manifests: readonly Manifest[], namespace: string): Pick<Kube, 'get' | 'serves'> {
  return {
    serves: async () => true,
    async get<T extends KubeObject>(ref: Parameters<Kube['get']>[0]): Promise<T | undefined> {
      const found = manifests.findLast(
        ({ object }) =>
          object.kind === ref.kind.kind &&
          object.apiVersion === ref.kind.apiVersion &&
          object.metadata.name === ref.name &&
          (object.metadata.namespace ?? namespace) === ref.namespace,
      );
      return found && (asStored(found.object, ref.namespace ?? namespace) as T);
    },
  };
}

/** Credentials out of the files; a Secret that is in none of them is not missed: the source is asked without, and that is told. */
export function credentialsOfFiles(files: Pick<Kube, 'get'>, options: Omit<CredentialsOptions, 'kube'>): Credentials {
  const credentials = createCredentials({ ...options, kube: files });
  return {
    async resolve(secret, source, how) {
      if (secret === undefined || (await files.get({ kind: kinds.secret, ...secret })) !== undefined) {
        return credentials.resolve(secret, source, how);
      }
      const anonymous = await credentials.resolve(undefined, source);
      const told = `Secret ${secret.namespace}/${secret.name} is not in the files: asked without a credential`;
      return { ...anonymous, warnings: [told] };
    },
    forget: secret => credentials.forget(secret),
  };
}

function asStored(object: KubeObject, namespace: string): KubeObject {
  const placed = { ...object, metadata: { ...object.metadata, namespace } };
  const { stringData, data } = object;
  if (object.kind !== 'Secret' || typeof stringData !== 'object' || stringData === null) return placed;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]);
  return { ...placed, data: { ...(typeof data === 'object' ? data : {}), ...Object.fromEntries(encoded) } };
}
