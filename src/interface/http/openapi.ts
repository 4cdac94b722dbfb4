import { isDeepStrictEqual } from 'node:util'
import type { INestApplication } from '@nestjs/common'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import { ACCESS_SCOPES } from '../../domain/access/scopes.js'
import { InvariantError } from '../../domain/errors.js'
import { registeredRoutes, routeName } from './access/registered-routes.js'
import { contentPolicy } from './hygiene.js'
import { COMPONENTS, operationOf } from './openapi-operation.js'

const DESCRIPTION = `Reads what Evenkeel measured, decided and did; pauses, resumes and approves.

Every call carries \`Authorization: Bearer <access token or API key>\`. Every call that changes something carries an
\`Idempotency-Key\`, but for pause and halt: sent again they hold again. Amounts and shares are decimal texts. Errors are problems of RFC
9457 with a \`code\` from a closed list. Answers to GET have a strong \`ETag\`.`

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The OpenAPI 3.1 document of an app's routes: what their rules say, and what the gate answers. */
export function describeApi(app: INestApplication, version: string): OpenAPIObject {
  const rules = new Map(registeredRoutes(app).map((route) => [route.name, route.rules]))
  const head = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Evenkeel')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: `Scopes: ${ACCESS_SCOPES.join(', ')}.` })
    .build()
  const document = SwaggerModule.createDocument(app, head, { operationIdFactory: routeName })
  for (const path of Object.values(document.paths))
    for (const method of METHODS) {
      const operation = path[method]
      const its = operation && rules.get(operation.operationId ?? '')
      if (its) path[method] = operationOf(operation, its, method === 'get')
    }
  document.components = { ...document.components, ...COMPONENTS }
  return withNamedSchemas(document)
}

/** Schemas that have a name stand among the components, once. */
function withNamedSchemas(document: OpenAPIObject): OpenAPIObject {
  const named: Record<string, object> = {}
  const take = (key: string, value: unknown) => {
    if (key !== '$defs') return value
    for (const [name, schema] of Object.entries(value as Record<string, object>)) {
      if (!isDeepStrictEqual(named[name] ?? schema, schema))
        throw new InvariantError(`Two schemas of the API are called ${name}.`)
      named[name] = schema
    }
    return undefined
  }
  const rest = JSON.parse(JSON.stringify(document, take)) as OpenAPIObject
  const components = { ...rest.components, schemas: { ...rest.components?.schemas, ...named } }
  const text = JSON.stringify({ ...rest, components })
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as OpenAPIObject
}

/** Serves the document at /openapi.json and a page to read and try it at /docs, for everybody: neither holds a secret. */
export function serveApiDocs(app: NestExpressApplication, document: OpenAPIObject): void {
  app.use('/docs', PAGE_POLICY)
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Evenkeel API',
    swaggerOptions: { validatorUrl: null, persistAuthorization: false },
  })
}

/** The page sets styles of its own, and asks nobody but us. */
const PAGE_POLICY = contentPolicy({
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
})
