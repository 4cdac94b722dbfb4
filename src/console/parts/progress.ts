import type { Cycle } from '../api/cycles.js'

type Progress = Cycle['progress']

/**
 * What was carried out, of what was not skipped: `2 of 4 legs that are to be done, 1 failed`; of a cycle that has ended
 * `the 4 legs that were done`, or `2 of the 4 legs that were to be done`.
 */
export function progressText({ toDo, done, failed }: Progress, hasEnded: boolean): string {
  const isOne = toDo === 1
  const legs = `${toDo} ${isOne ? 'leg' : 'legs'}`
  if (hasEnded && done === toDo) return `the ${legs} that ${isOne ? 'was' : 'were'} done`
  const told = hasEnded
    ? `${done + failed} of the ${legs} that ${isOne ? 'was' : 'were'} to be done`
    : `${done + failed} of ${legs} that ${isOne ? 'is' : 'are'} to be done`
  return failed === 0 ? told : `${told}, ${failed} failed`
}

/** One sentence for each reason for which legs were skipped. */
export function skippedTexts({ skipped }: Progress): string[] {
  return skipped.map(({ legs, detail }) => `${legs} ${legs === 1 ? 'leg was' : 'legs were'} skipped: ${detail}`)
}
