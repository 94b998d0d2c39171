/** Dockerfile, compose file and chart speak of settings, paths and files that the server has. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { namesOf, type Setting } from '../../src/base/setting.ts';
import { SETTINGS } from '../../src/base/settings.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

const FILES = readdirSync(`${ROOT}deploy`, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(ROOT.length));

const known = new Set(Object.values<Setting<unknown>>(SETTINGS).flatMap(namesOf));
const chart = 'deploy/helm/kapsel/';

describe('the files for deploying', () => {
  it('name settings that there are', () => {
    expect(FILES).toContain('deploy/docker/Dockerfile');
    const named = [...FILES, 'docs/deployment.md'].flatMap((file) =>
      [...read(file).matchAll(/\b(?:KAPSEL_[A-Z0-9_]*[A-Z0-9]|DATABASE_URL(?:_[A-Z]+)?)\b/g)].map(
        ([name]) => `${file}: ${name}`,
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((each) => !known.has(each.split(': ')[1] ?? ''))).toEqual([]);
  });

  it('ask for the health of paths that the server answers', () => {
    const routes = read('server/src/http/routes/health.ts');
    const asked = FILES.flatMap((file) => read(file).match(/\/health\/[a-z]+/g) ?? []);
    expect(new Set(asked)).toEqual(new Set(['/health/live', '/health/ready', '/health/startup']));
    for (const path of asked) expect(routes).toContain(`'${path}'`);
  });
});

describe('the Dockerfile', () => {
  const lines = read('deploy/docker/Dockerfile').split('\n');

  it('fetches nothing but packages of the lock file, and lets none run a script', () => {
    const text = lines.join('\n');
    expect(text).not.toMatch(/\b(?:curl|wget|apt-get|ADD|npx|npm (?:install|i))\b/);
    const installs = text.match(/npm ci[^\\\n]*/g) ?? [];
    expect(installs.length).toBe(2);
    for (const words of installs) expect(words).toContain('--ignore-scripts');
  });

  it('runs as a user that is not root, with the ports and folders of the settings', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last.find((line) => line.startsWith('USER '))).toBe('USER 1000:1000');
    expect(last).toContain('EXPOSE 8080');
    expect(last.join('\n')).toContain('KAPSEL_PORT=8080');
    for (const entry of ['ENTRYPOINT ["kapsel-server"]', 'CMD ["serve"]']) {
      expect(last).toContain(entry);
    }
  });

  it('is given only what it builds from', () => {
    const ignored = read('deploy/docker/Dockerfile.dockerignore').split('\n');
    expect(ignored).toContain('**');
    for (const line of ignored.filter((each) => each.startsWith('!'))) {
      expect(existsSync(`${ROOT}${line.slice(1)}`), line).toBe(true);
    }
  });
});

describe('the compose file', () => {
  const { services, secrets, volumes } = parse(read('deploy/docker/compose.yaml'));

  it('has no password of its own, and shows neither database nor server to the world', () => {
    for (const { file } of Object.values<{ file: string }>(secrets)) {
      expect(file).toMatch(/^\.\/secrets\//);
    }
    expect(services.database.ports).toBeUndefined();
    expect(services.kapsel.ports).toEqual(['127.0.0.1:8080:8080']);
    expect(services.kapsel).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    const mounted = services.kapsel.volumes.map((each: string) => each.split(':'));
    expect(
      mounted.map(([volume]: string[]) => volume).every((each: string) => each in volumes),
    ).toBe(true);
    // A volume takes the owner of the folder that the image has in its place.
    for (const [, folder] of mounted) expect(read('deploy/docker/Dockerfile')).toContain(folder);
  });
});

describe('the chart', () => {
  const values = parse(read(`${chart}values.yaml`));
  const schema = JSON.parse(read(`${chart}values.schema.json`));
  const templates = FILES.filter((file) => file.startsWith(`${chart}templates/`));

  it('uses values that there are, and has none that it does not use', () => {
    const text = templates.map(read).join('\n');
    const used = [...text.matchAll(/\.Values\.([a-zA-Z]+)(?:\.([a-zA-Z]+))?/g)];
    expect(used.length).toBeGreaterThan(15);
    for (const [whole, first = '', second] of used) {
      const value = second === undefined ? values[first] : values[first]?.[second];
      expect(value, whole).toBeDefined();
    }
    expect(new Set(used.map(([, first]) => first))).toEqual(new Set(Object.keys(values)));
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(values)));
  });

  it('is of the version of the server, and runs it as the image does', () => {
    const { version } = JSON.parse(read('server/package.json'));
    expect(parse(read(`${chart}Chart.yaml`)).appVersion).toBe(version);
    expect(read('deploy/docker/compose.yaml')).toContain(`image: kapsel:${version}`);
    const statefulSet = read(`${chart}templates/statefulset.yaml`);
    for (const line of [
      'runAsUser: 1000',
      'readOnlyRootFilesystem: true',
      'containerPort: 8080',
      'mountPath: /var/lib/kapsel',
    ]) {
      expect(statefulSet).toContain(line);
    }
  });
});
