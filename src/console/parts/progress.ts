import type { Cycle } from '../api/cycles.js'

type Progress = Cycle['progress']

/** `2 of 4 legs that are to be done, 1 of them failed`: what was carried out, of what was not skipped. */
export function progressText({ toDo, done, failed }: Progress): string {
  const told = `${done + failed} of ${toDo} ${toDo === 1 ? 'leg that is' : 'legs that are'} to be done`
  return failed === 0 ? told : `${told}, ${failed} failed`
}

/** One sentence for each reason for which legs were skipped. */
export function skippedTexts({ skipped }: Progress): string[] {
  return skipped.map(({ legs, detail }) => `${legs} ${legs === 1 ? 'leg was' : 'legs were'} skipped: ${detail}`)
}
