/** Delivery clients and destinations that end with their test. @module */
import { onTestFinished } from 'vitest';
import { type AttemptRequest, attempt, type Outcome } from '../../../src/delivery/attempt.ts';
import {
  createDeliveryClient,
  type DeliveryClient,
  type DeliveryClientOptions,
} from '../../../src/delivery/connector.ts';
import type { AddressResolver } from '../../../src/delivery/resolver.ts';
import { type Behaviour, type Destination, LOOPBACK, openDestination } from './destination.ts';

/** Knows no name: a test that does not speak of names must not need one. */
export const noNames: AddressResolver = {
  resolve: (hostname) => Promise.reject(new Error(`nobody told the test about ${hostname}`)),
};

/** Loopback and http are open unless the test closes them. */
export function openClient(options: Partial<DeliveryClientOptions> = {}): DeliveryClient {
  const client = createDeliveryClient({
    egressAllow: LOOPBACK,
    allowHttp: true,
    resolver: noNames,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

export async function openFor(behaviour: Behaviour): Promise<Destination> {
  const destination = await openDestination(behaviour);
  onTestFinished(() => destination.close());
  return destination;
}

const PLENTY_MS = 10_000;

export function post(
  client: DeliveryClient,
  url: string,
  request: Partial<AttemptRequest> = {},
  signal?: AbortSignal,
): Promise<Outcome> {
  const whole = { url, headers: {}, body: Buffer.from('{}'), deadlineMs: PLENTY_MS, ...request };
  return attempt(client, whole, signal);
}
