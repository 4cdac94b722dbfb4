import type { BreakerCode } from './api.js'

export interface BreakerWords {
  readonly name: string
  /** What it means that it tripped. */
  readonly meaning: string
  /** Who lets its scope go: the daemon when the cause is gone, a person, or a person who names the code. */
  readonly release: 'itself' | 'person' | 'person-naming-it'
  /** What to do about it. */
  readonly advice: string
}

export const BREAKERS: Readonly<Record<BreakerCode, BreakerWords>> = {
  'B-01': {
    name: 'Losses',
    meaning: 'What legs lost in 24 hours is above the daily allowance.',
    release: 'person',
    advice: 'Compare expected with realised cost of the legs. Prices, thin pools or one venue may be the reason.',
  },
  'B-02': {
    name: 'Under-delivery',
    meaning: 'A swap or a crossing brought less than it had to, or took more than its sale.',
    release: 'person',
    advice: 'Read the receipt of the transaction. Resume the venue or bridge only when you know what it did.',
  },
  'B-03': {
    name: 'Missing balance',
    meaning: 'A final balance is below what the ledger says.',
    release: 'person-naming-it',
    advice:
      'Compare the ledger with the chain. Bring the money back, or give it up in the resume: it is then booked as loss.',
  },
  'B-04': {
    name: 'Foreign nonce',
    meaning: 'A nonce of ours was used by bytes that are not ours.',
    release: 'person-naming-it',
    advice: 'Keep the halt. If the key may be known, move the funds away from it first.',
  },
  'B-05': {
    name: 'Allowance left',
    meaning: 'An allowance still stands after it was taken back repeatedly.',
    release: 'person',
    advice: 'Find out why token or spender resists; the daemon goes on revoking it.',
  },
  'B-06': {
    name: 'No new blocks',
    meaning: 'The chain has made no new block for too long.',
    release: 'itself',
    advice: 'Nothing to do unless it lasts: look at the endpoints.',
  },
  'B-07': {
    name: 'Finality lags',
    meaning: 'The final block is far behind the head.',
    release: 'itself',
    advice: 'Nothing to do; what has begun goes on.',
  },
  'B-08': {
    name: 'Final block changed',
    meaning: 'A block that was final is another one now.',
    release: 'person-naming-it',
    advice: 'Compare books and chain by hand, clear it, then restart the daemon.',
  },
  'B-09': {
    name: 'Price in doubt',
    meaning: 'Sources differ, a price leapt, or a stable asset is off its dollar.',
    release: 'itself',
    advice: 'Nothing to do unless it lasts: look at the price sources.',
  },
  'B-10': {
    name: 'No quorum',
    meaning: 'Too few endpoints of the chain agree.',
    release: 'itself',
    advice: 'Nothing to do unless it lasts: look at the endpoints.',
  },
  'B-11': {
    name: 'Code changed',
    meaning: 'The code of an allowed contract is not what was reviewed.',
    release: 'person',
    advice: 'Review the new code, put its fingerprint into the configuration, restart, then resume the venue.',
  },
  'B-12': {
    name: 'Cap reached',
    meaning: 'A cap of count or turnover was reached, a trade was undone, or drift stayed.',
    release: 'person',
    advice: 'Read the cycles of the day: something ran away or traded back and forth.',
  },
  'B-13': {
    name: 'Failures',
    meaning: 'Too many legs failed.',
    release: 'person',
    advice: 'The reasons stand at the failed legs of the latest cycles.',
  },
  'B-14': {
    name: 'Fenced off',
    meaning: 'A process signed under a lease that is no longer its own; it has ended.',
    release: 'itself',
    advice: 'See which process leads.',
  },
  'B-15': {
    name: 'Witnesses differ',
    meaning: 'The journal of the signer knows more than the database.',
    release: 'person-naming-it',
    advice: 'The database was restored or lost writes. Examine every transaction since before you clear it.',
  },
  'B-16': {
    name: 'Audit log broken',
    meaning: 'A record of the audit log was edited, removed, inserted or moved.',
    release: 'person-naming-it',
    advice: 'Find out who could write to the database. Compare the log with a backup before you clear it.',
  },
  'B-18': {
    name: 'Gas runs out',
    meaning: 'There is too little coin for the next transactions.',
    release: 'itself',
    advice: 'Top the account up; it goes on by itself.',
  },
}

const RELEASES: Readonly<Record<BreakerWords['release'], string>> = {
  itself: 'Lets go by itself when the cause is gone.',
  person: 'Holds until a person resumes its scope.',
  'person-naming-it': 'Holds until a person resumes its scope and names this code as cleared.',
}

export function releaseText(code: BreakerCode): string {
  return RELEASES[BREAKERS[code].release]
}
