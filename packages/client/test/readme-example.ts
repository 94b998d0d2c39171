/** The example of README.md, which a test compares with this file and runs. @module */
import { ApiError, createClient } from '@kapsel/client';

const { API_URL: url = 'http://127.0.0.1:8080', API_KEY: token } = process.env;
const kapsel = createClient({ url, token });

const endpoint = await kapsel.createEndpoint({ body: { url: 'https://example.com/webhook' } });
await kapsel.testEndpoint({ path: { endpoint_id: endpoint.id } });

// Every dead letter once more, but for those that are on their way already.
const dead = await kapsel.listEvents({ query: { status: 'failed' } });
for (const { id } of dead.data) {
  try {
    await kapsel.retryEvent({ path: { event_id: id } });
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'in_flight')) throw error;
  }
}
