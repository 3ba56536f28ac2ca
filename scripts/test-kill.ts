// `npm run test:kill`: a worker is killed at every request of one change, before and after it; ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';

const env = { ...process.env, REVFLOW_TEST_KILL: 'all' };
process.exitCode =
  spawnSync('node', ['scripts/test.ts', 'test/flow/kill.test.ts'], { stdio: 'inherit', env }).status ?? 1;
