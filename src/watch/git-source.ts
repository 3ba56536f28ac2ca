// The Git source that a repository's address and the watch parameters mean together.
import { annotations } from '../function/names.ts';
import { hidden, type Problem } from '../function/problem.ts';
import type { WatchParams } from '../function/watch-params.ts';
import { type GitUrl, parseGitUrl } from './git-url.ts';
import type { Forge, GitSource } from './source.ts';

export interface PlannedGitSource {
  readonly source: GitSource;
  readonly warnings: readonly string[];
}

/** Public hosts say themselves which forge they are. */
const publicForges: Readonly<Record<string, Forge>> = {
  'github.com': 'github',
  'gitlab.com': 'gitlab',
  'gitee.com': 'gitee',
};

/** Makes a source of `spec.build.srcRepo.url`; a problem never shows an address that could hold a credential. */
export function planGitSource(text: string, params: WatchParams): PlannedGitSource | { readonly problem: Problem } {
  const parsed = parseGitUrl(text);
  if ('error' in parsed) {
    const value = /[@?#%]/.test(text) ? hidden : text;
    return { problem: { path: 'spec.build.srcRepo.url', value, message: parsed.error } };
  }
  const address = new URL(webAddress(parsed, params.baseUrl));
  const forge = publicForges[address.host] ?? params.forge;
  const baseUrl = params.baseUrl === address.origin ? undefined : params.baseUrl;
  const plain = [address.protocol, baseUrl].some(part => part?.startsWith('http:'));
  const source: GitSource = {
    kind: 'git',
    forge,
    url: address.href,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(forge === 'gitlab' && params.projectId !== undefined ? { projectId: params.projectId } : {}),
    ...(forge === 'gitlab' ? { authType: params.authType } : {}),
    ...(params.skipVerify ? { skipVerify: true } : {}),
    ...(params.insecureRegistry && plain ? { plainCredentials: true } : {}),
  };
  return { source, warnings: warningsOf(parsed, params, forge) };
}

/** An ssh address says nothing about the web server; `base-url` does. */
function webAddress({ url, ssh }: GitUrl, baseUrl: string | undefined): string {
  return ssh && baseUrl !== undefined ? `${baseUrl}${new URL(url).pathname}` : url;
}

function warningsOf(url: GitUrl, params: WatchParams, forge: Forge): readonly string[] {
  const host = new URL(url.url).host;
  const key = annotations.revisionControllerParams;
  const warnings: string[] = [];
  if (url.sshPort !== undefined && params.baseUrl === undefined) {
    warnings.push(
      `${host} is asked over https on its own port, not on port ${url.sshPort} of ssh (base-url names another)`,
    );
  }
  if (forge !== params.forge && params.forge !== 'github') {
    warnings.push(`repo-type ${params.forge} in ${key} is taken as ${forge}, which ${host} is`);
  }
  if (forge !== 'gitlab' && params.projectId !== undefined) {
    warnings.push(`project-id in ${key} has no use with repo-type ${forge}`);
  }
  return warnings;
}
