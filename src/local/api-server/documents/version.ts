// The plain documents: which server this is, whether it is well, and which paths it has.
import { arch, version as nodeVersion, platform } from 'node:process';
import { type Answer, json, plainText } from '../http/answer.ts';
import type { Registry } from '../registry.ts';
import { versionsOf } from '../registry.ts';

/** The Kubernetes whose answers this server gives; kubectl wants a semantic version. */
const kubernetes = { major: '1', minor: '35', git: 'v1.35.0+revflow' };

/** `/version`, as kubectl version reads it. */
export function versionAnswer(): Answer {
  return json({
    major: kubernetes.major,
    minor: kubernetes.minor,
    emulationMajor: kubernetes.major,
    emulationMinor: kubernetes.minor,
    minCompatibilityMajor: kubernetes.major,
    minCompatibilityMinor: String(Number(kubernetes.minor) - 1),
    gitVersion: kubernetes.git,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node ${nodeVersion}`,
    compiler: 'node',
    platform: `${platform}/${arch}`,
  });
}

const health = /^\/(?:healthz|livez|readyz)(?:\/ping)?$/;

/** Undefined for what is no health path. */
export function healthAnswer(path: string): Answer | undefined {
  return health.test(path) ? plainText('ok') : undefined;
}

/** Every path that leads somewhere. */
export function pathList(registry: Registry, code: number): Answer {
  const groups = [...registry.groups()].filter(([name]) => name !== '');
  const groupPaths = groups.flatMap(([name, resources]) => [
    `/apis/${name}`,
    ...versionsOf(resources).map(version => `/apis/${name}/${version}`),
  ]);
  const fixed = ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return json({ paths: [...fixed, ...groupPaths].toSorted() }, code);
}
