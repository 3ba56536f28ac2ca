// `KUBECONFIG=… npm run test:kube [-- --rbac] [PART OF A PATH...]`: on a real API server what it can judge: contracts, flows, the checklist,
// what is emitted, what is recorded. Installs deploy/crd there first; with --rbac also deploy/base, and revflow then runs as its
// ServiceAccount (the token is the identity: the API server must take it so).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fullGrants } from '../test/flow/grants.ts';
import { countsText, runTests } from './counted-tests.ts';

const kubeconfig = process.env['KUBECONFIG'];
if (!kubeconfig) {
  console.error('test:kube needs KUBECONFIG: the file that leads to a real API server, as an administrator');
  process.exit(2);
}

const args = process.argv.slice(2);
const rbac = args.includes('--rbac');
const paths = args.filter(arg => !arg.startsWith('--'));

for (const folder of rbac ? ['deploy/crd', 'deploy/base'] : ['deploy/crd']) {
  const applied = spawnSync('kubectl', ['apply', '--server-side', '--force-conflicts', '-k', folder], {
    stdio: 'inherit',
  });
  if (applied.status !== 0) {
    console.error(`kubectl could not apply ${folder}`);
    process.exit(1);
  }
}

/** The demo has an API server of its own. */
const elsewhere = /\/demo/;
/** These put OpenFunction's definitions in the place of ours, or make its namespace: nothing else may run meanwhile. */
const alone = /companion|leadership|deploy/;
const inFolder = (folder: string) =>
  readdirSync(folder)
    .filter(name => name.endsWith('.test.ts'))
    .map(name => `${folder}/${name}`);
/** Those that an API server's own validation judges, or that say what is recorded of another one's cluster. */
const single = [
  'test/contracts/kube.test.ts',
  'test/deploy.test.ts',
  'test/pipelines.test.ts',
  'test/hostile/function-values.test.ts',
  ...['children', 'emitted', 'exported', 'hooks'].map(name => `test/build/${name}.test.ts`),
  ...['at-rest', 'at-rest-watched', 'at-rest-commands', 'replay'].map(name => `test/golden/${name}.test.ts`),
];
const files = [...single, ...inFolder('test/checklist'), ...inFolder('test/flow')].filter(
  file => !elsewhere.test(file) && (paths.length === 0 || paths.some(path => file.includes(path))),
);
/**
 * What no test asks for, and why it is granted: the first is asked by the API server itself, where it enforces who may block an owner's
 * deletion; a run that heeds no cancellation is deleted, tried with those of Shipwright, by code that all engines share.
 */
const untried = ['/finalizers', 'delete tekton.dev/pipelineruns'];
const uses = join(tmpdir(), `revflow-uses-${process.pid}`);
const account = { REVFLOW_TEST_RBAC: '1', REVFLOW_TEST_USES: uses };
const env = { REVFLOW_TEST_KUBE: '1', ...(rbac ? account : {}) };
const together = files.filter(file => !alone.test(file));
const rounds = [together, files.filter(file => alone.test(file)).concat('--no-file-parallelism')];
const counts = rounds.filter(round => round.some(arg => !arg.startsWith('--'))).map(round => runTests(round, { env }));
const sum = (of: 'passed' | 'failed' | 'skipped') => counts.reduce((total, each) => total + each[of], 0);
const judged = rbac ? await judgeGrants() : true;
const ok = counts.length > 0 && counts.every(each => each.ok) && judged;
console.log(countsText({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), ok }));
process.exitCode = ok ? 0 : 1;

/** Whether the ServiceAccount asked for all that deploy grants (where all tests ran), and for nothing else. */
async function judgeGrants(): Promise<boolean> {
  const used = existsSync(uses) ? new Set(readFileSync(uses, 'utf8').split('\n').filter(Boolean)) : new Set<string>();
  rmSync(uses, { force: true });
  const granted = await fullGrants();
  const missing = [...used].filter(use => !granted.has(use));
  const idle = [...granted].filter(grant => !used.has(grant) && !untried.some(each => grant.endsWith(each)));
  const unused = paths.length > 0 ? [] : idle;
  for (const use of missing) console.error(`revflow asks for what deploy does not grant: ${use}`);
  for (const grant of unused) console.error(`deploy grants what no test uses: ${grant}`);
  return missing.length === 0 && unused.length === 0;
}
