// `npm test [paths]`: makes sure that what tests need of the system is installed, runs the tests, and ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { countsText, runTests } from './counted-tests.ts';

/** Debian packages of the servers and tools that tests start, and the file that shows that each is there. */
const servers: Readonly<Record<string, string>> = {
  git: '/usr/bin/git',
  'redis-server': '/usr/bin/redis-server',
  'docker-registry': '/usr/bin/docker-registry',
  'apache2-utils': '/usr/bin/htpasswd',
  skopeo: '/usr/bin/skopeo',
  buildah: '/usr/bin/buildah',
  'python3-yaml': '/usr/lib/python3/dist-packages/yaml/__init__.py',
};

const isCi = process.env['CI'] === 'true';
installServers();
const counts = runTests(process.argv.slice(2), { secondChance: isCi });
console.log(countsText(counts));
process.exitCode = counts.ok ? 0 : 1;

function installServers(): void {
  const missing = Object.keys(servers).filter(name => !existsSync(servers[name] ?? ''));
  if (missing.length === 0) return;
  const line = `apt-get install -y ${missing.join(' ')}`;
  if (!isCi || process.getuid?.() !== 0) {
    console.log(`Some tests are skipped: they need servers that are not installed here. To have them: sudo ${line}`);
    return;
  }
  const installed = ['apt-get update', line].every(command => {
    const [program = '', ...rest] = command.split(' ');
    return (
      spawnSync(program, rest, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
        .status === 0
    );
  });
  if (!installed) console.log(`Not installed: ${missing.join(', ')}; the tests that need them are skipped.`);
}
