import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { NextFunction, Request, Response } from 'express'
import { contentPolicy } from './hygiene.js'
import { Problem } from './problem.js'

const PATH = '/console'
/** Stands in the built page wherever the nonce of an answer goes; `html.cspNonce` of the console's Vite configuration. */
const NONCE_PLACE = 'NONCE-OF-THIS-ANSWER'

export interface ConsoleOptions {
  /** Where the console was built to. */
  readonly folder: string
  /** With whom people log in; undefined where tokens are pasted. */
  readonly login: ConsoleLogin | undefined
}

export interface ConsoleLogin {
  readonly issuer: string
  readonly clientId: string
  readonly audience: string
  readonly scopes: readonly string[]
}

/** Serves the console to everybody: it holds no secret, and shows nothing without a token. To be called before the app listens. */
export function serveConsole(app: NestExpressApplication, { folder, login }: ConsoleOptions): void {
  app.use(PATH, readsOnly, async (request: Request, response: Response, next: NextFunction) => {
    if (request.originalUrl.split('?')[0] === PATH) response.redirect(308, `${PATH}/`)
    else if (request.path === '/settings.json') response.set('Cache-Control', 'no-cache').json({ login: login ?? null })
    else if (request.path === '/' || request.path === '/index.html') await givePage(folder, login, request, response)
    else next()
  })
  app.useStaticAssets(folder, {
    prefix: PATH,
    index: false,
    redirect: false,
    // Names of assets hold a hash of what is in them.
    setHeaders: (response, path) =>
      response.setHeader(
        'Cache-Control',
        path.includes(`${sep}assets${sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache',
      ),
  })
}

function readsOnly(request: Request, _response: Response, next: NextFunction): void {
  if (request.method === 'GET' || request.method === 'HEAD') return next()
  next(
    new Problem(405, 'method-not-allowed', `${PATH} takes GET, HEAD, not ${request.method}.`, [], {
      headers: { Allow: 'GET, HEAD' },
    }),
  )
}

/** The page with a nonce of its own: of styles that it makes while it runs, only those that know it are taken. */
async function givePage(
  folder: string,
  login: ConsoleLogin | undefined,
  request: Request,
  response: Response,
): Promise<void> {
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => {
    throw new Problem(
      404,
      'not-found',
      'This build has no console: expected it in dist/console, where `npm run build:console` puts it.',
    )
  })
  const nonce = randomBytes(16).toString('base64')
  const policy = contentPolicy({
    'script-src': ["'self'"],
    'style-src': ["'self'", `'nonce-${nonce}'`],
    'img-src': ["'self'"],
    'font-src': ["'self'"],
    'connect-src': ["'self'", ...(login ? [new URL(login.issuer).origin] : [])],
  })
  policy(request, response, () => {
    response.set('Cache-Control', 'no-cache').type('html').send(page.replaceAll(NONCE_PLACE, nonce))
  })
}
