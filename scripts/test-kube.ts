// `KUBECONFIG=… npm run test:kube [-- --rbac]`: the contract and flow tests on a real API server. Installs deploy/crd there first; with
// --rbac also deploy/base, and revflow then runs as its ServiceAccount (the token is the identity: the API server must take it so).
import { spawnSync } from 'node:child_process';

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

const env = { ...process.env, REVFLOW_TEST_KUBE: '1', ...(rbac ? { REVFLOW_TEST_RBAC: '1' } : {}) };
const wanted = paths.length > 0 ? paths : ['test/contracts/kube.test.ts', 'test/flow'];
process.exitCode = spawnSync('node', ['scripts/test.ts', ...wanted], { stdio: 'inherit', env }).status ?? 1;
