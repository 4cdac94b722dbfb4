// What is said after an installation: state, ways in, what is off, warnings.
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, expect } from '../checks.mjs'
import { chart, kubeVersions, objectsOf, only, render, valuesFile } from './rendered.mjs'

export const checkNotes = async (scratch) => {
  // `helm install --dry-run` wants a cluster, so the notes are rendered as part of an object.
  const copy = join(scratch, 'chart')
  cpSync(chart, copy, { recursive: true })
  const text = readFileSync(join(copy, 'templates', 'NOTES.txt'), 'utf8').replaceAll(/^/gm, '    ')
  writeFileSync(
    join(copy, 'templates', 'notes.yaml'),
    `kind: Notes\nmetadata:\n  name: notes\ndata:\n  text: |\n${text}`,
  )
  const notesOf = (name, ...args) =>
    only(objectsOf(render(['--values', valuesFile(name), ...args], kubeVersions[0], copy)), 'Notes').data.text

  /** @type {[string, () => string, string[], string[]][]} */
  const cases = [
    [
      'the notes of a first installation',
      () => notesOf('default'),
      [
        'treasury: dry-run. It plans and records, and signs nothing.',
        'port-forward service/rel-evenkeel 3000:3000',
        'get secret evenkeel -o go-template=\'{{ index .data "EVENKEEL_ADMIN_TOKEN" | base64decode }}\'',
        'exec deploy/rel-evenkeel -c evenkeel -- node --max-old-space-size=192 /app/dist/main.js plan',
        'helm -n funds test rel',
        'serviceMonitor:',
        'prometheusRule:',
        'dashboards:',
        'ingress, httpRoute:',
        'networkPolicy.adminFrom: no pod may reach the admin port',
        'WARNING: image.digest is not set, so evenkeel:0.1.0 can change under you',
        'WARNING: config.venues.zeroex is 0x, which answers nothing without a key',
      ],
      ['/v1/resume', 'networkPolicy: any pod', 'trustedProxies', 'migrations:'],
    ],
    [
      'the notes of a live portfolio tell how to resume it',
      () => notesOf('ha', '--set', 'config.portfolios.treasury.mode=live'),
      [
        '2 pods, one of which trades',
        'treasury: live. It is paused (paused_new) until somebody resumes it',
        'port-forward service/rebalancer 3000:80',
        'curl -X POST http://127.0.0.1:3000/v1/resume',
        '"scope": "portfolio:treasury"',
      ],
      ['WARNING', 'ingress, httpRoute:'],
    ],
    [
      'the notes say where a live portfolio trades at once',
      () => notesOf('ha', '--set', 'config.portfolios.treasury.mode=live,config.startPaused=false'),
      ['treasury: live. It trades as soon as it is ready: config.startPaused is false.'],
      ['paused_new'],
    ],
    [
      'the notes of people who log in and of a resume that takes two',
      () => notesOf('external-secrets', '--set', 'config.portfolios.treasury.mode=live'),
      ['an access token of yours from https://identity.example.com/realms/fund', '/v1/proposals/resume', 'one person proposes, another approves by the digest'], // prettier-ignore
      ['get secret', 'WARNING: config.venues.zeroex'],
    ],
    [
      'the notes say what was switched off',
      () => notesOf('minimal'),
      ['networkPolicy: any pod may reach the admin port', 'migrations: the daemon does not start on another database schema'], // prettier-ignore
      [],
    ],
    [
      'the notes warn of an Ingress without TLS and of a proxy that is not counted',
      () => notesOf('ha', '--set', 'config.server.trustedProxies=0', '--set-json', 'ingress.tls=[]'),
      ['WARNING: config.server.trustedProxies is 0', 'WARNING: ingress.tls is empty'],
      [],
    ],
    [
      'the notes of what is all there',
      () => notesOf('monitoring', '--set', 'secretKeys.ZEROX_API_KEY=zerox'),
      [],
      ['serviceMonitor:', 'prometheusRule:', 'dashboards:', 'config.venues.zeroex'],
    ],
  ]
  for (const [what, notes, words, absent] of cases)
    await check(what, () => {
      const said = notes()
      for (const one of words) expect(said.includes(one), `"${one}" is missing in:\n${said}`)
      for (const one of absent) expect(!said.includes(one), `"${one}" is not meant to be in:\n${said}`)
    })
}
