// Whether a Build can work at all, as Shipwright registers it. Pure: nothing is asked, no Secret is read.
import { parseImage } from '../../watch/image.ts';
import type { BuildSpec } from './build-object.ts';

/** `Build.status`. */
export interface Registration {
  readonly registered: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Judges a Build; undefined: its spec cannot be read. */
export function judgeBuild(spec: BuildSpec | undefined): Registration {
  const wrong = spec ? (wrongOutput(spec) ?? wrongSource(spec)) : { reason: 'Failed', message: 'spec is incomplete' };
  if (wrong) return { registered: 'False', ...wrong };
  return { registered: 'True', reason: 'Succeeded', message: 'all validations succeeded' };
}

interface Wrong {
  readonly reason: string;
  readonly message: string;
}

function wrongOutput({ output }: BuildSpec): Wrong | undefined {
  const image = parseImage(output.image);
  if ('error' in image) return { reason: 'OutputImageInvalid', message: `spec.output.image: ${image.error}` };
  if (image.digest === undefined) return undefined;
  return { reason: 'OutputImageInvalid', message: 'spec.output.image names a digest: nothing can be pushed to one' };
}

function wrongSource({ source }: BuildSpec): Wrong | undefined {
  if (source?.git && source.type === 'Git') return wrongUrl(source.git.url);
  if (source?.ociArtifact && source.type === 'OCI') {
    const image = parseImage(source.ociArtifact.image);
    return 'error' in image
      ? { reason: 'SourceImageInvalid', message: `spec.source.ociArtifact.image: ${image.error}` }
      : undefined;
  }
  return {
    reason: 'SourceUnsupported',
    message: 'spec.source must be of type Git with git.url, or of type OCI with ociArtifact.image, in local mode',
  };
}

/** Everything that is not HTTP can reach into the machine, or needs a key that is not offered here. Never quotes the URL. */
function wrongUrl(written: string): Wrong | undefined {
  const reason = 'RemoteRepositoryUnreachable';
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return { reason, message: 'spec.source.git.url must begin with https:// or http:// in local mode' };
  }
  if (url.username !== '' || url.password !== '') {
    return { reason, message: 'spec.source.git.url holds a user name or password; put it into a Secret' };
  }
  return undefined;
}
