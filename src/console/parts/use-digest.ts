import { useEffect, useState } from 'react'
import type { Proposal } from '../api/answers.js'
import { checkDigest, type DigestCheck } from './canonical.js'

const RECKONING: DigestCheck = { status: 'reckoning' }

/** The digest of a proposal, reckoned in this browser from the content that is shown. */
export function useDigest({ content, digest }: Pick<Proposal, 'content' | 'digest'>): DigestCheck {
  const [found, setFound] = useState<{ readonly of: object; readonly digest: string; readonly check: DigestCheck }>()
  useEffect(() => {
    let isWanted = true
    const keep = (check: DigestCheck) => {
      if (isWanted) setFound({ of: content, digest, check })
    }
    checkDigest(content, digest, globalThis.isSecureContext ? crypto.subtle : undefined).then(keep, () =>
      keep({ status: 'impossible' }),
    )
    return () => {
      isWanted = false
    }
  }, [content, digest])
  // What was found of another content says nothing about this one.
  return found && found.of === content && found.digest === digest ? found.check : RECKONING
}
