import { StateBadge } from './badges.js'
import type { DigestCheck } from './canonical.js'
import { Hex } from './exact.js'
import { CopyButton } from './id-link.js'
import classes from './parts.module.css'
import shared from './shared.module.css'
import { Notice } from './states.js'

/** The digest that a word is given for, whole, and whether this browser finds the same one. */
export function Digest({ digest, check }: { readonly digest: string; readonly check: DigestCheck }) {
  return (
    <>
      <p className={classes.digest}>
        <code>{digest}</code> <CopyButton text={digest} label="the digest" />
      </p>
      {check.status === 'same' && (
        <p>
          <StateBadge tone="good">matches</StateBadge> This browser reckoned the same SHA-256 from what stands here.
        </p>
      )}
      {check.status === 'reckoning' && <p className={shared.quiet}>It is being reckoned here as well…</p>}
      {check.status === 'impossible' && (
        <Notice tone="warn" title="It cannot be reckoned here">
          Browsers do so for pages from https or loopback alone. Without that nothing can be approved here.
        </Notice>
      )}
      {check.status === 'other' && (
        <Notice tone="bad" title="The digest is not that of what is shown">
          What stands here has the SHA-256 <Hex value={check.digest} label="digest" />. It cannot be approved here.
        </Notice>
      )}
    </>
  )
}
