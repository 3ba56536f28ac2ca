// What a built image says of itself: where its source is, which revision it was, and which Function it is for.
import { parseGitUrl } from '../watch/git-url.ts';
import type { BuildOrder } from './backend.ts';

const oci = 'org.opencontainers.image.';

/** Labels, and annotations, of the image. Whoever pulls it reads them: no address with a user or a query is among them. */
export function imageNotes({ builder, revision }: BuildOrder): Readonly<Record<string, string>> {
  const { url, bundleContainer } = builder.spec.srcRepo;
  const parsed = url === undefined || bundleContainer !== undefined ? undefined : parseGitUrl(url);
  const source = parsed !== undefined && 'url' in parsed ? parsed.url : undefined;
  const { namespace, ownerReferences = [] } = builder.metadata;
  const owner = ownerReferences.find(({ kind, controller }) => kind === 'Function' && controller === true);
  return {
    ...(source === undefined ? {} : { [`${oci}source`]: source }),
    ...(revision ? { [`${oci}revision`]: revision } : {}),
    ...(owner === undefined ? {} : { 'openfunction.io/function': `${namespace}/${owner.name}` }),
  };
}
