/** Settings of audit and export: defaults, values, and what is refused. @module */
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { UPKEEP_SETTINGS } from '../../src/base/upkeep-settings.ts';

describe('the settings of the upkeep', () => {
  it('are read from the environment', () => {
    const config = readConfig({
      KAPSEL_AUDIT_INTERVAL_MS: '0',
      KAPSEL_EXPORT_URL: 's3://bucket/p',
      KAPSEL_EXPORT_LOGS: 'acme, other',
      KAPSEL_S3_ENDPOINT: 'http://127.0.0.1:9000/',
      KAPSEL_S3_PATH_STYLE: '1',
      KAPSEL_S3_SECRET_ACCESS_KEY: 'planted-secret',
    });
    expect(config).toMatchObject({
      auditIntervalMs: 0,
      auditPauseMs: 1_000,
      exportUrl: 's3://bucket/p',
      exportIntervalMs: 10_000,
      exportLogs: ['acme', 'other'],
      s3Endpoint: 'http://127.0.0.1:9000',
      s3Region: 'us-east-1',
      s3PathStyle: true,
    });
    expect(config.s3SecretAccessKey?.reveal()).toBe('planted-secret');
    expect(JSON.stringify(config)).not.toContain('planted-secret');
  });

  it.each([
    ['KAPSEL_S3_ENDPOINT', 'minio:9000'],
    ['KAPSEL_S3_ENDPOINT', 'https://id:secret@store.test'],
    ['KAPSEL_S3_ENDPOINT', 'https://store.test/path'],
    ['KAPSEL_AUDIT_INTERVAL_MS', '-1'],
    ['KAPSEL_EXPORT_INTERVAL_MS', '1'],
    ['KAPSEL_S3_REGION', ''],
  ])('refuse %s=%s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
  });

  it('each have a sentence', () => {
    for (const { name, sentence } of Object.values(UPKEEP_SETTINGS)) {
      expect(sentence, name).toMatch(/[.:]/);
    }
  });
});
