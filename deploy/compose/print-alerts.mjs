// Prints what Alertmanager sends to the webhooks of its example configuration, one line for each alert.
import { createServer } from 'node:http'

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  response.end()
  try {
    for (const { status, labels, annotations } of JSON.parse(Buffer.concat(chunks).toString('utf8')).alerts)
      console.log(
        `${request.url} ${status} ${labels.alertname}: ${annotations.summary ?? ''} ${JSON.stringify(labels)}`,
      )
  } catch (error) {
    console.error(`${request.url} was sent something else than alerts: ${error.message}`)
  }
})
server.listen(9099, '127.0.0.1')
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
